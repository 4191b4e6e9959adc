"""The refusals that several use cases say in the same words."""

from datetime import datetime, timedelta

from bot.domain.errors import Conflict, NotAllowed, UserError
from bot.domain.policy import Decision
from bot.domain.refusal import Refusal
from bot.domain.request import Request

TOO_LATE = timedelta(minutes=15)
"""A command that could not be looked at for so long is refused: nobody expects it any more."""

_INVITE = "Type `/invite @waggle` in the channel, then your command again."
_NEXT_STEPS = {
    "not_in_channel": _INVITE,
    "channel_not_found": _INVITE,
    "is_archived": "The channel is archived: type the command in another one.",
    "restricted_action": "An administrator of the workspace says who may post there.",
}
"""By Slack's answers to chat.postMessage (its reference lists them)."""

_LOOK = "The worker's log tells more; then type it again."

_NOT_HEARD = {
    "not_in_channel": "Type `/invite @waggle` there: it hears of what comes next.",
    "channel_not_found": "If the channel is still there, type `/invite @waggle` in it.",
    "is_archived": "It is archived: the policy, or `unsubscribe`, should name it no more.",
    "is_inactive": "It is archived: the policy, or `unsubscribe`, should name it no more.",
    "restricted_action": "An administrator of the workspace says who may post there.",
}
"""The same for a channel that only hears of a rollout."""


class Denied(NotAllowed):
    """The policy says no.

    Attributes:
        decision: with the rule, for the audit log.
    """

    def __init__(self, decision: Decision, next_step: str = "") -> None:
        super().__init__(f"Not allowed: {decision.why}.", next_step)
        self.decision = decision


def decision_of(error: UserError) -> Decision | None:
    """Return the decision by which something is refused, None when it is not the policy's."""
    return error.decision if isinstance(error, Denied) else None


def refusal(error: UserError) -> Refusal:
    """Return what the person reads for an error that they can cure."""
    return Refusal(why=error.message, next_step=error.next_step, about=error.about)


def not_allowed(why: str) -> Refusal:
    """Return the private answer to who may not do what they asked for."""
    return Refusal(why=f"Not allowed: {why}.", next_step="Nothing was changed.")


def too_late(request: Request, now: datetime, since: datetime | None = None) -> Refusal | None:
    """Return the refusal of a command that waited longer than `TOO_LATE`, else None.

    Args:
        request: the command.
        now: aware UTC.
        since: when it could begin at the earliest: of an approved one, when it was approved.
    """
    if now - (since or request.accepted_at) <= TOO_LATE:
        return None
    return Refusal(
        why="This command waited too long: no worker or no Docker answered.",
        next_step="Nothing was changed. Type it again if it is still wanted.",
    )


def insist_on_shown(request: Request, fingerprint: str, name: str) -> None:
    """Refuse another plan than the one that the person was shown before, if they were.

    Raises:
        Conflict: it is another one.
    """
    if request.expects not in {"", fingerprint}:
        raise Conflict(
            f"{name} has changed since you looked: what you were shown is not what would happen.",
            "Nothing was changed. Open the form again.",
        )


def cannot_post(code: str) -> Refusal:
    """Return the refusal for a channel in which the one message cannot be shown.

    Args:
        code: Slack's word for it, for instance `not_in_channel`.
    """
    return Refusal(
        why=f"Waggle cannot post in this channel (Slack says `{code}`).",
        next_step=f"Nothing was changed. {_NEXT_STEPS.get(code, _LOOK)}",
    )


def cannot_post_there(code: str) -> str:
    """Return the same as a reason, which is read in other places, too."""
    return f"Waggle cannot post in the channel where it was asked for (Slack says `{code}`)"


def not_heard(code: str) -> str:
    """Return what can be done about a channel that could not be told of a rollout."""
    return _NOT_HEARD.get(code, "The rollout goes on; /readyz lists the channel until it hears.")
