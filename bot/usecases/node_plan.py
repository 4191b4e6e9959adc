"""What a change of a node means for what runs there: read before it is made.

Other people read it, too: the services that move are named there to whoever reads the channel, as
those are that an approval tells of. What stands in their specs is named only where who asked may
read it; and in a dry run, which is theirs alone, what they may not read is counted.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.domain.convergence.wanted import wanted_of
from bot.domain.drain import Drain, Moving, Sight, joined, planned, tasks_there
from bot.domain.drain.coming import failing_slots
from bot.domain.drain.homes import Ground, homeless
from bot.domain.drain.record import DEADLINE
from bot.domain.errors import Conflict
from bot.domain.grammar import Options
from bot.domain.jsontypes import JsonObject
from bot.domain.observation import NodeView, ServiceView, TaskView
from bot.domain.quorum import quorum
from bot.domain.typed import typed
from bot.ports import SwarmReader


@dataclass(frozen=True, kw_only=True)
class NodePlan:
    """Looks at the swarm when a node's availability is to change. Reads only.

    Attributes:
        cluster: what that swarm is called.
        reads: whether who asked may read a service.
    """

    swarm: SwarmReader
    cluster: str
    reads: Callable[[ServiceView], bool]

    def of(
        self, node: NodeView, desired: JsonObject, options: Options
    ) -> tuple[Drain | None, tuple[str, ...]]:
        """Return what a drain will move, and the warnings, one sentence each.

        Raises:
            EngineUnavailableError: it could not be looked.
        """
        role, nodes = desired.get("Role"), self.swarm.nodes()
        told = quorum(node, nodes, role, force=options.force) if role != node.role else ()
        wanted = desired.get("Availability")
        if wanted == node.spec.get("Availability"):
            return None, told  # or what is left on it is followed: `left`
        if wanted == "drain":
            drain, warnings = self._drain(node, options)
            return drain, (*told, *warnings)
        return None, (
            *told,
            self._pause(node) if wanted == "pause" else self._active(node),
        )

    def removal(self, node: NodeView, *, force: bool) -> tuple[str, ...]:
        """Return the warnings of a removal.

        Raises:
            Conflict: the Engine would refuse it, and what to do first.
            EngineUnavailableError: it could not be looked.
        """
        name = node.hostname
        if node.role == "manager":
            raise Conflict(
                f"{name} is a manager, and those cannot be removed. Nothing was changed.",
                f"`{typed(f'node demote {name}', self.cluster)}` first.",
            )
        if node.status != "down" and not force:
            raise Conflict(
                f"{name} is {node.status}: only a node that is down can be removed. Nothing was "
                "changed.",
                f"`{typed(f'node update --availability drain {name}', self.cluster)}`, then "
                "`docker swarm leave` on it; or add --force.",
            )
        here = sum(task.node_id == node.id for task in self.swarm.tasks())
        if not here:
            return ()
        which = "its one task is" if here == 1 else f"its {here} tasks are"
        return (f"{which} replaced elsewhere; the containers on {name} itself are not stopped",)

    def left(self, node: NodeView, options: Options) -> tuple[Drain | None, tuple[str, ...]]:
        """Return the drain of a node that is set to drain already; None if nothing is left on it.

        Raises:
            EngineUnavailableError: it could not be looked.
        """
        tasks: dict[str, list[TaskView]] = defaultdict(list)
        for task in self.swarm.tasks(wanted=False):  # most of what is left is told to stop
            if task.service_id:
                tasks[task.service_id].append(task)
        services = {view.id: view for view in self.swarm.services()}
        nodes = {each.id: each for each in self.swarm.nodes()}
        seen = Sight(services=services, tasks=tasks, nodes=nodes)
        drain = joined(_followed((), options), node.id, seen)
        if not drain.services:
            return None, ()
        if drain.returns:
            drain = _with_homeless(drain, node.id, seen)
        if options.dry_run:  # its asker's alone
            drain = self._read_by_who_asked(drain, services)
        return drain, (f"{node.hostname} is drained already: what is left on it is followed",)

    def _read_by_who_asked(self, drain: Drain, known: Mapping[str, ServiceView]) -> Drain:
        def is_read(moving: Moving) -> bool:
            view = known.get(moving.service_id)
            return view is not None and self.reads(view)

        kept = tuple(each for each in drain.services if is_read(each))
        hidden = sum(each.left for each in drain.services if not is_read(each))
        return replace(drain, services=kept, hidden=hidden)

    def _drain(self, node: NodeView, options: Options) -> tuple[Drain, tuple[str, ...]]:
        ground = self._ground()
        unread = {each.id for each in ground.services.values() if not self.reads(each)}
        services, warnings = planned(
            node, ground, unread, named=not options.dry_run, returns=bool(options.then)
        )
        hidden = tasks_there(node, ground, unread) if options.dry_run else 0
        return _followed(services, options, hidden), warnings

    def _ground(self) -> Ground:
        # services first: a task of one that is made meanwhile is then left out with it
        services = {view.id: view for view in self.swarm.services()}
        nodes = {node.id: node for node in self.swarm.nodes()}
        known = self.swarm.tasks(wanted=False)  # the ended ones tell what fails again and again
        return Ground(
            services=services, tasks=wanted_of(known), nodes=nodes, failing=failing_slots(known)
        )

    def _pause(self, node: NodeView) -> str:
        here = sum(task.node_id == node.id for task in self.swarm.tasks())
        stay = {0: "nothing runs there", 1: "its one task stays"}.get(
            here, f"its {here} tasks stay"
        )
        return f"{node.hostname} takes no new tasks from then on; {stay}"

    def _active(self, node: NodeView) -> str:
        return (
            f"{node.hostname} may take tasks from then on; nothing moves back by itself: "
            "Swarm starts tasks there as services are updated, scaled or repaired"
        )


def _with_homeless(drain: Drain, node_id: str, seen: Sight) -> Drain:
    """Leave out what was to come back with the node anyway: waited for, it would never be over."""
    wanted = [t for tasks in seen.tasks.values() for t in tasks if t.desired == "running"]
    ground = Ground(services=seen.services, tasks=wanted, nodes=seen.nodes)
    found = (replace(each, homeless=homeless(each, node_id, ground)) for each in drain.services)
    return replace(drain, services=tuple(found))


def _followed(services: tuple[Moving, ...], options: Options, hidden: int = 0) -> Drain:
    return Drain(
        hidden=hidden,
        services=services,
        deadline=options.deadline or DEADLINE,
        follows=not options.detach,
        returns=bool(options.then),
    )
