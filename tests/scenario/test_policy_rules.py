"""What an environment asks for besides people: its images, its limits, its update policy."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from playground.stage import Stage
from tests.scenario.conftest import gathered
from tests.scenario.court import MANIFEST, Court
from tests.scenario.team import payload

RULES = """\
version: 1
roles:
  all: {everyone: true}
  boss: {users: [U0ANN]}
grants:
  - {role: all, may: [read, scale, update, rollback, create, remove, approve]}
  - {role: boss, may: [break_glass]}
environments:
  foreign:
    match: {service: "foreign-*"}
    images: {allow: ["registry.example.com/*"]}
  pinned:
    match: {service: "pinned-*"}
    images: {allow: ["REGISTRY/*"], require_digest: true}
  small:
    match: {service: "small-*"}
    limits: {replicas: 3, step: 2}
  wide:
    match: {service: "wide-*"}
    approvals: {required: 0, approvers: {users: [U0BOB]}}
    limits: {replicas: 3, step: 2, beyond: approve}
  careful:
    match: {service: "careful-*"}
    update: {defaults: {failure_action: rollback, monitor: 2s, parallelism: 0, order: start-first}}
"""
SECOND = 1_000_000_000
"""In nanoseconds, as the Engine counts."""

SWARMS_OWN = {
    "Parallelism": 1,
    "FailureAction": "pause",
    "Monitor": 5 * SECOND,
    "MaxFailureRatio": 0,
    "Order": "stop-first",
}
"""What `docker service inspect` fills in for a service without an update policy."""


@pytest.fixture
def team(ruled: Stage, request: pytest.FixtureRequest) -> Iterator[Court]:
    """People whose service is called after the environment that the test is about."""
    people = gathered(ruled, request.node.name)
    environment = request.node.name.split("_")[1]
    court = Court(people.stage, people.channel, f"{environment}-{people.service[-4:]}")
    yield court
    court.remove_all()


def by_digest(team: Court, tag: str) -> str:
    """Return the image of a tag by the digest that the registry has for it."""
    url = f"http://{team.stage.lab.registry}/v2/httpd/manifests/{tag}"
    with requests.Session() as session:
        session.trust_env = False
        found = session.head(url, headers={"Accept": MANIFEST}, timeout=10)
    return f"{team.stage.image}@{found.headers['Docker-Content-Digest']}"


def image(team: Court) -> str:
    return str(team.spec()["TaskTemplate"]["ContainerSpec"]["Image"])


def update_policy(team: Court) -> dict[str, Any]:
    """Return the service's update policy as `docker service inspect` shows it."""
    found: dict[str, Any] = team.spec()["UpdateConfig"]
    return found


def bare(team: Court) -> None:
    """Let the docker CLI make a service without any update policy."""
    words = ("--name", team.service, "--stop-grace-period", "1s", team.image("v1"))
    team.docker("service", "create", "-d", *words)
    assert update_policy(team) == SWARMS_OWN


def test_foreign_images_are_refused_with_where_they_come_from(team: Court) -> None:
    team.makes()
    said = (
        f"images in foreign come from registry.example.com/*; {team.stage.image} does not",
        "Not allowed",
    )
    for line in (
        f"update --image {team.image('v2')} {team.service}",
        f"update --image {team.image('v2')} --break-glass 'shop is down' {team.service}",
        f"create --name {team.service}-b {team.image('v1')}",
    ):
        told = team.asks(line).text
        assert [words for words in said if words not in told] == []
    assert team.tag() == "v1"
    assert not team.exists(f"{team.service}-b")
    assert team.posts() == []
    team.does(f"update --env-add A=1 {team.service}")  # what runs already may run


