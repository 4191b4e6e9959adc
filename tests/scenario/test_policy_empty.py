"""A policy file that becomes empty: nobody may do anything, by no verb, and each is told why."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.audit import What
from bot.domain.flags.verb import Verb
from bot.domain.request import Source
from playground.lab import Lab
from tests.scenario.audited import entries
from tests.scenario.conftest import gathered
from tests.scenario.court import Court
from tests.scenario.law import under, write
from tests.scenario.team import PEOPLE, payload
from tests.unit.ways import LINES
from tests.waiting import eventually

NOBODY = ("Not allowed: no rule lets you", "the policy grants nothing to anybody")
RULES = """\
version: 1
roles: {all: {everyone: true}}
grants:
  - {role: all, may: [read, scale, update, rollback, create, remove, node, lock, approve]}
environments:
  production:
    match: {service: "prod-*"}
    approvals: {required: 1, approvers: {everyone: true}}
"""


@pytest.fixture
def team(swarm: Lab, tmp_path: Path) -> Iterator[Court]:
    with under(swarm, tmp_path / "policy.yml", RULES) as stage:
        people = gathered(stage, "empty")
        court = Court(stage, people.channel, f"prod-{secrets.token_hex(2)}")
        yield court
        court.remove_all()


def everything(team: Court) -> str:
    """Return the swarm's services, nodes and networks, as the docker CLI shows them."""
    services = team.docker("service", "ls", "-q").split()
    nodes = team.docker("node", "ls", "-q").split()
    networks = team.docker("network", "ls", "--format", "{{.ID}} {{.Name}}").splitlines()
    specs = [json.loads(team.docker("service", "inspect", each))[0]["Spec"] for each in services]
    kept = [json.loads(team.docker("node", "inspect", each))[0]["Spec"] for each in nodes]
    return json.dumps([specs, kept, sorted(networks)], sort_keys=True)


def line_of(verb: Verb, team: Court, request: str) -> str:
    """Return a line that would do something to what there is."""
    line = LINES[verb].replace("reg/httpd", team.stage.image).replace("p-1", request)
    return line.replace("web", team.service).replace("backend", f"{team.service}-net")


def test_an_empty_file_lets_nobody_do_anything(team: Court, tmp_path: Path) -> None:
    team.makes()
    team.docker("network", "create", "--driver", "overlay", f"{team.service}-net")
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    name = str(payload(request)["approval_id"])
    team.clicks(request, "Reject", "sam")  # a modal is open when the rules go
    before, public = everything(team), said_to_all(team)

    write(tmp_path / "policy.yml", "")
    eventually(lambda: team.is_refused("rollouts", "no rule", "cat"), "it is in force")
    assert set(LINES) == set(Verb)
    for verb in Verb:
        told = team.told(line_of(verb, team, name))
        assert [words for words in NOBODY if words not in told] == [], f"{verb}: {told}"
    for who, button in (("bob", "Approve"), ("bob", "Reject")):
        told = team.hears(lambda who=who, it=button: team.clicks(request, it, who), who).text  # type: ignore[misc]  # mypy knows no defaults of lambdas
        assert [words for words in NOBODY if words not in told] == [], f"{button}: {told}"
    mention = f"scale {team.service}=5"
    told = team.hears(lambda: team.client.mention("ann", team.channel, mention)).text
    assert [words for words in NOBODY if words not in told] == []
    (told,) = team.client.submit("sam", reason="not now").body["errors"].values()
    assert [words for words in NOBODY if words not in told] == []

    assert everything(team) == before
    assert said_to_all(team) == public
    assert team.fresh(request).state == "pending"
    denied = [e.draft for e in entries(team.stage) if e.draft.what == What.DENIED]
    ann = {e.line for e in denied if (e.who.user, e.source) == (PEOPLE["ann"], Source.SLASH)}
    assert len(ann) == len(Verb)


def said_to_all(team: Court) -> list[str]:
    """Return what the bot has said in the channel, not to one person alone."""
    found = team.client.messages(team.channel)
    return [m.text for m in found if m.ephemeral_to is None and m.author == "waggle"]
