"""Whose lock it is and how far it reaches, on the real swarm, by a policy with an admin."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.clock import SystemClock
from bot.domain.audit import AuditDraft
from bot.slack.manifest import BOT_SCOPES
from playground.lab import Lab
from playground.stage import Stage
from playground.workspace import Seen
from tests.scenario.audited import entries
from tests.scenario.conftest import gathered
from tests.scenario.team import PEOPLE, Team, event_type
from tests.waiting import eventually

RULES = """\
version: 1
roles:
  all: {everyone: true}
  ops: {users: [U0ANN, U0BOB, U0CAT]}
  boss: {users: [U0CAT]}
  admin: {groups: [S0SRE]}
grants:
  - {role: all, may: [read]}
  - {role: ops, may: [scale, update, rollback, create, remove, lock]}
  - {role: boss, may: [break_glass]}
  - {role: admin, may: [lock, scale]}
environments:
  shop:
    match: {label: "env=shop"}
"""
REMINDS = "3s"
"""Instead of 24h; other tests here are over sooner, or do not mind."""

ONLY_ADMINS = "only who is in the role admin takes away somebody else's lock"


@pytest.fixture(scope="module")
def ruled(swarm: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    path = Path(tmp_path_factory.mktemp("rules")) / "policy.yml"
    path.write_text(RULES, encoding="utf-8")
    with Stage(
        swarm, rate_limits=False, extra={"WAGGLE_POLICY": str(path), "WAGGLE_LOCK_REMIND": REMINDS}
    ) as stage:
        stage.client.configure(scopes=BOT_SCOPES)
        yield stage


@pytest.fixture
def team(ruled: Stage, request: pytest.FixtureRequest) -> Iterator[Team]:
    people = gathered(ruled, request.node.name)
    yield people
    people.remove_all()


def _locks(team: Team, line: str, who: str = "ann") -> Seen:
    """Lock something; return the lock's message in the channel."""
    assert "is locked" in team.asks(line, who).text

    def is_it(message: Seen) -> bool:
        lock = event_type(message) == "waggle_lock" and message.state == "locked"
        return lock and message.thread_ts is None

    return team.client.wait_for(is_it, channel=team.channel)


def _directs(team: Team, words: str) -> list[Seen]:
    """Return the direct messages about this test's service that say so, oldest first."""
    said = [m for m in team.client.messages() if m.channel != team.channel and words in m.text]
    return sorted((m for m in said if team.service in m.text), key=lambda m: float(m.ts))


def _refused(team: Team, line: str, who: str) -> str:
    """Type a line that is refused, at once or a moment later; return what is said privately."""
    known = {m.ts for m in team.client.messages(team.channel, deleted=True)}
    ack = team.types(line, who)
    if not (ack.shown or "").startswith("Understood"):
        return ack.shown or ""

    def is_it(message: Seen) -> bool:
        mine = message.ephemeral_to == PEOPLE[who] and message.ts != ack.message_ts
        return mine and message.ts not in known

    return team.client.wait_for(is_it, channel=team.channel).text


def _entries(team: Team, what: str) -> list[AuditDraft]:
    """Return the audit entries of that word about this test's service, oldest first."""
    found = [entry.draft for entry in entries(team.stage) if entry.draft.what == what]
    return [each for each in found if team.service in f"{each.target} {each.line}"]


# -- how far a lock reaches

STACK = "com.docker.stack.namespace"


