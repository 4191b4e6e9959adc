"""What other channels read of a rollout: one message for each, and its thread.

The parent names who asked; the thread names only who acted, so that nobody is called again and
again.
"""

from bot.domain.approval.record import Approval, ApprovalState
from bot.domain.change import Change
from bot.domain.message import Content
from bot.domain.notice import Notice
from bot.domain.plan import Kind
from bot.domain.policy import NotifyOn
from bot.domain.rollout.glass import is_to_be_reviewed
from bot.domain.rollout.record import Rollout, RolloutState
from bot.rendering import blocks, metadata, phrases
from bot.rendering import change as changes
from bot.rendering.approval import hurdle
from bot.rendering.cut import cut_line
from bot.rendering.diffs import headline
from bot.rendering.endings import ending
from bot.rendering.escape import clean, code, link, one_line, person
from bot.rendering.glass import looked, reasons
from bot.rendering.words import EMOJI, counted, public_state, state_words

_A = ApprovalState
_TROUBLED = frozenset(
    {RolloutState.PAUSED, RolloutState.STALLED, RolloutState.FAILED, RolloutState.ROLLED_BACK}
)
_LONGEST_REASON = 500
_STAND = {
    _A.PENDING: (":raised_hand:", "approval wanted"),
    _A.APPROVED: (":white_check_mark:", "approved"),
    _A.REJECTED: (":no_entry_sign:", "rejected"),
    _A.EXPIRED: (":hourglass:", "expired, not enough people said yes in time"),
    _A.CANCELLED: (":octagonal_sign:", "the request was cancelled"),
    _A.VOID: (":octagonal_sign:", "void, the ground has moved since"),
}
"""How a request for approvals stands."""

_BARRED = "void, it cannot run now"


def notice(what: Notice) -> Content:
    """Return the parent, or for an event a message in its thread that can be understood alone."""
    paragraphs = [_first(what), _change(what), *_story(what)]
    small = [*([] if what.event else [_origin(what)]), _links(what)]
    return Content(
        text="\n".join(part for part in (*paragraphs, *small) if part),
        blocks=(
            *(blocks.section(part) for part in paragraphs if part),
            *(blocks.context([line]) for line in small if line),
        ),
        metadata=metadata.of_notice(what),
    )


def _first(what: Notice) -> str:
    emoji, words = _state(what)
    return f"{emoji} {_subject(what.subject)}: {words}"


def _state(what: Notice) -> tuple[str, str]:
    if what.approval is not None:
        emoji, words = _STAND[what.approval.state]
        if what.approval.barred:
            words = _BARRED
        votes = sum(vote.yes for vote in what.approval.votes)
        if what.approval.state is _A.PENDING:
            words += f", {votes} of {what.approval.rule.required}"
        return emoji, words
    if isinstance(what.subject, Change):
        return changes.EMOJI.get(what.subject.state, ":white_circle:"), what.subject.state.value
    state = public_state(what.subject)
    words = "started" if _starts(what, state) else state_words(state)
    took = phrases.timing(what.subject) if what.subject.ended_at else ""
    return EMOJI[state], f"{words}, {took}" if took else words


def _starts(what: Notice, state: RolloutState) -> bool:
    """Return whether it begins; a way back past the rules goes on with what has begun."""
    back = state is RolloutState.ROLLING_BACK and what.subject.kind is not Kind.ROLLBACK
    return what.event is NotifyOn.STARTED and not back


def _subject(subject: Rollout | Change) -> str:
    if isinstance(subject, Rollout):
        return phrases.subject(subject)
    title = f"{subject.kind.value.replace('_', ' ')} {subject.target}"
    return f"*{one_line(title)}* (cluster {one_line(subject.cluster)})"


def _change(what: Notice) -> str:
    """Return old → new; in the thread only where it begins, for the parent shows it."""
    if what.event not in (None, NotifyOn.STARTED, NotifyOn.REQUESTED):
        return ""
    if isinstance(what.subject, Rollout):
        return phrases.change(what.subject)
    return headline(what.subject.changes)


def _story(what: Notice) -> list[str]:
    """Return what went wrong, and that rules were passed by."""
    told = _broken(what)
    if what.approval is not None:
        return [*told, _against(what.approval)]
    if not isinstance(what.subject, Rollout):
        return [*told, one_line(cut_line(clean(what.subject.reason), _LONGEST_REASON))]
    rollout, state = what.subject, public_state(what.subject)
    if rollout.ended_at is not None and what.event is not NotifyOn.STARTED:
        told.append("\n".join(ending(rollout)))
    elif state in _TROUBLED:
        told.append(f"{phrases.count(rollout)} · {phrases.why(rollout)}".removesuffix(" · "))
    if rollout.failure and state in _TROUBLED:
        told.append(phrases.failing(rollout.failure))
    return told


def _broken(what: Notice) -> list[str]:
    """Return that rules were passed by, and at the end who is asked to look at it."""
    broken = "\n".join(
        f":rotating_light: *Glass was broken* by {person(who)}, rules are passed by: “{why}”"
        for who, why in reasons(what.subject)
    )
    if not broken:
        return []
    told = [broken]
    # who reviews clicks in the thread of the rollout's own message, which is linked below
    return [*told, f"{looked(what.subject)}."] if is_to_be_reviewed(what.subject) else told


def _against(approval: Approval) -> str:
    """Return why there is no yes, in the words of who said no or of what has moved."""
    if approval.state is not _A.REJECTED:
        cut = (cut_line(clean(each), _LONGEST_REASON) for each in approval.moved)
        return "\n".join(f"“{hurdle(approval, each)}”" for each in cut)
    vetoes = [vote.reason for vote in approval.votes if not vote.yes and vote.reason]
    return "\n".join(f"“{one_line(cut_line(clean(each), _LONGEST_REASON))}”" for each in vetoes)


def _origin(what: Notice) -> str:
    reason = phrases.asked_reason(what.subject.request)
    yes = ", ".join(person(user) for user in what.approved_by)
    parts = [
        f"asked by {person(what.subject.request.by.user)}",
        f"“{reason}”" if reason else "",
        f"approved by {yes}" if yes else "",
        code(what.subject.id),
    ]
    return " · ".join(part for part in parts if part)


def _links(what: Notice) -> str:
    noun = "rollout" if isinstance(what.subject, Rollout) else "change"
    parts = [
        link(what.link, f"the {noun}'s message") if what.link else "",
        link(what.request_link, "the request") if what.request_link else "",
    ]
    if what.event is NotifyOn.APPROVED:
        parts.append(
            f"{counted(len(what.approved_by), 'person')} said yes".replace("persons", "people")
        )
    return " · ".join(part for part in parts if part)
