with

pairs as (
    select * from {{ ref('int_campaign_arms_paired') }}
    where obstacle is null
),

sides as (
    {%- for side in ['arm', 'control'] %}
    select
        campaign_id,
        arm,
        '{{ side }}' as side,
        cast({{ side }}_measured as {{ t_double() }}) as people,
        cast({{ side }}_revenue_sum as {{ t_double() }}) as revenue,
        cast({{ side }}_revenue_squares as {{ t_double() }}) as revenue_squares,
        cast({{ side }}_before_sum as {{ t_double() }}) as before,
        cast({{ side }}_before_squares as {{ t_double() }}) as before_squares,
        cast({{ side }}_revenue_before_products as {{ t_double() }}) as products
    from pairs
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

{# Squares and products about the mean; what is left of equal amounts is rounding, not spread. #}
centred as (
    select
        *,
        case
            when revenue_squares - revenue * revenue / people > 1e-12 * revenue_squares
                then revenue_squares - revenue * revenue / people
            else 0e0
        end as revenue_spread,
        case
            when before_squares - before * before / people > 1e-12 * before_squares
                then before_squares - before * before / people
            else 0e0
        end as before_spread,
        products - revenue * before / people as joint_spread
    from sides
),

{# CUPED (Deng, Xu, Kohavi & Walker 2013): how much revenue goes with a unit of revenue before, within the groups. #}
slopes as (
    select
        campaign_id,
        arm,
        'plain' as kind,
        0e0 as slope
    from pairs
    union all
    select
        campaign_id,
        arm,
        'adjusted' as kind,
        sum(joint_spread) / sum(before_spread) as slope
    from centred
    group by campaign_id, arm
    having sum(before_spread) > 0e0 and min(people) >= {{ var('cuped_min_people') }}
)

select
    centred.campaign_id,
    centred.arm,
    slopes.kind,
    centred.side,
    centred.people,
    (centred.revenue - slopes.slope * centred.before) / centred.people as mean_amount,
    greatest(
        centred.revenue_spread - 2e0 * slopes.slope * centred.joint_spread
        + slopes.slope * slopes.slope * centred.before_spread, 0e0
    ) / nullif(centred.people - 1e0, 0e0) as variance
from centred
inner join slopes
    on
        centred.campaign_id = slopes.campaign_id
        and centred.arm = slopes.arm
