with current_rows as (
    {{ current_rows('ad_spend') }}
)

select
    channel,
    campaign_id,
    currency,
    impressions,
    clicks,
    cost_amount,
    spend_date
from current_rows
