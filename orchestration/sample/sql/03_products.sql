-- Twelve categories of eighteen price steps each, 30 % apart; an order line takes the step next to its price.
create table work.categories as
from (values
    (0, 'coffee', 'Coffee', 30), (1, 'tea', 'Tea', 45), (2, 'kitchen', 'Kitchen Set', null),
    (3, 'garden', 'Garden Tool', null), (4, 'outdoor', 'Outdoor Pack', null), (5, 'skincare', 'Skin Care', 60),
    (6, 'haircare', 'Hair Care', 60), (7, 'books', 'Book', null), (8, 'toys', 'Toy', null),
    (9, 'pets', 'Pet Food', 30), (10, 'sport', 'Sport Kit', null), (11, 'stationery', 'Stationery', 120)
) as t (category_no, category, noun, replenishment_days);

create macro price_step(amount) as least(greatest(round(ln(amount / 4e0) / ln(1.3e0)), 0), 17)::bigint;
create macro product_key(category_no, step) as 'p' || (1001 + category_no * 18 + step);

create or replace view shop.products as
select
    product_key(category_no, step) as product_id,
    pick(['Amber', 'Birch', 'Cedar', 'Delta', 'Ember', 'Fjord', 'Grove', 'Harbour', 'Iris', 'Juniper', 'Koi', 'Lagoon',
        'Maple', 'North', 'Opal', 'Prairie', 'Quartz', 'River'], (step + 0.5e0) / 18e0) || ' ' || noun as name,
    category,
    pick(['Halden', 'Mirova', 'Kestrel & Co', 'Anadolu', 'Lindgren', 'Obra'], u('brand', category_no * 18 + step))
        as brand,
    round(4e0 * 1.3e0 ** step, 1) - 0.01e0 as price_amount,
    round((4e0 * 1.3e0 ** step) * (0.4e0 + 0.2e0 * u('cost', category_no * 18 + step)), 2) as cost_amount,
    'EUR' as currency,
    u('active', category_no * 18 + step) > 0.04e0 as is_active,
    replenishment_days,
    case
        when u('market', category_no * 18 + step) < 0.10e0 then 'DE|AT|CH'
        when u('market', category_no * 18 + step) < 0.15e0 then 'TR|DE'
    end as available_countries,
    case when u('market', category_no * 18 + step) < 0.15e0 then 'de|tr|en' else 'de|tr|en|fr|es|it' end as languages
from work.categories, range(18) as r (step);

-- The share of an order's value that falls to a line, before the shares are made to sum to one.
create macro line_weight(id, line_number) as 0.3e0 + u('weight', part(id, line_number));
