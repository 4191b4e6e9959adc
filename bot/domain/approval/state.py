"""The states of an approval, as one table; what is not in it is refused and changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.approval.record import Approval, ApprovalState

_S = ApprovalState

TRANSITIONS: dict[ApprovalState, frozenset[ApprovalState]] = {
    _S.PENDING: frozenset({_S.APPROVED, _S.REJECTED, _S.EXPIRED, _S.CANCELLED}),
    # between the last yes and the start the ground may move
    _S.APPROVED: frozenset({_S.VOID}),
    _S.REJECTED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.VOID: frozenset(),
}
"""From each state to the next ones."""


class IllegalApprovalMoveError(ValueError):
    """A move that the table does not have: a mistake in this program, not a person's."""


def move(approval: Approval, to: ApprovalState, now: datetime) -> Approval:
    """The same approval, ended in another state.

    Raises:
        IllegalApprovalMoveError: the table forbids it.
    """
    if to not in TRANSITIONS[approval.state]:
        raise IllegalApprovalMoveError(f"{approval.id}: {approval.state} cannot become {to}")
    return replace(approval, state=to, ended_at=now, touched_at=now)


def mermaid() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {_S.PENDING}"]
    for state, nexts in TRANSITIONS.items():
        lines += [f"    {state} --> {one}" for one in ApprovalState if one in nexts]
        if state is not _S.PENDING:
            lines.append(f"    {state} --> [*]")
    return "\n".join(lines) + "\n"
