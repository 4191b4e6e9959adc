"""What is said in the thread of a request: at most one message of each kind."""

from enum import IntEnum

from bot.domain.approval.record import Approval, ApprovalState

SHOWN_CHANGES = 12
"""So many lines of a diff stand in the request itself; all of a longer one stand in its thread."""

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
    if len(approval.changes) > SHOWN_CHANGES:
        said.append(ApprovalNote.DETAILS)
    if approval.reminded:
        said.append(ApprovalNote.REMINDER)
    if approval.state in _TOLD and approval.ended_by != approval.request.by.user:
        said.append(ApprovalNote.ENDED)
    return tuple(said)
