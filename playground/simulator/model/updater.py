"""One rolling update: batches, delay, monitor, and what happens on a failure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from playground.simulator.model.occurrences import differences
from playground.simulator.model.placement import takes
from playground.simulator.model.state import Service, Task
from playground.simulator.model.tasks import World, span

UPDATING, PAUSED, COMPLETED = "updating", "paused", "completed"
ROLLBACK_STARTED = "rollback_started"
ROLLBACK_PAUSED = "rollback_paused"
ROLLBACK_COMPLETED = "rollback_completed"
_BACK = (ROLLBACK_STARTED, ROLLBACK_PAUSED, ROLLBACK_COMPLETED)
_DEFAULTS: dict[str, Any] = {"Parallelism": 1, "FailureAction": "pause"}
Slot = int | str


class Updater:
    """Replaces the dirty slots of one service. A newer spec cancels it."""

    def __init__(self, world: World, service: Service, restart: Callable[[Service], None]) -> None:
        self._world = world
        self._service = service
        self._restart = restart
        self.spec = service.spec
        self.cancelled = False
        self._going_back = service.update_state in _BACK
        key = "RollbackConfig" if self._going_back else "UpdateConfig"
        self._config = service.spec.get(key) or _DEFAULTS
        self._queue: list[Slot] = []
        self._total = 0
        self._busy = 0
        self._new: dict[str, Slot] = {}
        self._ran_at: dict[str, datetime] = {}
        self._unread: list[tuple[str, datetime | None]] = []
        self._failures = 0

    @property
    def _monitor(self) -> timedelta:
        given = span(self._config.get("Monitor") or None, timedelta(seconds=5))
        return self._delay + timedelta(seconds=1) if self._delay >= given else given

    @property
    def _delay(self) -> timedelta:
        return span(self._config.get("Delay"), timedelta())

    def run(self) -> None:
        """Start; nothing to do ends at once, and then UpdateStatus stays as it is."""
        self._queue = self._dirty_slots()
        self._total = len(self._queue)
        if not self._queue:
            if self._service.update_state in (UPDATING, ROLLBACK_STARTED):
                self._completed()
            return
        if not self._service.update_state:
            self._service.update_started = self._world.timeline.now
            self._say(UPDATING, "update in progress")
        self._world.watchers[self._service.id] = self
        for _ in range(self._config.get("Parallelism", 0) or self._total):
            self._next()

    def cancel(self) -> None:
        """Stop after what is in flight."""
        self.cancelled = True
        if self._world.watchers.get(self._service.id) is self:
            del self._world.watchers[self._service.id]

    def _dirty_slots(self) -> list[Slot]:
        world, service = self._world, self._service
        slots: dict[Slot, list[Task]] = {}
        for task in world.active(service):
            slots.setdefault(task.node_id if service.is_global else task.slot, []).append(task)
        if service.is_global:  # the global orchestrator passes over nodes that are paused
            takers = {node.id for node in world.nodes.values() if takes(node)}
            slots = {node: tasks for node, tasks in slots.items() if node in takers}
        return [slot for slot, tasks in slots.items() if self._slot_dirty(tasks)]

    def _slot_dirty(self, tasks: list[Task]) -> bool:
        return len(tasks) > 1 or self._world.dirty(self._service, tasks[0])

    def _next(self) -> None:
        if self.cancelled:
            return
        if not self._queue:
            if not self._busy:
                self._world.timeline.after(self._monitor, self._completed)
                self._busy = -1
                self._read()
            return
        slot = self._queue.pop(0)
        tasks = [t for t in self._world.active(self._service) if slot in (t.slot, t.node_id)]
        if not tasks:
            self._next()
            return
        self._busy += 1
        self._replace(slot, tasks)

    def _replace(self, slot: Slot, tasks: list[Task]) -> None:
        world, service = self._world, self._service
        clean = [t for t in tasks if not world.dirty(service, t) and not t.ended]
        if clean:
            for task in tasks:
                if task is not clean[0]:
                    world.stop(task)
            self._new[clean[0].id] = slot
            self._done_with(clean[0])
            return
        node = str(slot) if service.is_global else ""
        new = world.create(service, 0 if service.is_global else int(slot), node)
        self._new[new.id] = slot
        if self._config.get("Order") == "start-first":
            world.start(new)
        else:
            self._stop_then_start(tasks, new)

    def _stop_then_start(self, tasks: list[Task], new: Task) -> None:
        left = [task.id for task in tasks]

        def one_stopped(task_id: str) -> None:
            left.remove(task_id)
            if not left:
                self._world.start(new)

        for task in tasks:
            self._world.stop(task, partial(one_stopped, task.id))

    def ran(self, task: Task) -> None:
        """Go on after a task of ours began to run."""
        if task.id in self._new and not self.cancelled:
            self._stop_others(task)
            self._done_with(task)

    def _stop_others(self, new: Task) -> None:
        slot = self._new[new.id]
        for task in self._world.active(self._service):
            if task is not new and slot in (task.slot, task.node_id):
                self._world.stop(task)

    def _done_with(self, task: Task) -> None:
        del self._new[task.id]
        self._ran_at[task.id] = self._world.timeline.now
        self._world.timeline.after(self._delay, self._free)

    def _free(self) -> None:
        if not self.cancelled:
            self._busy -= 1
            self._next()

    def ended(self, task: Task) -> None:
        """Hear that a task is beyond running; of ours, before its time, it counts as failed."""
        if self.cancelled:
            return
        if task.id in self._new:
            del self._new[task.id]
            self._world.timeline.after(self._delay, self._free)
            self._unread.append((task.id, None))
        elif task.id in self._ran_at:
            self._unread.append((task.id, self._ran_at.pop(task.id)))
        self._read()

    def _read(self) -> None:
        """Count failures: while slots wait for their turn and when all had theirs.

        Not in between: SwarmKit (updater.Run) waits there for its workers, their delay too.
        """
        while self._unread and (self._queue or self._busy < 0) and not self.cancelled:
            task_id, ran_at = self._unread.pop(0)
            if ran_at is None or self._world.timeline.now - ran_at <= self._monitor:
                self._note_failure(task_id)

    def _note_failure(self, task_id: str) -> None:
        self._failures += 1
        ratio = self._config.get("MaxFailureRatio") or 0
        if self._failures / self._total <= ratio:
            return
        action = self._config.get("FailureAction") or "pause"
        because = f"due to failure or early termination of task {task_id}"
        if action == "rollback" and self._going_back:
            self._never_back_from_a_rollback(because)
        elif action == "rollback" and self._service.previous is not None:
            self.cancel()
            self._roll_back(because)
        elif action != "continue":
            self.cancel()
            state = ROLLBACK_PAUSED if self._going_back else PAUSED
            self._say(state, f"update paused {because}")

    def _never_back_from_a_rollback(self, because: str) -> None:
        """Say that it is paused, begin no more, and complete all the same (measured: 20.10)."""
        self._say(ROLLBACK_PAUSED, f"rollback paused {because}")
        self._queue.clear()
        if self._busy < 0:
            self._completed()

    def _roll_back(self, because: str) -> None:
        service = self._service
        assert service.previous is not None
        changes = differences(service.spec, service.previous)
        service.spec, service.previous = service.previous, None
        self._say(ROLLBACK_STARTED, f"update rolled back {because}", changes)
        self._restart(service)

    def _completed(self) -> None:
        if self.cancelled:
            return
        self.cancel()
        if self._service.update_state == ROLLBACK_STARTED:
            self._say(ROLLBACK_COMPLETED, "rollback completed")
        elif self._service.update_state:
            self._say(COMPLETED, "update completed")

    def _say(self, state: str, message: str, changes: dict[str, str] | None = None) -> None:
        service, now = self._service, self._world.timeline.now
        told = {"name": service.name, **(changes or {}), "updatestate.new": state}
        if service.update_state:
            told["updatestate.old"] = service.update_state
        service.update_state, service.update_message = state, message
        service.update_ended = now if state in (COMPLETED, ROLLBACK_COMPLETED) else None
        service.version, service.updated = self._world.next_version(), now
        self._world.told("service", "update", service.id, told)
