"""`nodes`: the nodes, what they carry and what they have."""

from bot.domain.load import Load
from bot.domain.message import Content
from bot.domain.observation import NodeView
from bot.domain.reply import NodeList
from bot.domain.units import format_cpus
from bot.rendering.answers.pages import Grid, listed
from bot.rendering.words import counted

_ID = 12
_HEAD = (
    *("NAME", "STATUS", "AVAILABILITY", "ROLE", "TASKS", "CPU", "MEMORY"),
    *("LABELS", "ENGINE", "ID"),
)
_AWAY = ("down", "unknown", "disconnected")


def nodes(reply: NodeList) -> Content:
    """Answer `nodes`: CPU and MEMORY are what is reserved, of what there is."""
    rows = [_cells(node, reply.loads.get(node.id, Load())) for node in reply.nodes]
    away = sum(node.status in _AWAY for node in reply.nodes)
    idle = sum(node.availability != "active" for node in reply.nodes)
    parts = (
        f"*{counted(len(rows), 'node')}*",
        f":warning: {away} not ready" if away else "",
        f"{idle} not active" if idle else "",
    )
    top = ", ".join(part for part in parts if part)
    return listed(top, Grid(head=_HEAD, rows=rows), reply.asked, "nodes.txt")


def role(node: NodeView) -> str:
    """Return a node's role, and that it leads."""
    return f"{node.role} (leader)" if node.leader else node.role


def labels(node: NodeView) -> str:
    """Return a node's labels on one line."""
    return ", ".join(f"{key}={value}" for key, value in sorted(node.labels.items()))


def cpus(node: NodeView, load: Load) -> str:
    """Return `0.5/4`: reserved, of what there is."""
    return f"{format_cpus(load.cpus)}/{format_cpus(node.cpus)}" if node.cpus else ""


def memory(node: NodeView, load: Load) -> str:
    """Return `512MiB/7.7GiB`: reserved, of what there is."""
    return f"{size(load.memory)}/{size(node.memory)}" if node.memory else ""


def size(amount: int) -> str:
    """Return an amount of bytes in three digits or so: `512MiB`, `7.7GiB`."""
    value, unit = float(amount), "B"
    for bigger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:  # noqa: PLR2004 - what a unit holds
            break
        value, unit = value / 1024, bigger
    return f"{value:.1f}".removesuffix(".0") + unit


def _cells(node: NodeView, load: Load) -> tuple[object, ...]:
    status = f"! {node.status}" if node.status in _AWAY else node.status
    return (
        node.hostname,
        status,
        node.availability,
        role(node),
        str(load.tasks),
        cpus(node, load),
        memory(node, load),
        labels(node),
        node.engine,
        node.id[:_ID],
    )
