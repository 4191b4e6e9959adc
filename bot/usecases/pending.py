"""How many requests for approval may wait, and how often they call people.

Whoever types quickly must neither flood a channel nor wear its approvers out: people who are called
sixty times say yes without looking. The look at the others and the writing are one step: of two
jobs at the same moment the second one looks again. Nothing is held for that, so a kill leaves no
place taken that nobody has.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.domain.approval import Approval, ApprovalState
from bot.domain.errors import Conflict
from bot.domain.policy import Members
from bot.domain.typed import typed
from bot.ports import ConflictError, RecordStore, Transaction

MOST: Final = 10
"""So many requests of one person may be pending in a cluster."""

CALL_EVERY: Final = timedelta(minutes=5)
"""The same approvers are mentioned once in this time in a channel, however many requests come."""

_LOOKED_AT: Final = 200
_TRIES: Final = 64
"""Each means that somebody else was let in meanwhile."""


def admit(store: RecordStore, new: Approval, written: Callable[[Approval], Transaction]) -> None:
    """Commit what makes a request, if there is room for it at that very moment.

    Args:
        store: of the requests.
        new: the request.
        written: makes the transaction of the request as it is let in; may be called repeatedly.

    Raises:
        Conflict: the very same plan is pending, or the person has too many requests.
        ConflictError: somebody else moved what it is for, or has let others in all the time.
    """
    for _ in range(_TRIES):
        count = store.asked_count(new.cluster)
        _insist_on_room(store, new)
        let_in = replace(new, called_in=_called_in(store, new))
        try:
            store.commit(replace(written(let_in), asked=count))
        except ConflictError as lost:
            if lost.guard != "asked":
                raise
            continue
        return
    raise ConflictError("asked", new.id)


def _insist_on_room(store: RecordStore, new: Approval) -> None:
    """Refuse a request for what is asked for already, and one too many.

    Raises:
        Conflict: the very same plan is pending, or the person has too many requests.
    """
    ids = store.open_ids(new.cluster, Approval)
    pending = [each.value for each in store.get_many(Approval, ids) if _waits(each.value, new)]
    same = next((each for each in pending if each.fingerprint == new.fingerprint), None)
    if same is not None:
        raise Conflict(
            f"{same.id} asks for the very same already, until it is decided. Nothing was changed.",
            f"Let them say yes there, or `{typed(f'cancel {same.id}', same.cluster)}` first.",
        )
    if sum(each.request.by == new.request.by for each in pending) >= MOST:
        raise Conflict(
            f"You have {MOST} requests pending, and that is the most. Nothing was changed.",
            f"Wait for them, or withdraw some: `{typed('approvals', new.cluster)}` lists them, "
            f"`{typed('cancel ID', new.cluster)}` ends one.",
        )


def _called_in(store: RecordStore, new: Approval) -> str:
    """Return the id of a request that has just called the same people in the channel, or nothing.

    One that was decided or has expired does not count: nobody looks at it any more. One that was
    withdrawn does: who asks and withdraws in turns calls nobody twice.
    """
    since = new.asked_at - CALL_EVERY
    recent = (stored.value for stored in store.recent_approvals(new.cluster, _LOOKED_AT))
    calls = (each.id for each in recent if _calls_the_same(each, new) and each.asked_at > since)
    return next(calls, "")


def _waits(one: Approval, new: Approval) -> bool:
    return one.state is ApprovalState.PENDING and one.expires_at > new.asked_at


def _calls_the_same(one: Approval, new: Approval) -> bool:
    same_place = one.request.place.channel == new.request.place.channel
    stands = _waits(one, new) or one.state is ApprovalState.CANCELLED
    return same_place and stands and not one.called_in and _people(one) == _people(new)


def _people(one: Approval) -> tuple[Members, frozenset[Members]]:
    return one.rule.approvers, frozenset(one.rule.also)
