"""Who may do it, where it is typed, and what makes a service production's: one policy file."""

import re
import secrets
from collections.abc import Iterator

import pytest
from redis import Redis

from bot.adapters import keys
from bot.adapters.slack_groups import METHOD
from bot.domain.audit import STEWARD
from bot.domain.policy.grants import NO_GROUPS
from playground.stage import Stage
from playground.workspace import Seen
from tests.scenario.audited import entries, program
from tests.scenario.conftest import gathered
from tests.scenario.court import Court
from tests.scenario.team import PEOPLE, payload
from tests.waiting import eventually

OPS = "C0OPS"
SRE = "S0SRE"
RULES = """\
version: 1
roles:
  all: {everyone: true}
  ops: {users: [U0ANN]}
  guest: {users: [U0BOB]}
  sre: {groups: [S0SRE]}
  tester: {users: [U0CAT]}
grants:
  - {role: all, may: [read]}
  - {role: ops, may: [update, create]}
  - {role: guest, may: [scale], channels: [C0OPS]}
  - {role: sre, may: [update]}
  - {role: tester, may: [update], environments: [staging]}
  - {role: tester, may: [scale], services: ["web*"]}
environments:
  production:
    match:
      any: [{network: "*-prod"}, {label: "tier=prod"}, {constraint: "node.labels.zone==prod"}]
    approvals: {required: 2, approvers: {users: [U0BOB, U0CAT, U0SRE]}}
  staging:
    match: {label: "tier=staging"}
"""
RULE = "environments.production.approvals"


@pytest.fixture
def team(ruled: Stage, request: pytest.FixtureRequest) -> Iterator[Court]:
    people = gathered(ruled, request.node.name)
    court = Court(people.stage, people.channel, people.service)
    yield court
    court.remove_all()


def is_approved(team: Court, request: Seen) -> None:
    """Let both people say yes, and wait for the end of the rollout; one yes changes nothing."""
    before = team.spec(), len(team.posts())
    assert f"asked for by `{RULE}`" in request.text
    assert (payload(request)["votes"], payload(request)["required"]) == (0, 2)
    team.clicks(request, "Approve", "bob")
    team.shows(request, lambda m: payload(m)["votes"] == 1)
    assert (team.spec(), len(team.posts())) == before
    team.clicks(request, "Approve", "cat")
    team.comes_to(request, "approved")
    team.rests(team.rollout(request))


