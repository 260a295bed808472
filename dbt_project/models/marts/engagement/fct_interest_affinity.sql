with

inferred as (
    select * from {{ ref('int_interests_inferred') }}
),

{# What expires at the end of the as-of day is still good on it. #}
declared as (
    select
        customer_id,
        lower(interest) as interest,
        max(declared_at) as declared_at
    from {{ ref('stg_shop__interests') }}
    where expires_at is null or expires_at >= {{ as_of_end() }}
    group by 1, 2
),

combined as (
    select
        coalesce(declared.customer_id, inferred.customer_id) as customer_id,
        coalesce(declared.interest, inferred.interest) as interest,
        case when declared.interest is not null then 'declared' else 'inferred' end as source,
        case when declared.interest is not null then 1 else inferred.affinity end as affinity,
        inferred.affinity as inferred_affinity,
        declared.declared_at
    from declared
    full outer join inferred
        on
            declared.customer_id = inferred.customer_id
            and declared.interest = inferred.interest
)

select
    customer_id,
    interest,
    source,
    cast(affinity as {{ t_double() }}) as affinity,
    inferred_affinity,
    declared_at,
    cast(
        row_number() over (
            partition by customer_id order by source asc, inferred_affinity desc nulls last, interest asc
        ) as bigint
    ) as interest_rank
from combined
