"""Lists across services: secrets and configs, stacks, tasks of a stack or a node."""

from datetime import datetime

from bot.domain.message import Content
from bot.domain.observation import TaskView
from bot.domain.reply import PieceList, StackList, TasksOf
from bot.domain.vitals import span
from bot.rendering.answers.pages import Grid, listed
from bot.rendering.answers.tasks import HEAD, WHOLE, error, indented, label, with_older
from bot.rendering.escape import code
from bot.rendering.words import counted, short

_ID = 12


def pieces(reply: PieceList) -> Content:
    """Answer `secret ls` and `config ls`: never what they hold."""
    rows = [
        (
            piece.name,
            _age(piece.created_at, reply.at),
            _age(piece.updated_at, reply.at),
            piece.driver,
            ", ".join(f"{key}={value}" for key, value in sorted(piece.labels.items())),
            piece.id[:_ID],
        )
        for piece in reply.pieces
    ]
    grid = Grid(head=("NAME", "CREATED", "UPDATED", "DRIVER", "LABELS", "ID"), rows=rows)
    return listed(f"*{counted(len(rows), reply.noun)}*", grid, reply.asked, f"{reply.noun}s.txt")


def stacks(reply: StackList) -> Content:
    """Answer `stack ls`."""
    grid = Grid(head=("NAME", "SERVICES"), rows=reply.stacks)
    return listed(f"*{counted(len(reply.stacks), 'stack')}*", grid, reply.asked, "stacks.txt")


def tasks(reply: TasksOf) -> Content:
    """Answer `stack ps` and `node ps`."""
    noun, _, name = reply.of.partition(" ")
    by_place = with_older(reply.tasks, lambda task: task.service_id in reply.by_node)
    rows = [_cells(task, reply, older=older) for task, older in by_place]
    grid = Grid(head=HEAD, rows=rows, widest=WHOLE if reply.whole else None)
    top = f"*{counted(len(rows), 'task')}* of {noun} {code(name)}"
    return listed(top, grid, reply.asked, f"{name}-tasks.txt")


def _cells(task: TaskView, reply: TasksOf, *, older: bool) -> tuple[object, ...]:
    node = reply.node_names.get(task.node_id, task.node_id[:_ID])
    service = reply.service_names.get(task.service_id, task.service_id[:_ID])
    name = label(task, service, node if task.service_id in reply.by_node else "")
    return (
        indented(name, older=older),
        node,
        task.desired,
        task.state,
        task.image if reply.whole else short(task.image),
        error(task),
        task.id if reply.whole else "",
    )


def _age(at: datetime | None, now: datetime) -> str:
    return f"{span(now - at)} ago" if at else ""
