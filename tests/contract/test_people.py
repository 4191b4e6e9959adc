"""Who is in which user group: the fake and Slack's, over the local workspace and a real Valkey."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters import keys
from bot.adapters.clock import SystemClock
from bot.adapters.group_cache import KEPT, GroupCache
from bot.adapters.redis_budget import RedisBudget
from bot.adapters.redis_client import connect
from bot.adapters.slack_groups import FRESH, METHOD
from bot.ports import People
from bot.slack.manifest import BOT_SCOPES
from tests.contract.office import (
    ANN,
    BOTH,
    IN_NONE,
    IN_SRE,
    OPS,
    SAM,
    SECOND,
    SRE,
    Office,
    wait_for_the_questions,
)  # fmt: skip
from tests.contract.slack_peer import SlackPeer
from tests.fakes.policy import FakePeople

# -- both


@dataclass
class Pair:
    """Attributes:
    away: lets Slack go away.
    replaces: puts ann in sam's place in @sre, a moment after somebody asked who is there.
    ages: lets a minute pass since then.
    """

    people: People
    away: Callable[[], None]
    replaces: Callable[[], None]
    ages: Callable[[], None]


@pytest.fixture(params=["fake", "slack"])
def pair(request: pytest.FixtureRequest) -> Pair:
    """People, and what happens in their workspace."""
    if request.param == "fake":
        return _fake_pair(FakePeople({SRE: {SAM}, OPS: {ANN}}))
    office = request.getfixturevalue("office")
    return Pair(
        office.people(),
        office.workspace.client.down,
        lambda: office.put("sre", "ann"),
        lambda: office.make_old(FRESH),
    )


def _fake_pair(fake: FakePeople) -> Pair:
    def replaces() -> None:
        fake.heard = {SRE: {SAM}, OPS: {ANN}}
        fake.members[SRE] = {ANN}

    away, ages = (lambda: setattr(fake, "away", True)), (lambda: setattr(fake, "old", True))
    return Pair(fake, away, replaces, ages)


@pytest.mark.parametrize(
    ("user", "among", "expected"),
    [
        (SAM, {SRE}, {SRE}),
        (SAM, {SRE, OPS}, {SRE}),
        (ANN, {SRE}, set()),
        ("U0NOBODY", {SRE, OPS}, set()),
        ("", {SRE, OPS}, set()),
        (SAM, {"S0GONE"}, set()),
        (SAM, {"S0GONE", SRE}, {SRE}),
        (SAM, {"sre", "@sre", "s0sre", "S0SRE ", "<!subteam^S0SRE>"}, set()),
    ],
)
def test_a_person_is_in_groups_by_ids(
    pair: Pair, user: str, among: set[str], expected: set[str]
) -> None:
    assert pair.people.groups_of(user, frozenset(among)) == frozenset(expected)


def test_while_slack_is_away_and_nothing_is_known_nobody_can_tell(pair: Pair) -> None:
    pair.away()
    assert pair.people.groups_of(SAM, BOTH) is None


def test_about_no_groups_nobody_is_asked(pair: Pair) -> None:
    pair.away()
    assert pair.people.groups_of(SAM, frozenset()) == frozenset()


@pytest.mark.parametrize("known", [False, True])
def test_asked_now_slack_says_who_is_there_now(pair: Pair, *, known: bool) -> None:
    if known:
        assert pair.people.groups_of(SAM, BOTH) == IN_SRE
    pair.replaces()
    if known:
        assert pair.people.groups_of(SAM, BOTH) == IN_SRE  # as it was heard
    assert pair.people.members_now(IN_SRE) == {SRE: {ANN}}
    assert pair.people.groups_of(SAM, BOTH) == IN_NONE  # that is known from now on
    assert pair.people.groups_of(ANN, BOTH) == BOTH


def test_asked_now_while_slack_is_away_what_it_said_within_a_minute_counts(pair: Pair) -> None:
    assert pair.people.groups_of(SAM, BOTH) == IN_SRE
    pair.replaces()
    pair.away()
    assert pair.people.members_now(BOTH) == {SRE: {SAM}, OPS: {ANN}}
    pair.ages()
    assert pair.people.members_now(BOTH) == {}
    assert pair.people.groups_of(SAM, BOTH) == IN_SRE  # a vote would count


def test_asked_now_about_what_is_no_group_nobody_is_there(pair: Pair) -> None:
    assert pair.people.members_now(frozenset()) == {}
    assert pair.people.members_now(frozenset({"S0GONE"})) == {"S0GONE": frozenset()}


# -- Slack is asked once a minute


def test_all_processes_share_one_answer(office: Office) -> None:
    for people in (office.people(), office.people()):
        for user, group in ((SAM, SRE), (ANN, OPS)):
            assert people.groups_of(user, BOTH) == frozenset({group})
    assert office.asked() == 2
    assert all(0 < office.redis.pttl(keys.group(g)) <= 300_000 for g in BOTH)


def test_who_left_is_out_after_a_minute(office: Office) -> None:
    people = office.people()
    assert people.groups_of(SAM, BOTH) == IN_SRE
    office.put("sre", "ann")
    office.make_old(FRESH - 10 * SECOND)
    assert people.groups_of(SAM, BOTH) == IN_SRE
    office.make_old(FRESH)
    assert people.groups_of(SAM, BOTH) == IN_NONE
    assert people.groups_of(ANN, BOTH) == BOTH


def test_a_disabled_group_is_empty(office: Office) -> None:
    office.put("sre", "sam", disabled=True)
    assert office.people().groups_of(SAM, BOTH) == IN_NONE


def test_a_group_that_is_not_there_is_empty_and_said_once(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    people = office.people()
    for _ in range(3):
        assert people.groups_of(SAM, frozenset({"S0GONE"})) == IN_NONE
        office.redis.delete(keys.group("S0GONE"))
    assert [r.getMessage() for r in caplog.records if "S0GONE" in r.getMessage()] == [
        "the policy names user group S0GONE, which Slack does not know"
    ]


def test_which_groups_slack_does_not_know_is_known_until_it_does(office: Office) -> None:
    cache, named = GroupCache(office.redis), BOTH | {"S0NEW", "S0GONE"}
    assert cache.unknown(named) == []  # nobody has asked yet
    office.people().refresh(named)
    assert cache.unknown(named) == ["S0GONE", "S0NEW"]
    assert cache.unknown(BOTH) == cache.unknown([]) == []
    office.put("new", "sam", id="S0NEW")
    assert office.people().members_now(frozenset({"S0NEW"})) == {"S0NEW": {SAM}}
    assert cache.unknown(named) == ["S0GONE"]
    assert 0 < office.redis.pttl(keys.group_unknown("S0GONE")) <= 300_000


def test_many_at_once_are_one_question(office: Office) -> None:
    """Two processes, forty threads, nothing known: each gets the answer, one asks."""
    office.workspace.client.fault("slow", METHOD, count=None, seconds=0.2)
    both = [office.people(), office.people()]
    with ThreadPoolExecutor(40) as pool:
        found = list(pool.map(lambda n: both[n % 2].groups_of(SAM, BOTH), range(40)))
    assert found == [IN_SRE] * 40
    assert office.asked() == 2


def test_the_steward_asks_ahead(office: Office) -> None:
    people = office.people()
    people.refresh(BOTH)
    office.make_old(FRESH / 2)
    people.refresh(BOTH)
    assert office.asked() == 2
    office.put("sre", "ann")
    office.make_old(FRESH - SECOND)
    people.refresh(BOTH)
    assert office.asked() == 4
    office.workspace.client.down()
    assert people.groups_of(SAM, BOTH) == IN_NONE
    people.refresh(frozenset())
    people.refresh(frozenset({"S0NEW"}))


# -- Slack is away


def test_what_is_known_holds_for_five_minutes_and_then_nobody_is_in_any(office: Office) -> None:
    people = office.people()
    assert people.groups_of(SAM, BOTH) == IN_SRE
    office.workspace.client.down()
    office.make_old(KEPT - 20 * SECOND)
    assert people.groups_of(SAM, BOTH) == IN_SRE
    assert people.groups_of(ANN, IN_SRE) == IN_NONE
    office.make_old(KEPT - SECOND / 100)
    time.sleep(0.05)
    assert people.groups_of(SAM, BOTH) is None
    assert people.groups_of(ANN, BOTH) is None


def test_slack_is_back_and_counts_again(office: Office) -> None:
    people = office.people()
    office.workspace.client.down()
    assert people.groups_of(SAM, BOTH) is None
    office.workspace.client.up()
    _let_the_pause_end(office)
    assert people.groups_of(SAM, BOTH) == IN_SRE


def _let_the_pause_end(office: Office) -> None:
    for group in BOTH:
        assert 0 < office.redis.pttl(keys.group_asked(group)) <= 5_000
        office.redis.delete(keys.group_asked(group))


def test_a_slow_slack_holds_nobody_up_and_its_answer_is_used_by_the_next(office: Office) -> None:
    office.workspace.client.fault("slow", METHOD, count=2, seconds=4)
    people = office.people(patience=timedelta(seconds=0.3))
    began = time.monotonic()
    for _ in range(10):  # a line with ten targets asks ten times
        assert people.groups_of(SAM, BOTH) is None
    assert time.monotonic() - began < 3.5
    wait_for_the_questions()
    assert people.groups_of(SAM, BOTH) == IN_SRE
    assert office.asked() == 2


def test_in_a_group_that_is_known_a_person_is_whatever_the_others_say(office: Office) -> None:
    people = office.people()
    assert people.groups_of(SAM, IN_SRE) == IN_SRE
    office.workspace.client.down()
    assert people.groups_of(SAM, BOTH) == IN_SRE
    assert people.groups_of(ANN, BOTH) is None


@pytest.mark.parametrize("word", ["paid_teams_only", "plan_upgrade_required", "missing_scope"])
def test_what_slack_refuses_to_tell_is_unknown_and_said_once(
    office: Office, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    office.workspace.client.fault("error", METHOD, count=None, word=word)
    people = office.people()
    for _ in range(2):
        assert people.groups_of(SAM, IN_SRE) is None
        office.redis.delete(keys.group_asked(SRE))
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING] == [
        f"Slack does not tell who is in user group S0SRE: {word}"
    ]


def test_the_scope_of_the_manifest_is_needed_and_enough(office: Office) -> None:
    assert office.people().groups_of(SAM, BOTH) == IN_SRE
    office.redis.flushall()
    scopes = [scope for scope in BOT_SCOPES if scope != "usergroups:read"]
    office.workspace.client.configure(scopes=scopes)
    assert office.people().groups_of(SAM, BOTH) is None


# -- limits


def test_a_429_stops_all_of_us_for_as_long_as_slack_says(office: Office) -> None:
    office.budget = RedisBudget(office.redis)
    office.workspace.client.storm(METHOD, count=1, retry_after=60)
    assert office.people().groups_of(SAM, IN_SRE) is None
    office.redis.delete(keys.group_asked(SRE))
    assert office.people().groups_of(SAM, BOTH) is None
    office.people().refresh(BOTH)
    assert office.asked() == 1
    wait = office.budget.take(METHOD, "", SystemClock().now())
    assert timedelta(seconds=50) < wait <= timedelta(seconds=60)


def test_many_groups_stay_within_slacks_limit(office: Office) -> None:
    """The workspace counts as strictly as Slack may: 20 calls in any minute."""
    office.budget = RedisBudget(office.redis)
    many = frozenset(f"S0{n:03}" for n in range(40))
    people = office.people()
    for _ in range(3):
        people.groups_of(SAM, many)
        people.refresh(many)
    outcomes = [call["outcome"] for call in office.workspace.client.calls(METHOD)]
    assert set(outcomes) == {"no_such_subteam"}
    assert 7 <= len(outcomes) <= 10


# -- Redis is away, or Slack answers nonsense


def test_without_redis_nobody_can_tell(office: Office, tmp_path: Path) -> None:
    office.redis = connect(f"unix://{tmp_path}/nobody.sock")
    assert office.people().groups_of(SAM, BOTH) is None
    assert office.people().members_now(BOTH) == {}
    office.people().refresh(BOTH)
    assert office.asked() == 0


def test_redis_that_goes_while_slack_is_asked_breaks_nothing(office: Office) -> None:
    office.workspace.client.fault("slow", METHOD, count=2, seconds=0.4)
    people = office.people(patience=timedelta(seconds=0.1))
    assert people.groups_of(SAM, BOTH) is None
    office.redis.config_set("maxmemory", "1")
    try:
        wait_for_the_questions()
        assert people.groups_of(SAM, BOTH) is None
    finally:
        office.redis.config_set("maxmemory", "0")


@pytest.mark.parametrize("body", [{"ok": True}, {"ok": True, "users": None}, "<html>", "[]"])
def test_an_answer_without_members_lets_nobody_in(office: Office, body: object) -> None:
    with SlackPeer() as peer:
        peer.answer(body)
        people = office.people(url=f"{peer.url}/api/")
        assert not people.groups_of(SAM, IN_SRE)
        (asked,) = peer.asked
        assert asked.path == f"/api/{METHOD}"
        assert asked.body["usergroup"] == SRE
