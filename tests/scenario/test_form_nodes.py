"""Forms of nodes: chosen from a menu, changed by a menu and a box."""

import json
from collections.abc import Iterator

import pytest

from playground.stage import Stage
from playground.workspace import Seen
from tests.lab_fixtures import docker_cli, docker_process
from tests.scenario.conftest import gathered
from tests.scenario.forms import Forms, fields, private, told, words
from tests.scenario.team import Team, event_type
from tests.waiting import eventually

STANDING = {"availability": "active", "label": None}
"""What the form of a node without labels shows."""


@pytest.fixture
def forms(stage: Stage, team: Team) -> Iterator[Forms]:
    told(stage)
    made = Forms(team)
    yield made
    made.closes_all()


@pytest.fixture(scope="module")
def n3(stage: Stage) -> Iterator[str]:
    """A node with labels, which the worker has told of."""
    docker_cli(stage.lab, "node", "update", "--label-add", "zone=a", "--label-add", "old=1", "n3")
    mine = Forms(gathered(stage, "labels"))
    told(stage)

    def shown() -> bool:
        seen = fields(mine.types("node update n3")), fields(mine.types("node update n2"))
        mine.closes_all()
        return seen == ({**STANDING, "label": "old=1\nzone=a"}, STANDING)

    eventually(shown, "the forms show the nodes as they are")
    yield "n3"
    for key in ("zone", "old", "disk"):
        docker_process(stage.lab, "node", "update", "--label-rm", key, "n3")


@pytest.fixture
def n2(n3: str, stage: Stage) -> Iterator[str]:
    """A node without labels, to be changed by one test."""
    assert n3
    yield "n2"
    docker_cli(stage.lab, "node", "update", "--availability", "active", "n2")


def _applied(team: Team) -> Seen:
    done = team.client.wait_for(lambda m: event_type(m) == "waggle_change", channel=team.channel)
    return team.rests(done, "applied")


def _availability(team: Team, node: str) -> str:
    return team.docker("node", "inspect", "-f", "{{.Spec.Availability}}", node)


def test_a_nodes_labels_are_changed_by_a_form(team: Team, forms: Forms, n3: str) -> None:
    assert fields(forms.types(f"node update {n3}"))["availability"] == "active"
    assert forms.submits(label="=x").keys() == {"label"}
    assert forms.submits(label="zone=b\ndisk=ssd") == {}
    review = forms.reviewed()
    assert "label zone: a → b" in review
    assert "- label old" in review
    assert "availability" not in review
    assert forms.submits() == {}
    _applied(team)
    found = team.docker("node", "inspect", "-f", "{{json .Spec.Labels}}", n3)
    assert json.loads(found) == {"zone": "b", "disk": "ssd"}
    assert _availability(team, n3) == "active"


def test_a_node_is_chosen_and_given_no_new_tasks(team: Team, forms: Forms, n2: str) -> None:
    assert fields(forms.types("node update")) == {"node": None}
    assert forms.submits().keys() == {"node"}
    assert forms.offers("node", "") == ["n1", "n2", "n3"]
    assert forms.offers("node", "2") == [n2]
    assert forms.submits(node=n2) == {}
    assert n2 in words(forms.shown)
    assert fields(forms.shown) == STANDING
    assert "change" in forms.submits()["availability"]

    assert forms.submits(availability="drain") == {}  # looked at, and thought better of
    assert "availability: active → drain" in forms.reviewed()
    forms.closes()
    assert forms.submits(availability="pause") == {}
    review = forms.reviewed()
    assert "availability: active → pause" in review
    assert f"node update --availability pause {n2}" in review
    assert _availability(team, n2) == "active"
    assert team.posts("waggle_change") == []

    assert forms.submits() == {}
    assert forms.top is None
    _applied(team)
    assert _availability(team, n2) == "pause"
    assert _availability(team, "n3") == "active"
    assert private(team) == []


def test_a_mention_of_no_node_answers_with_a_button(team: Team, forms: Forms) -> None:
    offer = team.hears(lambda: team.client.mention("ann", team.channel, "node update"))
    assert offer.buttons == ["Open the form"]
    team.clicks(offer, "Open the form")
    assert fields(forms.shown) == {"node": None}
    assert forms.offers("node", "n2") == ["n2"]
    assert forms.submits(node="n2") == {}
    assert fields(forms.shown).keys() == STANDING.keys()
