"""No way round other people's yes: forged modals, the command line, clicks on what has ended."""

import json
import secrets
import time
import urllib.parse
from collections.abc import Iterator

import pytest
import requests

from playground.stage import Stage
from playground.workspace import Seen
from playground.workspace.signing import signed_headers
from tests.scenario.audited import entries, program
from tests.scenario.conftest import gathered
from tests.scenario.court import Court
from tests.scenario.team import PEOPLE, payload

RULES = """\
version: 1
roles:
  all: {everyone: true}
  ops: {users: [U0ANN, U0BOB, U0CAT]}
grants:
  - {role: all, may: [read]}
  - {role: ops, may: [update]}
environments:
  default:
    approvals: {required: 2, approvers: {users: [U0ANN, U0BOB, U0CAT]}}
"""


@pytest.fixture
def team(ruled: Stage, request: pytest.FixtureRequest) -> Iterator[Court]:
    people = gathered(ruled, request.node.name)
    court = Court(people.stage, people.channel, people.service)
    yield court
    court.remove_all()


def forged(team: Court, callback: str, approval: str, who: str, secret: str) -> requests.Response:
    """Submit a modal that was never opened, over HTTP, signed with that secret."""
    settings, typed = team.stage.workspace.settings, {"type": "plain_text_input", "value": "yes"}
    user = {"id": PEOPLE[who], "team_id": settings.team_id}
    view = {
        "id": f"V{secrets.token_hex(4)}",
        "type": "modal",
        "callback_id": callback,
        "private_metadata": approval,
        "blocks": [],
        "state": {"values": {"reason": {"reason": typed}}},
    }
    where = {"team": {"id": settings.team_id}, "api_app_id": settings.app_id}
    said = {"type": "view_submission", **where, "user": user, "view": view}
    body = urllib.parse.urlencode({"payload": json.dumps(said)}).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with requests.Session() as session:
        session.trust_env = False
        return session.post(
            f"{team.stage.url}/slack/events",
            data=body,
            headers=signed_headers(secret, body, time.time()) | form,
            timeout=10,
        )


def stands(team: Court, request: Seen) -> None:
    """Check that a request stands as it was asked, and that nothing was done."""
    seen = team.fresh(request)
    assert (seen.state, payload(seen)["votes"]) == ("pending", 0)
    assert (team.tag(), team.posts()) == ("v1", [])


def test_who_asked_does_not_get_round_by_a_modal_or_the_command_line(team: Court) -> None:
    team.makes()
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    name, settings = str(payload(request)["approval_id"]), team.stage.workspace.settings
    for callback in ("waggle.reject", "waggle.approve", "approve"):
        answer = forged(team, callback, name, "ann", settings.signing_secret)
        assert answer.status_code == 200
        said = answer.json()
        assert said["response_action"] == "errors"
        assert "You asked for it yourself" in said["errors"]["reason"]
    assert forged(team, "waggle.approve", name, "bob", "guessed").status_code == 401
    for verb in ("approve", "reject", "vote"):
        done = program(team.stage, verb, name)
        assert done.returncode != 0
        assert f"No such command '{verb}'" in done.stderr
    stands(team, request)
    told = [entry.draft for entry in entries(team.stage) if entry.draft.target == team.service]
    assert [each.who.user for each in told if each.what == "denied"] == [PEOPLE["ann"]]
    assert not [each for each in told if each.what == "voted"]


@pytest.mark.parametrize("end", ["rejected", "cancelled", "void"])
def test_a_click_on_what_has_ended_is_answered_privately(team: Court, end: str) -> None:
    team.makes()
    request = team.wants(f"update --image {team.image('v2')} {team.service}")
    if end == "rejected":
        team.clicks(request, "Reject", "bob")
        assert team.client.submit("bob", reason="not now").status == "ok"
    elif end == "cancelled":
        team.asks(f"cancel {payload(request)['approval_id']}")
    else:
        team.docker("service", "update", "-d", "--label-add", "by=hand", team.service)
        for number, who in enumerate(("bob", "cat"), 1):
            team.clicks(request, "Approve", who)
            team.shows(request, lambda m, number=number: payload(m)["votes"] == number)  # type: ignore[misc]  # mypy knows no defaults of lambdas
    ended = team.comes_to(request, end)
    assert not {"Approve", "Reject"} & set(ended.buttons)
    for button in ("Approve", "Reject"):
        late = team.hears(lambda b=button: team.client.click("cat", request, b, stale=True), "cat")  # type: ignore[misc]  # mypy knows no defaults of lambdas
        assert f"{payload(request)['approval_id']} is {end}" in late.text
        assert "nothing was changed" in late.text
    assert team.client.modal(PEOPLE["cat"]) is None  # a no that comes too late is asked no reason
    after = team.fresh(request)
    assert (after.text, payload(after)) == (ended.text, payload(ended))
    assert (team.tag(), team.posts()) == ("v1", [])
