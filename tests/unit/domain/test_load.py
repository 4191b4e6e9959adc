"""What a node carries."""

import pytest

from bot.domain.load import Load, load_by_node, reserved
from bot.domain.observation import TaskView
from tests.builders import SERVICE_ID, a_spec, a_task

HALF = {"Reservations": {"NanoCPUs": 500_000_000, "MemoryBytes": 1_000}, "Limits": {"NanoCPUs": 9}}
SPECS = {SERVICE_ID: a_spec(Resources=HALF)}
ONE = Load(tasks=1, cpus=500_000_000, memory=1_000)


@pytest.mark.parametrize(
    ("task", "load"),
    [
        (a_task(1), {"n1": ONE}),
        (a_task(1, "preparing"), {"n1": ONE}),
        (a_task(1, desired="complete"), {"n1": ONE}),  # a job's, under way
        (a_task(1, "complete", desired="complete"), {}),
        (a_task(1, "failed", desired="shutdown"), {}),
        (a_task(1, "running", desired="shutdown"), {}),
        (a_task(1, "pending", node_id=""), {}),
        (a_task(1, service_id="other"), {"n1": Load(tasks=1)}),
    ],
)
def test_which_tasks_count(task: TaskView, load: dict[str, Load]) -> None:
    assert load_by_node([task], SPECS) == load


def test_tasks_add_up_by_node() -> None:
    tasks = [a_task(1), a_task(2), a_task(3, node_id="n2")]
    assert load_by_node(tasks, SPECS) == {
        "n1": Load(tasks=2, cpus=10**9, memory=2_000),
        "n2": ONE,
    }


@pytest.mark.parametrize("resources", [None, {}, {"Reservations": None}])
def test_nothing_is_reserved_where_nothing_is_said(resources: object) -> None:
    assert reserved(a_spec(Resources=resources)) == (0, 0)
