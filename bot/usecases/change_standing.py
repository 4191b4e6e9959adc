"""How a one-step change stands: is its click late, is it to be told of, what is it once made."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.lag import doubtful_since
from bot.domain.reply import NothingToDo, Refusal
from bot.usecases.change_effect import FailedError, NotDrainedError
from bot.usecases.last_check import Barred

CONFIRM_WITHIN = timedelta(minutes=10)
"""How long the confirming click of `rm` is waited for."""


_MAKES_GONE = frozenset({ChangeKind.RM, ChangeKind.NODE_RM, ChangeKind.NETWORK_RM})


class VoidError(FailedError):
    """What was approved is not what would be done now.

    Attributes:
        hurdle: why, as the request says it.
    """

    def __init__(self, no: Barred) -> None:
        super().__init__(no.why, no.decision)
        self.hurdle = no.hurdle


def nothing_to_do(change: Change) -> NothingToDo:
    """Return the answer to a change that would change nothing."""
    if change.kind is ChangeKind.NETWORK_RM:  # with --force
        return NothingToDo(what=f"there is no network {change.target}.")
    return NothingToDo(what=f"{change.target} is like that already.")


def is_to_be_announced(change: Change) -> bool:
    """Return whether other channels have to hear that it begins, and have not yet."""
    told_of = change.approval_id is not None or bool(change.glass)
    return change.state is ChangeState.APPLYING and told_of and not change.announced


def is_expired(change: Change, now: datetime) -> bool:
    """Return whether the confirming click of a change has not come in time."""
    waits = change.state is ChangeState.CONFIRMING and change.touched_at is not None
    return waits and change.touched_at is not None and now - change.touched_at > CONFIRM_WITHIN


def over_already(change: Change, now: datetime) -> Refusal | None:
    """Return what a click is answered with that the change does not wait for any more."""
    if change.state is not ChangeState.CONFIRMING:
        return Refusal(why=f"{change.id} is {change.state.value} already.")
    if not is_expired(change, now):
        return None
    why, again = f"The time to confirm {change.id} is over.", f"Type `{change.request.line}` again."
    return Refusal(why=why, next_step=again)


def confirmed(change: Change, who: str, now: datetime) -> Change:
    """Return a change that waited for a click after it: it is to be carried out."""
    return replace(change, state=ChangeState.APPLYING, confirmed_by=who, touched_at=now)


def cancelled(change: Change, who: str, now: datetime) -> Change:
    """Return a change that waited for a click after the other one: it is over."""
    return _cancelled(change, f"cancelled by <@{who}>", now)


def unconfirmed(change: Change, now: datetime) -> Change:
    """Return a change for which no click came in time: it is over."""
    return _cancelled(change, "nobody confirmed within 10 minutes", now)


def _cancelled(change: Change, reason: str, now: datetime) -> Change:
    ended = replace(change, state=ChangeState.CANCELLED, reason=reason)
    return replace(ended, touched_at=now, ended_at=now)


def in_doubt(change: Change, now: datetime, *, is_made: bool) -> Change | None:
    """Return the change that has to wait until it is sure that its target is gone, or is not.

    It is looked for where it was seen before: by this job's earlier run, or when it was worked out.
    """
    if change.kind not in _MAKES_GONE:
        return None
    if not is_made:
        return replace(change, doubted_since=None) if change.doubted_since else None
    since = doubtful_since(change.doubted_since, now)
    return replace(change, doubted_since=since) if since else None


def made(change: Change, now: datetime, since: datetime) -> Change:
    """Return the change once Docker has done it: over, or a drain to be followed from now on.

    Args:
        change: it.
        now: aware UTC.
        since: a moment before Docker heard of it: what fails at once has begun after that.
    """
    drain = change.drain
    if drain is None or not drain.follows or change.state is not ChangeState.APPLYING:
        return replace(change, state=ChangeState.APPLIED, touched_at=now, ended_at=now)
    begun = replace(drain, began_at=since, progress_at=now)
    return replace(change, state=ChangeState.DRAINING, drain=begun, touched_at=now)


def as_failed(change: Change, error: FailedError) -> Change:
    """Return the change with what its failure tells of the node: whether it still drains."""
    if change.drain is None or not isinstance(error, NotDrainedError):
        return change
    return replace(change, drain=replace(change.drain, lost=True))
