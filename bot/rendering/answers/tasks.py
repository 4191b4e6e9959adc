"""`ps`: the tasks by slot, those that were below those that are."""

from collections.abc import Callable, Iterable, Sequence

from bot.domain.message import Content
from bot.domain.observation import TaskView
from bot.domain.reply import TaskList
from bot.rendering.answers.pages import Grid, listed, page_in
from bot.rendering.escape import code, fence
from bot.rendering.longtext import BLOCK_MAX
from bot.rendering.table import table
from bot.rendering.words import counted, moment, short

_ID = 12
_OLDER = " \\_ "
WHOLE = 10_000
"""Characters of a cell where nothing is to be cut."""

HEAD = ("NAME", "NODE", "DESIRED", "STATE", "IMAGE", "ERROR", "ID")


def tasks(reply: TaskList) -> Content:
    """Answer `ps`: errors whole where they fit, and `--no-trunc` whatever comes of it."""
    top = f"*{counted(len(reply.tasks), 'task')}* of {code(reply.service)}"
    by_place = with_older(reply.tasks, lambda _: reply.by_node)
    rows = [_cells(task, reply, older=older) for task, older in by_place]
    page = page_in(len(rows), reply.asked)
    whole = reply.whole or _fits(page.of(rows) if page else rows)
    grid = Grid(head=HEAD, rows=rows, widest=WHOLE if whole else None)
    return listed(top, grid, reply.asked, f"{reply.service}-tasks.txt")


def label(task: TaskView, service: str, node: str) -> str:
    """Name a task as the docker CLI does: by slot, or by `node` for a global service."""
    return f"{service}.{node or task.slot}"


def indented(name: str, *, older: bool) -> str:
    """Mark a task that another has taken the place of, as the docker CLI does."""
    return f"{_OLDER}{name}" if older else name


def with_older(
    tasks: Iterable[TaskView], is_by_node: Callable[[TaskView], bool]
) -> Iterable[tuple[TaskView, bool]]:
    """Yield each task with whether a newer one of its place stands above it."""
    seen: set[tuple[str, int | str]] = set()
    for task in tasks:
        place = (task.service_id, task.node_id if is_by_node(task) else task.slot)
        yield task, place in seen
        seen.add(place)


def _cells(task: TaskView, reply: TaskList, *, older: bool) -> tuple[object, ...]:
    node = reply.node_names.get(task.node_id, task.node_id[:_ID])
    name = label(task, reply.service, node if reply.by_node else "")
    return (
        indented(name, older=older),
        node,
        task.desired,
        task.state,
        task.image if reply.whole else short(task.image),
        error(task),
        task.id if reply.whole else "",
    )


def _fits(rows: Sequence[Sequence[object]]) -> bool:
    return len(fence(table(HEAD, rows, WHOLE))) <= BLOCK_MAX


def error(task: TaskView) -> str:
    """Return its error, and its exit code if that is news: who was told to stop may exit so."""
    parts = [task.error] if task.error else []
    failed = task.state in ("failed", "rejected")
    if failed and task.exit_code and f"({task.exit_code})" not in task.error:
        parts.append(f"exit {task.exit_code}")
    since = f" since {moment(task.state_at)}" if parts and task.state_at else ""
    return ", ".join(parts) + since
