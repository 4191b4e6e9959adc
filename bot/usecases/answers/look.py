"""Reads of the swarm."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.domain.convergence.wanted import is_by_node
from bot.domain.errors import BadFlagValue
from bot.domain.grammar import Command
from bot.domain.jsontypes import Spec
from bot.domain.observation import ServiceView, TaskView
from bot.domain.reply import (
    IdList,
    Logs,
    NetworkList,
    NodeDetail,
    NodeList,
    RawJson,
    Reply,
    ServiceDetail,
    ServiceList,
    TaskList,
)
from bot.domain.rollout.record import Rollout
from bot.domain.rollout.state import LIVE
from bot.domain.units import parse_duration
from bot.ports import LogFilter, LogLine, NotFoundError, RecordStore, SwarmReader
from bot.usecases.answers.pretty import document, pretty
from bot.usecases.answers.rows import service_rows
from bot.usecases.answers.sight import Sight
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

    def services(self, cluster: str, command: Command) -> Reply:
        """Answer `services`."""
        found, hidden = self.sight.seen(self.swarm.services(), self.sight.service)
        if command.options.quiet:
            found.sort(key=lambda service: service.name)
            return IdList(noun="service", ids=tuple(one.id for one in found), hidden=hidden)
        rows = service_rows(found, self.swarm.tasks(), self._live(cluster))
        return ServiceList(rows=rows, hidden=hidden)

    def _service(self, ref: str) -> ServiceView:
        view = self.lookup.service(ref)
        self.sight.allow(view, self.sight.service)
        return view

    def _live(self, cluster: str) -> dict[str, Rollout]:
        ids = self.store.open_ids(cluster, Rollout)
        rollouts = (stored.value for stored in self.store.get_many(Rollout, ids))
        return {one.service: one for one in rollouts if one.state in LIVE}

    def tasks(self, command: Command) -> Reply:
        """Answer `ps`: like docker's, the tasks that were are listed below those that are."""
        service = self._service(command.targets[0])
        found = self.swarm.tasks([service.id], wanted=False)
        found.sort(key=lambda task: task.created_at or _EARLIEST, reverse=True)
        found.sort(key=lambda task: (task.slot, task.node_id if not task.slot else ""))
        if command.options.quiet:
            return IdList(noun="task", ids=tuple(task.id for task in found), of=service.name)
        return TaskList(
            service=service.name,
            tasks=tuple(_safe(task, service) for task in found),
            node_names=self._node_names(),
            by_node=is_by_node(service.spec),
        )

    def _node_names(self) -> dict[str, str]:
        return {node.id: node.hostname for node in self.swarm.nodes()}

    def inspect(self, command: Command) -> Reply:
        """Answer `inspect`."""
        service = self._service(command.targets[0])
        if command.options.format == "json":
            return RawJson(name=service.name, document=document(service))
        names = {net.id: net.name for net in self.swarm.networks()}
        return ServiceDetail(name=service.name, pretty=pretty(service, names))

    def logs(self, command: Command, now: datetime) -> Reply:
        """Answer `logs` of a service, or of one task by its id."""
        ref, what = command.targets[0], _log_filter(command, now)
        try:
            service = self.swarm.service(ref)
        except NotFoundError:
            return self._task_logs(ref, what)
        self.sight.allow(service, self.sight.service)
        lines = self.swarm.service_logs(service.id, what)
        tasks = self.swarm.tasks([service.id], wanted=False)
        return self._logs(service, lines, tasks)

    def _task_logs(self, ref: str, what: LogFilter) -> Reply:
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
        return self._logs(service, named, [task])

    def _logs(self, service: ServiceView, lines: list[LogLine], tasks: list[TaskView]) -> Reply:
        nodes = self._node_names()
        names = {task.id: _who(service, task, nodes) for task in tasks}
        told = (
            (
                line.at,
                names.get(line.task_id, line.task_id[:_ID] or "docker"),
                redacted(line.text, *_specs(service)),
            )
            for line in lines
        )
        return Logs(service=service.name, lines=tuple(told))

    def nodes(self, command: Command) -> Reply:
        """Answer `nodes`."""
        found, hidden = self.sight.seen(self.swarm.nodes(), self.sight.node)
        found.sort(key=lambda node: node.hostname)
        if command.options.quiet:
            return IdList(noun="node", ids=tuple(node.id for node in found), hidden=hidden)
        return NodeList(nodes=tuple(found), hidden=hidden)

    def node(self, command: Command) -> Reply:
        """Answer `node inspect`."""
        node = self.lookup.node(command.targets[0])
        self.sight.allow(node, self.sight.node)
        if command.options.format == "json":
            document = {"ID": node.id, "Version": {"Index": node.version}, "Spec": node.spec}
            return RawJson(name=node.hostname, document=document)
        services, _ = self.sight.seen(self.swarm.services(), self.sight.service)
        known = {service.id for service in services}
        here = [task for task in self.swarm.tasks() if task.node_id == node.id]
        shown = [task for task in here if task.service_id in known or self.sight.sees_all]
        return NodeDetail(
            node=node,
            tasks=tuple(shown),
            hidden=len(here) - len(shown),
            service_names={service.id: service.name for service in services},
            by_node=frozenset(one.id for one in services if is_by_node(one.spec)),
        )

    def networks(self, command: Command) -> Reply:
        """Answer `network ls`."""
        found, hidden = self.sight.seen(self.swarm.networks(), self.sight.network)
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
    tail = TAIL if asked.tail is None else asked.tail
    if not 0 <= tail <= MOST_LINES:
        tail = MOST_LINES
    return LogFilter(tail=tail, since=_since(asked.since, now) if asked.since else None)


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
