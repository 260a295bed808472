with current_rows as (
    {{ current_rows('shipments') }}
)

select
    shipment_id,
    order_id,
    promised_at,
    {{ if_known('shipped_at') }} as shipped_at,
    {{ if_known('delivered_at') }} as delivered_at
from current_rows