def explained(team: Court, *words: str) -> str:
    """Return what `waggle policy explain` says; it reads the file that bot and worker read."""
    done = program(team.stage, "policy", "explain", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def forget_the_group(team: Court) -> None:
    """Let nothing be known of the group, as when Slack has been away for five minutes."""
    with Redis.from_url(f"unix://{team.stage.dir}/valkey/valkey.sock") as redis:
        redis.delete(keys.group(SRE), keys.group_asked(SRE))


def test_a_grant_for_a_channel_holds_in_that_channel_alone(team: Court) -> None:
    team.makes()
    line = f"scale {team.service}=2"
    told = team.told(line, "bob")
    assert f"no rule lets you scale {team.service}" in told
    assert "that is for" in told
    assert f"#{OPS}" in told
    there = Court(team.stage, OPS, team.service)
    there.does(line, who="bob")
    assert team.replicas() == 2
    assert "the role guest may" in there.told(f"scale {team.service}=3", "ann")
    assert "no rule lets you scale" in team.told(f"scale {team.service}=3", "bob")
    assert team.replicas() == 2


def test_who_may_in_staging_may_neither_in_production_nor_move_it_there(team: Court) -> None:
    names = {tier: f"{team.service}-{tier}" for tier in ("staging", "prod", "none")}
    for tier, name in names.items():
        team.makes("--label", f"tier={tier}", name=name)
    team.does(f"update --image {team.image('v2')} {names['staging']}", who="cat")
    refused = {
        f"update --image {team.image('v2')} {names['prod']}": "production",
        f"update --image {team.image('v2')} {names['none']}": "default",
        f"update --label-add tier=prod {names['staging']}": "production",
        f"update --label-add tier=staging {names['none']}": "default",
    }
    for line, where in refused.items():
        # when it is typed nobody knows the environment: the worker has looked at the service
        told = team.asks(line, "cat").text
        assert f"no rule lets you update {line.rpartition(' ')[2]} in {where}" in told
    assert [team.tag(name) for name in names.values()] == ["v2", "v1", "v1"]
    assert [team.spec(name)["Labels"]["tier"] for name in names.values()] == list(names)
    assert team.requests() == 0


def test_a_grant_for_some_services_holds_for_no_other(team: Court) -> None:
    web = f"web-{team.service}"
    team.also.append(web)
    team.makes(name=web)
    team.makes()
    team.does(f"scale {web}=2", who="cat")
    told = team.told(f"scale {team.service}=2", "cat")
    assert f"no rule lets you scale {team.service}" in told
    assert "no rule lets you scale" in team.told(f"scale {web}=3 {team.service}=3", "cat")
    assert (team.replicas(web), team.replicas()) == (2, 1)


def test_a_label_makes_it_production(team: Court) -> None:
    team.makes()
    team.does(f"update --env-add A=1 {team.service}")  # without the label nobody is asked
    # judged by what it will become, and then by what it is
    is_approved(team, team.wants(f"update --label-add tier=prod {team.service}"))
    assert team.spec()["Labels"]["tier"] == "prod"
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    assert team.tag() == "v1"
    is_approved(team, request)
    assert team.tag() == "v2"
    is_logged(team, request)


def is_logged(team: Court, request: Seen) -> None:
    """Check what the log says of a change: who, from where, by which rule, which plan, its end."""
    change, plan = (payload(request)[key] for key in ("rollout_id", "plan_fingerprint"))
    mine = [entry.draft for entry in entries(team.stage) if entry.draft.subject == change]
    assert {each.who.user for each in mine} == {PEOPLE["ann"]}
    assert {each.place for each in mine} == {team.channel}
    assert {each.target for each in mine} == {team.service}
    assert {each.fingerprint for each in mine} == {"", plan}
    told = {each.what: each for each in mine}
    for what in ("awaiting", "planned"):
        ruling = told[what].decision
        assert ruling is not None
        assert (ruling.outcome, ruling.rule) == ("require_approval", RULE)
        assert told[what].source == "slash"
    for what in ("planned", "completed"):
        assert (told[what].fingerprint, told[what].result) == (plan, "revision 4")
    assert told["completed"].source == STEWARD


@pytest.mark.parametrize(
    ("option", "value"),
    [("--label", "tier=prod"), ("--constraint", "node.labels.zone==prod")],
    ids=["label", "constraint"],
)
def test_to_leave_production_needs_productions_approvals(
    team: Court, option: str, value: str
) -> None:
    team.makes(option, value)
    named = value.partition("=")[0] if option == "--label" else value
    is_approved(team, team.wants(f"update {option}-rm {named} {team.service}"))
    spec = team.spec()
    assert "tier" not in spec["Labels"]
    assert not spec["TaskTemplate"].get("Placement", {}).get("Constraints")
    team.does(f"update --env-add A=1 {team.service}")  # outside nobody is asked


def test_a_request_shows_digests_and_rules_and_no_value_of_a_variable(team: Court) -> None:
    canary, older = secrets.token_hex(12), secrets.token_hex(12)
    team.makes("--label", "tier=prod", "--env", f"TOKEN={older}")
    old = digest(team)
    line = f"update --image {team.image('v2')} --env-add TOKEN={canary} {team.service}"
    request = team.wants(line)
    is_approved(team, request)
    assert team.spec()["TaskTemplate"]["ContainerSpec"]["Env"] == [f"TOKEN={canary}"]
    assert digest(team) != old
    assert f"digest `{old}` → `{digest(team)}`" in request.text
    assert f"policy `{rules_in_force(team)}`" in request.text
    assert "TOKEN" in request.text
    client, folder = team.client, team.stage.dir
    logs = [*folder.glob("*.log"), folder / "audit" / "audit.jsonl"]
    told = [client.state(), [m.raw for m in client.messages(deleted=True)], client.calls()]
    told += [path.read_text(encoding="utf-8") for path in logs]
    assert [each for each in map(str, told) if canary in each or older in each] == []


def digest(team: Court) -> str:
    """Return the first digits of the digest that the service runs, as a request shows it."""
    image = str(team.spec()["TaskTemplate"]["ContainerSpec"]["Image"])
    return image.partition("@sha256:")[2][:12]


def rules_in_force(team: Court) -> str:
    """Return the version of the rules, as the bot has said it in its log."""
    found = re.search(r"policy in force: \S+, (\w{8})", (team.stage.dir / "bot.log").read_text())
    assert found
    return found[1]


def test_a_network_makes_it_production_and_who_shares_it_is_named(team: Court) -> None:
    net, other = f"{team.service}-prod", f"{team.service}-b"
    team.docker("network", "create", "-d", "overlay", net)
    team.makes("--network", net, "--replicas", "3")
    team.makes("--network", net, name=other)
    eventually(lambda: len(team.running()) == 3, "all tasks run")
    words = ("--filter", "desired-state=running", "--format", "{{.Node}}")
    nodes = set(team.docker("service", "ps", team.service, *words).split())
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    on = ", ".join(f"`{node}`" for node in sorted(nodes))
    assert f"Touches 3 tasks on {on}; shared network {net}: {other}\n" in request.text
    is_approved(team, request)
    assert team.running() == [team.image("v2")] * 3
    assert team.tag(other) == "v1"


def test_who_is_in_a_group_may_nothing_by_it_while_slack_cannot_be_asked(team: Court) -> None:
    team.makes()
    team.does(f"update --env-add A=1 {team.service}", who="sam")
    look = f"update --dry-run --env-add B=2 {team.service}"

    def is_refused() -> bool:
        forget_the_group(team)
        return team.is_refused(look, NO_GROUPS, "sam")

    team.client.fault("error", METHOD, count=None)
    try:
        eventually(is_refused, "nobody can tell who is in the group")
        told = team.told(f"update --env-add C=3 {team.service}", "sam")
        assert f"no rule lets you update {team.service}" in told
        assert NO_GROUPS in told
        team.does(f"update --env-add D=4 {team.service}")  # who is named is not asked about
    finally:
        team.client.clear()
    eventually(lambda: not team.is_refused(look, NO_GROUPS, "sam"), "Slack tells it again")
    team.does(f"update --env-add E=5 {team.service}", who="sam")
    assert team.spec()["TaskTemplate"]["ContainerSpec"]["Env"] == ["A=1", "D=4", "E=5"]


def test_explain_names_the_rule_that_decides(team: Court) -> None:
    told = explained(team, "U0ANN", "update", "web")
    assert "U0ANN may update web.\nDecided by: grants[1] (ops).\n" in told
    told = explained(team, "U0ANN", "update", "web", "--label", "tier=prod")
    assert f"U0ANN may update web once it is approved.\nDecided by: {RULE}.\n" in told
    assert "Environment production: it matches by label `tier=prod`.\n" in told
    told = explained(team, "U0ANN", "update", "web", "--network", "shop-prod")
    assert f"Decided by: {RULE}.\n" in told
    assert "Environment production: it matches by network `*-prod`.\n" in told
    told = explained(team, "U0BOB", "update", "web")
    assert "U0BOB may not update web.\nDecided by: no grant.\n" in told
    told = explained(team, "U0BOB", "scale", "web")
    assert "U0BOB may not scale web.\nDecided by: no grant.\n" in told
    assert f"grants[2] (guest): it is only for lines typed in {OPS}.\n" in told
    told = explained(team, "U0BOB", "scale", "web", "--channel", OPS)
    assert "U0BOB may scale web.\nDecided by: grants[2] (guest).\n" in told
    assert "U0SRE is in all.\n" in explained(team, "U0SRE", "update", "web")
    told = explained(team, "U0SRE", "update", "web", "--group", SRE)
    assert "U0SRE may update web.\nDecided by: grants[3] (sre).\n" in told
