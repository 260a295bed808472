-- Tickets follow from what went wrong; what people answer afterwards follows from all of it.
create or replace table work.experiences as
with orders as (
    select
        *,
        case
            when u('ticket', id) < 0.02e0 + 0.25e0 * will_be_late::integer + 0.3e0 * (refunded_at is not null)::integer
                then known(later(coalesce(delivered_at, later(promised_at, 1e0)), 0.1e0 + 1.5e0 * u('ticket.at', id)))
        end as opened_at
    from work.orders
    where not is_cancelled and not is_pending
)

select
    *,
    case when opened_at is not null then known(later(opened_at, 0.05e0 + 1.2e0 * expo('ticket.closed', id))) end
        as closed_at,
    0.8e0 * normal('mood', customer_no) + 1.1e0 * normal('answer', id)
        - 3.0e0 * is_late::integer - 1.2e0 * (opened_at is not null)::integer
        - 1.0e0 * (refunded_at is not null)::integer as feeling
from orders;

create or replace view shop.support_tickets as
select
    't' || thing_key(customer_no, order_no) as ticket_id,
    customer_id,
    opened_at,
    closed_at,
    case when closed_at is null then 'open' else 'closed' end as status,
    case when will_be_late or refunded_at is not null then 'high' else 'normal' end as priority,
    case
        when will_be_late then 'late_delivery'
        when refunded_at is not null then pick(['damaged', 'wrong_item', 'not_as_described'], u('reason', id))
        else pick(['question', 'payment', 'account', 'product_advice'], u('reason', id))
    end as reason_code
from work.experiences
where opened_at is not null;

create or replace view shop.survey_responses as
with answers as (
    select
        *, 'nps' as survey, 'delivery' as touchpoint, 10 as scale_max,
        least(greatest(round(8.7e0 + 1.5e0 * feeling), 0), 10) as score,
        known(later(delivered_at, 3e0 + 4e0 * u('nps.at', id))) as responded_at
    from work.experiences
    where u('nps', id) < 0.09e0
    union all
    select *, 'csat', 'support', 5, least(greatest(round(4.4e0 + 0.7e0 * (feeling + 1.2e0)), 1), 5),
        known(later(closed_at, 0.2e0 + u('csat.at', id)))
    from work.experiences
    where u('csat', id) < 0.45e0
    union all
    select *, 'ces', 'checkout', 7, least(greatest(round(5.6e0 + normal('ces.score', id)), 1), 7),
        known(later(ordered_at, 0.01e0))
    from work.experiences
    where u('ces', id) < 0.02e0
)

select
    survey || thing_key(customer_no, order_no) as response_id,
    customer_id,
    survey,
    score::bigint as score,
    scale_max,
    case when u('comment', id) < 0.25e0 then case
        when is_late
            then in_language(language, 'Kam viel zu spät.', 'Çok geç geldi.', 'It arrived far too late.')
        when feeling > 0 then in_language(language, 'Gerne wieder!', 'Çok memnun kaldım.', 'Would order again.')
        else in_language(language, 'In Ordnung.', 'İdare eder.', 'It was all right.')
    end end as comment,
    touchpoint,
    responded_at
from answers
where responded_at is not null;

create or replace view shop.reviews as
select
    'v' || thing_key(experiences.customer_no, order_no) as review_id,
    experiences.customer_id,
    product_key(lines.category_no, lines.step) as product_id,
    least(greatest(round(4.5e0 + 0.8e0 * feeling), 1), 5)::bigint as rating,
    known(later(delivered_at, 2e0 + 12e0 * u('review.at', experiences.id))) as reviewed_at
from work.experiences as experiences
inner join work.lines as lines on experiences.id = lines.id and lines.line_number = 1
where u('review', experiences.id) < 0.06e0
    and known(later(delivered_at, 2e0 + 12e0 * u('review.at', experiences.id))) is not null;
