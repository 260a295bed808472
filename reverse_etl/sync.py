"""The verbs: plan a sync, apply it. Orchestration and the command line call these and history.py, nothing deeper."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

from audiences.errors import WorkError
from reverse_etl.breakers import check_accepted
from reverse_etl.context import SyncContext
from reverse_etl.delivery import Courier
from reverse_etl.destinations import REGISTRY
from reverse_etl.forgetting import purge
from reverse_etl.ledger_file import open_ledger
from reverse_etl.ledger_rows import Run
from reverse_etl.loader import resolve_connection, secrets_of
from reverse_etl.payload import removal_sql
from reverse_etl.plan import PlanSummary, keep_plan, make_plan, require_plan, withhold_as_planned
from reverse_etl.receipts import write_receipts
from reverse_etl.result import RunCounts, RunResult, run_counts
from reverse_etl.run_records import write_run_records
from reverse_etl.samples import read_samples
from reverse_etl.source import Source, read_source
from reverse_etl.spec import Sync


def plan_sync(sync: Sync, context: SyncContext) -> PlanSummary:
    """Say what applying the sync would do now, and keep that plan for `apply_sync(plan_id=…)`.

    Raises:
        WorkError: The warehouse or the audience cannot be read, or another run is active.
        SyncError: The sync does not suit the audience.
    """
    with open_ledger(context.state_dir, sync.name) as ledger:
        ledger.settle()
        source = read_source(ledger.connection, sync, context)
        plan = make_plan(ledger, sync, source)
        keep_plan(ledger, plan, context.now())
        return replace(plan, samples=read_samples(ledger, sync, source))


def apply_sync(
    sync: Sync,
    context: SyncContext,
    plan_id: str | None = None,
    retry_rejected: bool = False,
    accept: Collection[str] = (),
) -> RunResult:
    """Deliver what differs between the audience and what the destination acknowledged.

    Args:
        sync: The sync; it must be active.
        context: Places, day, secrets, clock.
        plan_id: Send exactly this plan or refuse.
        retry_rejected: Send rows again that were rejected with the same values.
        accept: Breakers that do not hold this run.

    Raises:
        InputError: A breaker to accept is not known.
        SyncError: The sync is paused, a `${VAR}` is not set, or it does not suit the audience.
        WorkError: The warehouse cannot be read, the plan moved, or another run is active.
    """
    if not sync.is_active:
        raise sync.wrong("status", "is 'paused'", "write 'status: active' to deliver")
    check_accepted(accept, sync.audience)
    with _courier(sync, context) as courier:
        return _Application(courier, accept).run(plan_id, retry_rejected)


class _Application:
    """One apply: settle the past, plan, look at the breakers, deliver, close."""

    def __init__(self, courier: Courier, accepted: Collection[str]) -> None:
        self.accepted = accepted
        self.courier, self.ledger = courier, courier.ledger
        self.sync, self.context = courier.sync, courier.context
        self.target = courier.destination.target(self.sync)
        self.recovered = 0
        self.began = self.context.clock()

    def run(self, plan_id: str | None, retry_rejected: bool) -> RunResult:
        self.ledger.settle()
        self._write_receipts()
        source = read_source(self.ledger.connection, self.sync, self.context)
        if source.hold is not None and source.hold.breaker not in self.accepted:
            return self._held(source, None, str(source.hold))
        self._recover()
        if self.courier.problem is not None:
            return self._result(self.ledger.open_run(), None, "stopped")
        plan = make_plan(self.ledger, self.sync, source, retry_rejected, self.accepted)
        if plan_id is not None:
            require_plan(self.ledger, self.sync, plan_id, plan)
        if plan.held_reason is not None:
            return self._held(source, plan, plan.held_reason)
        run = self._new_run(source)
        self._write_outbox(run, plan)
        if plan_id is not None:
            withhold_as_planned(self.ledger, run.run_id, self.context.now())
        return self._deliver(run, plan)

    def _recover(self) -> None:
        """Settle what an interrupted run left in doubt and close it; what it never sent is planned anew."""
        run = self.ledger.open_run()
        if run is None:
            return
        before = run_counts(self.ledger, run.run_id).pending
        self.courier.recover(run)
        self.recovered = before - run_counts(self.ledger, run.run_id).pending
        if self.courier.problem is None:
            self.ledger.end(run.run_id, "interrupted", None, self.context.now())
        self._write_receipts()

    def _deliver(self, run: Run, plan: PlanSummary) -> RunResult:
        now = self.context.now()
        self.ledger.withhold(run.run_id, ("add", "change"), now)
        if run_counts(self.ledger, run.run_id).pending > 0:
            self.ledger.withhold(run.run_id, ("same",), now)
            self.courier.deliver(run)
        result = self._close(run, plan)
        purge(self.ledger, self.target)
        self.context.on_step("closed")
        self._write_receipts()
        self.context.on_step("receipts written")
        return result

    def _close(self, run: Run, plan: PlanSummary) -> RunResult:
        """End the run, unless its destination stayed down: then the next run resumes what was sent."""
        counts = run_counts(self.ledger, run.run_id)
        status = "delivered" if counts.planned else "unchanged"
        if self.courier.problem is not None:
            status = "stopped"
            self.ledger.settle()
        elif counts.pending:
            raise WorkError(
                f"sync {self.sync.name}: {counts.pending} of {counts.planned} rows have no outcome",
                "the run was left open; apply the sync again",
            )
        else:
            self.ledger.end(run.run_id, status, None, self.context.now())
        return self._result(run, plan, status)

    def _new_run(self, source: Source) -> Run:
        day = self.context.as_of
        run_id = self.ledger.new_run_id(day)
        names = (self.sync.audience, self.sync.destination, self.target)
        return Run(run_id, day, *names, source.fields)

    def _write_outbox(self, run: Run, plan: PlanSummary) -> None:
        with self.ledger.transaction():
            now = self.context.now()
            self.ledger.begin(run, plan.plan_id, plan.quarantined, now, self.accepted)
            removal = removal_sql(self.sync, run.fields, "planned.key")
            for statement in _OUTBOX:
                self.ledger.execute(statement.format(removal=removal), run_id=run.run_id)
        self.context.on_step("planned")

    def _held(self, source: Source, plan: PlanSummary | None, reason: str) -> RunResult:
        """Note that nothing was sent and why; an interrupted run stays open until the hold is lifted."""
        run, interrupted = None, self.ledger.open_run()
        if interrupted is not None:
            self.ledger.hold(interrupted.run_id, reason, self.context.now())
        else:
            run = self._new_run(source)
            self.ledger.begin(run, plan.plan_id if plan else "", 0, self.context.now())
            self.ledger.end(run.run_id, "held", reason, self.context.now())
            self._write_receipts()
        result = self._result(run, plan, "held", reason)
        if plan is None:
            return result
        return replace(
            result,
            planned=plan.planned,
            adds=plan.adds,
            changes=plan.changes,
            removals=plan.removals,
            pending=plan.planned,
            withheld=plan.withheld,
        )

    def _result(
        self, run: Run | None, plan: PlanSummary | None, status: str, held_reason: str | None = None
    ) -> RunResult:
        counts = run_counts(self.ledger, run.run_id) if run else RunCounts()
        limit = self.sync.breakers.max_rejected_share * counts.planned
        return RunResult(
            sync=self.sync.name,
            audience=self.sync.audience,
            destination=self.sync.destination,
            as_of=self.context.as_of,
            run_id=run.run_id if run else None,
            plan_id=plan.plan_id if plan else None,
            status=status,
            **asdict(counts),
            quarantined=plan.quarantined if plan else 0,
            waiting=plan.waiting if plan else 0,
            recovered=self.recovered,
            requests=self.courier.requests,
            seconds=max(0.0, (self.context.clock() - self.began).total_seconds()),
            held_reason=held_reason,
            problem=self.courier.problem,
            has_too_many_rejected=counts.rejected > 0 and counts.rejected >= limit,
        )

    def _write_receipts(self) -> None:
        write_receipts(self.ledger, self.context.state_dir, self.sync.name)
        write_run_records(self.ledger, self.context.state_dir, self.sync.name)


@contextmanager
def _courier(sync: Sync, context: SyncContext) -> Iterator[Courier]:
    connection = resolve_connection(sync, context.environment)
    destination = REGISTRY[sync.destination].open(sync, connection, context)
    try:
        with open_ledger(context.state_dir, sync.name) as ledger:
            secrets = secrets_of(sync, context.environment)
            yield Courier(ledger, sync, context, destination, secrets)
    finally:
        destination.close()


_OUTBOX = (
    """
    insert into plan_rows
    select
        $run_id, row_number, kind, operation, key, customer_id, entry_seq, contact_channel, payload_hash, remote_id
    from planned
    """,
    """
    insert into outbox
    select $run_id, planned.row_number, source.payload
    from planned
    inner join source on source.key = planned.key
    where planned.operation = 'upsert'
    """,
    """
    insert into outbox
    select $run_id, row_number, {removal}
    from planned
    where operation <> 'upsert'
    """,
    "insert into quarantine select $run_id, customer_id, reason from quarantined",
)
