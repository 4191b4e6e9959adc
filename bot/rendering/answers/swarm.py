"""What the swarm shows: services, tasks, nodes, networks, logs."""

import json

from bot.domain.message import Content
from bot.domain.observation import NodeView, TaskView
from bot.domain.reply import (
    IdList,
    Logs,
    NetworkList,
    NodeDetail,
    NodeList,
    RawJson,
    ServiceDetail,
    ServiceList,
    TaskList,
)
from bot.rendering.escape import code
from bot.rendering.longtext import with_block
from bot.rendering.table import table
from bot.rendering.words import counted, moment, short

_ID = 12


def services(reply: ServiceList) -> Content:
    """Answer `services`."""
    if not reply.rows:
        return with_block("No services run here.", [], [], "services.txt")
    rows = [
        (r.name, r.mode, f"{r.running}/{r.wanted}", short(r.image), r.ports, r.rollout)
        for r in reply.rows
    ]
    lines = table(("NAME", "MODE", "REPLICAS", "IMAGE", "PORTS", "ROLLOUT"), rows)
    return with_block(f"*{counted(len(rows), 'service')}*", lines, [], "services.txt")


def tasks(reply: TaskList) -> Content:
    """Answer `ps`."""
    top = f"*{counted(len(reply.tasks), 'task')}* of {code(reply.service)}"
    rows = [
        (
            _label(task, reply.service, node if reply.by_node else ""),
            node,
            task.desired,
            task.state,
            short(task.image),
            _error(task),
        )
        for task in reply.tasks
        for node in (reply.node_names.get(task.node_id, task.node_id[:_ID]),)
    ]
    lines = table(("NAME", "NODE", "DESIRED", "STATE", "IMAGE", "ERROR"), rows) if rows else []
    return with_block(top, lines, [], f"{reply.service}-tasks.txt")


def detail(reply: ServiceDetail) -> Content:
    """Answer `inspect`."""
    width = max((len(label) for label, _ in reply.pretty), default=0)
    lines = [f"{label:<{width}}  {short(value)}".rstrip() for label, value in reply.pretty]
    return with_block(f"*Service* {code(reply.name)}", lines, [], f"{reply.name}.txt")


def raw_json(reply: RawJson) -> Content:
    """Answer `inspect --format json`; digests stay whole here."""
    text = json.dumps(reply.document, indent=2, ensure_ascii=False, default=str)
    return with_block(code(reply.name), text.split("\n"), [], f"{reply.name}.json")


def logs(reply: Logs) -> Content:
    """Answer `logs`."""
    if not reply.lines:
        return with_block(f"No log lines of {code(reply.service)}.", [], [], "log.txt")
    who = max(len(name) for _, name, _ in reply.lines)
    lines = [
        f"{at:%Y-%m-%dT%H:%M:%SZ} {name:<{who}} | {text}" if at else f"{name:<{who}} | {text}"
        for at, name, text in reply.lines
    ]
    top = f"*{counted(len(lines), 'log line')}* of {code(reply.service)}"
    return with_block(top, lines, [], f"{reply.service}.log")


def nodes(reply: NodeList) -> Content:
    """Answer `nodes`."""
    rows = [
        (n.hostname, n.status, n.availability, _role(n), _labels(n), n.engine, n.id[:_ID])
        for n in reply.nodes
    ]
    lines = table(("NAME", "STATUS", "AVAILABILITY", "ROLE", "LABELS", "ENGINE", "ID"), rows)
    return with_block(f"*{counted(len(rows), 'node')}*", lines if rows else [], [], "nodes.txt")


def node(reply: NodeDetail) -> Content:
    """Answer `node inspect`: the node, and what runs on it."""
    it, names = reply.node, reply.service_names or {}
    facts = (
        ("id", it.id),
        ("status", it.status),
        ("availability", it.availability),
        ("role", _role(it)),
        ("address", it.address),
        ("engine", it.engine),
        ("labels", _labels(it)),
    )
    lines = [f"{name:<12}  {value}" for name, value in facts if value]
    rows = [
        (
            _label(
                task,
                names.get(task.service_id, task.service_id[:_ID]),
                it.hostname if task.service_id in reply.by_node else "",
            ),
            task.state,
            short(task.image),
        )
        for task in reply.tasks
    ]
    if rows:
        lines += ["", *table(("TASK", "STATE", "IMAGE"), rows)]
    return with_block(f"*Node* {code(it.hostname)}", lines, [], f"{it.hostname}.txt")


def networks(reply: NetworkList) -> Content:
    """Answer `network ls`."""
    rows = [
        (
            net.name,
            net.driver,
            net.scope,
            "yes" if net.attachable else "",
            "yes" if net.internal else "",
            net.id[:_ID],
        )
        for net in reply.networks
    ]
    head = ("NAME", "DRIVER", "SCOPE", "ATTACHABLE", "INTERNAL", "ID")
    lines = table(head, rows) if rows else []
    return with_block(f"*{counted(len(rows), 'network')}*", lines, [], "networks.txt")


def ids(reply: IdList) -> Content:
    """Answer a read with `--quiet`: one id a line, nothing else."""
    of = f" of {code(reply.of)}" if reply.of else ""
    top = f"*{counted(len(reply.ids), reply.noun)}*{of}"
    return with_block(top, reply.ids, [], f"{reply.noun}s.txt")


def _label(task: TaskView, service: str, node: str) -> str:
    """Name a task as the docker CLI does: by slot, or by `node` for a global service."""
    return f"{service}.{node or task.slot}"


def _error(task: TaskView) -> str:
    """The task's error, and its exit code when that is news: who was told to stop may exit so."""
    parts = [task.error] if task.error else []
    failed = task.state in ("failed", "rejected")
    if failed and task.exit_code and f"({task.exit_code})" not in task.error:
        parts.append(f"exit {task.exit_code}")
    since = f" since {moment(task.state_at)}" if parts and task.state_at else ""
    return ", ".join(parts) + since


def _role(node: NodeView) -> str:
    return f"{node.role} (leader)" if node.leader else node.role


def _labels(node: NodeView) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(node.labels.items()))
