{% set max_links = var('identity_max_links') | int(5) %}
with

links as (
    select * from {{ ref('int_identity_links_gathered') }}
),

onward_links as (
    select * from links
    where is_onward
),

people_1_away as (
    select
        anonymous_id,
        linked_to_id as customer_id,
        linked_at
    from links
    where not is_onward
),
{#- One step more each time, a fixed number of times: a loop ends there without having reached anybody. #}
{%- for links_away in range(2, max_links + 1) %}

people_{{ links_away }}_away as (
    select
        onward_links.anonymous_id,
        people.customer_id,
        case
            when onward_links.linked_at > people.linked_at then onward_links.linked_at
            else people.linked_at
        end as linked_at
    from onward_links
    inner join people_{{ links_away - 1 }}_away as people on onward_links.linked_to_id = people.anonymous_id
),
{%- endfor %}

reached as (
    {%- for links_away in range(1, max_links + 1) %}
    select * from people_{{ links_away }}_away
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    anonymous_id,
    customer_id,
    min(linked_at) as linked_at
from reached
group by anonymous_id, customer_id