@pytest.mark.parametrize(
    ("label", "scope", "called"),
    [
        (f"{STACK}=NAME", "--stack NAME", "stack NAME"),
        ("env=shop", "--environment shop", "environment shop"),
    ],
    ids=["stack", "environment"],
)
def test_a_wider_lock_stops_what_is_in_it_and_nothing_else(
    team: Team, label: str, scope: str, called: str
) -> None:
    label, scope, called = (each.replace("NAME", team.service) for each in (label, scope, called))
    inside, outside = f"{team.service}-in", f"{team.service}-out"
    team.makes("--label", label, name=inside)
    team.makes(name=outside)
    _locks(team, f"lock --reason 'db migration' {scope}")
    for line in (
        f"update --image {team.image('v2')} {inside}",
        f"scale {inside}=3",
        f"rm {inside}",
        f"update --label-add {label} {outside}",  # judged on what it becomes, too
    ):
        told = _refused(team, line, "bob")
        assert f"{called} is locked by <@{PEOPLE['ann']}>" in told
        assert "db migration" in told
    assert (team.tag(inside), team.replicas(inside)) == ("v1", 1)
    assert label.partition("=")[0] not in team.spec(outside)["Labels"]
    team.does(f"scale {outside}=2", who="bob")
    for line in ("locks", f"locks {inside}"):
        listed = team.asks(line, "bob").text
        assert called in listed
        assert f"<@{PEOPLE['ann']}>" in listed
        assert "db migration" in listed
    assert "db migration" not in team.asks(f"locks {outside}", "bob").text
    team.does(f"scale {inside}=2")  # its owner's own change passes
    team.asks(f"unlock {scope}")
    team.does(f"update --image {team.image('v2')} {inside}", who="bob")
    assert (team.tag(inside), team.replicas(outside)) == ("v2", 2)


def test_a_lock_of_the_whole_swarm_stops_every_change_of_others(team: Team) -> None:
    team.makes()
    team.does(f"update --image {team.image('v2')} {team.service}", who="bob")
    _locks(team, "lock --reason 'move of the data centre' --all")
    try:
        for line in (
            f"scale {team.service}=3",
            f"create --name {team.service}-b {team.image('v1')}",
        ):
            told = _refused(team, line, "bob")
            assert f"cluster default is locked by <@{PEOPLE['ann']}>" in told
            assert "move of the data centre" in told
        assert not team.exists(f"{team.service}-b")
        assert "cluster default" in team.asks("locks", "cat").text
        assert team.service in team.asks("ls", "bob").text
        team.does(f"rollback {team.service}", "rolled_back", "bob")
        team.does(f"scale {team.service}=2")
    finally:
        team.asks("unlock --all")
    team.does(f"scale {team.service}=3", who="bob")
    assert (team.tag(), team.replicas()) == ("v1", 3)


# -- taking it away


@pytest.mark.parametrize("verb", ["unlock", "lock"])
def test_an_admin_takes_a_lock_away_and_who_may_only_lock_does_not(team: Team, verb: str) -> None:
    team.makes()
    message = _locks(team, f"lock --reason mine {team.service}")
    steal = f"{verb} --steal --reason fire {team.service}"
    refused = team.told(steal, "bob")
    for words in (ONLY_ADMINS, f"Ask <@{PEOPLE['ann']}>", "`break_glass`"):
        assert words in refused
    by_id = str(team.inspected()["ID"])
    late = team.asks(f"{verb} --steal --reason fire {by_id}", "bob").text
    assert ONLY_ADMINS in late
    assert f"Ask <@{PEOPLE['ann']}>" in late
    assert "--steal" not in team.asks(f"unlock {team.service}", "bob").text
    assert team.fresh(message).state == "locked"
    assert _directs(team, "took away your lock") == []

    team.asks(steal, "sam")
    eventually(lambda: len(_directs(team, "took away your lock")) == 1, "a word to the owner")
    (told,) = _directs(team, "took away your lock")
    assert f"<@{PEOPLE['sam']}>" in told.text
    assert "fire" in told.text
    team.shows(message, lambda m: m.state == "ended")
    assert any("took the lock of" in m.text and m.broadcast for m in team.thread(message))
    if verb == "unlock":
        team.does(f"scale {team.service}=2", who="bob")
    else:
        assert f"<@{PEOPLE['sam']}>" in team.told(f"scale {team.service}=2", "ann")

    (denied,) = _entries(team, "denied")[:1]
    (ended,) = _entries(team, "unlocked")[:1]
    rejected = [e.draft for e in entries(team.stage) if by_id in e.draft.line]
    for draft, outcome in ((denied, "deny"), (rejected[-1], "deny"), (ended, "allow")):
        assert draft.decision is not None
        assert (draft.decision.outcome, draft.decision.rule) == (outcome, "roles.admin")
    assert (rejected[-1].what, ended.who.user) == ("refused", PEOPLE["sam"])


