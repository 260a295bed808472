with

arms as (
    select * from {{ ref('int_campaign_arms_summed') }}
),

stated as (
    select distinct campaign_id from {{ ref('int_campaign_plans_stated') }}
),

campaigns as (
    select
        campaign_id,
        cast(sum(case when is_control then 1 else 0 end) as bigint) as control_arms,
        cast(sum(case when is_control then 0 else 1 end) as bigint) as other_arms,
        {{ ratio('sum(case when is_control then assigned else 0 end)', 'sum(assigned)') }} as control_share
    from arms
    group by campaign_id
),

usual_shares as (
    {%- for share in var('usual_control_shares') %}
    select {{ share }} as share{{ ' union all' if not loop.last }}
    {%- endfor %}
),

{# Nearest on the scale of log-odds: half a share apart is far among small shares, and near among large ones. #}
ranked as (
    select
        campaigns.*,
        usual_shares.share,
        row_number() over (
            partition by campaigns.campaign_id
            order by
                abs(
                    ln(campaigns.control_share / (1e0 - campaigns.control_share))
                    - ln(usual_shares.share / (1e0 - usual_shares.share))
                ),
                usual_shares.share
        ) as distance_rank
    from campaigns
    cross join usual_shares
    left join stated on campaigns.campaign_id = stated.campaign_id
    where stated.campaign_id is null and campaigns.control_share > 0e0 and campaigns.control_share < 1e0
)

select
    campaign_id,
    share / control_arms as control_arm_share,
    (1e0 - share) / other_arms as other_arm_share
from ranked
where distance_rank = 1
