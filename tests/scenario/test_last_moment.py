"""What moves in the last moment: after the last yes, after the plan, with the post on its way."""

import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.audit import AuditDraft
from bot.slack.manifest import BOT_SCOPES
from playground.lab import Lab
from tests.scenario.audited import entries
from tests.scenario.conftest import gathered
from tests.scenario.court import Court
from tests.scenario.law import Changing, write
from tests.scenario.recovery_faults import Traps
from tests.scenario.recovery_stage import BrokenStage
from tests.scenario.team import PEOPLE, payload

RULES = """\
version: 1
roles:
  all: {everyone: true}
  ops: {users: [U0ANN, U0BOB, U0CAT]}
  keeper: {users: [U0SRE]}
grants:
  - {role: all, may: [read]}
  - {role: ops, may: [scale, update]}
  - {role: keeper, may: [lock]}
environments:
  one:
    match: {service: "one-*"}
    approvals: {required: 1, approvers: {users: [U0BOB, U0CAT]}, expires: EXPIRES}
  two:
    match: {service: "two-*"}
    approvals: {required: 2, approvers: {users: [U0BOB, U0CAT]}}
"""
WITHOUT = RULES.replace("[scale, update]", "[scale]")
NO_LONGER = "no rule lets you update"


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> Changing:
    return Changing(Path(tmp_path_factory.mktemp("law")) / "policy.yml", RULES)


@pytest.fixture(scope="module")
def traps(swarm: Lab, law: Changing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traps]:
    """A stage under that law, with a tap, and with a worker that can be stopped at any point."""
    armed = Path(tmp_path_factory.mktemp("armed"))
    write(law.path, law.text)
    told = {"WAGGLE_POLICY": str(law.path), "WAGGLE_FAULT_DIR": str(armed)}
    with BrokenStage(swarm, rate_limits=False, extra=told) as stage:
        stage.client.configure(scopes=BOT_SCOPES)
        yield Traps(stage, armed)


@pytest.fixture
def team(traps: Traps, law: Changing, request: pytest.FixtureRequest) -> Iterator[Court]:
    """People whose service is called after the environment that the test is about."""
    if law.rules != RULES:
        law.rules = RULES
        law.changes(traps.stage)
    people = gathered(traps.stage, request.node.name)
    environment = request.node.name.split("_")[1]
    court = Court(people.stage, people.channel, f"{environment}-{people.service[-4:]}")
    yield court
    traps.stage.tap.reset()
    court.remove_all()


def told_of(team: Court) -> list[AuditDraft]:
    """Return what the audit log tells of the service, oldest first."""
    drafts = (entry.draft for entry in entries(team.stage))
    return [each for each in drafts if each.target == team.service]


def test_one_that_is_changed_with_our_post_on_its_way_is_left_as_it_is(
    team: Court, traps: Traps
) -> None:
    """All has been looked at by then: it is the Engine that compares the versions."""
    team.makes()
    service_id, tap = team.inspected()["ID"], traps.stage.tap
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    tap.hold()
    team.clicks(request, "Approve", "bob")
    held = tap.wait_held()
    assert held.path == f"/services/{service_id}/update"
    team.docker("service", "update", "-d", "--env-add", "BY=hand", team.service)
    tap.release()
    ended = team.rests(team.rollout(request), "superseded")
    void = team.comes_to(request, "void")
    for shown in (ended, void):
        assert f"{team.service} was changed outside Waggle meanwhile: +env BY" in shown.text
        assert "hand" not in shown.text
    assert void.buttons == ["Plan again"]
    assert held.status >= 400
    assert tap.done(service_id) == 0
    spec = team.spec()
    assert spec["TaskTemplate"]["ContainerSpec"]["Env"] == ["BY=hand"]
    assert (team.tag(), spec["Labels"]) == ("v1", {})
    words = [each.what for each in told_of(team)]
    assert words[-2:] == ["superseded", "void"]
    assert "posted" not in words


