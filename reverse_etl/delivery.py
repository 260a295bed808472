"""Sends what is planned, batch by batch. Intent is committed before each request, one outcome a row after it.

A process may die between any two lines here: what was sent without an answer is found by `recover` and sent again under
the same id; what was never sent is planned anew. Requests are made by threads, as many as the destination takes at a
time; the ledger is touched by one thread alone.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

from audiences.errors import WorkError
from reverse_etl.blocks import Blocks
from reverse_etl.context import SyncContext
from reverse_etl.destinations.base import Answer, Destination, Recovery, WorksInJobs
from reverse_etl.errors import BatchRefused, DeliveryProblem, JobLost, TryLater
from reverse_etl.ledger import Ledger
from reverse_etl.ledger_rows import Outcome, Run
from reverse_etl.masking import Mask
from reverse_etl.patience import Patience
from reverse_etl.rates import bucket_of
from reverse_etl.shipments import Shipment, Shipments, Span
from reverse_etl.spec import Sync
from reverse_etl.tries import Part, Try

_HELD = "it may have been delivered: the run was interrupted before an answer"


@dataclass
class Courier:
    """Carries one run's rows to a destination.

    Attributes:
        requests: Requests made so far.
        problem: Why the destination was given up, when it was.
    """

    ledger: Ledger
    sync: Sync
    context: SyncContext
    destination: Destination
    secrets: tuple[str, ...] = ()
    requests: int = 0
    problem: str | None = None
    _left: str | None = field(default=None, init=False)  # why rows were left for the next run
    _planned: int = field(default=0, init=False)
    _done: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._limits = self.destination.limits
        self._shipments = Shipments(self.ledger, self.sync)
        self._bucket = bucket_of(self.destination.account(), self._limits.rates)
        self._patience = Patience(self.context.retry, self._bucket)
        self._blocks = Blocks(self.ledger, self.sync, self.context)

    def recover(self, run: Run) -> None:
        """Find out what became of batches that were sent and not answered; may set `problem`."""
        again = deque[Try | Part]()
        for batch in self.ledger.open_batches(run.run_id):
            shipment = self._shipments.load(run, batch)
            fate = self._fate(shipment)
            if fate == "resend":
                again.append(Try(shipment, job=batch.job))
            elif fate == "unsent":
                self.ledger.answered(batch, batch.attempts, "unsent", None, self.context.now())
            else:
                held = dict.fromkeys(range(shipment.message.rows if fate == "held" else 0), _HELD)
                reasons = self._reasons(shipment, held)
                known = Outcome(batch, batch.attempts, fate, shipment.numbers, held=reasons)
                with self.ledger.transaction():
                    self.ledger.record([known], self.context.now())
        self._carry(again, iter(()))

    def deliver(self, run: Run) -> None:
        """Send every waiting row of a run; stops with `problem` when the destination stays down."""
        self._planned, self._left = self._shipments.count(run), None
        self.context.on_progress(0, self._planned)
        for span in self._shipments.spans(run, self.destination.whole_run):
            coming = (Part(run, part) for part in self._shipments.cut(run, span))
            self._carry(deque(), coming, run)
            if self.problem is not None:
                return
        self.problem = self._left

    def _fate(self, shipment: Shipment) -> Recovery:
        """What to do about a batch in doubt; what was blocked, changed or left since is not sent again."""
        if shipment.run.target != self.destination.target(self.sync):
            return "unknown"
        if shipment.batch.job is not None:
            return "resend"
        fate = self.destination.recover(shipment.message)
        return "unknown" if fate == "resend" and self._shipments.is_stale(shipment) else fate

    def _carry(
        self, again: deque[Try | Part], coming: Iterator[Part], run: Run | None = None
    ) -> None:
        """Keep requests under way until all is answered or the destination is given up.

        What was answered and what is sent next are one commit. During the delivery of a run its blocks are read again
        when they are old; that may have to wait for the warehouse, so what was answered is committed before.

        Args:
            again: What goes first.
            coming: What goes then.
            run: The run that is delivered; None while an earlier one is recovered.
        """
        flying: dict[Future[Answer], Try] = {}
        answered: list[Future[Answer]] = []
        with ThreadPoolExecutor(self._limits.concurrency) as threads:
            while True:
                if run is not None and self._blocks.are_old:
                    self._commit([(flying.pop(one), one) for one in answered], again)
                    answered = []
                    self._blocks.read_again(run)
                    self._shipments.read_again()
                done = [(flying.pop(one), one) for one in answered]
                free = self._limits.concurrency - len(flying)
                for one in self._commit(done, again, coming, free):
                    flying[threads.submit(self._send, one)] = one
                if not flying:
                    return
                answered = list(wait(flying, return_when=FIRST_COMPLETED).done)

    def _commit(
        self,
        answered: list[tuple[Try, Future[Answer]]],
        again: deque[Try | Part],
        coming: Iterator[Part] = iter(()),  # noqa: B008
        free: int = 0,
    ) -> list[Try]:
        """Commit what was answered and that the next requests are about to be made; these are returned."""
        with self.ledger.transaction():
            steps = self._land(answered, again)
            tries = list(self._next(again, coming, free))
            steps += self._intend(tries)
        for step in steps:
            self.context.on_step(step)
        if answered:
            self.context.on_progress(min(self._done, self._planned), self._planned)
        return tries

    def _next(self, again: deque[Try | Part], coming: Iterator[Part], free: int) -> Iterator[Try]:
        """As many tries as there are threads free."""
        while free > 0 and self.problem is None:
            one = again.popleft() if again else next(coming, None)
            if one is None:
                return
            ready = self._load(one) if isinstance(one, Part) else one
            if ready.shipment.message.rows > 0:
                free -= 1
                yield ready

    def _load(self, part: Part) -> Try:
        span = part.span
        batch = self.ledger.new_batch(part.run.run_id, span.operation, span.first, span.last)
        return Try(self._shipments.load(part.run, batch), failures=part.failures)

    def _intend(self, tries: list[Try]) -> list[str]:
        """Note that requests are about to be made; asking after a job changes nothing. The steps that were made."""
        new = [(one.shipment.batch, one.attempt) for one in tries if one.job is None]
        self.ledger.intend(new, self.context.now())
        self.requests += len(new)
        return ["intended"] * len(new)

    def _send(self, one: Try) -> Answer:
        """Make the request when the account's rate allows it; called in a thread."""
        self._bucket.hold(self.context.sleep)
        if one.job is None:
            return self.destination.send(one.shipment.message)
        assert isinstance(self.destination, WorksInJobs), "it gave out a job"
        return self.destination.wait_for(one.job, one.shipment.message)

    def _land(
        self, answered: list[tuple[Try, Future[Answer]]], again: deque[Try | Part]
    ) -> list[str]:
        """Note what was answered; what is to be tried again or in parts goes to `again`. The steps that were made."""
        outcomes, parts = list[Outcome](), list[Part]()
        steps = list[str]()
        for one, future in answered:
            run, rows = one.shipment.run, one.shipment.rows
            try:
                answer = future.result()
            except BatchRefused as refusal:
                outcome, rest = self._refused(one, refusal)
                outcomes.append(outcome)
                parts += [Part(run, part, one.failures) for part in rest]
            except JobLost as loss:
                outcomes.append(self._given(one, "unknown"))
                self._left = self._mask(one.shipment)(loss.reason)
            except DeliveryProblem as problem:
                if not problem.is_unsent:
                    again += self._put_off(one, problem)
                    continue
                reason = self._mask(one.shipment)(problem.reason)
                outcomes.append(self._given(one, "refused", reason=reason))
                if self._bears(one, problem):
                    parts.append(Part(run, rows, one.failures + 1))
            else:
                if answer.job is not None:
                    self.ledger.took(one.shipment.batch, answer.job, self.context.now())
                    again.append(replace(one, job=answer.job))
                    steps.append("job taken")
                    continue
                self.context.on_step("answered")
                outcomes.append(self._outcome(one, answer))
                if answer.later and self._patience.bears(one.failures):
                    parts.append(Part(run, rows, one.failures + 1))
                elif answer.later:
                    self._left = next(iter(outcomes[-1].later.values()))
        if outcomes:
            self.ledger.record(outcomes, self.context.now())
            steps += ["recorded"] * len(outcomes)
            self._done += sum(one.shipment.message.rows for one, _ in answered)
        for part in reversed(parts):
            self._blocks.withhold(part.run)
            again.appendleft(part)
        return steps

    def _put_off(self, one: Try, problem: DeliveryProblem) -> list[Try]:
        """The same request once more, when it may do better and patience allows; asking after a job is no request."""
        if one.job is None:
            reason, batch = self._mask(one.shipment)(problem.reason), one.shipment.batch
            self.ledger.answered(batch, one.attempt, "retry", reason, self.context.now())
        if not self._bears(one, problem):
            return []
        return [replace(one, tries=one.tries + (one.job is None), failures=one.failures + 1)]

    def _bears(self, one: Try, problem: DeliveryProblem) -> bool:
        """Whether to go on after a problem; otherwise the destination is given up."""
        if isinstance(problem, TryLater) and self._patience.bears(one.failures, problem.wait):
            return True
        self.problem = self._mask(one.shipment)(problem.reason)
        return False

    def _refused(self, one: Try, refusal: BatchRefused) -> tuple[Outcome, list[Span]]:
        """A refused batch: the rows it was refused for stand alone, and the rest goes again."""
        shipment = one.shipment
        rejected, rest = {}, list(shipment.rows.halves())
        if refusal.rejected or shipment.message.rows == 1:
            rejected = self._reasons(shipment, refusal.rejected or {0: refusal.reason})
            rest = [shipment.rows]
        reason = self._mask(shipment)(refusal.reason)
        return self._given(one, "refused", rejected=rejected, reason=reason), rest

    def _outcome(self, one: Try, answer: Answer) -> Outcome:
        """One outcome a row.

        Raises:
            WorkError: The destination answered for another number of rows than it was sent.
        """
        batch, sent = one.shipment.batch, one.shipment.message.rows
        if answer.rows != sent:
            raise WorkError(
                f"sync {self.sync.name}: batch {batch.batch_id}: "
                f"{sent} rows sent, {answer.rows} answered",
                "nothing was recorded for the batch; report this with the destination's name",
            )
        rejected = self._reasons(one.shipment, answer.rejected)
        later = self._reasons(one.shipment, answer.later)
        held = self._reasons(one.shipment, answer.held)
        told = {one.shipment.numbers[index]: remote for index, remote in answer.remote_ids.items()}
        told = {row: remote for row, remote in told.items() if row not in {**rejected, **later}}
        return self._given(
            one, "accepted", rejected=rejected, later=later, held=held, remote_ids=told
        )

    def _given(self, one: Try, status: str, **said: Any) -> Outcome:
        """The outcome of a shipment's rows, with what is said of some of them."""
        return Outcome(one.shipment.batch, one.attempt, status, one.shipment.numbers, **said)

    def _reasons(self, shipment: Shipment, reasons: Mapping[int, str]) -> dict[int, str]:
        """Reasons by row number, where the destination counts from 0 in the batch."""
        if not reasons:
            return {}
        mask = self._mask(shipment)
        return {shipment.numbers[index]: mask(reason) for index, reason in reasons.items()}

    def _mask(self, shipment: Shipment) -> Mask:
        """What hides the people of a shipment in what is said of it."""
        return Mask(self.secrets, shipment.message.members())
