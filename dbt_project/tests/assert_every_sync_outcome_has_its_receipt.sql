-- A run is there once, its planned rows are accepted, rejected or pending, and each outcome has one receipt.
select
    sync,
    run_id
from {{ ref('fct_sync_runs') }}
group by sync, run_id
having
    count(*) > 1
    or sum(planned) <> sum(accepted + rejected + pending)
    or sum(rows_received) <> sum(accepted + rejected + withheld)
