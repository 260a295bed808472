select
    customer_id,
    max(reviewed_at) as last_reviewed_at,
    cast(count(*) as bigint) as review_count,
    avg(cast(rating as {{ t_double() }})) as average_rating
from {{ ref('stg_shop__reviews') }}
group by customer_id
