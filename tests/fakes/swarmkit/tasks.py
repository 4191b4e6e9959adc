"""The life of one task: scheduled, started, failing, stopped."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from tests.fakes.swarmkit.placement import allowed, pick, why_pending
from tests.fakes.swarmkit.state import Image, Network, Node, Service, Task, fake_id
from tests.fakes.swarmkit.timeline import Timeline

_STOPS_IN = timedelta(seconds=0.2)
_NANOS = 1000


def span(nanos: object, default: timedelta) -> timedelta:
    """Return the Engine's nanoseconds as a timedelta; absent: the default."""
    return default if nanos is None else timedelta(microseconds=int(str(nanos)) // _NANOS)


class World:
    """All objects, and what tasks do by themselves."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.images: dict[str, Image] = {}
        self.services: dict[str, Service] = {}
        self.tasks: dict[str, Task] = {}
        self.nodes: dict[str, Node] = {}
        self.networks: dict[str, Network] = {}
        self.on_ended: list[Callable[[Task], None]] = []
        self.on_running: list[Callable[[Task], None]] = []
        self._index = 10
        self._ids = 0

    def next_version(self) -> int:
        """Return the next raft index; it also moves by Swarm's own writes."""
        self._index += 1
        return self._index

    def new_id(self, prefix: str) -> str:
        """Return a fresh id."""
        self._ids += 1
        return fake_id(self._ids, prefix)

    def of(self, service: Service) -> list[Task]:
        """Return its tasks, oldest first."""
        return [task for task in self.tasks.values() if task.service_id == service.id]

    def active(self, service: Service) -> list[Task]:
        """Return its tasks that Swarm wants."""
        return [task for task in self.of(service) if task.wanted]

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
            iteration=service.iteration if service.is_job else None,
            attempt=attempt,
        )
        self.tasks[task.id] = task
        self._prepare_early(task)
        return task

    def _prepare_early(self, task: Task) -> None:
        """While desired `ready`, a task already gets its node and waits there."""
        if task.node_id:
            task.state = "ready"
            return
        nodes = list(self.nodes.values())
        node = pick(nodes, task.template, list(self.tasks.values()), task.service_id)
        if node is None:
            self._move(task, "pending", "pending task scheduling")
            task.error = why_pending(nodes)
        else:
            task.node_id = node.id
            self._move(task, "ready", "prepared")

    def drop(self, task: Task) -> None:
        """Forget a task whose slot is gone."""
        self.tasks.pop(task.id, None)

    def start(self, task: Task) -> None:
        """Want it running: schedule it and let it start."""
        if not task.wanted:
            return
        task.desired = "running"
        self.schedule(task)

    def schedule(self, task: Task) -> None:
        """Find a node, or leave it pending with the scheduler's words."""
        if task.state not in ("ready", "pending") or task.desired != "running":
            return
        nodes = list(self.nodes.values())
        if task.node_id:
            node: Node | None = self.nodes[task.node_id]
        else:
            node = pick(nodes, task.template, list(self.tasks.values()), task.service_id)
        if node is None or not node.up:
            self._move(task, "pending", "pending task scheduling")
            task.error = why_pending(nodes)
            return
        task.node_id, task.error = node.id, ""
        self._move(task, "preparing", "preparing")
        self._prepare(task)

    def _prepare(self, task: Task) -> None:
        image = self.image_of(task.image)
        if image is None:
            name = task.image
            self.timeline.after(
                timedelta(seconds=0.3),
                lambda: self.end(task, "rejected", f"No such image: {name}", None),
            )
            return
        found = image
        if task.template["ContainerSpec"].get("Command") == ["true"]:
            found = replace(image, ends_in=timedelta(seconds=0.1), exit_code=0)
        self.timeline.after(found.starts_in, lambda: self._started(task, found))

    def image_of(self, reference: str) -> Image | None:
        """Return what a container of that reference would run."""
        if "@" in reference:
            digest = reference.partition("@")[2]
            return next((i for i in self.images.values() if i.digest == digest), None)
        return self.images.get(reference)

    def _started(self, task: Task, image: Image) -> None:
        if task.ended or not self._reachable(task):
            return
        now = self.timeline.now
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
        if task.ended or not self._reachable(task):
            return
        self._move(task, "running", "started")
        task.ran_at = self.timeline.now
        if image.ends_in is not None:
            code = image.exit_code
            words = f"task: non-zero exit ({code})" if code else ""
            state = "failed" if code else "complete"
            self.timeline.after(image.ends_in, lambda: self.end(task, state, words, code))
        for notice in list(self.on_running):
            notice(task)

    def end(self, task: Task, state: str, error: str, exit_code: int | None) -> None:
        """Let a task end by itself; nothing if it has ended already or cannot be heard of."""
        if task.ended or task.id not in self.tasks or not self._reachable(task):
            return
        self._move(task, state, "finished" if state == "complete" else "started")
        task.error, task.exit_code = error, exit_code
        for notice in list(self.on_ended):
            notice(task)

    def stop(self, task: Task, then: Callable[[], None] = lambda: None) -> None:
        """Stop it; `then` when it has stopped, which on a lost node is never."""
        task.desired = "shutdown"

        def stopped() -> None:
            if not self._reachable(task):
                return
            if not task.ended:
                self._move(task, "shutdown", "shutdown")
            then()

        self.timeline.after(_STOPS_IN, stopped)

    def _reachable(self, task: Task) -> bool:
        return not task.node_id or self.nodes[task.node_id].up

    def _move(self, task: Task, state: str, message: str) -> None:
        task.state, task.message, task.state_at = state, message, self.timeline.now

    def dirty(self, service: Service, task: Task) -> bool:
        """Return whether the task must be replaced to match the service's present spec.

        A changed placement alone replaces nothing while the node still meets it.
        """
        if service.is_job:
            return task.iteration != service.iteration
        if task.ports != service.ports or _bare(task.template) != _bare(service.template):
            return True
        if task.template.get("Placement") == service.template.get("Placement"):
            return False
        node = self.nodes.get(task.node_id)
        return node is None or not allowed(node, service.template)


def _bare(template: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in template.items() if key != "Placement"}
