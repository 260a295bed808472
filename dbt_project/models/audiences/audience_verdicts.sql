{# A paused, held or unjudged audience is not decided: nobody enters and nobody leaves. One that has ended needs no
   verdict, its people leave. #}

with settings as (
    select * from {{ ref('audience_settings') }}
),

verdicts as (
    select * from {{ ref('stg_state__gate_verdicts') }}
    where as_of_date = {{ as_of_date() }}
),

judged as (
    select
        settings.audience,
        settings.experiment,
        settings.meets_global_holdout,
        settings.priority_group,
        case when settings.step is not null then settings.program end as journey,
        coalesce(settings.status = 'retired' or settings.expires_on < {{ as_of_date() }}, false) as is_ended,
        settings.status = 'active' and coalesce(verdicts.verdict, 'hold') = 'pass' as is_passed
    from settings
    left join verdicts on settings.audience = verdicts.audience
)

select
    audience,
    experiment,
    meets_global_holdout,
    priority_group,
    journey,
    is_ended,
    is_passed and not is_ended as is_decided
from judged
