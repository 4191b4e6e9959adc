"""Other people's yes, as the channel sees it: asked, given, refused, run out, void, passed by."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from bot.slack.manifest import BOT_SCOPES
from playground.lab import Lab
from playground.stage import Stage
from playground.workspace import Seen
from playground.workspace.client import Ack
from tests.scenario.audited import entries, waggle
from tests.scenario.conftest import gathered
from tests.scenario.court import Court
from tests.scenario.team import PEOPLE, event_type, payload
from tests.waiting import eventually
from workers.steward import LONGEST_REST, TICK

CROWD = [f"U0C{number:02d}" for number in range(50)]
REQUIRED = 20

RULES = """\
version: 1
roles:
  all: {everyone: true}
  ops: {users: [U0ANN, U0BOB, U0CAT]}
  sre: {groups: [S0SRE]}
  boss: {users: [U0CAT]}
  crowd: {users: [CROWD]}
grants:
  - {role: all, may: [read]}
  - {role: ops, may: [scale, update, rollback, create, remove, approve]}
  - {role: sre, may: [approve]}
  - {role: crowd, may: [approve]}
  - {role: boss, may: [break_glass]}
environments:
  crowded:
    match: {service: "crowd*"}
    approvals: {required: 20, approvers: {users: [CROWD]}}
  hasty:
    match: {service: "hasty*"}
    approvals:
      {required: 1, approvers: {users: [U0BOB]}, expires: 8s, remind: 4s}
  production:
    match: {any: [{constraint: "node.labels.env==prod"}, {service: "prod*"}]}
    approvals:
      required: 2
      approvers: {groups: [S0SRE], users: [U0ANN, U0BOB, U0CAT]}
      expires: 30m
