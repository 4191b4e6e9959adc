"""Keeps the wanted number of tasks, restarts what ends, and hands changed specs to the updater."""

from datetime import timedelta
from functools import partial

from tests.fakes.swarmkit.placement import allowed
from tests.fakes.swarmkit.state import Node, Service, Task
from tests.fakes.swarmkit.tasks import World, span
from tests.fakes.swarmkit.updater import Updater

_RESTART_DELAY = timedelta(seconds=5)


class Orchestrator:
    """The restart and update supervisors of all services."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._updaters: dict[str, Updater] = {}
        world.on_ended.append(self._ended)

    def reconcile(self, service: Service) -> None:
        """Bring the number of tasks to what the spec wants, then update what is dirty."""
        if service.is_global:
            self._reconcile_global(service)
        else:
            self._reconcile_replicated(service)
        if not service.is_job:
            self._update(service)

    def changed_node(self) -> None:
        """Look again at everything after a node changed."""
        for service in list(self._world.services.values()):
            self._leave_bad_nodes(service)
            if service.is_global:
                self._reconcile_global(service)
        for task in list(self._world.tasks.values()):
            if task.state == "pending" and task.wanted:
                self._world.schedule(task)

    def forget(self, service: Service) -> None:
        """Stop everything of a removed service."""
        updater = self._updaters.pop(service.id, None)
        if updater is not None:
            updater.cancel()
        for task in self._world.of(service):
            del self._world.tasks[task.id]

    def _update(self, service: Service) -> None:
        old = self._updaters.get(service.id)
        # An equal spec neither restarts nor stops a running updater.
        if old is not None and not old.cancelled and old.spec == service.spec:
            return
        if old is not None:
            old.cancel()
        updater = Updater(self._world, service, self.reconcile)
        self._updaters[service.id] = updater
        updater.run()

    def _reconcile_replicated(self, service: Service) -> None:
        world = self._world
        slots = {task.slot for task in world.active(service)}
        if service.is_job:
            slots |= {t.slot for t in world.of(service) if t.iteration == service.iteration}
        for slot in sorted(slots)[service.replicas :] if not service.is_job else []:
            for task in [t for t in world.active(service) if t.slot == slot]:
                world.stop(task, partial(world.drop, task))
                task.desired = "remove"
        first = 0 if service.is_job else 1
        free = (n for n in range(first, service.replicas + len(slots) + 1) if n not in slots)
        for _ in range(service.replicas - len(slots)):
            world.start(world.create(service, next(free)))

    def _reconcile_global(self, service: Service) -> None:
        world = self._world
        has = {task.node_id for task in world.active(service)}
        if service.is_job:
            has |= {t.node_id for t in world.of(service) if t.iteration == service.iteration}
        for node in world.nodes.values():
            fits = _takes(node) and allowed(node, service.template)
            if fits and node.id not in has:
                world.start(world.create(service, 0, node.id))
            elif not fits and node.id in has and not service.is_job:
                for task in [t for t in world.active(service) if t.node_id == node.id]:
                    world.stop(task)

    def _ended(self, task: Task) -> None:
        service = self._world.services.get(task.service_id)
        if service is None or not task.wanted:
            return
        if service.is_job and task.state == "complete":
            task.desired = "complete"
            return
        task.desired = "shutdown"
        policy = task.template.get("RestartPolicy") or {}
        condition = policy.get("Condition", "any")
        if condition == "none" or (condition == "on-failure" and task.state == "complete"):
            return
        tried = task.attempt + 1
        if policy.get("MaxAttempts") and tried > policy["MaxAttempts"]:
            return
        node = task.node_id if service.is_global else ""
        new = self._world.create(service, task.slot, node, attempt=tried)
        delay = span(policy.get("Delay"), _RESTART_DELAY)
        self._world.timeline.after(delay, lambda: self._world.start(new))

    def _leave_bad_nodes(self, service: Service) -> None:
        world = self._world
        for task in world.active(service):
            node = world.nodes.get(task.node_id)
            if node is None or (_stays(node) and allowed(node, task.template)):
                continue
            world.stop(task)
            if not allowed(node, task.template):
                task.state, task.state_at = "rejected", world.timeline.now
                task.error = "assigned node no longer meets constraints"
            if not service.is_global:
                world.start(world.create(service, task.slot))


def _takes(node: Node) -> bool:
    return node.up and node.availability == "active"


def _stays(node: Node) -> bool:
    return node.up and node.availability != "drain"
