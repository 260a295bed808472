{# The offer a newcomer is given. Who enters two audiences with offers on one day is given that of the better rank, then
   of the first by name: nobody holds two. #}

with entries as (
    select * from {{ ref('audience_entries') }}
    where is_delivered
),

settings as (
    select * from {{ ref('audience_settings') }}
),

payloads as (
    select * from {{ ref('audience_payloads') }}
),

rights as (
    select * from {{ ref('audience_offer_rights') }}
),

offered as (
    select
        rights.*,
        row_number() over (
            partition by rights.customer_id
            order by settings.priority_rank asc nulls last, rights.audience asc
        ) as place
    from entries
    inner join settings on entries.audience = settings.audience
    inner join payloads as of_nobody on entries.audience = of_nobody.audience and of_nobody.arm is null
    left join payloads as of_arm on entries.audience = of_arm.audience and entries.arm = of_arm.arm
    inner join rights
        on
            entries.audience = rights.audience
            and entries.customer_id = rights.customer_id
            and case when of_arm.arm is null then of_nobody.offer_id else of_arm.offer_id end = rights.offer_id
)

select
    audience,
    customer_id,
    offer_id,
    offer_until
from offered
where place = 1
