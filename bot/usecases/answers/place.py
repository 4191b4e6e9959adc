"""Where a task belongs: what it took over from an older one, which is listed right below it."""

from collections.abc import Mapping

from bot.domain.observation import TaskView


def place_of(task: TaskView, node_names: Mapping[str, str] | None) -> tuple[int, str, str]:
    """Return where a task belongs: its slot, or with names its node."""
    if node_names is None:
        return task.slot, "", ""
    return 0, node_names.get(task.node_id, ""), task.node_id
