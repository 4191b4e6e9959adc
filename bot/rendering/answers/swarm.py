"""What the swarm shows: raw JSON, logs, a node, networks."""

import json

from bot.domain.message import Content
from bot.domain.reply import IdList, Logs, NetworkList, NodeDetail, RawJson
from bot.rendering.answers.nodes import cpus, labels, memory, role
from bot.rendering.answers.pages import Grid, listed
from bot.rendering.answers.tasks import label
from bot.rendering.escape import code
from bot.rendering.longtext import with_block
from bot.rendering.table import table
from bot.rendering.words import counted, short

_ID = 12


def raw_json(reply: RawJson) -> Content:
    """Answer `inspect --format json`; digests stay whole here."""
    text = json.dumps(reply.document, indent=2, ensure_ascii=False, default=str)
    return with_block(code(reply.name), text.split("\n"), [], f"{reply.name}.json")


def logs(reply: Logs) -> Content:
    """Answer `logs`."""
    having = f" with {code(reply.grep)}" if reply.grep else ""
    looked = f" (of the last {counted(reply.looked, 'line')})" if reply.grep else ""
    if not reply.lines:
        top = f"No log lines of {code(reply.service)}{having}{looked}."
        return with_block(top, [], [], "log.txt")
    who = max(len(name) for _, name, _ in reply.lines)
    lines = [
        (f"{at:%Y-%m-%dT%H:%M:%SZ} " if at else "") + (f"{name:<{who}} | " if who else "") + text
        for at, name, text in reply.lines
    ]
    top = f"*{counted(len(lines), 'log line')}* of {code(reply.service)}{having}{looked}"
    return with_block(top, lines, [], f"{reply.service}.log")


def node(reply: NodeDetail) -> Content:
    """Answer `node inspect`: the node, and what runs on it."""
    it, names = reply.node, reply.service_names or {}
    facts = (
        ("id", it.id),
        ("status", it.status),
        ("availability", it.availability),
        ("role", role(it)),
        ("address", it.address),
        ("engine", it.engine),
        ("labels", labels(it)),
        ("cpu", _reserved(cpus(it, reply.load))),
        ("memory", _reserved(memory(it, reply.load))),
    )
    lines = [f"{name:<12}  {value}" for name, value in facts if value]
    rows = [
        (
            label(
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
    grid = Grid(head=head, rows=rows)
    return listed(f"*{counted(len(rows), 'network')}*", grid, reply.asked, "networks.txt")


def ids(reply: IdList) -> Content:
    """Answer a read with `--quiet`: one id a line, nothing else."""
    of = f" of {code(reply.of)}" if reply.of else ""
    top = f"*{counted(len(reply.ids), reply.noun)}*{of}"
    return with_block(top, reply.ids, [], f"{reply.noun}s.txt")


def _reserved(text: str) -> str:
    return f"{text} reserved" if text else ""
