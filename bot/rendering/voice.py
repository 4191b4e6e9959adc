"""The one implementation of the port `Voice`."""

from bot.domain.approval import Approval, ApprovalNote
from bot.domain.audit import Head
from bot.domain.change import Change
from bot.domain.lock import Telling
from bot.domain.message import Content
from bot.domain.notice import Notice
from bot.domain.reply import Reply
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription
from bot.rendering import approval as approvals
from bot.rendering import change as changes
from bot.rendering import drain as drains
from bot.rendering import glass, locks, notes
from bot.rendering import notice as notices
from bot.rendering import parent as parents
from bot.rendering.answers import audit, channels
from bot.rendering.answers import private as answers
from bot.rendering.guard import guard


class BlockKitVoice:
    """Block Kit with a full plain text beside it.

    Everything goes through `guard` here already: what is stored as wanted is what can be sent.
    """

    def __init__(self, command: str = "/swarm", *, open_policy: bool) -> None:
        """Take the slash command as people type it, and whether each plan says "policy: open"."""
        self._command = command
        self._open = open_policy

    def parent(self, rollout: Rollout) -> Content:
        """Return the rollout's one message, with the buttons that are legal now."""
        return guard(parents.parent(rollout, self._command, open_policy=self._open))

    def note(self, rollout: Rollout, note: Note) -> Content:
        """Return a message for its thread."""
        return guard(notes.note(rollout, note, self._command, open_policy=self._open))

    def change(self, change: Change) -> Content:
        """Return the one message of a node, network or rm change."""
        return guard(changes.change(change, self._command, open_policy=self._open))

    def change_note(self, change: Change, kind: NoteKind) -> Content:
        """Return a message for a drain's thread: progress, stalled, ended."""
        return guard(drains.note(change, kind, self._command))

    def lock(self, telling: Telling) -> Content:
        """Return a message about a lock: the channel's one of it, its end, a word to a person."""
        return guard(locks.lock(telling, self._command))

    def notice(self, notice: Notice) -> Content:
        """Return a message for a channel that hears of a rollout which runs elsewhere."""
        return guard(notices.notice(notice))

    def subscribed(self, made: Subscription) -> Content:
        """Return the message by which a channel learns that it hears of some services."""
        return guard(channels.subscribed(made, self._command))

    def audit_head(self, at: Head, day: str) -> Content:
        """Return the message that says the audit log's head on a day."""
        return guard(audit.head(at, day))

    def approval(self, approval: Approval) -> Content:
        """Return the one message of a request for approval, with the buttons that are legal now."""
        return guard(approvals.request(approval, self._command))

    def approval_note(self, approval: Approval, note: ApprovalNote) -> Content:
        """Return a message for its thread."""
        return guard(approvals.note(approval, note))

    def review(self, subject: Rollout | Change) -> Content:
        """Return what asks for people to look at a change for which rules were passed by."""
        return guard(glass.review(subject))

    def private(self, reply: Reply) -> Content:
        """Return a private answer; what is too long for a message comes as a file."""
        return guard(answers.private(reply, open_policy=self._open))