def test_pinned_images_need_their_digest_in_the_line(team: Court) -> None:
    team.makes()
    told = team.asks(f"update --image {team.image('v2')} {team.service}").text
    assert f"pinned wants the digest in the line: {team.stage.image}@sha256:" in told
    created = team.asks(f"create --name {team.service}-b {team.image('v1')}").text
    assert "pinned wants the digest" in created
    assert team.tag() == "v1"
    assert not team.exists(f"{team.service}-b")
    wanted = by_digest(team, "v2")
    assert wanted.rpartition("@")[2] in image_of_tag(team, "v2")
    team.does(f"update --image {wanted} {team.service}")
    assert image(team).endswith(wanted.rpartition("@")[2])
    # back to what was recorded: nobody has to name it
    team.does(f"rollback {team.service}", "rolled_back")
    assert image(team).startswith(team.image("v1"))
    assert team.running() == [team.image("v1")]


def image_of_tag(team: Court, tag: str) -> str:
    """Return a tag's image as the docker CLI pins it in a service."""
    name = f"{team.service}-{tag}"
    team.makes("--replicas", "0", tag=tag, name=name)
    return str(team.spec(name)["TaskTemplate"]["ContainerSpec"]["Image"])


def test_small_refuses_what_is_past_its_limits(team: Court) -> None:
    team.makes()
    most = "small is limited to 3 replicas, this asks for 4"
    for line in (f"scale {team.service}=4", f"update --replicas 4 {team.service}"):
        told = team.asks(line).text
        assert most in told
        assert "small changes by at most 2 replicas at once, this by +3" in told
    team.does(f"scale {team.service}=3")
    assert most in team.asks(f"scale {team.service}=4").text
    assert "at most 2 replicas at once, this by -3" in team.asks(f"scale {team.service}=0").text
    assert team.replicas() == 3
    team.does(f"scale {team.service}=1")
    assert team.replicas() == 1
    created = team.asks(f"create --name {team.service}-b --replicas 4 {team.image('v1')}").text
    assert most in created
    assert not team.exists(f"{team.service}-b")


def test_wide_asks_somebody_for_what_is_past_its_limits(team: Court) -> None:
    team.makes()
    team.does(f"scale {team.service}=2")  # within: nobody is asked
    shown = team.asks(f"scale --dry-run {team.service}=5").text
    assert "it would ask for approval: wide is limited to 3 replicas, this asks for 5" in shown
    request = team.wants(f"scale {team.service}=5")
    assert "Past a limit: wide is limited to 3 replicas, this asks for 5" in request.text
    assert "Past a limit: wide changes by at most 2 replicas at once, this by +3" in request.text
    assert (payload(request)["votes"], payload(request)["required"]) == (0, 1)
    assert team.replicas() == 2
    team.clicks(request, "Approve", "bob")
    team.comes_to(request, "approved")
    team.rests(team.rollout(request, "scale"))
    assert team.replicas() == 5


def test_careful_has_an_update_policy_for_who_names_none(team: Court) -> None:
    bare(team)
    line = f"--image {team.image('v2')} {team.service}"
    said = (
        "neither the line nor the service has an update policy: careful's is taken, "
        "parallelism 0, failure_action rollback, monitor 2s, order start-first"
    )
    assert said in team.asks(f"update --dry-run {line}").text
    assert update_policy(team) == SWARMS_OWN
    done = team.does(f"update {line}")
    assert said in team.note(done, "started").text
    taken = {
        "Parallelism": 0,
        "FailureAction": "rollback",
        "Monitor": 2 * SECOND,
        "MaxFailureRatio": 0,
        "Order": "start-first",
    }
    assert update_policy(team) == taken
    # it is the service's own from now on
    done = team.does(f"update --image {team.image('v3')} {team.service}")
    assert "update policy" not in team.note(done, "started").text
    assert update_policy(team) == taken


def test_careful_leaves_alone_who_names_one(team: Court) -> None:
    bare(team)
    done = team.does(f"update --update-monitor 1s --image {team.image('v2')} {team.service}")
    assert "update policy" not in team.note(done, "started").text
    assert update_policy(team) == {**SWARMS_OWN, "Monitor": SECOND}
