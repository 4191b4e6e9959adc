"""Rules that change and freezes that begin while a request waits; acts on approved rollouts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.clock import SystemClock
from playground.lab import Lab
from playground.stage import Stage
from playground.workspace import Seen
from tests.scenario.conftest import gathered
from tests.scenario.court import Court
from tests.scenario.law import Changing, under
from tests.scenario.team import PEOPLE, payload
from tests.waiting import eventually

RULES = """\
version: 1
roles:
  all: {everyone: true}
  ops: {users: [U0ANN, U0BOB, U0CAT]}
grants:
  - {role: all, may: [read]}
  - {role: ops, may: [scale, update, rollback, create, remove, approve]}
environments:
  moved:
    match: {service: "moved-*"}
    approvals: {required: 2, approvers: {users: [U0ANN, U0BOB, U0CAT]}, expires: EXPIRES}
  held:
    match: {service: "held-*"}
    approvals: {required: 1, approvers: {users: [U0BOB, U0CAT]}}
FREEZE
  cold:
    match: {service: "cold-*"}
FREEZE
  live:
    match: {service: "live-*"}
    approvals: {required: 1, approvers: {users: [U0BOB, U0CAT]}}
  strict:
    match: {service: "strict-*"}
    approvals: {required: 1, approvers: {users: [U0BOB, U0CAT]}, verbs: [update, rollback]}
  own:
    match: {service: "own-*"}
    approvals: {required: 2, approvers: {users: [U0ANN, U0BOB]}, self_approval: true}
