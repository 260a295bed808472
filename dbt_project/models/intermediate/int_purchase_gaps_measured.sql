with

purchases as (
    select * from {{ ref('int_purchase_days_merged') }}
),

neighbours as (
    select
        purchases.*,
        lag(purchased_on) over (partition by customer_id order by purchased_on) as neighbour_on,
        lag(voided_on) over (partition by customer_id order by purchased_on) as neighbour_voided_on
    from purchases
),

{# Where the purchase before was taken back by then, the one before that counts. #}
bridged as (
    select
        neighbours.customer_id,
        neighbours.purchased_on,
        max(earlier.purchased_on) as previous_on
    from neighbours
    inner join purchases as earlier
        on
            neighbours.customer_id = earlier.customer_id
            and neighbours.purchased_on > earlier.purchased_on
            and (earlier.voided_on is null or neighbours.purchased_on < earlier.voided_on)
    where neighbours.neighbour_voided_on <= neighbours.purchased_on
    group by neighbours.customer_id, neighbours.purchased_on
),

previous as (
    select
        neighbours.customer_id,
        neighbours.purchased_on,
        neighbours.voided_on,
        neighbours.purchase_number,
        case
            when neighbours.neighbour_voided_on <= neighbours.purchased_on then bridged.previous_on
            else neighbours.neighbour_on
        end as previous_on
    from neighbours
    left join bridged
        on
            neighbours.customer_id = bridged.customer_id
            and neighbours.purchased_on = bridged.purchased_on
)

select
    customer_id,
    purchased_on,
    voided_on,
    purchase_number,
    {{ days_between('previous_on', 'purchased_on') }} as gap_days
from previous
