"""Locks and freezes, one of each sort."""

from datetime import timedelta, timezone
from typing import Any

from bot.domain.lock import BadRevision, Lock, LockNews, Scope, ScopeKind, Telling, Waiter
from bot.domain.policy import NotifyOn, There, VerbGroup, Window
from bot.domain.reply import FreezeList
from bot.domain.subscription import Subscription
from tests.builders import (
    ANN,
    BOB,
    NOW,
    later,
)

NEW = "shop/web:2.4@sha256:" + "2b" * 32


def a_lock(name: str = "web", kind: ScopeKind = ScopeKind.SERVICE, **fields: Any) -> Lock:
    """A lock that Ann has set."""
    values: dict[str, Any] = {
        "id": "l-a-7k2m",
        "cluster": "default",
        "owner": ANN,
        "reason": "db migration of <orders>",
        "since": NOW,
        "channel": "C1",
    }
    return Lock(scope=Scope(kind=kind, name=name), **{**values, **fields})


def locks() -> tuple[Lock, ...]:
    """One of each sort."""
    waiters = (Waiter(user=BOB.user, channel="C1", asked_at=NOW),)
    bad = BadRevision(number=5, spec_hash="h", image=NEW)
    return (
        a_lock(waiters=waiters, until=later(7200)),
        a_lock("shop", ScopeKind.STACK),
        a_lock("production", ScopeKind.ENVIRONMENT),
        a_lock("default", ScopeKind.CLUSTER, reason="move of the data centre"),
        a_lock(automatic=True, bad=bad, reason="r-7k2mq9xw went back from revision 5"),
    )


def tellings() -> dict[str, Telling]:
    """Each thing that is said of a lock."""
    held, *_, automatic = locks()
    forever = a_lock("shop", ScopeKind.STACK)
    over: dict[str, Any] = {"ended_at": later(600), "end_reason": "all is moved"}
    bob: dict[str, Any] = {"ended_by": BOB.user}
    ann: dict[str, Any] = {"ended_by": ANN.user}
    waits = held.waiters
    told = {
        "asked": (LockNews.ASKED, held, None),
        "withdrawn": (LockNews.WITHDRAWN, held, None),
        "shown": (LockNews.SHOWN, held, None),
        "shown_forever": (LockNews.SHOWN, forever, None),
        "shown_ended": (LockNews.SHOWN, a_lock(**over, **ann), None),
        "ended": (LockNews.ENDED, a_lock(**over, **ann), None),
        "ended_quietly": (LockNews.ENDED, a_lock(ended_at=later(600), **ann), None),
        "expired": (LockNews.ENDED, a_lock(until=later(600), ended_at=later(600)), None),
        "taken": (LockNews.ENDED, a_lock(**over, **bob), None),
        "revision": (LockNews.ENDED, type(held)(**{**vars(automatic), **over, **bob}), None),
        "free": (LockNews.FREE, a_lock(**over, **ann), BOB.user),
        "free_by_time": (LockNews.FREE, a_lock(ended_at=later(600)), BOB.user),
        "taken_from_owner": (LockNews.TAKEN, a_lock(**over, **bob), ANN.user),
        "nag": (LockNews.NAG, forever, ANN.user),
        "nag_waited_for": (LockNews.NAG, a_lock(waiters=waits), ANN.user),
    }
    at = later(90000)
    return {k: Telling(news=n, lock=one, now=at, to=to) for k, (n, one, to) in told.items()}


def a_subscription() -> Subscription:
    """One whose pattern tries to call everybody."""
    on = frozenset({NotifyOn.FAILED, NotifyOn.PAUSED})
    return Subscription(
        id="s-1",
        cluster="eu",
        channel="C1",
        pattern="web*`<!channel>",
        on=on,
        by=ANN.user,
        since=NOW,
    )


def freezes() -> FreezeList:
    """One that is on, by the clocks of another zone, one to come, and more than are shown."""
    begins, ends = NOW - timedelta(hours=2), NOW + timedelta(hours=62)
    cet = timezone(timedelta(hours=1), "CET")
    there = There(zone="Europe/Berlin", begins=begins.astimezone(cet), ends=ends.astimezone(cet))
    weekend = Window(
        environment="production",
        begins=begins,
        ends=ends,
        reason="weekend, ask <!channel>",
        passes=frozenset({VerbGroup.ROLLBACK, VerbGroup.SCALE}),
        there=there,
    )
    audit = Window(
        environment="staging",
        begins=NOW + timedelta(days=3),
        ends=NOW + timedelta(days=3, hours=1),
    )
    return FreezeList(at=NOW, ahead=timedelta(days=30), windows=(weekend, audit), more=7)
