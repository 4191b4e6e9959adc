"""The rate budget: the penalty is everybody's contract, the buckets are Redis' alone."""

from datetime import timedelta

import pytest
from redis import Redis

from bot.adapters import keys
from bot.adapters.redis_budget import Limit, RedisBudget
from bot.ports import Budget
from tests.fakes.budget import FakeBudget
from tests.fakes.clock import START

NONE = timedelta(0)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=["fake", "redis"])
def budget(request: pytest.FixtureRequest) -> Budget:
    return FakeBudget() if request.param == "fake" else real(request.getfixturevalue("redis"))


def real(redis: Redis) -> RedisBudget:
    per_channel = Limit(per_minute=60, burst=2, per_channel=True)
    return RedisBudget(
        redis,
        {
            "chat.postMessage": (per_channel, Limit(per_minute=60, burst=3)),
            "chat.update": (Limit(per_minute=30, burst=1),),
        },
    )


def test_a_penalty_holds_for_its_channel_and_ends(budget: Budget) -> None:
    budget.penalize("chat.postMessage", "C1", START + 5 * SECOND)
    budget.penalize("chat.postMessage", "C1", START + 3 * SECOND)
    assert budget.take("chat.postMessage", "C1", START) == 5 * SECOND
    assert budget.take("chat.postMessage", "C2", START) == NONE
    assert budget.take("chat.postMessage", "C1", START + 5 * SECOND) == NONE


def test_a_token_given_back_is_there_again(budget: Budget) -> None:
    assert budget.take("chat.update", "", START) == NONE
    budget.give_back("chat.update", "", START)
    assert budget.take("chat.update", "", START) == NONE


def test_what_is_given_back_ends_no_penalty(budget: Budget) -> None:
    assert budget.take("chat.update", "", START) == NONE
    budget.penalize("chat.update", "", START + 5 * SECOND)
    budget.give_back("chat.update", "", START)
    assert budget.take("chat.update", "", START) == 5 * SECOND


def test_no_more_is_given_back_than_is_saved_up(redis: Redis) -> None:
    budget = real(redis)
    budget.give_back("chat.update", "", START)  # of a bucket that nobody took from, too
    budget.take("chat.update", "", START)
    for _ in range(3):
        budget.give_back("chat.update", "", START)
    assert budget.take("chat.update", "", START) == NONE
    assert budget.take("chat.update", "", START) == 2 * SECOND


def test_a_token_goes_back_to_each_of_its_buckets(redis: Redis) -> None:
    budget = real(redis)
    for channel in ("C1", "C1", "C2"):
        budget.take("chat.postMessage", channel, START)
    budget.give_back("chat.postMessage", "C1", START)
    assert budget.take("chat.postMessage", "C1", START) == NONE
    assert budget.take("chat.postMessage", "C2", START) == SECOND


def test_a_burst_then_the_rate(redis: Redis) -> None:
    budget = real(redis)
    taken = [budget.take("chat.postMessage", "C1", START) for _ in range(3)]
    assert taken == [NONE, NONE, SECOND]
    assert budget.take("chat.postMessage", "C1", START + SECOND) == NONE
    assert budget.take("chat.postMessage", "C1", START + SECOND) == SECOND


def test_a_refused_token_is_taken_from_no_bucket(redis: Redis) -> None:
    budget = real(redis)
    for _ in range(9):
        budget.take("chat.postMessage", "C1", START)
    assert budget.take("chat.postMessage", "C2", START) == NONE  # the third of all three
    assert budget.take("chat.postMessage", "C3", START) > NONE


def test_a_method_without_channels_is_one_bucket(redis: Redis) -> None:
    budget = real(redis)
    assert budget.take("chat.update", "", START) == NONE
    assert budget.take("chat.update", "", START) == 2 * SECOND


def test_a_clock_that_is_behind_gives_no_tokens(redis: Redis) -> None:
    budget = real(redis)
    assert budget.take("chat.update", "", START) == NONE
    assert budget.take("chat.update", "", START - timedelta(hours=1)) > NONE
    assert budget.take("chat.update", "", START + 2 * SECOND) == NONE


def test_an_unknown_method_is_limited_too(redis: Redis) -> None:
    budget = real(redis)
    waits = [budget.take("views.publish", "", START) for _ in range(4)]
    assert waits[:3] == [NONE] * 3
    assert waits[3] > NONE


def test_buckets_are_forgotten(redis: Redis) -> None:
    budget = real(redis)
    budget.take("chat.postMessage", "C1", START)
    budget.penalize("chat.update", "", START)
    assert all(redis.pttl(key) > 0 for key in redis.scan_iter("waggle:bucket:*"))


def test_for_who_is_urgent_the_next_token_is_kept(redis: Redis) -> None:
    budget = real(redis)
    assert budget.take("chat.update", "", START) == NONE
    assert budget.take("chat.update", "", START, urgent=True) == 2 * SECOND
    there = START + 2 * SECOND
    assert budget.take("chat.update", "", there) > NONE, "a token is there, and it is kept"
    assert budget.take("chat.update", "", there + SECOND / 2, urgent=True) == NONE


def test_a_kept_token_that_nobody_fetches_is_anybodys_after_a_moment(redis: Redis) -> None:
    budget = real(redis)
    budget.take("chat.update", "", START)
    budget.take("chat.update", "", START, urgent=True)
    wait = budget.take("chat.update", "", START + 2 * SECOND)
    assert NONE < wait < 2 * SECOND
    assert budget.take("chat.update", "", START + 2 * SECOND + wait) == NONE


def test_what_is_kept_in_one_channel_is_not_kept_in_another(redis: Redis) -> None:
    budget = real(redis)
    for _ in range(2):
        budget.take("chat.postMessage", "C1", START)
    assert budget.take("chat.postMessage", "C1", START, urgent=True) == SECOND
    assert budget.take("chat.postMessage", "C2", START) == NONE


def test_a_penalty_outlives_who_waits_for_it(redis: Redis) -> None:
    budget = real(redis)
    budget.penalize("chat.update", "", START + 600 * SECOND)
    assert budget.take("chat.update", "", START, urgent=True) == 600 * SECOND
    assert int(redis.pttl(keys.bucket("chat.update"))) > 600_000
