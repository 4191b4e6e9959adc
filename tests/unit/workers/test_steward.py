"""The steward's loop: one leads, outages are survived, SIGTERM gives the lease up."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.domain.trouble import audit_trouble
from bot.ports import ConflictError, EngineUnavailableError, StoreUnavailableError
from tests.fakes.clock import FakeClock
from tests.fakes.leases import FakeLeases
from workers.steward import LEASE, LONGEST_REST, TICK, Steward, Ticker, rest_after, speak_while


@dataclass
class FakeSupervise:
    errors: list[Exception] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)
    ticked: threading.Event = field(default_factory=threading.Event)

    def tick(self, cluster: str, epoch: int) -> None:
        self.ticks.append(epoch)
        self.ticked.set()
        if self.errors:
            raise self.errors.pop(0)


class SilentSpeaker:
    def flush(self, cluster: str, limit: int) -> int:
        return 0


def steward(leases: FakeLeases, supervise: Ticker, holder: str = "one") -> Steward:
    return Steward(
        cluster="default",
        holder=holder,
        leases=leases,
        supervise=supervise,
        speaker=SilentSpeaker(),
    )


def test_only_the_holder_of_the_lease_looks() -> None:
    leases, first, second = FakeLeases(), FakeSupervise(), FakeSupervise()
    steward(leases, first).once()
    steward(leases, second, "two").once()
    assert (first.ticks, second.ticks) == ([1], [])
    assert leases.beats() == {"default": {"steward": 1}}


def test_a_dead_stewards_successor_has_a_higher_epoch() -> None:
    clock = FakeClock()
    leases, first, second = FakeLeases(clock=clock), FakeSupervise(), FakeSupervise()
    steward(leases, first).once()
    clock.advance(timedelta(seconds=4.1))
    steward(leases, second, "two").once()
    assert second.ticks == [2]


@pytest.mark.parametrize(
    "error",
    [
        EngineUnavailableError("no leader"),
        StoreUnavailableError("away"),
        ConflictError("epoch"),
        ZeroDivisionError(),
    ],
)
def test_trouble_in_a_tick_leaves_no_heartbeat_and_the_next_one_goes_on(error: Exception) -> None:
    leases, supervise = FakeLeases(), FakeSupervise(errors=[error])
    one = steward(leases, supervise)
    one.once()
    assert leases.beats() == {}
    one.once()
    assert leases.beats() == {"default": {"steward": 1}}


def test_its_heartbeat_says_what_is_wrong_until_it_is_not() -> None:
    leases, supervise, troubles = (
        FakeLeases(),
        FakeSupervise(),
        [audit_trouble("Input/output error")],
    )
    one = replace(steward(leases, supervise), troubles=lambda: troubles)
    one.once()
    assert leases.troubles() == {"default": {"steward one": (audit_trouble("Input/output error"),)}}
    troubles.clear()
    one.once()
    assert leases.troubles() == {"default": {}}


def test_stopping_gives_the_lease_up_at_once() -> None:
    leases, supervise = FakeLeases(), FakeSupervise()
    one = steward(leases, supervise)
    thread = threading.Thread(target=one.run)
    thread.start()
    assert supervise.ticked.wait(10)
    one.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert leases.acquire("default", "two", timedelta(seconds=4)) == 2


def test_the_mouth_goes_on_after_trouble() -> None:
    ending = threading.Event()
    said: list[int] = []

    def flush() -> bool:
        said.append(1)
        if len(said) == 1:
            raise StoreUnavailableError("away")
        if len(said) == 2:
            raise ZeroDivisionError
        ending.set()
        return False

    speak_while(ending, flush)
    assert len(said) == 3


@dataclass
class SlowSupervise:
    """A tick that lasts longer than the lease; commits only while its epoch is the newest."""

    leases: FakeLeases
    clock: FakeClock
    committed: int = 0
    renew: Callable[[], None] = lambda: None

    def tick(self, cluster: str, epoch: int) -> None:
        for _ in range(6):
            self.clock.advance(timedelta(seconds=1))
            self.renew()
            self.leases.acquire(cluster, "two", LEASE)  # the other candidate tries, too
        if self.leases.epochs[cluster] != epoch:
            raise ConflictError("epoch")
        self.committed += 1


def test_a_tick_that_takes_longer_than_the_lease_keeps_it() -> None:
    clock = FakeClock()
    leases = FakeLeases(clock=clock)
    slow = SlowSupervise(leases, clock)
    one = steward(leases, slow)
    slow.renew = one.renew
    one.once()
    assert slow.committed == 1


def test_without_a_tick_no_lease_is_kept() -> None:
    leases = FakeLeases()
    one = steward(leases, FakeSupervise())
    one.renew()
    assert leases.acquire("default", "two", LEASE) == 1


def test_a_hung_tick_lets_another_lead() -> None:
    clock = FakeClock()
    leases = FakeLeases(clock=clock)
    slow = SlowSupervise(leases, clock)
    one = replace(steward(leases, slow), longest_tick=0.0)
    slow.renew = one.renew
    one.once()
    assert (slow.committed, leases.epochs) == (0, {"default": 2})


def test_the_longer_a_look_takes_the_longer_it_rests() -> None:
    assert rest_after(0) == TICK
    assert rest_after(0.1) == pytest.approx(0.4)
    assert rest_after(0.25) == pytest.approx(0.75), "a quarter of the time is spent looking"
    assert rest_after(10) == LONGEST_REST < LEASE.total_seconds()
