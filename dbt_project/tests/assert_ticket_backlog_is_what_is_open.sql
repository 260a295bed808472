{# A row is a pain whose last backlog in the report is not the number of its tickets that are open. #}
with

reported as (
    select pain_code, backlog
    from (
        select
            pain_code,
            backlog,
            row_number() over (partition by pain_code order by period_start desc) as month_rank
        from {{ ref('rpt_support_tickets') }}
    ) as months
    where month_rank = 1 and pain_code <> 'all'
),

open_tickets as (
    select pain_code, count(*) as tickets
    from {{ ref('int_tickets_coded') }}
    where is_open
    group by pain_code
)

select reported.pain_code
from reported
left join open_tickets on reported.pain_code = open_tickets.pain_code
where reported.backlog <> coalesce(open_tickets.tickets, 0)