def test_broken_glass_passes_a_lock_loudly(team: Team) -> None:
    team.makes()
    message = _locks(team, f"lock --reason 'db migration' {team.service}")
    line = f"update --image {team.image('v2')} --break-glass 'shop is down' {team.service}"
    assert "break the glass" in team.told(line, "bob")
    assert "db migration" in team.told(line.replace("--break-glass", "--reason"), "cat")
    done = team.does(line, who="cat")
    for words in ("Glass broken", "shop is down", f"<@{PEOPLE['cat']}>"):
        assert words in done.text
    assert "Glass broken" in team.note(done, "started").text
    assert team.note(done, "started").broadcast
    assert team.note(done, "ended").broadcast
    assert team.note(done, "review").broadcast
    assert team.tag() == "v2"
    assert team.fresh(message).state == "locked"
    assert "db migration" in team.told(f"scale {team.service}=2", "bob")
    assert [each.who.user for each in _entries(team, "glass_broken")] == [PEOPLE["cat"]]


# -- its end


def test_its_owner_is_reminded_again_and_again_until_it_is_unlocked(team: Team) -> None:
    team.makes()
    team.makes(name=f"{team.service}-b")
    message = _locks(team, f"lock --reason 'db migration' {team.service}")
    team.asks(f"lock --reason 'for the demo' --for 1h {team.service}-b")
    eventually(lambda: len(_directs(team, "You have kept")) > 1, "two reminders")
    told = _directs(team, "You have kept")
    assert {each.channel for each in told} == {_room(team, "ann")}
    for words in (f"*{team.service}* (cluster default)", "db migration", "without an end"):
        assert words in told[0].text
    apart = float(told[1].ts) - float(told[0].ts)
    assert apart > 1, "two at once"
    assert team.fresh(message).state == "locked"
    team.asks(f"unlock {team.service}")
    team.shows(message, lambda m: m.state == "ended")
    before = len(_directs(team, "You have kept"))
    time.sleep(4)  # one more would have come by now
    assert len(_directs(team, "You have kept")) == before
    assert all("for the demo" not in each.text for each in told)


def test_those_who_wait_are_told_at_once_and_once_each(team: Team) -> None:
    team.makes()
    _locks(team, f"lock --reason 'db migration' {team.service}")
    waiting = ["sam", "cat", "bob"]
    for who in (*waiting, "cat"):
        assert (
            "You are told when it is free" in team.asks(f"locks --notify {team.service}", who).text
        )
    assert _directs(team, "is free") == []
    team.asks(f"unlock {team.service}")
    eventually(lambda: len(_directs(team, "is free")) == len(waiting), "a word to each")
    team.does(f"scale {team.service}=2", who="bob")
    told = _directs(team, "is free")
    assert len(told) == len(waiting)
    # two mouths speak at the same time: which of them is first is chance
    assert {each.channel for each in told} == {_room(team, who) for who in waiting}


def _room(team: Team, who: str) -> str:
    """Return the channel of the bot's direct messages to somebody."""
    found = team.client.state()["channels"]
    (room,) = [c["id"] for c in found if c["is_im"] and PEOPLE[who] in c["members"]]
    return str(room)


def _until(passed: Callable[[], bool]) -> None:
    eventually(passed, "the time to come")


def test_a_lock_whose_time_is_up_while_no_worker_runs_ends_once_one_is_back(team: Team) -> None:
    team.makes()
    message = _locks(team, f"lock --reason short --for 8s {team.service}")
    end = SystemClock().now() + timedelta(seconds=8)
    team.asks(f"locks --notify {team.service}", "bob")
    worker = team.stage.running.pop("worker")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(35) == 0
    _until(lambda: SystemClock().now() > end)
    assert team.fresh(message).state == "locked"
    assert _directs(team, "is free") == []
    team.stage.start_worker()
    team.stage.wait_ready()
    team.shows(message, lambda m: m.state == "ended")
    eventually(
        lambda: any("the time is up" in m.text for m in team.thread(message)), "the end is told"
    )
    eventually(lambda: len(_directs(team, "is free")) == 1, "a word to who waits")
    team.does(f"scale {team.service}=2", who="bob")
    (ended,) = _entries(team, "unlocked")
    assert (ended.source, ended.result) == ("steward", "its time was up")
