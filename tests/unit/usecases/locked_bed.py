"""What people do about locks on the bed, and what they are told."""

from bot.domain.lock import Lock, Waiter
from bot.domain.lock.record import waited_for
from bot.domain.request import Principal
from bot.ports import Put, Transaction
from tests.unit.usecases.bed import ANN, Bed

CAT = Principal(team="T1", user="U3CAT")
STACK = "com.docker.stack.namespace"


def does(bed: Bed, line: str, by: Principal = ANN) -> str:
    """Type a line and run its job; return the private answer."""
    record = bed.type(line, by)
    bed.work()
    return bed.private(record)


def direct(bed: Bed, who: Principal) -> list[str]:
    """Return what a person was told directly."""
    bed.settle(1)
    return [m.content.text for m in bed.slack.messages if m.channel == f"D{who.user}"]


def public(bed: Bed) -> list[str]:
    """Return what the channel shows of locks."""
    bed.settle(1)
    kind = "waggle_lock"
    shown = [m for m in bed.slack.messages if m.channel == "C1"]
    return [m.content.text for m in shown if (m.content.metadata or {}).get("event_type") == kind]


def locks(bed: Bed) -> list[Lock]:
    return [stored.value for stored in bed.store.open_locks("default")]


def wait_for(bed: Bed, who: Principal) -> None:
    """Let somebody wait for all locks that there are."""
    for stored in bed.store.open_locks("default"):
        waiter = Waiter(user=who.user, channel="C1", asked_at=bed.clock.now())
        put = Put(record=waited_for(stored.value, waiter), rev=stored.rev)
        bed.store.commit(Transaction(cluster="default", puts=(put,)))


# -- by hand
