"""The steward's tick: one look at all live rollouts together, and each moved along.

One call for the services, one for the tasks, one for the nodes, however many rollouts there are;
failures and logs only of those that need them. What changed is committed under the steward's epoch,
record and messages in one transaction, so a steward that was fenced out writes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from bot.domain.change import Change
from bot.domain.jsontypes import Spec
from bot.domain.observation import NodeView, Observation, ServiceView, TaskView
from bot.domain.plan import Kind
from bot.domain.rollout.doubt import believed
from bot.domain.rollout.failure import pick, told
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.outcome import Step, is_due
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.state import FINAL, LIVE
from bot.domain.rollout.step import step
from bot.domain.rollout.unseen import UNSEEN, UNSENT, stalled_unseen
from bot.domain.rollout.watch import watch_after
from bot.jobs import Job, JobName
from bot.ports import (
    Clock,
    ConflictError,
    EngineError,
    Fence,
    JobQueue,
    LogFilter,
    Put,
    RecordStore,
    Stored,
    StoreUnavailableError,
    SwarmReader,
    Transaction,
    UnreadableRecordError,
)
from bot.usecases.apply_change import ApplyChange
from bot.usecases.approvals_tick import ApprovalsTick
from bot.usecases.auto_lock import AutoLock
from bot.usecases.follow_drains import FollowDrains
from bot.usecases.keep_audit import KeepAudit
from bot.usecases.keep_policy import KeepPolicy
from bot.usecases.keep_vitals import KeepVitals
from bot.usecases.locks_tick import LocksTick
from bot.usecases.reconcile import Reconcile
from bot.usecases.redact import redacted
from bot.usecases.report import Report, no_report
from bot.usecases.revisions import Ledger
from bot.usecases.speak import Fault, Scribe, no_fault

WATCH_AT_MOST = timedelta(hours=24)
"""The domain ends the watch after twice the update delay; a delay of weeks does not keep it."""

_LOG_LINES = 10
_SILENCE = timedelta(seconds=5)
"""Between two looks that show the same: longer, and nobody knows what was in between."""
_TRIES = 4


@dataclass(frozen=True, kw_only=True)
class _Sight:
    """What one tick saw of the whole swarm."""

    services: Mapping[str, ServiceView]
    tasks: Mapping[str, Sequence[TaskView]]
    nodes: dict[str, NodeView]

    def of(self, rollout: Rollout) -> Observation:
        """Return what concerns one rollout; env values do not get past here in any task's error."""
        service_id = rollout.service_id or ""
        service = self.services.get(service_id)
        specs = _specs(rollout, service)
        tasks = (_clean(task, specs) for task in self.tasks.get(service_id, ()))
        return Observation(service=service, tasks=tuple(tasks), nodes=self.nodes)


