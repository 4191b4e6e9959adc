"""Reads of the swarm."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.domain.convergence.wanted import is_by_node
from bot.domain.errors import BadFlagValue
from bot.domain.finding import is_found
from bot.domain.grammar import Command
from bot.domain.jsontypes import Spec
from bot.domain.load import Load, load_by_node
from bot.domain.observation import ServiceView, TaskView
from bot.domain.reads import ServiceList
from bot.domain.reply import (
    IdList,
    Logs,
    NetworkList,
    NodeDetail,
    NodeList,
    RawJson,
    Reply,
    TaskList,
)
from bot.domain.selecting import (
    networks_matching,
    nodes_matching,
    services_matching,
    tasks_matching,
)
from bot.domain.units import parse_duration
from bot.ports import LogFilter, LogLine, NotFoundError, RecordStore, SwarmReader
from bot.usecases.answers.detail import Detail
from bot.usecases.answers.document import document
from bot.usecases.answers.filtered import none_passes
from bot.usecases.answers.overview import look_over, worst_first
from bot.usecases.answers.place import place_of
from bot.usecases.answers.sight import Sight
from bot.usecases.gate import Gate
from bot.usecases.lookup import Lookup
from bot.usecases.redact import redacted

TAIL = 50
MOST_LINES = 5000
"""What `--tail all` means: a file in Slack can hold it, and the Engine need not send more."""
_ID = 12
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Look:
    """One method a verb. All may raise NotFound, Denied and EngineUnavailableError."""

    swarm: SwarmReader
    store: RecordStore
    lookup: Lookup
    sight: Sight
    gate: Gate

    def services(self, cluster: str, command: Command, now: datetime) -> Reply:
        """Answer `services`."""
        found, hidden = self.sight.seen(self.swarm.services(), self.sight.service)
        found = services_matching(found, command.options.filters)
        if not found and command.options.filters:
            return none_passes("service", command)
        if command.options.quiet:
            found.sort(key=lambda service: service.name)
            return IdList(noun="service", ids=tuple(one.id for one in found), hidden=hidden)
        seen = look_over(self.swarm, self.store, cluster, found, now)
        rows = sorted((seen.row(service) for service in found), key=worst_first)
        return ServiceList(rows=tuple(rows), hidden=hidden, at=now)

    def _service(self, ref: str) -> ServiceView:
        view = self.lookup.service(ref)
        self.sight.allow(view, self.sight.service)
        return view

    def tasks(self, command: Command) -> Reply:
        """Answer `ps`: like docker's, the tasks that were are listed below those that are."""
        service = self._service(command.targets[0])
        filters = command.options.filters
        names, by_node = self._node_names(), is_by_node(service.spec)
        found = self.swarm.tasks([service.id], wanted=False)
        found = tasks_matching(found, filters, service.name, names)
        if not found and filters:
            return none_passes("task", command)
        found.sort(key=lambda task: task.created_at or _EARLIEST, reverse=True)
        found.sort(key=lambda task: place_of(task, names if by_node else None))
        if command.options.quiet:
            return IdList(noun="task", ids=tuple(task.id for task in found), of=service.name)
        return TaskList(
            service=service.name,
            tasks=tuple(_safe(task, service) for task in found),
            node_names={} if command.options.no_resolve else names,
            by_node=by_node,
            whole=command.options.no_trunc,
        )

    def _node_names(self) -> dict[str, str]:
        return {node.id: node.hostname for node in self.swarm.nodes()}

    def inspect(self, cluster: str, command: Command, now: datetime) -> Reply:
        """Answer `inspect`."""
        service = self._service(command.targets[0])
        if command.options.format == "json":
            return RawJson(name=service.name, document=document(service))
        detail = Detail(swarm=self.swarm, store=self.store, sight=self.sight, gate=self.gate)
        return detail.of(cluster, service, now)

    def logs(self, command: Command, now: datetime) -> Reply:
        """Answer `logs` of a service, or of one task by its id."""
        ref, what = command.targets[0], _log_filter(command, now)
        try:
            service = self.swarm.service(ref)
        except NotFoundError:
            return self._task_logs(command, what)
        self.sight.allow(service, self.sight.service)
        lines = self.swarm.service_logs(service.id, what)
        tasks = self.swarm.tasks([service.id], wanted=False)
        return _grepped(self._logs(service, lines, tasks, command), command)

    def _task_logs(self, command: Command, what: LogFilter) -> Reply:
        ref = command.targets[0]
        try:
            lines = self.swarm.task_logs(ref, what)
        except NotFoundError as error:
            raise self.lookup.no_service(ref) from error
        task = next((t for t in self.swarm.tasks(wanted=False) if t.id == ref), None)
        if task is None:
            raise self.lookup.no_service(ref)
        named = [replace(line, task_id=task.id, node_id=task.node_id) for line in lines]
        service = self.swarm.service(task.service_id)
        self.sight.allow(service, self.sight.service)
        return _grepped(self._logs(service, named, [task], command), command)

    def _logs(
        self,
        service: ServiceView,
        lines: list[LogLine],
        tasks: list[TaskView],
        command: Command,
    ) -> Logs:
        nodes = {} if command.options.no_resolve else self._node_names()
        names = {task.id: _who(service, task, nodes) for task in tasks}
        raw = command.options.raw
        told = (
            (
                line.at if not raw or command.options.timestamps else None,
                "" if raw else names.get(line.task_id, line.task_id[:_ID] or "docker"),
                redacted(line.text, *_specs(service)),
            )
            for line in lines
        )
        return Logs(service=service.name, lines=tuple(told))

    def nodes(self, command: Command) -> Reply:
        """Answer `nodes`."""
        found, hidden = self.sight.seen(self.swarm.nodes(), self.sight.node)
        found = nodes_matching(found, command.options.filters)
        if not found and command.options.filters:
            return none_passes("node", command)
        found.sort(key=lambda node: node.hostname)
        if command.options.quiet:
            return IdList(noun="node", ids=tuple(node.id for node in found), hidden=hidden)
        specs = {service.id: service.spec for service in self.swarm.services()}
        loads = load_by_node(self.swarm.tasks(), specs)
        return NodeList(nodes=tuple(found), hidden=hidden, loads=loads)

    def node(self, command: Command) -> Reply:
        """Answer `node inspect`."""
        node = self.lookup.node_or_self(command.targets[0])
        self.sight.allow(node, self.sight.node)
        if command.options.format == "json":
            return RawJson(name=node.hostname, document=node.raw)
        all_services = self.swarm.services()
        services, _ = self.sight.seen(all_services, self.sight.service)
        known = {service.id for service in services}
        here = [task for task in self.swarm.tasks() if task.node_id == node.id]
        shown = [task for task in here if task.service_id in known or self.sight.sees_all]
        return NodeDetail(
            node=node,
            tasks=tuple(shown),
            hidden=len(here) - len(shown),
            service_names={service.id: service.name for service in services},
            by_node=frozenset(one.id for one in services if is_by_node(one.spec)),
            load=load_by_node(here, {each.id: each.spec for each in all_services}).get(
                node.id, Load()
            ),
        )

    def networks(self, command: Command) -> Reply:
        """Answer `network ls`."""
        found, hidden = self.sight.seen(self.swarm.networks(), self.sight.network)
        found = networks_matching(found, command.options.filters)
        if not found and command.options.filters:
            return none_passes("network", command)
        found.sort(key=lambda net: net.name)
        if command.options.quiet:
            return IdList(noun="network", ids=tuple(net.id for net in found), hidden=hidden)
        return NetworkList(networks=tuple(found), hidden=hidden)


