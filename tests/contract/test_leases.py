"""The leases' contract."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.redis_leases import RedisLeases
from bot.domain.trouble import audit_trouble, policy_trouble
from bot.domain.vitals import Vitals
from bot.ports import Leases
from tests.fakes.clock import FakeClock
from tests.fakes.leases import FakeLeases

VITALS = Vitals(
    nodes=3, ready=2, active=1, managers=1, managers_ready=1, leader="n1", engines=("29", "30")
)
MINUTE = timedelta(minutes=1)
DISK, FILE = audit_trouble("No space left on device"), policy_trouble("p.yaml:1:1: what is this?")
BRIEF = timedelta(milliseconds=60)
Pair = tuple[Leases, Callable[[], None]]


@pytest.fixture(params=["fake", "redis"])
def pair(request: pytest.FixtureRequest) -> Pair:
    """The leases, and a way to let BRIEF pass."""
    if request.param == "fake":
        clock = FakeClock()
        return FakeLeases(clock=clock), lambda: clock.advance(BRIEF * 2)
    redis = request.getfixturevalue("redis")
    return RedisLeases(redis), lambda: time.sleep(BRIEF.total_seconds() * 2)


@pytest.fixture
def leases(pair: Pair) -> Leases:
    return pair[0]


def test_one_holds_the_lease_and_renewing_keeps_the_epoch(leases: Leases) -> None:
    epoch = leases.acquire("default", "one", MINUTE)
    assert epoch is not None
    assert leases.acquire("default", "two", MINUTE) is None
    assert leases.acquire("default", "one", MINUTE) == epoch


def test_clusters_are_apart(leases: Leases) -> None:
    assert leases.acquire("default", "one", MINUTE) is not None
    assert leases.acquire("eu", "two", MINUTE) is not None


def test_a_new_holder_has_a_higher_epoch(pair: Pair) -> None:
    leases, pass_time = pair
    first = leases.acquire("default", "one", BRIEF)
    pass_time()
    second = leases.acquire("default", "two", MINUTE)
    assert first is not None
    assert second is not None
    assert second > first
    assert leases.acquire("default", "one", MINUTE) is None


def test_a_release_frees_ones_own_only(leases: Leases) -> None:
    leases.acquire("default", "one", MINUTE)
    leases.release("default", "two")
    assert leases.acquire("default", "two", MINUTE) is None
    leases.release("default", "one")
    assert leases.acquire("default", "two", MINUTE) is not None


def test_heartbeats_are_counted_while_fresh(pair: Pair) -> None:
    leases, pass_time = pair
    leases.beat("default", "queries", "h:1", MINUTE)
    leases.beat("default", "queries", "h:1", MINUTE)
    leases.beat("default", "queries", "h:2", MINUTE)
    leases.beat("default", "steward", "h:3", MINUTE)
    leases.beat("eu", "rollouts", "h:4", BRIEF)
    pass_time()
    assert leases.beats() == {"default": {"queries": 2, "steward": 1}, "eu": {}}


def test_troubles_end_with_their_heartbeat_or_with_the_next_one_without(pair: Pair) -> None:
    leases, pass_time = pair
    leases.beat("default", "steward", "h-1", MINUTE, [DISK, FILE])
    leases.beat("default", "rollouts", "h-2", MINUTE, [DISK])
    leases.beat("default", "queries", "h-3", MINUTE)
    leases.beat("eu", "rollouts", "h-4", BRIEF, [FILE])
    assert leases.troubles() == {
        "default": {"rollouts h-2": (DISK,), "steward h-1": (DISK, FILE)},
        "eu": {"rollouts h-4": (FILE,)},
    }
    leases.beat("default", "steward", "h-1", MINUTE)
    pass_time()
    assert leases.troubles() == {"default": {"rollouts h-2": (DISK,)}, "eu": {}}


def test_what_was_told_of_a_swarm_is_kept_with_its_age(pair: Pair) -> None:
    leases, pass_time = pair
    assert leases.vitals() == {}
    leases.beat("eu", "steward", "h-1", BRIEF)
    leases.beat("us", "steward", "h-2", BRIEF)
    leases.tell("eu", replace(VITALS, leader=""))
    leases.tell("eu", VITALS)
    leases.tell("nobody-ever-beat", VITALS)
    pass_time()
    (told,) = leases.vitals().items()
    assert told[0] == "eu"
    assert told[1].vitals == VITALS
    assert BRIEF <= told[1].ago < MINUTE
