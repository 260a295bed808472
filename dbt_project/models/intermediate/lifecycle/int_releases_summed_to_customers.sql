with

histories as (
    select
        customer_id,
        cast(churned_at as date) as churned_on
    from {{ ref('int_stage_histories_summed') }}
    where churned_at is not null
),

releases as (
    select * from {{ ref('releases') }}
    where released_on <= {{ as_of_date() }}
),

interests as (
    select
        customer_id,
        interest
    from {{ ref('fct_interest_affinity') }}
    union
    select
        customer_id,
        last_category as interest
    from {{ ref('fct_customer_purchases') }}
),

found as (
    select distinct
        histories.customer_id,
        releases.title,
        releases.released_on
    from histories
    inner join releases on histories.churned_on < releases.released_on
    left join interests
        on
            histories.customer_id = interests.customer_id
            and releases.category = interests.interest
    where releases.category = '*' or interests.interest is not null
),

ranked as (
    select
        *,
        row_number() over (partition by customer_id order by released_on desc, title asc) as release_rank
    from found
)

select
    customer_id,
    cast(count(*) as bigint) as release_count,
    max(case when release_rank = 1 then title end) as latest_release
from ranked
group by customer_id