def test_one_whose_tag_moves_after_the_last_yes_is_void(team: Court, traps: Traps) -> None:
    tag = f"moving-{secrets.token_hex(3)}"
    team.move_tag(tag, "v2")
    team.makes()
    before, service_id = team.spec(), team.inspected()["ID"]
    request = team.wants(f"update --image {team.image(tag)} {team.service}")
    traps.arm("vote.after_commit", "SIGSTOP")
    team.clicks(request, "Approve", "bob")
    asleep, _ = traps.sleeper("worker")
    # its vote is counted, and nothing has begun: who would begin it sleeps
    assert payload(team.comes_to(request, "approved"))["votes"] == 1
    team.move_tag(tag, "v3")
    os.kill(asleep.pid, signal.SIGCONT)
    void = team.comes_to(request, "void")
    assert "the tag moved: it was " in void.text
    assert "Nothing was changed." in void.text
    assert (team.spec(), team.posts()) == (before, [])
    assert traps.stage.tap.done(service_id) == 0


def test_typed_while_it_was_allowed_and_looked_at_when_it_is_not(
    team: Court, traps: Traps, law: Changing
) -> None:
    other, tap = f"{team.service}-b", traps.stage.tap
    team.makes()
    team.makes(name=other)
    before = team.spec()
    tap.hold()
    busy = team.begins(f"update --image {team.image('v2')} {other}", who="bob")
    tap.wait_held()  # the worker that carries changes out is busy with that one
    assert "On its way as" in str(team.types(f"update --env-add A=1 {team.service}").shown)
    law.rules = WITHOUT
    law.changes(team.stage)
    tap.release()
    told = team.client.wait_for(
        lambda m: m.ephemeral_to == PEOPLE["ann"] and "Not allowed" in m.text, channel=team.channel
    )
    assert f"{NO_LONGER} {team.service}" in told.text
    assert (team.spec(), len(team.posts())) == (before, 1)
    team.rests(busy)
    denied(team, "refused")


def test_planned_while_it_was_allowed_and_not_sent_when_it_is_not(
    team: Court, traps: Traps, law: Changing
) -> None:
    team.makes()
    before, service_id = team.spec(), team.inspected()["ID"]
    traps.arm("announce.after_commit", "SIGSTOP")
    live = team.begins(f"update --image {team.image('v2')} {team.service}")
    asleep, _ = traps.sleeper("worker")
    law.rules = WITHOUT
    law.changes(team.stage)
    os.kill(asleep.pid, signal.SIGKILL)  # who goes on in its place goes by the rules of now
    failed = team.rests(live, "failed")
    assert f"not allowed any more: {NO_LONGER} {team.service}" in failed.text
    assert f"Nothing was changed: {team.service} is as it was." in failed.text
    assert team.spec() == before
    assert traps.stage.tap.done(service_id) == 0
    denied(team, "failed")


def denied(team: Court, what: str) -> None:
    """Check that the last that is told of the service is a no of the rules."""
    last = told_of(team)[-1]
    assert (last.what, last.who.user) == (what, PEOPLE["ann"])
    assert last.decision is not None
    assert (last.decision.outcome, last.decision.rule) == ("deny", "no grant")


def test_two_say_yes_to_what_somebody_has_locked_meanwhile(team: Court) -> None:
    team.makes()
    before = team.spec()
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    assert "is locked" in team.asks(f"lock --reason 'db migration' {team.service}", "sam").text
    team.clicks(request, "Approve", "bob")  # to approve needs no key
    team.shows(request, lambda m: payload(m)["votes"] == 1)
    team.clicks(request, "Approve", "cat")
    void = team.comes_to(request, "void")
    assert "it was approved, but it cannot run now" in void.text
    locked = f"{team.service} is locked by <@{PEOPLE['sam']}> since "
    assert locked in void.text
    assert "db migration" in void.text
    again = team.hears(lambda: team.client.click("bob", void, "Plan again"), "bob")
    assert locked in again.text
    assert (team.spec(), team.posts(), team.requests()) == (before, [], 1)
    team.asks(f"unlock --reason 'all moved' {team.service}", "sam")
