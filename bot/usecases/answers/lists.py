"""Lists across services: secrets and configs, stacks, the tasks of a stack or a node."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.domain.convergence.wanted import is_by_node
from bot.domain.errors import NotFound
from bot.domain.flags.verb import Verb
from bot.domain.grammar import Command
from bot.domain.grammar.suggest import did_you_mean
from bot.domain.lock.record import STACK_LABEL
from bot.domain.observation import ServiceView, TaskView
from bot.domain.reads import ServiceList
from bot.domain.reply import IdList, PieceList, Reply, StackList, TasksOf
from bot.domain.selecting import pieces_matching, services_matching, tasks_matching
from bot.domain.typed import typed
from bot.ports import RecordStore, SwarmReader
from bot.usecases.answers.filtered import none_passes
from bot.usecases.answers.overview import look_over, worst_first
from bot.usecases.answers.place import place_of
from bot.usecases.answers.sight import Sight
from bot.usecases.lookup import Lookup
from bot.usecases.redact import redacted

_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Lists:
    """One method a verb. All may raise NotFound, Denied and EngineUnavailableError."""

    swarm: SwarmReader
    store: RecordStore
    lookup: Lookup
    sight: Sight

    def pieces(self, command: Command, now: datetime) -> Reply:
        """Answer `secret ls` and `config ls`; what they hold is never asked for."""
        noun = "secret" if command.verb is Verb.SECRET_LS else "config"
        every = self.swarm.secrets() if noun == "secret" else self.swarm.configs()
        found, hidden = self.sight.seen(every, self.sight.piece)
        found = pieces_matching(found, command.options.filters)
        if not found and command.options.filters:
            return none_passes(noun, command)
        found.sort(key=lambda piece: piece.name)
        if command.options.quiet:
            return IdList(noun=noun, ids=tuple(one.id for one in found), hidden=hidden)
        return PieceList(noun=noun, pieces=tuple(found), at=now, hidden=hidden)

    def stacks(self) -> Reply:
        """Answer `stack ls`: a stack is what its services' label says."""
        services, hidden = self.sight.seen(self.swarm.services(), self.sight.service)
        counted = Counter(name for each in services if (name := _stack_of(each)))
        return StackList(stacks=tuple(sorted(counted.items())), hidden=hidden)

    def stack_services(self, cluster: str, command: Command, now: datetime) -> Reply:
        """Answer `stack services`."""
        services, hidden = self._of_stack(command.targets[0])
        services = services_matching(services, command.options.filters)
        if not services and command.options.filters:
            return none_passes("service", command)
        if command.options.quiet:
            ids = tuple(one.id for one in services)
            return IdList(noun="service", ids=ids, of=command.targets[0], hidden=hidden)
        seen = look_over(self.swarm, self.store, cluster, services, now)
        rows = sorted((seen.row(service) for service in services), key=worst_first)
        return ServiceList(rows=tuple(rows), hidden=hidden, at=now)

    def stack_tasks(self, command: Command) -> Reply:
        """Answer `stack ps`: the tasks that were are listed, too."""
        services, hidden = self._of_stack(command.targets[0])
        tasks = self.swarm.tasks([each.id for each in services], wanted=False)
        return self._tasks(f"stack {command.targets[0]}", services, tasks, command, hidden)

    def node_tasks(self, command: Command) -> Reply:
        """Answer `node ps`."""
        node = self.lookup.node_or_self(command.targets[0])
        self.sight.allow(node, self.sight.node)
        services, _ = self.sight.seen(self.swarm.services(), self.sight.service)
        known = {each.id for each in services}
        here = [task for task in self.swarm.tasks(wanted=False) if task.node_id == node.id]
        shown = [task for task in here if task.service_id in known]
        hidden = 0 if self.sight.sees_all else len(here) - len(shown)
        return self._tasks(f"node {node.hostname}", services, shown, command, hidden)

    def _tasks(
        self,
        of: str,
        services: Sequence[ServiceView],
        tasks: Iterable[TaskView],
        command: Command,
        hidden: int,
    ) -> Reply:
        views = {each.id: each for each in services}
        filters = command.options.filters
        names = {node.id: node.hostname for node in self.swarm.nodes()}
        passing = [
            task
            for task in tasks
            if tasks_matching([task], filters, views[task.service_id].name, names)
        ]
        if not passing and filters:
            return none_passes("task", command)
        found = sorted(passing, key=lambda task: task.created_at or _EARLIEST, reverse=True)
        by_node = frozenset(each.id for each in services if is_by_node(each.spec))
        found.sort(key=lambda task: place_of(task, names if task.service_id in by_node else None))
        found.sort(key=lambda task: views[task.service_id].name)
        if command.options.quiet:
            return IdList(noun="task", ids=tuple(task.id for task in found), of=of, hidden=hidden)
        return TasksOf(
            of=of,
            tasks=tuple(_safe(task, views[task.service_id]) for task in found),
            node_names={} if command.options.no_resolve else names,
            service_names={each.id: each.name for each in services},
            by_node=by_node,
            whole=command.options.no_trunc,
            hidden=hidden,
        )

    def _of_stack(self, stack: str) -> tuple[list[ServiceView], int]:
        every = self.swarm.services()
        mine = [each for each in every if _stack_of(each) == stack]
        if not mine:
            seen, _ = self.sight.seen(every, self.sight.service)
            known = sorted({name for each in seen if (name := _stack_of(each))})
            hint = did_you_mean(stack, known, self.lookup.suggest)
            every_one = f"`{typed('stack ls', self.sight.cluster)}` lists them."
            raise NotFound(f"There is no stack `{stack}`.", hint or every_one)
        found, hidden = self.sight.seen(mine, self.sight.service)
        return sorted(found, key=lambda each: each.name), hidden


def _stack_of(service: ServiceView) -> str:
    return str((service.spec.get("Labels") or {}).get(STACK_LABEL) or "")


def _safe(task: TaskView, service: ServiceView) -> TaskView:
    return replace(task, error=redacted(task.error, service.spec, service.previous_spec))
