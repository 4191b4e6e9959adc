"""What another role of a node does to the majority of managers."""

from __future__ import annotations

import pytest

from bot.domain.errors import Conflict
from bot.domain.observation import NodeView
from bot.domain.quorum import quorum
from tests.builders import a_node


def managers(count: int, down: int = 0) -> list[NodeView]:
    """So many managers; the last ones are down, the first one leads."""
    return [
        a_node(
            f"m{n}",
            role="manager",
            status="down" if n > count - down else "ready",
            leader=n == 1,
        )
        for n in range(1, count + 1)
    ]


def told(node: NodeView, nodes: list[NodeView], role: str, *, force: bool = False) -> str:
    return "\n".join(quorum(node, nodes, role, force=force))


@pytest.mark.parametrize(
    ("there", "says"),
    [
        (1, "2 managers stand the loss of none, as 1 do"),
        (2, ""),
        (3, "4 managers stand the loss of 1, as 3 do, and one more must answer"),
        (5, "6 managers stand the loss of 2, as 5 do"),
    ],
)
def test_an_even_number_of_managers_is_worth_a_word(there: int, says: str) -> None:
    found = told(a_node("w1"), [*managers(there), a_node("w1")], "manager")
    assert says in found
    assert bool(found) is bool(says)


def test_a_node_that_is_down_does_not_answer_as_a_manager() -> None:
    found = told(a_node("w1", status="down"), managers(1), "manager")
    assert "node-w1 is down: as a manager it counts, and does not answer" in found
    assert "no majority of the managers would answer" in found


def test_the_last_manager_stays_whatever_is_said() -> None:
    (only,) = managers(1)
    with pytest.raises(Conflict, match="is the last manager"):
        told(only, [only], "worker", force=True)


@pytest.mark.parametrize(
    ("count", "down", "who", "says"),
    [
        (3, 1, 2, "without node-m2 only 1 of 2 managers answer, which is no majority"),
        (5, 2, 2, "without node-m2 only 2 of 4 managers answer"),
    ],
)
def test_a_lost_majority_needs_a_clear_word(count: int, down: int, who: int, says: str) -> None:
    nodes = managers(count, down)
    node = nodes[who - 1]
    with pytest.raises(Conflict) as refused:
        told(node, nodes, "worker")
    assert says in refused.value.full_text
    assert "--force" in refused.value.full_text
    assert says in told(node, nodes, "worker", force=True)


@pytest.mark.parametrize(
    ("count", "says"),
    [
        (3, "2 managers are left: they stand the loss of none, as 1 do"),
        (5, "4 managers are left: they stand the loss of 1, as 3 do"),
    ],
)
@pytest.mark.parametrize("force", [True, False])
def test_an_even_number_that_is_left_is_worth_a_word_too(
    count: int,
    says: str,
    force: bool,  # noqa: FBT001  a case's figure
) -> None:
    nodes = managers(count)
    assert told(nodes[-1], nodes, "worker", force=force) == says


def test_an_odd_number_that_is_left_is_fine() -> None:
    nodes = managers(4)
    assert told(nodes[3], nodes, "worker") == ""
    assert told(nodes[0], nodes, "worker") == (
        "node-m1 is the leader: another one is chosen, and changes wait for a moment"
    )


def test_the_one_that_is_down_is_the_one_to_demote() -> None:
    nodes = managers(4, down=1)
    assert told(nodes[3], nodes, "worker") == ""
