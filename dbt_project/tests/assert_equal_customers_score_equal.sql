{# A row is a recency, frequency or monetary value that got two different scores. #}
select 'recency' as measure, cast(recency_days as decimal(18, 4)) as measured
from {{ ref('fct_customer_rfm') }}
group by recency_days
having min(r_score) <> max(r_score)
union all
select 'frequency' as measure, cast(frequency as decimal(18, 4)) as measured
from {{ ref('fct_customer_rfm') }}
group by frequency
having min(f_score) <> max(f_score)
union all
select 'monetary' as measure, monetary_amount as measured
from {{ ref('fct_customer_rfm') }}
group by monetary_amount
having min(m_score) <> max(m_score)
