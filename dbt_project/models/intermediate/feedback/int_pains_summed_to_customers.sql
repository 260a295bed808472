with

ranked as (
    select
        *,
        row_number() over (partition by customer_id order by last_happened_at desc, pain_code asc) as pain_rank
    from {{ ref('fct_customer_pains') }}
)

select
    customer_id,
    max(case when pain_rank = 1 then pain_code end) as latest_pain_code,
    cast(sum(case when is_open then 1 else 0 end) as bigint) as open_pain_count,
    min(case when is_open then since end) as open_since
from ranked
group by customer_id
