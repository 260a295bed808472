with

purchases as (
    select * from {{ ref('int_purchase_days_merged') }}
),

{# The search for the purchase before ends at the latest at one that is never taken back. #}
counted as (
    select
        purchases.*,
        count(*) over earlier - count(voided_on) over earlier as lasting_before,
        lag(purchased_on) over (partition by customer_id order by purchased_on) as neighbour_on,
        lag(voided_on) over (partition by customer_id order by purchased_on) as neighbour_voided_on
    from purchases
    window earlier as (partition by customer_id order by purchased_on rows between unbounded preceding and 1 preceding)
),

{# When all between the two were taken back, the one before that is the one before. #}
reached as (
    select
        later.customer_id,
        later.purchased_on,
        later.purchase_number,
        later.voided_on,
        earlier.purchased_on as previous_on,
        earlier.voided_on as previous_voided_on,
        max(earlier.voided_on) over (
            partition by later.customer_id, later.purchased_on
            order by earlier.purchased_on desc
            rows between unbounded preceding and 1 preceding
        ) as cleared_on
    from counted as later
    inner join counted as earlier
        on
            later.customer_id = earlier.customer_id
            and later.purchase_number > earlier.purchase_number
            and later.lasting_before
            = earlier.lasting_before + case when earlier.voided_on is null then 1 else 0 end
    where later.neighbour_voided_on is not null
),

neighbours as (
    select
        customer_id,
        purchased_on,
        purchase_number,
        voided_on,
        neighbour_on as previous_on,
        cast(null as date) as previous_voided_on,
        cast(null as date) as cleared_on
    from counted
    where neighbour_on is not null and neighbour_voided_on is null
    union all
    select * from reached
),

spanned as (
    select
        neighbours.*,
        case when cleared_on > purchased_on then cleared_on else purchased_on end as known_on,
        case
            when voided_on < previous_voided_on then voided_on
            else coalesce(previous_voided_on, voided_on)
        end as gone_on
    from neighbours
)

select
    customer_id,
    purchased_on,
    purchase_number,
    previous_on,
    {{ days_between('previous_on', 'purchased_on') }} as gap_days,
    known_on,
    gone_on
from spanned
where gone_on is null or gone_on > known_on
