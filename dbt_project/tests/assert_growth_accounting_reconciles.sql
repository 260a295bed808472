{# A row is a period and segment where active is not active before + new + resurrected - churned. #}
with

compared as (
    select
        growth.*,
        coalesce(lag(active_customers) over (
            partition by period_kind, segment_kind, segment_value order by period_start
        ), 0) as active_before
    from {{ ref('rpt_growth_accounting') }} as growth
)

select * from compared
where is_complete
    and active_customers <> active_before + new_customers + resurrected_customers - churned_customers
