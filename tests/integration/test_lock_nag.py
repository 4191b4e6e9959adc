"""A forgotten lock is brought to mind daily: the real Redis, a clock that is turned.

Nobody waits a day for a test: the swarm and Slack are fakes here, the store, its scripts and the
steward's round are the real ones. With all of them real, and seconds:
tests/scenario/test_locks_of_others.py.
"""

from __future__ import annotations

from redis import Redis

from bot.adapters.audit_chain import AuditChain
from bot.adapters.redis_leases import RedisLeases
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.speaker import Speaker
from bot.domain.lock.record import NAG_EVERY
from tests.fakes.budget import FakeBudget
from tests.fakes.store import AUDIT_KEY
from tests.unit.usecases.bed import ANN, Bed
from tests.unit.usecases.locked_bed import direct, does, locks

DAY = NAG_EVERY.total_seconds()


def real(redis: Redis) -> Bed:
    """Return a bed over that Redis, with a service."""
    bed = Bed()
    store = RedisRecordStore(redis, AuditChain(AUDIT_KEY, bed.clock))
    bed.store, bed.leases = store, RedisLeases(redis)  # type: ignore[assignment]  # the real ones
    bed.speaker = Speaker(store, bed.slack, FakeBudget(), bed.clock)
    bed.use = bed.wired()
    bed.done("create --name web --replicas 2 reg/httpd:v1")
    return bed


def test_its_owner_is_reminded_once_a_day_whichever_steward_looks(redis: Redis) -> None:
    bed = real(redis)
    does(bed, "lock --reason 'db migration' web")
    does(bed, "lock --reason short --for 100h --all")
    bed.clock.advance(DAY - 60)
    assert direct(bed, ANN) == []
    for day in (1, 2):
        bed.clock.advance(120 if day == 1 else DAY)
        for _ in range(3):  # another steward takes over: it knows what the store knows
            bed.use = bed.wired()
            bed.tick()
        told = direct(bed, ANN)
        assert len(told) == day
        assert "You have kept *web* (cluster default) locked" in told[-1]
        assert "db migration" in told[-1]
        assert "unlock web" in told[-1]
    bed.clock.advance(5 * DAY)  # nobody was there for days: they are not made up for
    bed.tick()
    assert len(direct(bed, ANN)) == 3
    assert [lock.scope.words for lock in locks(bed)] == ["web"]
    does(bed, "unlock web")
    bed.clock.advance(DAY)
    bed.tick()
    assert len(direct(bed, ANN)) == 3