@dataclass(frozen=True, kw_only=True)
class Supervise:
    """Look, move, record; then repair what got lost."""

    store: RecordStore
    swarm: SwarmReader
    queue: JobQueue
    scribe: Scribe
    ledger: Ledger
    changes: ApplyChange
    approvals: ApprovalsTick
    reconcile: Reconcile
    auto_lock: AutoLock
    locks: LocksTick
    audit: KeepAudit
    policy: KeepPolicy
    drains: FollowDrains
    vitals: KeepVitals
    clock: Clock
    report: Report = no_report
    fault: Fault = no_fault
    _looked: dict[str, datetime] = field(default_factory=dict)

    def tick(self, cluster: str, epoch: int) -> None:
        """Do one round.

        Raises:
            ConflictError: guard `epoch`: a newer steward has taken over.
            EngineUnavailableError, StoreUnavailableError: nothing could be seen or written.
        """
        fence = Fence(cluster=cluster, epoch=epoch)
        opened = self.store.get_many(Rollout, self.store.open_ids(cluster, Rollout))
        # what got lost is enqueued again also when the Engine does not answer
        self.reconcile.run(cluster, opened)
        self.policy.run(fence)
        self.audit.run(fence)
        self._expire(cluster, fence)
        self._call_for_help([each for each in opened if is_due(each.value)], UNSENT, fence)
        self.locks.run(cluster, fence)
        self.approvals.run(cluster, fence)
        followed = [each for each in opened if is_followed(each.value)]
        try:
            # looked at anyway: the steward's heartbeat means that the Engine answers
            sight = self._look(followed)
        except EngineError:
            self._call_for_help(followed, UNSEEN, fence)
            self.drains.call_for_help(cluster, fence)
            raise
        self.vitals.note(cluster, sight.nodes.values())
        self._move_all(self._certain(cluster, followed), sight, fence)
        self.drains.run(cluster, fence)

    def _certain(self, cluster: str, followed: list[Stored[Rollout]]) -> list[Stored[Rollout]]:
        """Begin all doubts anew after a silence: what is believed was seen to last."""
        now = self.clock.now()
        silent = now - self._looked.get(cluster, now - 2 * _SILENCE) > _SILENCE
        self._looked[cluster] = now
        return [replace(e, value=believed(e.value)) for e in followed] if silent else followed

    def _call_for_help(self, held: Sequence[Stored[Rollout]], why: str, fence: Fence) -> None:
        """Say of those that nothing can be done or known about that they do not get on."""

        def overdue(stored: Stored[Rollout]) -> None:
            done = stalled_unseen(stored.value, why, self.clock.now())
            if done is not None:
                self._commit(stored, done, fence, self.clock.now())

        for stored in held:
            self._guarded(stored, overdue)

    def _move_all(self, followed: Sequence[Stored[Rollout]], sight: _Sight, fence: Fence) -> None:
        """Move each; those whose logs have to be read come last, so that nobody waits for them."""
        later: list[tuple[Stored[Rollout], Step]] = []

        def quickly(stored: Stored[Rollout]) -> None:
            done = self._stepped(stored.value, sight)
            if done.needs_failure:
                later.append((stored, done))
            else:
                self._record(stored, done, fence)

        for stored in followed:
            self._guarded(stored, quickly)
        for stored, done in later:
            self._guarded(stored, partial(self._tell, done=done, sight=sight, fence=fence))

    def _look(self, followed: Sequence[Stored[Rollout]]) -> _Sight:
        ids = sorted({each.value.service_id or "" for each in followed})
        services = {view.id: view for view in self.swarm.services(ids)} if ids else {}
        tasks: dict[str, list[TaskView]] = defaultdict(list)
        # the service views are older than the tasks: a task of a newer spec is then not up to date
        for task in self.swarm.tasks(sorted(services)) if services else ():
            tasks[task.service_id].append(task)
        return _Sight(
            services=services, tasks=tasks, nodes={node.id: node for node in self.swarm.nodes()}
        )

    def _guarded(self, stored: Stored[Rollout], move: Callable[[Stored[Rollout]], None]) -> None:
        """Move one rollout; its trouble must not keep the others waiting."""
        try:
            move(stored)
        except ConflictError as lost:
            if lost.guard == "epoch":
                raise
            self.report(stored.value.id, lost)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001  one odd record must not stop all behind it
            self.report(stored.value.id, error)

    def _stepped(self, before: Rollout, sight: _Sight) -> Step:
        seen, now = sight.of(before), self.clock.now()
        return step(before, seen, now) if before.state in LIVE else _watched(before, seen, now)

    def _tell(self, stored: Stored[Rollout], *, done: Step, sight: _Sight, fence: Fence) -> None:
        """Record a step together with the failing task's own words."""
        before = stored.value
        known = self._with_failure(done.rollout, sight.nodes, sight.of(before))
        notes = (*done.notes, *_first_failure(before, known))
        self._record(stored, replace(done, rollout=known, notes=notes), fence)

    def _record(self, stored: Stored[Rollout], done: Step, fence: Fence) -> None:
        before, now = stored.value, self.clock.now()
        if done.rollout == before:
            return
        self._commit(stored, done, fence, now)
        self.fault("tick.after_commit")
        if done.apply and done.rollout.posting is not None:
            attempt = done.rollout.posting.attempt
            self.queue.enqueue(
                Job(name=JobName.APPLY, cluster=before.cluster, subject=before.id, step=attempt)
            )

    def _commit(self, stored: Stored[Rollout], done: Step, fence: Fence, now: datetime) -> None:
        before = stored.value
        after = _with_watch(done.rollout, before, now)
        held = (before.service, before.id)
        # only what is new is claimed or released: the store compares, the steward need not
        reopened = before.state in FINAL and after.state in LIVE
        ends = before.state in LIVE and after.state in FINAL
        for _ in range(_TRIES):
            after, locks = self.auto_lock.on_end(after, now) if ends else (after, ())
            counted, rows = self.scribe.rollout(before, after, done.notes, now)
            marks = self.ledger.on_end(counted) if ends else ()
            marks += self.ledger.on_reopened(counted) if reopened else ()
            self.fault("tick.before_commit")
            try:
                self.store.commit(
                    Transaction(
                        cluster=before.cluster,
                        puts=(Put(record=counted, rev=stored.rev), *rows, *marks, *locks),
                        claim=held if reopened else None,
                        release=held if ends else None,
                        fence=fence,
                    )
                )
            except ConflictError as lost:
                if lost.guard == "live":  # the next rollout has begun: it tells the rest
                    self._stop_watching(stored, fence)
                    return
                if lost.guard != "rev" or not self._still(stored):
                    raise
            else:
                return
        raise ConflictError("rev", before.id)

    def _still(self, stored: Stored[Rollout]) -> bool:
        """Return whether the rollout is as it was read: then only a message's row had moved on."""
        again = self.store.get(Rollout, stored.value.id)
        return again is not None and again.rev == stored.rev

    def _stop_watching(self, stored: Stored[Rollout], fence: Fence) -> None:
        after = replace(stored.value, watch_until=None)
        put = Put(record=after, rev=stored.rev)
        self.store.commit(Transaction(cluster=stored.value.cluster, puts=(put,), fence=fence))

    def _with_failure(
        self, rollout: Rollout, nodes: Mapping[str, NodeView], seen: Observation
    ) -> Rollout:
        """Return the rollout with the failing task's own words, env values hidden in them."""
        if rollout.service_id is None:
            return rollout
        task = pick(rollout, self.swarm.failures(rollout.service_id))
        if task is None:
            return rollout
        specs = _specs(rollout, seen.service)
        clean = _clean(task, specs)
        log = [redacted(line, *specs) for line in self._log(task.id)]
        rollout = replace(rollout, reason=redacted(rollout.reason, *specs))
        return told(rollout, clean, log, nodes)

    def _log(self, task_id: str) -> list[str]:
        try:
            lines = self.swarm.task_logs(task_id, LogFilter(tail=_LOG_LINES))
        except EngineError:
            return []  # the story is told without its log rather than later
        return [line.text for line in lines][-_LOG_LINES:]

    def _expire(self, cluster: str, fence: Fence) -> None:
        for change in self.store.get_many(Change, self.store.open_ids(cluster, Change)):
            try:
                self.changes.expire(change, fence)
            except ConflictError as lost:
                if lost.guard == "epoch":
                    raise
                continue  # it was clicked just now
            except UnreadableRecordError as error:
                self.report(change.value.id, error)


