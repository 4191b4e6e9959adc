"""All objects, and the life of a task: scheduled, started, failing, stopped."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from playground.simulator.model.catalog import Catalog
from playground.simulator.model.occurrences import Occurrence, Occurrences
from playground.simulator.model.placement import Room, allowed, pick, reservation, why_pending
from playground.simulator.model.state import (
    Image,
    Json,
    Network,
    Node,
    Service,
    Task,
    digest_of,
    new_id,
)
from playground.simulator.model.timeline import Timeline

_STOPS_IN = timedelta(seconds=0.2)
_REJECTED_IN = timedelta(seconds=0.3)
_NANOS = 1000
_KEPT = 5
"""Tasks of a slot that are remembered (TaskHistoryRetentionLimit)."""


def span(nanos: object, default: timedelta) -> timedelta:
    """Return the Engine's nanoseconds as a timedelta; absent: the default."""
    return default if nanos is None else timedelta(microseconds=int(str(nanos)) // _NANOS)


class Watcher(Protocol):
    """Hears of the tasks of one service."""

    def ran(self, task: Task) -> None:
        """It began to run."""
        ...

    def ended(self, task: Task) -> None:
        """It is beyond running: by itself, or because it was stopped."""
        ...


class World:
    """All objects, and what tasks do by themselves.

    Looking is cheap: tasks are found by service and slot, and the load of nodes is counted.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.catalog = Catalog()
        self.occurrences = Occurrences()
        self.services: dict[str, Service] = {}
        self.tasks: dict[str, Task] = {}
        self.nodes: dict[str, Node] = {}
        self.networks: dict[str, Network] = {}
        self.pending: dict[str, Task] = {}
        self.watchers: dict[str, Watcher] = {}
        self.on_failed: Callable[[Task], None] = lambda _task: None
        self._of: dict[str, dict[str, Task]] = {}
        self._load: Counter[tuple[str, str]] = Counter()
        self._counted: dict[str, str] = {}
        self._reserved: dict[str, tuple[int, int]] = {}
        self._unheard: dict[str, list[Callable[[], None]]] = {}
        self._index = 10
        self._ids = 0

    @property
    def images(self) -> dict[str, Image]:
        """What the registry has, by reference."""
        return self.catalog.images

    def next_version(self) -> int:
        """Return the next raft index: every write of Swarm moves it, those of tasks too."""
        self._index += 1
        return self._index

    def count_from(self, index: int) -> None:
        """Let the raft index go on from there: the managers were restored from a backup."""
        self._index = index

    def new_id(self, kind: str) -> str:
        """Return a fresh id."""
        self._ids += 1
        return new_id(self._ids, kind)

    def told(self, kind: str, action: str, ref: str, attributes: dict[str, str]) -> None:
        """Note an event."""
        now = self.timeline.now
        what = Occurrence(kind=kind, action=action, id=ref, attributes=attributes, at=now)
        self.occurrences.note(what)

    def of(self, service: Service) -> list[Task]:
        """Return its tasks, oldest first."""
        return list(self._of.get(service.id, {}).values())

    def active(self, service: Service) -> list[Task]:
        """Return its tasks that Swarm wants."""
        return [task for task in self._of.get(service.id, {}).values() if task.wanted]

    # -- from its making to its end

    def create(self, service: Service, slot: int, node_id: str = "", *, attempt: int = 0) -> Task:
        """Make a task of the service's present spec; it does not start by itself."""
        now = self.timeline.now
        task = Task(
            id=self.new_id("task"),
            service_id=service.id,
            slot=slot,
            node_id=node_id,
            template=service.template,
            ports=service.ports,
            created=now,
            state_at=now,
            version=self.next_version(),
            iteration=service.iteration if service.is_job else None,
            attempt=attempt,
        )
        self.tasks[task.id] = task
        self._of.setdefault(service.id, {})[task.id] = task
        self._prepare_early(task)
        self._forget_oldest(service, task)
        return task

    def _prepare_early(self, task: Task) -> None:
        """While desired `ready`, a task already gets its node and waits there."""
        node = self._pick(task)
        if not task.node_id and node is None:
            self._leave_pending(task)
            return
        task.node_id = task.node_id or (node.id if node else "")
        self._move(task, "ready", "prepared")

    def _forget_oldest(self, service: Service, new: Task) -> None:
        same = [t for t in self._of[service.id].values() if t.place == new.place]
        for task in same[: max(0, len(same) - _KEPT)]:
            if task.ended and not task.wanted:
                self.drop(task)

    def drop(self, task: Task) -> None:
        """Forget a task whose slot is gone."""
        self.tasks.pop(task.id, None)
        self._of.get(task.service_id, {}).pop(task.id, None)
        self.pending.pop(task.id, None)
        self._count(task, there=False)

    def start(self, task: Task) -> None:
        """Want it running: schedule it and let it start."""
        if not task.wanted or task.id not in self.tasks:
            return
        task.desired = "running"
        self.schedule(task)

    def schedule(self, task: Task) -> None:
        """Find a node, or leave it pending with the scheduler's words."""
        if task.state not in ("ready", "pending") or task.desired != "running":
            return
        node = self.nodes.get(task.node_id) if task.node_id else self._pick(task)
        if node is None or not node.up:
            self._leave_pending(task)
            return
        task.node_id, task.error = node.id, ""
        self._move(task, "preparing", "preparing")
        self._prepare(task)

    def _pick(self, task: Task) -> Node | None:
        if task.node_id:
            return None
        return pick(self.nodes.values(), task.template, self._room(task))

    def _room(self, task: Task) -> Room:
        load, reserved = self._load.get, self._reserved.get
        return Room(
            mine=lambda node: load((task.service_id, node.id), 0),
            everyones=lambda node: load(("", node.id), 0),
            reserved=lambda node: reserved(node.id, (0, 0)),
        )

    def _leave_pending(self, task: Task) -> None:
        task.error = why_pending(self.nodes.values(), task.template, self._room(task))
        self._move(task, "pending", "pending task scheduling")

    def _prepare(self, task: Task) -> None:
        image = self.catalog.find(task.image)
        if image is None:
            words = f"No such image: {task.image}"
            self.timeline.after(_REJECTED_IN, lambda: self.end(task, "rejected", words, None))
            return
        found = image
        if task.template["ContainerSpec"].get("Command") == ["true"]:
            found = replace(image, ends_in=timedelta(seconds=0.1), exit_code=0, errors=())
        self.timeline.after(found.starts_in, lambda: self._started(task, found))

    def _started(self, task: Task, image: Image) -> None:
        if not self._goes_on(task):
            return
        now = self.timeline.now
        task.container = digest_of(task.id).removeprefix("sha256:")
        task.log.extend((now, "stdout", line) for line in image.log)
        if image.unhealthy_in is not None:
            self._move(task, "starting", "starting")
            words = "task: non-zero exit (137): dockerexec: unhealthy container"
            self.timeline.after(image.unhealthy_in, lambda: self.end(task, "failed", words, 137))
        elif image.healthy_in is not None:
            self._move(task, "starting", "starting")
            self.timeline.after(image.healthy_in, lambda: self._running(task, image))
        else:
            self._running(task, image)

    def _running(self, task: Task, image: Image) -> None:
        if not self._goes_on(task):
            return
        self._move(task, "running", "started")
        if image.ends_in is not None:
            self.timeline.after(image.ends_in, lambda: self._exits(task, image))
        watcher = self.watchers.get(task.service_id)
        if watcher is not None:
            watcher.ran(task)

    def _exits(self, task: Task, image: Image) -> None:
        if not self._goes_on(task):
            return
        task.log.extend((self.timeline.now, "stderr", line) for line in image.errors)
        code = image.exit_code
        words = f"task: non-zero exit ({code})" if code else ""
        self.end(task, "failed" if code else "complete", words, code)

    def _goes_on(self, task: Task) -> bool:
        return not task.ended and task.id in self.tasks and self._reachable(task)

    def end(self, task: Task, state: str, error: str, exit_code: int | None) -> None:
        """Let a task end by itself; nothing if it has ended already or cannot be heard of."""
        if not self._goes_on(task):
            return
        task.error, task.exit_code = error, exit_code
        self._move(task, state, "finished" if state == "complete" else "started")
        self.on_failed(task)
        self._tell_end(task)

    def reject(self, task: Task, words: str) -> None:
        """End a task whose node no longer suits it."""
        task.error = words
        self._move(task, "rejected", "task rejected by constraint enforcer")

    def want(self, task: Task, desired: str) -> None:
        """Set what Swarm wants of a task."""
        task.desired = desired
        self._touch(task)

    def stop(self, task: Task, then: Callable[[], None] = lambda: None) -> None:
        """Stop it; `then` when it has stopped, which on a lost node is when that is back."""
        self.want(task, "shutdown")
        self.timeline.after(_STOPS_IN, lambda: self._stopped(task, then))

    def _stopped(self, task: Task, then: Callable[[], None]) -> None:
        if not self._reachable(task):
            again = self._unheard.setdefault(task.node_id, [])
            again.append(lambda: self._stopped(task, then))
            return
        if not task.ended and task.id in self.tasks:
            self._move(task, "shutdown", "shutdown")
            self._tell_end(task)
        then()

    def hear_from(self, node: Node) -> None:
        """Learn what happened on a node that is back."""
        for tell in self._unheard.pop(node.id, []):
            tell()

    def _tell_end(self, task: Task) -> None:
        watcher = self.watchers.get(task.service_id)
        if watcher is not None:
            watcher.ended(task)

    def _reachable(self, task: Task) -> bool:
        node = self.nodes.get(task.node_id)
        return node is None or node.up

    def _move(self, task: Task, state: str, message: str) -> None:
        task.state, task.message, task.state_at = state, message, self.timeline.now
        self._touch(task)

    def _touch(self, task: Task) -> None:
        task.version = self.next_version()
        if task.state == "pending" and task.wanted:
            self.pending[task.id] = task
        else:
            self.pending.pop(task.id, None)
        self._count(task, there=task.wanted and not task.ended and task.id in self.tasks)

    def _count(self, task: Task, *, there: bool) -> None:
        before = self._counted.pop(task.id, "")
        after = task.node_id if there else ""
        if after:
            self._counted[task.id] = after
        for node_id, change in ((before, -1), (after, 1)):
            if node_id:
                self._load[task.service_id, node_id] += change
                self._load["", node_id] += change
                cpu, memory = reservation(task.template)
                taken = self._reserved.get(node_id, (0, 0))
                self._reserved[node_id] = (taken[0] + change * cpu, taken[1] + change * memory)

    def dirty(self, service: Service, task: Task) -> bool:
        """Return whether the task must be replaced to match the service's present spec.

        A changed placement alone replaces nothing while the node still meets it.
        """
        if service.is_job:
            return task.iteration != service.iteration
        if task.template is service.template and task.ports is service.ports:
            return False
        if task.ports != service.ports or _bare(task.template) != _bare(service.template):
            return True
        if task.template.get("Placement") == service.template.get("Placement"):
            return False
        node = self.nodes.get(task.node_id)
        return node is None or not allowed(node, service.template)

    def kills_leader(self, service: Service, template: Json) -> bool:
        """Return whether SwarmKit would ask a missing Placement (moby#37883) and panic."""
        if template.get("Placement") is not None:
            return False
        return any(
            task.template.get("Placement") is not None and _bare(task.template) == _bare(template)
            for task in self.active(service)
        )

    def forget(self, tasks: Iterable[Task]) -> None:
        """Drop the tasks of a service that is gone."""
        for task in list(tasks):
            self.drop(task)


def _bare(template: Json) -> Json:
    return {key: value for key, value in template.items() if key != "Placement"}
