"""The ledger's tables and the SQL that several modules share. Statements of one module stay in it."""

SCHEMA = """
create table if not exists runs (
    run_id varchar primary key, plan_id varchar, as_of_date date, audience varchar, destination varchar,
    target varchar, fields varchar, quarantined bigint, started_at timestamp, accepted_breakers varchar
);
create table if not exists run_ends (run_id varchar, status varchar, reason varchar, ended_at timestamp);
create table if not exists holds (run_id varchar, reason varchar, held_at timestamp);
create table if not exists plan_rows (
    run_id varchar, row_number bigint, kind varchar, operation varchar, key varchar, customer_id varchar,
    entry_seq bigint, contact_channel varchar, payload_hash varchar, remote_id varchar
);
create table if not exists outbox (run_id varchar, row_number bigint, payload varchar);
create table if not exists batches (
    batch_id varchar, run_id varchar, operation varchar, first_row bigint, last_row bigint, message_id varchar
);
create table if not exists jobs (batch_id varchar, job_id varchar, taken_at timestamp);
create table if not exists requests (batch_id varchar, attempt bigint, sent_at timestamp);
create table if not exists answers (
    batch_id varchar, attempt bigint, verdict varchar, reason varchar, answered_at timestamp
);
create table if not exists outcomes (
    run_id varchar, row_number bigint, batch_id varchar, status varchar, reason varchar, attempts bigint,
    finished_at timestamp, remote_id varchar
);
create table if not exists acked (
    target varchar, key varchar, customer_id varchar, entry_seq bigint, payload_hash varchar, run_id varchar,
    remote_id varchar
);
create table if not exists parked (
    target varchar, key varchar, operation varchar, payload_hash varchar, customer_id varchar, reason varchar,
    run_id varchar
);
create table if not exists quarantine (run_id varchar, customer_id varchar, reason varchar);
create table if not exists receipts (run_id varchar, row_count bigint);
create table if not exists run_records (run_id varchar, status varchar, row_count bigint);
create table if not exists rewrites (due_since timestamp);
create table if not exists plans (plan_id varchar, as_of_date date, made_at timestamp);
create table if not exists reviewed_hashes (key_hash ubigint, row_hash ubigint);
create table if not exists reviewed_blocks (key varchar);
"""

PEOPLE = """
select customer_id from plan_rows where customer_id is not null
union all select customer_id from acked where customer_id is not null
union all select customer_id from parked where customer_id is not null
union all select customer_id from quarantine where customer_id is not null
"""
IS_BLOCKED = """
    blocks.customer_id = plan_rows.customer_id and (
        blocks.channel = plan_rows.contact_channel
        or (plan_rows.contact_channel is null and blocks.reason = 'erased')
    )
"""
WAITING = """
    select row_number from plan_rows
    where run_id = $run_id and row_number between $first and $last and kind <> 'same'
        and row_number not in (
            select row_number from outcomes where run_id = $run_id and row_number between $first and $last
        )
"""
BEGIN = """
insert into runs values (
    $run_id, $plan_id, $as_of, $audience, $destination, $target, $fields, $quarantined, $now, $accepted
)
"""
PLAIN = "(?, cast(? as bigint), cast(? as bigint), ?, ?, cast(? as bigint))"
RECORD_PLAIN = """
insert into outcomes
select run_id, unnest(range(first_row, last_row + 1)), batch_id, status, null, attempts, ?, null
from (values {marks}) as plain (run_id, first_row, last_row, batch_id, status, attempts)
"""
# The outcome of a run that is sent as a whole.
RECORD_WHOLE = f"""
insert into outcomes
select $run_id, row_number, $batch_id, $status, null, $attempts, $now, null from ({WAITING})
"""
# What is under way can no longer be kept back: its answer says what became of it.
WITHHOLD = f"""
insert into outcomes
select run_id, row_number, null, 'withheld', min(blocks.reason), 0, $now, null
from plan_rows
inner join blocks on {IS_BLOCKED}
where run_id = $run_id and operation = 'upsert' and list_contains($kinds, kind)
    and row_number not in (select row_number from outcomes where run_id = $run_id)
    and not exists (
        select 1 from batches
        where batches.run_id = $run_id and plan_rows.row_number between first_row and last_row
            and batch_id not in (select batch_id from answers where verdict <> 'retry')
    )
group by run_id, row_number
"""
# A row is in doubt when a request that carried it had no clear answer: it may be held, whatever was said later.
FOLDED = """
create or replace temp table folded as
with
doubts as (
    select distinct batches.first_row, batches.last_row
    from batches
    inner join requests on requests.batch_id = batches.batch_id
    left join answers on answers.batch_id = requests.batch_id and answers.attempt = requests.attempt
    where batches.run_id = $run_id and coalesce(answers.verdict, 'retry') = 'retry'
        and batches.batch_id not in (select batch_id from answers where verdict = 'unsent')
),
doubtful as (
    select distinct plan_rows.row_number
    from plan_rows
    inner join doubts on plan_rows.row_number between doubts.first_row and doubts.last_row
    where plan_rows.run_id = $run_id and plan_rows.kind <> 'same'
)
select runs.target, plan_rows.* exclude (remote_id), outcomes.status, outcomes.reason,
    coalesce(outcomes.remote_id, plan_rows.remote_id) as remote_id,
    doubtful.row_number is not null or coalesce(outcomes.status = 'unknown', false) as is_in_doubt,
    max(outcomes.status = 'accepted') over () and runs.target like '%snapshot' as is_replaced
from runs
inner join plan_rows on plan_rows.run_id = runs.run_id
left join outcomes on outcomes.run_id = plan_rows.run_id and outcomes.row_number = plan_rows.row_number
left join doubtful on doubtful.row_number = plan_rows.row_number
where runs.run_id = $run_id and (outcomes.status is not null or doubtful.row_number is not null)
"""
# A row in doubt counts as acknowledged with an unknown value, so that it is sent again or removed; one that is held
# counts as acknowledged with its value. A person withheld from a snapshot that was replaced is not in it any more.
FOLD = (
    """
    delete from acked using folded
    where acked.target = folded.target and acked.key = folded.key
        and (coalesce(folded.status, '') in ('accepted', 'held') or folded.is_in_doubt or folded.is_replaced)
    """,
    """
    insert into acked
    select target, key, customer_id, entry_seq,
        case when status in ('accepted', 'held') then payload_hash end, run_id, remote_id
    from folded
    where (status in ('accepted', 'held') and operation = 'upsert')
        or (coalesce(status, '') not in ('accepted', 'held') and is_in_doubt)
    """,
    """
    delete from parked using folded
    where parked.target = folded.target and parked.key = folded.key and folded.status <> 'withheld'
    """,
    """
    insert into parked
    select target, key, operation, payload_hash, customer_id, reason, run_id from folded where status = 'rejected'
    """,
)