"""


@pytest.fixture(scope="module")
def ruled(swarm: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    path = Path(tmp_path_factory.mktemp("rules")) / "policy.yml"
    path.write_text(RULES.replace("CROWD", ", ".join(CROWD)), encoding="utf-8")
    # two of each kind of worker: votes are counted by several processes at the same moment
    told = {"WAGGLE_POLICY": str(path)}
    with Stage(swarm, processes=2, rate_limits=False, extra=told) as stage:
        stage.client.configure(scopes=BOT_SCOPES)
        for user in CROWD:
            stage.client.control("create_user", id=user, name=user.lower())
        yield stage


@pytest.fixture
def team(ruled: Stage, request: pytest.FixtureRequest) -> Iterator[Court]:
    people = gathered(ruled, request.node.name)
    court = Court(people.stage, people.channel, f"prod-{secrets.token_hex(2)}")
    yield court
    court.remove_all()


@pytest.fixture
def prod_node(team: Court) -> Iterator[None]:
    team.docker("node", "update", "--label-add", "env=prod", "n2")
    yield
    team.docker("node", "update", "--label-rm", "env", "n2")


def test_two_people_say_yes_and_both_messages_link_to_each_other(team: Court) -> None:
    team.makes("--replicas", "2")
    request = team.wants(f"update --image {team.image('v2')} --reason 'fix it' {team.service}")
    assert request.state == "pending"
    assert request.buttons == ["Approve", "Reject"]
    for words in ("“fix it”", "2 tasks", "<!subteam^S0SRE>", "0 of 2", "<!date^"):
        assert words in request.text
    found = payload(request)
    assert found == {
        "approval_id": found["approval_id"],
        "plan_fingerprint": found["plan_fingerprint"],
        "state": "pending",
        "cluster": "default",
        "service": team.service,
        "votes": 0,
        "required": 2,
        "rollout_id": found["rollout_id"],
        "message_id": found["message_id"],
    }
    team.clicks(request, "Approve", "sam")
    team.shows(request, lambda m: payload(m)["votes"] == 1)
    assert team.tag() == "v1"
    team.client.mention("bob", team.channel, f"approve {found['approval_id']}")
    approved = team.comes_to(request, "approved")
    assert approved.buttons == []
    parent = team.rests(team.rollout(request))
    assert payload(parent)["approval_id"] == found["approval_id"]
    assert f"p{request.ts.replace('.', '')}|{found['approval_id']}>" in parent.text
    link = f"p{parent.ts.replace('.', '')}|{found['rollout_id']}>"
    team.shows(request, lambda m: link in m.text)
    assert team.running() == [team.image("v2")] * 2
    late = team.hears(lambda: team.client.click("cat", request, "Approve", stale=True), "cat")
    assert "approved already" in late.text


def test_a_request_says_what_else_shares_the_port(team: Court) -> None:
    port = "mode=host,published=18090,target=80"
    team.makes("--publish", port)
    team.makes("--publish", port, name=f"{team.service}-b")
    team.makes("--publish", f"{port},protocol=udp", name=f"{team.service}-udp")
    request = team.wants(f"update --env-add A=1 {team.service}")
    assert f"shared port 18090/tcp: {team.service}-b" in request.text
    assert "udp" not in request.text
    team.asks(f"cancel {payload(request)['approval_id']}")
    team.comes_to(request, "cancelled")


def test_moving_from_test_to_production_by_constraints_asks_for_productions_approvals(
    team: Court, prod_node: None
) -> None:
    del prod_node
    name = f"test-{team.service}"
    team.also.append(name)
    team.makes(name=name)
    team.does(f"update --env-add A=1 {name}")  # a test service asks nobody
    request = team.wants(f"update --constraint-add node.labels.env==prod {name}")
    assert "production" in request.text
    team.clicks(request, "Approve", "bob")
    team.clicks(request, "Approve", "cat")
    team.comes_to(request, "approved")
    team.rests(team.rollout(request))
    assert team.spec(name)["TaskTemplate"]["Placement"]["Constraints"] == ["node.labels.env==prod"]


def test_who_asked_approves_by_no_path(team: Court) -> None:
    team.makes()
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    name = payload(request)["approval_id"]
    for _ in range(2):
        told = team.hears(lambda: team.client.click("ann", request, "Approve"))
        assert "yourself" in told.text
    for ref in (name, payload(request)["rollout_id"]):
        assert "yourself" in team.told(f"approve {ref}")
    mention = f"approve {name}"
    assert "yourself" in team.hears(lambda: team.client.mention("ann", team.channel, mention)).text
    no = team.hears(lambda: team.client.click("ann", request, "Reject"))
    assert "yourself" in no.text  # and no modal has opened
    views = team.client.state()["views"]
    assert not [view for view in views if view["user"] == PEOPLE["ann"] and view["open"]]
    team.clicks(request, "Approve", "bob")
    team.shows(request, lambda m: payload(m)["votes"] == 1)
    assert "already" in team.told(f"approve {name}", "bob")
    assert team.fresh(request).state == "pending"
    team.asks(f"cancel {name}")
    assert "Cancelled by" in team.comes_to(request, "cancelled").text
    assert team.tag() == "v1"


def test_a_no_asks_for_its_reason_in_a_modal_and_ends_it(team: Court) -> None:
    team.makes()
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    team.clicks(request, "Reject", "sam")
    views = [v for v in team.client.state()["views"] if v["user"] == PEOPLE["sam"] and v["open"]]
    assert [v["body"]["private_metadata"] for v in views] == [payload(request)["approval_id"]]
    assert team.client.submit("sam", reason="not before the <!channel> migration").status == "ok"
    rejected = team.comes_to(request, "rejected")
    assert rejected.buttons == []
    assert "“not before the &lt;!channel&gt; migration”" in rejected.text
    told = team.client.wait_for(
        lambda m: m.thread_ts == request.ts and payload(m).get("note") == "ended",
        channel=team.channel,
    )
    assert f"<@{PEOPLE['ann']}>" in told.text
    assert not told.broadcast
    assert "rejected already" in team.told(f"approve {payload(request)['approval_id']}", "bob")
    assert team.tag() == "v1"


def test_where_no_modal_opens_the_command_is_named(team: Court) -> None:
    team.makes()
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    name = payload(request)["approval_id"]
    team.client.fault("error", "views.open", word="internal_error")
    told = team.hears(lambda: team.client.click("sam", request, "Reject"), "sam")
    assert f"reject {name} REASON" in told.text
    team.asks(f"reject {name} not now", "sam")
    team.comes_to(request, "rejected")


def test_it_expires_at_the_second_with_a_reminder_before(team: Court) -> None:
    name = f"hasty-{team.service}"
    team.also.append(name)
    team.makes(name=name)
    request = team.wants(f"scale {name}=2")
    reminder = team.client.wait_for(
        lambda m: m.thread_ts == request.ts and payload(m).get("note") == "reminder",
        channel=team.channel,
    )
    assert f"<@{PEOPLE['bob']}>" in reminder.text
    expired = team.comes_to(request, "expired")
    assert expired.buttons == []
    assert "not enough people" in expired.text
    # who looks comes once a tick; the times are shown in whole seconds
    late_by = shown_time(expired, "ended") - shown_time(request, "expires")
    assert 0 <= late_by <= 1 + TICK + LONGEST_REST
    late = team.hears(lambda: team.client.click("bob", request, "Approve", stale=True), "bob")
    assert "expired" in late.text
    assert team.replicas(name) == 1


def shown_time(request: Seen, word: str) -> int:
    """Return the time that stands after a word of a request."""
    found = re.search(rf"{word} <!date\^(\d+)\^", request.text)
    assert found, request.text
    return int(found[1])


def test_a_tag_that_moves_between_yes_and_start_makes_it_void(team: Court) -> None:
    tag = f"moving-{secrets.token_hex(3)}"
    team.move_tag(tag, "v2")
    team.makes()
    request = team.wants(f"update --image {team.image(tag)} {team.service}")
    team.clicks(request, "Approve", "bob")
    team.move_tag(tag, "v3")
    team.clicks(request, "Approve", "cat")
    void = team.comes_to(request, "void")
    assert "the tag moved" in void.text
    assert void.buttons == ["Plan again"]
    assert team.tag() == "v1"
    team.clicks(void, "Plan again", "bob")
    again = team.client.wait_for(
        lambda m: event_type(m) == "waggle_approval" and m.state == "pending",
        channel=team.channel,
    )
    assert f"<@{PEOPLE['bob']}> asks" in again.text
    team.shows(request, lambda m: m.buttons == [] and "Planned again" in m.text)
    team.clicks(again, "Approve", "ann")
    team.clicks(again, "Approve", "sam")
    team.rests(team.rollout(again))


def test_an_update_by_the_docker_cli_makes_it_void(team: Court) -> None:
    team.makes()
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    team.docker("service", "update", "-d", "--env-add", "BY=hand", team.service)
    team.clicks(request, "Approve", "bob")
    team.clicks(request, "Approve", "cat")
    void = team.comes_to(request, "void")
    assert "was changed meanwhile: +env BY" in void.text
    assert "hand" not in void.text
    assert team.tag() == "v1"
    assert team.posts() == []


def test_a_changed_and_a_broken_policy_file_are_told_in_the_audit_log(team: Court) -> None:
    path = Path(team.stage.extra["WAGGLE_POLICY"])
    rules = path.read_text(encoding="utf-8")

    def told() -> list[str]:
        drafts = (entry.draft for entry in entries(team.stage))
        return [each.what for each in drafts if each.target == "policy"]

    known = told()
    assert known[0] == "policy_changed"  # the first one that was found
    changed, refused = "policy_changed", "policy_refused"
    steps = (
        (rules.replace("expires: 30m", "expires: 31m"), [changed]),
        ("version: 2\n", [changed, refused]),
        (rules, [changed, refused, changed]),
    )
    try:
        for text, new in steps:
            path.write_text(text, encoding="utf-8")
            eventually(lambda new=new: told() == [*known, *new], "an entry")  # type: ignore[misc]  # mypy knows no defaults of lambdas
    finally:
        path.write_text(rules, encoding="utf-8")
    shown = team.asks("audit policy").text
    assert "*policy refused*" in shown
    assert " → " in shown
    assert "· file ·" in shown
    assert waggle(team.stage, "export").stdout.count('"policy_refused"') == 1
    assert told() == [*known, changed, refused, changed]


def test_broken_glass_runs_at_once_and_asks_two_people_for_a_review(team: Court) -> None:
    team.makes()
    line = f"update --image {team.image('v2')} --break-glass 'shop is down' {team.service}"
    assert "break the glass" in team.told(line, "bob")
    done = team.does(line, who="cat")
    assert "Glass broken" in done.text
    assert "shop is down" in done.text
    assert "shop is down" in team.note(done, "started").text
    assert team.note(done, "ended").broadcast
    review = team.note(done, "review")
    assert review.broadcast
    own = team.hears(lambda: team.client.click("cat", review, "I have reviewed it"), "cat")
    assert "yourself" in own.text
    for who in ("bob", "ann"):
        team.clicks(review, "I have reviewed it", who)
        eventually(lambda who=who: f"✓ <@{PEOPLE[who]}>" in team.fresh(review).text, "a review")  # type: ignore[misc]  # mypy knows no defaults of lambdas
    assert team.fresh(review).buttons == []


def test_an_approved_removal_goes_without_a_further_click(team: Court) -> None:
    team.makes()
    assert "would ask for approval" in team.asks(f"rm --dry-run {team.service}").text
    request = team.wants(f"rm {team.service}")
    assert team.exists()
    assert payload(request)["approval_id"] in team.asks("approvals", "sam").text
    team.clicks(request, "Approve", "bob")
    team.clicks(request, "Approve", "sam")
    team.comes_to(request, "approved")
    done = team.rests(team.finds("change_id", str(payload(request)["rollout_id"])), "applied")
    assert str(payload(request)["approval_id"]) in done.text
    assert not team.exists()


def test_fifty_people_who_click_at_once_are_counted_exactly(team: Court) -> None:
    name = f"crowd-{team.service}"
    team.also.append(name)
    team.makes(name=name)
    request = team.wants(f"update --image {team.image('v2')} {name}")
    barrier = Barrier(len(CROWD))

    def click(who: str) -> Ack:
        barrier.wait()
        return team.client.click(who, request, "Approve")

    with ThreadPoolExecutor(len(CROWD)) as pool:
        acks = list(pool.map(click, CROWD))
    assert [ack for ack in acks if ack.status != "ok"] == []
    team.comes_to(request, "approved")
    team.rests(team.rollout(request))
    late = set(CROWD) - set(voters(team, request))
    assert len(late) == len(CROWD) - REQUIRED
    assert payload(team.fresh(request))["votes"] == REQUIRED
    eventually(lambda: len(told_alone(team)) >= len(late), "a word to each who was too late")
    assert sorted(told_alone(team)) == sorted(late)
    mine = [e.draft for e in entries(team.stage) if e.draft.target == name]
    told = Counter(each.what for each in mine if each.subject.startswith(("p-", "r-")))
    assert (told["voted"], told["approved"], told["started"], told["posted"]) == (REQUIRED, 1, 1, 1)
    assert len(team.posts()) == len(team.posts("waggle_approval")) == 1
    assert team.running(name) == [team.image("v2")]


def voters(team: Court, request: Seen) -> list[str]:
    """Return who has voted, as the audit log has it; nobody twice."""
    name = payload(request)["approval_id"]
    drafts = [entry.draft for entry in entries(team.stage)]
    found = [each.who.user for each in drafts if (each.what, each.subject) == ("voted", name)]
    assert len(set(found)) == len(found)
    return found


def told_alone(team: Court) -> list[str]:
    """Return to whom it was said privately that they came too late."""
    found = team.client.messages(team.channel)
    return [str(m.ephemeral_to) for m in found if m.ephemeral_to and "approved already" in m.text]
