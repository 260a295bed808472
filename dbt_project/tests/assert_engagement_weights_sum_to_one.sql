{# A row means that the engagement score would not run from 0 to 100. #}
select sum(weight) as weights
from {{ ref('engagement_weights') }}
having coalesce(abs(sum(weight) - 1), 1) > 1e-9
