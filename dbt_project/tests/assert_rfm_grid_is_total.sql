{# A row means that the RFM grid does not name all 25 pairs of scores. #}
select count(*) as named_pairs
from {{ ref('rfm_segments') }}
where r_score between 1 and 5 and fm_score between 1 and 5
having count(*) <> 25
