"""Words: the rendering as the use cases see it."""

from dataclasses import dataclass, field
from typing import Protocol

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


class Voice(Protocol):
    """Rendering, as the use cases see it: state → what Slack shows. Pure.

    `bot.rendering` is the one implementation.
    """

    def parent(self, rollout: Rollout) -> Content:
        """Return the rollout's one message.

        With its metadata and the buttons that are legal now.
        """
        ...

    def note(self, rollout: Rollout, note: Note) -> Content:
        """Return a message for its thread."""
        ...

    def change(self, change: Change) -> Content:
        """Return the one message of a node, network or rm change."""
        ...

    def change_note(self, change: Change, kind: NoteKind) -> Content:
        """Return a message for a drain's thread: progress, stalled, ended."""
        ...

    def lock(self, telling: Telling) -> Content:
        """Return a message about a lock: the channel's one of it, its end, a word to a person."""
        ...

    def notice(self, notice: Notice) -> Content:
        """Return a message for a channel that hears of a rollout which runs elsewhere."""
        ...

    def subscribed(self, made: Subscription) -> Content:
        """Return the message by which a channel learns that it hears of some services.

        Of one that has ended: that it does not after all.
        """
        ...

    def audit_head(self, at: Head, day: str) -> Content:
        """Return the message that says the audit log's head on a day (`2026-11-23`)."""
        ...

    def approval(self, approval: Approval) -> Content:
        """Return the one message of a request for approval, with the buttons that are legal now."""
        ...

    def approval_note(self, approval: Approval, note: ApprovalNote) -> Content:
        """Return a message for its thread."""
        ...

    def review(self, subject: Rollout | Change) -> Content:
        """Return what asks for people to look at a change for which rules were passed by."""
        ...

    def private(self, reply: Reply) -> Content:
        """Return a private answer; what is too long for a message comes as a file."""
        ...


@dataclass(frozen=True, kw_only=True)
class Health:
    """What /readyz tells: `ok`, and one line for each part that is not."""

    ok: bool
    problems: tuple[str, ...] = field(default_factory=tuple)