def is_followed(rollout: Rollout) -> bool:
    """Return whether a tick has to look at the rollout."""
    if rollout.state is RolloutState.COMPLETED:
        return rollout.watch_until is not None
    posted = rollout.posting is not None and rollout.posting.posted_at is not None
    return rollout.state in LIVE and posted


def _specs(rollout: Rollout, service: ServiceView | None) -> tuple[Spec | None, ...]:
    """Return the specs whose env values may turn up in an error or a log."""
    return (
        rollout.posting.spec if rollout.posting else None,
        rollout.plan.base_spec if rollout.plan else None,
        service.spec if service else None,
    )


def _clean(task: TaskView, specs: Sequence[Spec | None]) -> TaskView:
    if not task.error:
        return task
    error, message = redacted(task.error, *specs), redacted(task.message, *specs)
    return replace(task, error=error, message=message)


def _watched(rollout: Rollout, seen: Observation, now: datetime) -> Step:
    watch = watch_after(rollout, seen, now)
    expired = rollout.watch_until is not None and now >= rollout.watch_until
    if watch.over or (expired and watch.step.rollout == rollout):
        return Step(rollout=replace(watch.step.rollout, watch_until=None))
    return watch.step


def _with_watch(after: Rollout, before: Rollout, now: datetime) -> Rollout:
    if after.state is RolloutState.COMPLETED and before.state is not RolloutState.COMPLETED:
        return replace(after, watch_until=now + WATCH_AT_MOST)
    if after.state in LIVE and after.watch_until is not None:
        return replace(after, watch_until=None)
    return after


def _first_failure(before: Rollout, after: Rollout) -> tuple[Note, ...]:
    """Return a note for a task that fails where Swarm will not pause: nobody else would say so."""
    goes_on = after.state is RolloutState.PROGRESSING and not _pauses(after)
    first = before.failure is None and after.failure is not None
    return (Note(kind=NoteKind.FAILING),) if goes_on and first else ()


def _pauses(rollout: Rollout) -> bool:
    """Return whether Swarm stops at a failing task: of updates it does, unless told to go on."""
    spec = rollout.posting.spec if rollout.posting else {}
    action = (spec.get("UpdateConfig") or {}).get("FailureAction")
    return rollout.kind is not Kind.CREATE and action != "continue"
