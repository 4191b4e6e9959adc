"""What is said in the thread of a request: at most one message of each kind."""

from enum import IntEnum

from bot.domain.approval.record import Approval, ApprovalState

SHOWN_CHANGES = 12
"""So many lines of a diff stand in the request itself; all of a longer one stand in its thread."""

SHOWN_VALUE = 300
"""Characters of one value that the request shows."""

SHOWN_TEXT = 1_500
"""Characters of the line and the diff together for which a message has room, whoever may approve.

Slack takes 3,000 a section and 4,000 a message, and counts `&`, `<` and `>` as four or five.
"""
_LONGER_DRAWN = "&<>`"

_TOLD = frozenset(
    {ApprovalState.REJECTED, ApprovalState.EXPIRED, ApprovalState.CANCELLED, ApprovalState.VOID}
)


class ApprovalNote(IntEnum):
    """The number of a note is its place in the thread."""

    DETAILS = 0
    REMINDER = 1
    ENDED = 2

    @property
    def word(self) -> str:
        """Return its word in the message's metadata."""
        return self.name.lower()


def notes_of(approval: Approval) -> tuple[ApprovalNote, ...]:
    """Return what its thread should hold by now.

    The end is told to who asked, unless it went well (then the rollout speaks) or they ended it.
    """
    said = []
    if is_cut(approval):
        said.append(ApprovalNote.DETAILS)
    if approval.reminded:
        said.append(ApprovalNote.REMINDER)
    if approval.state in _TOLD and approval.ended_by != approval.request.by.user:
        said.append(ApprovalNote.ENDED)
    return tuple(said)


def is_cut(approval: Approval) -> bool:
    """Return whether the request itself cannot show all of what people are asked for."""
    values = [value or "" for each in approval.changes for value in (each.old, each.new)]
    if len(approval.changes) > SHOWN_CHANGES or any(map(_is_long, values)):
        return True
    told = [approval.request.line, *(each.path for each in approval.changes), *values]
    return sum(map(_drawn, told)) > SHOWN_TEXT


def _is_long(value: str) -> bool:
    # a value of several lines is shown on one
    return len(value) > SHOWN_VALUE or "\n" in value


def _drawn(text: str) -> int:
    return len(text) + sum(4 * text.count(each) for each in _LONGER_DRAWN)