"""
SLOW = "--update-parallelism 1 --update-delay 1h"
"""Of two tasks one is replaced, and then it waits."""


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> Changing:
    return Changing(Path(tmp_path_factory.mktemp("law")) / "policy.yml", RULES)


@pytest.fixture(scope="module")
def ruled(swarm: Lab, law: Changing) -> Iterator[Stage]:
    with under(swarm, law.path, law.text) as stage:
        yield stage


@pytest.fixture
def team(ruled: Stage, law: Changing, request: pytest.FixtureRequest) -> Iterator[Court]:
    """People whose service is called after the environment that the test is about."""
    if law.freeze:
        law.changes(ruled)
    people = gathered(ruled, request.node.name)
    environment = request.node.name.split("_")[1]
    court = Court(people.stage, people.channel, f"{environment}-{people.service[-4:]}")
    yield court
    court.remove_all()


@pytest.mark.parametrize("verb", ["update", "rm"])
def test_moved_rules_make_it_void_and_plan_again_asks_anew(
    team: Court, law: Changing, verb: str
) -> None:
    team.makes()
    options = f"--image {team.image('v2')} " if verb == "update" else ""
    request = team.wants(f"{verb} {options}{team.service}")
    team.clicks(request, "Approve", "bob")
    team.shows(request, lambda m: payload(m)["votes"] == 1)
    law.changes(team.stage)
    before = team.spec()
    team.clicks(request, "Approve", "cat")
    void = team.comes_to(request, "void")
    assert "what was approved is not what would run now" in void.text
    assert "the policy was changed (" in void.text
    assert void.buttons == ["Plan again"]
    assert (team.spec(), team.posts(), team.posts("waggle_change")) == (before, [], [])
    team.clicks(void, "Plan again", "bob")
    again = team.pending()
    assert f"<@{PEOPLE['bob']}> asks" in again.text
    assert payload(again)["votes"] == 0  # nobody's yes is taken over
    for who in ("ann", "cat"):
        team.clicks(again, "Approve", who)
    key, end = ("rollout_id", "completed") if verb == "update" else ("change_id", "applied")
    team.rests(team.finds(key, str(payload(again)["rollout_id"]), verb), end)
    assert team.exists() is (verb == "update")


def test_held_is_what_was_asked_before_a_freeze_and_approved_in_it(
    team: Court, law: Changing
) -> None:
    """The rules are the same all the time: only the hour has come."""
    team.makes()
    clock = SystemClock()
    begins = (clock.now() + timedelta(seconds=100)).replace(second=0, microsecond=0)
    law.freezes(team.stage, begins)
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    before = team.spec()
    eventually(lambda: clock.now() > begins, "the freeze to begin", seconds=120)
    team.clicks(request, "Approve", "bob")  # to approve needs no thaw
    void = team.comes_to(request, "void")
    frozen = f"held is frozen until {begins + timedelta(hours=3):%Y-%m-%d %H:%M} UTC (the audit)"
    for words in ("it was approved, but it cannot run now", frozen):
        assert words in void.text
    assert "the policy was changed" not in void.text
    assert f"<@{PEOPLE['ann']}>" in team.note(request, "ended").text
    again = team.hears(lambda: team.client.click("cat", void, "Plan again"), "cat")
    assert frozen in again.text
    assert (team.spec(), team.posts(), team.requests()) == (before, [], 1)


def test_cold_lets_a_rollback_pass_unless_nothing_is_excepted(team: Court, law: Changing) -> None:
    team.makes("--replicas", "2")
    team.does(f"update --image {team.image('v2')} {team.service}")
    live = team.begins(f"update {SLOW} --image {team.image('v3')} {team.service}")
    live = team.shows(live, lambda m: "Roll back" in m.buttons)
    began = (SystemClock().now() - timedelta(minutes=5)).replace(second=0, microsecond=0)
    law.freezes(team.stage, began, but=", except: []")
    before, frozen = team.spec(), "cold is frozen until"
    assert frozen in team.hears(lambda: team.client.click("bob", live, "Roll back"), "bob").text
    team.clicks(live, "Abort")  # Docker hears nothing of it
    team.rests(live, "aborted")
    assert frozen in team.asks(f"rollback {team.service}", "bob").text
    assert (team.spec(), len(team.posts())) == (before, 2)
    law.freezes(team.stage, began)
    assert frozen in team.asks(f"scale {team.service}=3").text
    team.does(f"rollback {team.service}", "rolled_back", "bob")
    assert team.running() == [team.image("v2")] * 2


@pytest.mark.parametrize("way", ["button", "command"])
def test_live_ones_that_were_approved_need_the_right_and_no_new_yes(team: Court, way: str) -> None:
    def acts(parent: Seen, button: str, verb: str) -> None:
        if way == "button":
            told = team.hears(lambda: team.client.click("sam", team.fresh(parent), button), "sam")
            team.clicks(parent, button, "cat")
        else:
            told = team.hears(lambda: team.types(f"{verb} {team.service}", "sam"), "sam")
            team.types(f"{verb} {team.service}", "cat")
        assert "no rule lets you" in told.text

    team.makes("--replicas", "2")
    pace = "--update-monitor 2s --update-parallelism 1 --update-delay 3s"  # not both tasks at once
    line = f"update {pace} --image {team.image('crash')} {team.service}"
    first = team.rests(team.approved(line), "paused")
    acts(first, "Resume", "resume")
    eventually(lambda: [payload(m).get("note") for m in team.thread(first)].count("paused") == 2)
    team.rests(first, "paused")
    acts(first, "Roll back", "rollback")
    team.rests(first, "rolled_back")
    assert (team.tag(), len(team.posts()), team.requests()) == ("v1", 1, 1)
    second = team.approved(f"update {SLOW} --image {team.image('v2')} {team.service}")
    team.shows(second, lambda m: "Abort" in m.buttons)
    acts(second, "Abort", "abort")
    team.rests(second, "aborted")
    assert (len(team.posts()), team.requests()) == (2, 2)


def test_strict_wants_a_yes_to_go_back_once_the_live_one_is_aborted(team: Court) -> None:
    team.makes("--replicas", "2")
    live = team.approved(f"update {SLOW} --image {team.image('v2')} {team.service}")
    live = team.shows(live, lambda m: "Roll back" in m.buttons)
    before, line = team.spec(), f"rollback {team.service}"
    by_button = team.hears(lambda: team.client.click("cat", live, "Roll back"), "cat")
    for told in (by_button, team.asks(line, "cat")):
        assert "Not allowed at once: to roll back in strict needs the yes of 1 person" in told.text
        assert f"`abort {team.service}`, then `{line}` asks for the approvals" in told.text
    assert (team.spec(), team.requests()) == (before, 1)
    team.types(f"abort {team.service}", "cat")
    team.rests(live, "aborted")
    team.rests(team.approved(line), "rolled_back")
    assert team.requests() == 2
    assert team.running() == [team.image("v1")] * 2


def test_own_yes_counts_once_where_the_rule_says_so(team: Court) -> None:
    team.makes()
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    team.clicks(request, "Approve", "ann")
    team.shows(request, lambda m: payload(m)["votes"] == 1)
    assert "already" in team.told(f"approve {payload(request)['approval_id']}")
    assert (team.fresh(request).state, team.tag()) == ("pending", "v1")
    team.clicks(request, "Approve", "bob")
    assert payload(team.comes_to(request, "approved"))["votes"] == 2
    team.rests(team.rollout(request))
    assert team.tag() == "v2"
