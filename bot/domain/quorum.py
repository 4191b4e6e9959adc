"""What another role of a node does to the majority of managers that a swarm needs.

A swarm of M managers works while more than M/2 of them answer (Raft). An even number stands no more
losses than the odd number below it, and needs one more to agree.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.errors import Conflict
from bot.domain.observation import NodeView


def quorum(
    node: NodeView, nodes: Iterable[NodeView], role: object, *, force: bool
) -> tuple[str, ...]:
    """Return what one should know of before a node gets another role, one sentence each.

    Raises:
        Conflict: no majority of the managers would answer, and `force` is not set; or it is the
            last one.
    """
    others = [one for one in nodes if one.role == "manager" and one.id != node.id]
    ready = sum(one.status == "ready" for one in others)
    if role == "manager":
        return tuple(_promoted(node, len(others) + 1, ready))
    return tuple(_demoted(node, len(others), ready, force=force))


def _promoted(node: NodeView, count: int, ready: int) -> Iterable[str]:
    if node.status != "ready":
        yield f"{node.hostname} is {node.status}: as a manager it counts, and does not answer"
        ready -= 1
    if count % 2 == 0:
        yield (
            f"{count} managers stand the loss of {_losses(count)}, as {count - 1} do, and one more "
            "must answer"
        )
    if (ready + 1) * 2 <= count:
        yield "no majority of the managers would answer: nothing could be changed any more"


def _demoted(node: NodeView, left: int, ready: int, *, force: bool) -> Iterable[str]:
    name = node.hostname
    if left == 0:
        raise Conflict(
            f"{name} is the last manager: a swarm needs one. Nothing was changed.",
            "`node promote` another one first.",
        )
    if ready * 2 <= left:
        yield _unless(
            force,
            f"without {name} only {ready} of {left} managers answer, which is no majority: nothing "
            "could be changed any more",
        )
    elif left % 2 == 0:
        yield f"{left} managers are left: they stand the loss of {_losses(left)}, as {left - 1} do"
    if node.leader:
        yield f"{name} is the leader: another one is chosen, and changes wait for a moment"


def _unless(force: bool, why: str) -> str:  # noqa: FBT001  --force
    if not force:
        raise Conflict(
            f"Not done: {why}. Nothing was changed.",
            "Promote another node first, or add --force.",
        )
    return why


def _losses(managers: int) -> str:
    return {0: "none", 1: "1"}.get((managers - 1) // 2, str((managers - 1) // 2))