def _safe(task: TaskView, service: ServiceView) -> TaskView:
    return replace(task, error=redacted(task.error, *_specs(service)))


def _specs(service: ServiceView) -> tuple[Spec | None, ...]:
    """Return the specs whose env values may turn up: tasks of the one before are told of, too."""
    return service.spec, service.previous_spec


def _who(service: ServiceView, task: TaskView, nodes: dict[str, str]) -> str:
    node = nodes.get(task.node_id, task.node_id[:_ID])
    slot = "" if is_by_node(service.spec) else f".{task.slot}"
    return f"{service.name}{slot}@{node}"


def _log_filter(command: Command, now: datetime) -> LogFilter:
    asked = command.options
    tail = MOST_LINES if asked.grep else _tail(command)
    return LogFilter(tail=tail, since=_since(asked.since, now) if asked.since else None)


def _tail(command: Command) -> int:
    asked = command.options.tail
    tail = TAIL if asked is None else asked
    return tail if 0 <= tail <= MOST_LINES else MOST_LINES


def _grepped(logs: Logs, command: Command) -> Logs:
    """Return the last lines that have what is looked for.

    It is looked for in what is shown: in the log itself, guesses would find what is hidden.
    """
    grep, tail = command.options.grep, _tail(command)
    if not grep:
        return logs
    found = [line for line in logs.lines if is_found(grep, line[2])]
    kept = tuple(found[-tail:]) if tail else ()
    return replace(logs, lines=kept, grep=grep, looked=len(logs.lines))


def _since(text: str, now: datetime) -> datetime:
    try:
        return now - parse_duration(text)
    except (ValueError, OverflowError):
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadFlagValue(
            "since",
            text,
            "this is neither a duration nor a time",
            "Write `10m`, or an RFC 3339 time.",
        ) from error
    return at if at.tzinfo is not None else at.replace(tzinfo=now.tzinfo)
