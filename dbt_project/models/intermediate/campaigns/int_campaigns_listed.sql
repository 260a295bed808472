with

campaigns as (
    select * from {{ ref('stg_shop__campaigns') }}
),

own_phases as (
    select distinct
        experiment,
        phase
    from {{ ref('stg_state__assignments') }}
),

{# Steps of a programme may share an experiment: the first stands for it. #}
audience_settings as (
    select
        *,
        row_number() over (partition by experiment order by step asc nulls first, audience asc) as experiment_rank
    from {{ ref('audience_settings') }}
    where experiment is not null
),

goal_metrics as (
    select * from {{ ref('goal_metrics') }}
),

global_holdout as (
    select * from {{ ref('audience_global_holdout') }}
),

own_campaigns as (
    select
        own_phases.experiment || ':' || cast(own_phases.phase as {{ t_text() }}) as campaign_id,
        audience_settings.audience,
        audience_settings.program,
        goal_metrics.event_name as goal_event,
        coalesce(
            audience_settings.goal_window_days,
            case when global_holdout.experiment is not null then {{ var('global_holdout_window_days') }} end
        ) as goal_window_days
    from own_phases
    left join audience_settings
        on own_phases.experiment = audience_settings.experiment and audience_settings.experiment_rank = 1
    left join global_holdout on own_phases.experiment = global_holdout.experiment
    left join goal_metrics on audience_settings.goal_metric = goal_metrics.metric
)

select
    campaign_id,
    name,
    program,
    channel,
    audience,
    coalesce(goal_event, 'order_completed') as goal_event,
    coalesce(goal_window_days, {{ var('campaign_goal_window_days') }}) as goal_window_days,
    cost_amount,
    starts_at,
    ends_at
from campaigns

union all

select
    own_campaigns.campaign_id,
    own_campaigns.campaign_id as name,
    coalesce(own_campaigns.program, 'other') as program,
    cast(null as {{ t_text() }}) as channel,
    own_campaigns.audience,
    coalesce(own_campaigns.goal_event, 'order_completed') as goal_event,
    coalesce(own_campaigns.goal_window_days, {{ var('campaign_goal_window_days') }}) as goal_window_days,
    cast(null as decimal(18, 4)) as cost_amount,
    cast(null as timestamp) as starts_at,
    cast(null as timestamp) as ends_at
from own_campaigns
left join campaigns on own_campaigns.campaign_id = campaigns.campaign_id
where campaigns.campaign_id is null
