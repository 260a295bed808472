with

stages as (
    select * from {{ ref('fct_lifecycle_stages') }}
),

judged as (
    select
        customer_id,
        cast(entered_at as date) as starts_on,
        cast(exited_at as date) as ends_on,
        case lifecycle_stage when 'acquired' then 'prospect' when 'churned' then 'lost' else 'customer' end as standing,
        lead(lifecycle_stage) over (partition by customer_id order by entered_at) as next_stage
    from stages
),

{# Stays as a customer that follow each other are one tenure. #}
numbered as (
    select
        judged.*,
        sum(case when standing = 'customer' then 0 else 1 end) over (
            partition by customer_id order by starts_on rows unbounded preceding
        ) as tenure_number
    from judged
)

select
    customer_id,
    standing,
    min(starts_on) as starts_on,
    case when count(ends_on) = count(*) then max(ends_on) end as ends_on,
    max(case when standing = 'lost' or next_stage in ('acquired', 'churned') then next_stage end) as left_for
from numbered
where standing <> 'prospect'
group by customer_id, standing, tenure_number
