"""The steward's loop: one leads, outages are survived, SIGTERM gives the lease up."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.ports import ConflictError, EngineUnavailableError, StoreUnavailableError
from tests.fakes.clock import FakeClock
from tests.fakes.leases import FakeLeases
from workers.steward import Steward, speak_while


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


def steward(leases: FakeLeases, supervise: FakeSupervise, holder: str = "one") -> Steward:
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
