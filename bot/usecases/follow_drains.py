"""The steward's look at the nodes that are being emptied, and what comes of it.

One call for the tasks, one for their services, one for the nodes, however many drains there are;
none while there is none. What changed is committed under the steward's epoch, with its messages.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from bot.domain.change import FOLLOWED, Change, ChangeState
from bot.domain.drain import (
    ENDED,
    Drain,
    Phase,
    Sight,
    is_overdue_unseen,
    not_seen,
    overdue_return,
    overtaken,
    seen_again,
    step,
)
from bot.domain.observation import ServiceView, TaskView
from bot.jobs import Job, JobName
from bot.ports import (
    Clock,
    ConflictError,
    EngineError,
    Fence,
    JobQueue,
    Put,
    RecordStore,
    Stored,
    StoreUnavailableError,
    SwarmReader,
    Transaction,
    UnreadableRecordError,
)
from bot.usecases.redact import redacted
from bot.usecases.report import Report, no_report
from bot.usecases.speak import Fault, Scribe, no_fault

_RETURNING = frozenset({ChangeState.RETURNING})


@dataclass(frozen=True, kw_only=True)
class FollowDrains:
    """Look, move along, record."""

    store: RecordStore
    swarm: SwarmReader
    queue: JobQueue
    scribe: Scribe
    clock: Clock
    report: Report = no_report
    fault: Fault = no_fault

    def run(self, cluster: str, fence: Fence) -> None:
        """Look at all drains of a cluster once.

        Raises:
            ConflictError: guard `epoch`: a newer steward has taken over.
            EngineError: nothing could be seen; who waits too long for that has called for help.
            StoreUnavailableError: nothing could be read or written.
        """
        self._each(self._in(cluster, _RETURNING), returning, fence)
        drains = self._in(cluster, FOLLOWED)
        if not drains:
            return
        try:
            seen = self._look(drains)
        except EngineError:
            self._each(drains, unseen, fence)
            raise
        self._each(drains, partial(moved, seen=seen), fence)

    def call_for_help(self, cluster: str, fence: Fence) -> None:
        """Say of those of which nothing can be seen for too long that nobody knows how they stand.

        Raises:
            ConflictError: guard `epoch`: a newer steward has taken over.
            StoreUnavailableError: nothing could be read or written.
        """
        self._each(self._in(cluster, _RETURNING), returning, fence)
        self._each(self._in(cluster, FOLLOWED), unseen, fence)

    def _in(self, cluster: str, states: Collection[ChangeState]) -> list[Stored[Change]]:
        opened = self.store.get_many(Change, self.store.open_ids(cluster, Change))
        return [each for each in opened if each.value.state in states and each.value.drain]

    def _each(self, drains: Sequence[Stored[Change]], after: "After", fence: Fence) -> None:
        for stored in drains:
            now = self.clock.now()
            try:
                self._record(stored, after(stored.value, now=now), now, fence)
            except ConflictError as lost:
                if lost.guard == "epoch":
                    raise
                continue  # somebody acted on it just now: the next tick looks again
            except UnreadableRecordError:
                continue  # a message of it: the store has told which
            except StoreUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001  one odd drain must not stop all behind it
                self.report(stored.value.id, error)

    def _look(self, drains: Sequence[Stored[Change]]) -> Sight:
        found = [stored.value.drain for stored in drains]
        ids = {each.service_id for drain in found if drain for each in drain.services}
        emptied = {stored.value.target_id for stored in drains}
        # all tasks, and before the services: what has none by then was removed, not made since
        there_are = [task for task in self.swarm.tasks(wanted=False) if task.service_id]
        ids |= {t.service_id for t in there_are if t.node_id in emptied and t.state not in ENDED}
        services = {view.id: view for view in self.swarm.services(sorted(ids))} if ids else {}
        tasks: dict[str, list[TaskView]] = defaultdict(list)
        for task in there_are:
            if task.service_id in ids:
                tasks[task.service_id].append(_clean(task, services.get(task.service_id)))
        nodes = {node.id: node for node in self.swarm.nodes()}
        return Sight(services=services, tasks=tasks, nodes=nodes)

    def _record(self, stored: Stored[Change], after: Change, now: datetime, fence: Fence) -> None:
        if after == stored.value:
            return
        after = replace(after, touched_at=now)
        puts = (Put(record=after, rev=stored.rev), *self.scribe.change(after, now))
        self.fault("drain.before_commit")
        self.store.commit(Transaction(cluster=after.cluster, puts=puts, fence=fence))
        self.fault("drain.after_commit")
        if after.state is ChangeState.RETURNING:
            self.queue.enqueue(Job(name=JobName.CHANGE, cluster=after.cluster, subject=after.id))


class After(Protocol):
    """What a drain is after one more look, or after none was possible."""

    def __call__(self, change: Change, /, *, now: datetime) -> Change:
        """Return it; the same one if nothing has changed."""
        ...


def moved(change: Change, seen: Sight, now: datetime) -> Change:
    """Return a drain as it is after one more look."""
    node_id = change.target_id or ""
    if change.drain is None:  # pragma: no cover - only drains are followed
        return change
    if word := overtaken(node_id, seen):
        why = f"{change.target} was set to {word} meanwhile, not by this drain"
        drain = replace(change.drain, lost=True)
        over = ChangeState.ABORTED
        return replace(change, state=over, reason=why, ended_at=now, drain=drain)
    was_unseen = change.drain.unseen
    drain, phase = step(seen_again(change.drain, now), node_id, seen, now)
    if phase is Phase.DONE:
        return _over(replace(change, drain=drain), drain, now)
    if phase is Phase.MOVING:
        # what runs for a moment and fails again does not end a stall: people were called already
        got_on = was_unseen or drain.progress_at != change.drain.progress_at
        state = ChangeState.DRAINING if got_on else change.state
        return replace(change, drain=drain, state=state)
    if change.state is not ChangeState.STALLED:
        drain = replace(drain, stalls=drain.stalls + 1)
    return replace(change, drain=drain, state=ChangeState.STALLED)


def unseen(change: Change, now: datetime) -> Change:
    """Return a drain of which nothing can be seen: after the deadline, people have to know.

    One that has stalled has called for help already.
    """
    drain = change.drain
    if change.state is not ChangeState.DRAINING or drain is None:
        return change
    drain = not_seen(drain, now)
    if not is_overdue_unseen(drain, now):
        return replace(change, drain=drain)
    drain = replace(drain, unseen=True, stalls=drain.stalls + 1)
    return replace(change, drain=drain, state=ChangeState.STALLED)


def returning(change: Change, now: datetime) -> Change:
    """Return a drain whose node is to be made active again: after the deadline, people must know.

    The job that makes it active goes on trying; it may be Docker that does not answer, or that job
    which does not run.
    """
    drain = change.drain
    return change if drain is None else replace(change, drain=overdue_return(drain, now))


def _over(change: Change, drain: Drain, now: datetime) -> Change:
    if drain.returns:
        return replace(change, state=ChangeState.RETURNING)
    return replace(change, state=ChangeState.APPLIED, ended_at=now)


def _clean(task: TaskView, service: ServiceView | None) -> TaskView:
    if not task.error:
        return task
    if service is None:  # removed: nobody knows which values to hide
        return replace(task, error="", message="")
    specs = service.spec, service.previous_spec  # a task that is left may be of the one before
    error, message = redacted(task.error, *specs), redacted(task.message, *specs)
    return replace(task, error=error, message=message)
