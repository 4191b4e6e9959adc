"""Keeps the wanted number of tasks, restarts what ends, and hands changed specs to the updater."""

from datetime import timedelta
from functools import partial

from playground.simulator.model.placement import allowed, stays, takes
from playground.simulator.model.state import Node, Service, Task
from playground.simulator.model.tasks import World, span
from playground.simulator.model.updater import Updater

_RESTART_DELAY = timedelta(seconds=5)


class Orchestrator:
    """The restart and update supervisors of all services."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._updaters: dict[str, Updater] = {}
        world.on_failed = self._ended

    def reconcile(self, service: Service) -> None:
        """Bring the number of tasks to what the spec wants, then update what is dirty."""
        if service.is_global:
            self._reconcile_global(service)
        else:
            self._reconcile_replicated(service)
        if not service.is_job:
            self._update(service)

    def changed_node(self, node: Node) -> None:
        """Look again at everything after a node changed.

        But not at global jobs: a node that comes back gets none before their next post.
        """
        for service in list(self._world.services.values()):
            self._leave_bad_nodes(service)
            if service.is_global and not service.is_job:
                self._reconcile_global(service)
                self._freshen(service, node)
        for task in list(self._world.pending.values()):
            self._world.schedule(task)

    def forget(self, service: Service) -> None:
        """Stop everything of a removed service."""
        updater = self._updaters.pop(service.id, None)
        if updater is not None:
            updater.cancel()
        self._world.forget(self._world.of(service))

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
        if service.is_job:
            self._reconcile_job(service)
            return
        world = self._world
        slots = {task.slot for task in world.active(service)}
        for slot in sorted(slots)[service.replicas :]:
            for task in [t for t in world.active(service) if t.slot == slot]:
                world.stop(task, partial(world.drop, task))
                world.want(task, "remove")
        free = (n for n in range(1, service.replicas + len(slots) + 1) if n not in slots)
        for _ in range(service.replicas - len(slots)):
            world.start(world.create(service, next(free)))

    def _reconcile_job(self, service: Service) -> None:
        """Start completions that are still to come, no more at once than may be."""
        world = self._world
        mine = self._of_this_iteration(service)
        begun = {t.slot for t in mine}
        left = {t.slot for t in mine if t.wanted and not t.ended}
        free = (n for n in range(service.replicas) if n not in begun)
        for slot, _ in zip(free, range(service.concurrent - len(left)), strict=False):
            world.start(world.create(service, slot))

    def _of_this_iteration(self, service: Service) -> list[Task]:
        """Return a job's tasks of now; remove those of before, if replicated what still runs."""
        world = self._world
        for task in world.of(service):
            if task.iteration == service.iteration:
                continue
            if task.ended and service.is_global:
                world.drop(task)
            elif not task.ended and task.desired != "remove":
                world.stop(task, partial(world.drop, task))
                world.want(task, "remove")
        return [t for t in world.of(service) if t.iteration == service.iteration]

    def _reconcile_global(self, service: Service) -> None:
        world = self._world
        has = {task.node_id for task in world.active(service)}
        if service.is_job:
            has = {task.node_id for task in self._of_this_iteration(service)}
        for node in world.nodes.values():
            if not (stays(node) and allowed(node, service.template)):
                if not service.is_job:
                    self._clear(service, node)
            elif takes(node) and node.id not in has:
                world.start(world.create(service, 0, node.id))

    def _clear(self, service: Service, node: Node) -> None:
        for task in [t for t in self._world.active(service) if t.node_id == node.id]:
            self._world.stop(task)

    def _freshen(self, service: Service, node: Node) -> None:
        """Replace what is out of date there at once: an update passes over a paused node.

        SwarmKit (global orchestrator, reconcileServicesOneNode): no rolling update, no status.
        """
        world = self._world
        if world.nodes.get(node.id) is not node or not takes(node):
            return
        here = [task for task in world.active(service) if task.node_id == node.id]
        if here and all(world.dirty(service, task) for task in here):
            self._clear(service, node)
            world.start(world.create(service, 0, node.id))

    def _ended(self, task: Task) -> None:
        service = self._world.services.get(task.service_id)
        if service is None or not task.wanted:
            return
        if service.is_job and task.state == "complete":
            self._world.want(task, "complete")
            if not service.is_global:
                self._reconcile_job(service)
            return
        self._world.want(task, "shutdown")
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
            if node is None or (stays(node) and allowed(node, task.template)):
                continue
            world.stop(task)
            if not allowed(node, task.template):
                world.reject(task, "assigned node no longer meets constraints")
            if not service.is_global:
                world.start(world.create(service, task.slot))
