"""Forms of services, filled in as people do: real view payloads, and the swarm changes, or not."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from playground.stage import Role, Stage
from tests.scenario.forms import Forms, fields, private, rollout_of, stocked, told, words
from tests.scenario.team import Team
from tests.waiting import eventually


@pytest.fixture(scope="module")
def stock(stage: Stage, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """A service for each test of this file that takes `forms`, made and waited for at once."""
    here = (item for item in request.session.items if item.path == request.path)
    many = sum("stock" in item.fixturenames for item in here if isinstance(item, pytest.Function))
    with stocked(stage, many) as names:
        yield names


@pytest.fixture
def forms(team: Team, stock: list[str]) -> Iterator[Forms]:
    """A person's modals, and as the team's service one of its own that forms know already."""
    team.service = stock.pop()
    made = Forms(team)
    yield made
    made.closes_all()


@pytest.fixture
def blank(stage: Stage, team: Team) -> Iterator[Forms]:
    """A person's modals, and no service."""
    told(stage)
    made = Forms(team)
    yield made
    made.closes_all()


def test_an_update_is_filled_in_looked_at_and_sent(team: Team, forms: Forms) -> None:
    form = forms.types(f"update {team.service}")
    assert fields(form) == {
        "image": team.image("v1"),
        "replicas": "1",
        "update-parallelism": "0",
        "update-delay": "0s",
        "update-order": "stop-first",
        "update-failure-action": "pause",
        "constraint": "node.labels.none!=x",
        "env": None,  # values are never shown again
    }
    assert "c4n4ry" not in str(form)

    assert forms.submits(update_delay="10 parsecs").keys() == {"update-delay"}
    assert forms.submits(replicas="many").keys() == {"replicas"}
    assert forms.submits(constraint="nonsense").keys() == {"constraint"}
    assert "change" in forms.submits()["image"]

    image = team.image("v2")
    eventually(lambda: image in forms.offers("image", ""), "the registry's tags are offered")
    assert forms.offers("image", "v2")[0] == image
    assert team.image("none-such") in forms.offers("image", "none-such")
    assert "none-such" in forms.submits(image=team.image("none-such"))["image"]

    forms.offers("image", "v2")
    assert forms.submits(image=image, replicas="2") == {}
    review = forms.reviewed()
    assert "replicas: 1 → 2" in review
    assert f"update --image {image} --replicas 2 {team.service}" in review
    assert team.posts() == []
    assert (team.tag(), team.replicas()) == ("v1", 1)

    assert forms.submits() == {}
    assert forms.top is None
    team.rests(rollout_of(team))
    assert (team.tag(), team.replicas()) == ("v2", 2)
    assert private(team) == []
    assert "c4n4ry" not in str(team.client.state())


def test_a_scale_goes_back_and_is_sent_then(team: Team, forms: Forms) -> None:
    assert fields(forms.types(f"scale {team.service}")) == {"replicas": "1"}
    assert forms.submits(replicas="3") == {}
    assert "replicas: 1 → 3" in forms.reviewed()
    forms.closes()
    assert fields(forms.shown) == {"replicas": "1"}
    assert forms.submits(replicas="2") == {}
    assert "replicas: 1 → 2" in forms.reviewed()
    assert forms.submits() == {}
    team.rests(rollout_of(team))
    assert team.replicas() == 2
    assert len(team.posts()) == 1


def test_what_changed_meanwhile_is_not_sent(team: Team, forms: Forms) -> None:
    forms.types(f"scale {team.service}")
    assert forms.submits(replicas="2") == {}
    forms.reviewed()
    team.docker("service", "update", "-d", "--label-add", "by=hand", team.service)
    no = team.hears(forms.submits)
    assert "has changed since you looked" in no.text
    assert team.replicas() == 1
    assert team.posts() == []


def test_variables_are_added_by_a_box(team: Team, forms: Forms) -> None:
    assert team.spec()["TaskTemplate"]["ContainerSpec"]["Env"] == ["TOKEN=c4n4ry"]
    forms.types(f"update {team.service}")
    assert forms.submits(env="TZ=UTC\nHOME").keys() == {"env"}  # there is no shell to take it from
    assert forms.submits(env="=c4n4ry").keys() == {"env"}
    assert forms.submits(env="TZ=UTC\n\nTOKEN=n3w-c4n4ry\n GREETING=a 'b'=c \nEMPTY=") == {}
    review = forms.reviewed()
    assert all(name in review for name in ("TZ", "TOKEN", "GREETING", "EMPTY"))
    assert team.posts() == []
    assert forms.submits() == {}
    team.rests(rollout_of(team))
    found = team.spec()["TaskTemplate"]["ContainerSpec"]["Env"]
    # as in the docker CLI's env files: blanks before a name go, those of a value stay
    assert sorted(found) == ["EMPTY=", "GREETING=a 'b'=c ", "TOKEN=n3w-c4n4ry", "TZ=UTC"]
    assert fields(forms.types(f"update {team.service}"))["env"] is None
    seen = str((team.client.state(), team.client.messages(team.channel)))
    assert "c4n4ry" not in seen
    assert "'b'=c" not in seen
    assert private(team) == []


def test_a_service_is_made_by_a_form(team: Team, blank: Forms) -> None:
    forms = blank
    form = forms.types("create")
    assert fields(form)["name"] is None
    assert fields(form)["env"] is None
    image = team.image("v1")
    assert image in forms.offers("image", image)
    assert forms.submits(name="-no-", image=image).keys() == {"name"}
    forms.offers("image", image)
    assert forms.submits(name=team.service, image=image, publish="eighty").keys() == {"publish"}
    forms.offers("image", image)
    assert forms.submits(name=team.service, image=image, env="HOME").keys() == {"env"}
    forms.offers("image", image)
    filled = {"name": team.service, "image": image, "replicas": "2", "update_delay": "1s"}
    variables = "TOKEN=c4n4ry\nB=x y\n"
    assert forms.submits(**filled, constraint="node.labels.none!=x", env=variables) == {}
    review = forms.reviewed()
    assert f"create --name {team.service} --replicas 2" in review
    assert "c4n4ry" not in review
    assert not team.exists()
    assert forms.submits() == {}
    team.rests(rollout_of(team))
    spec = team.spec()["TaskTemplate"]
    assert spec["ContainerSpec"]["Env"] == ["TOKEN=c4n4ry", "B=x y"]
    assert spec["Placement"]["Constraints"] == ["node.labels.none!=x"]
    assert team.replicas() == 2
    assert "c4n4ry" not in str((team.client.state(), team.client.messages(team.channel)))
    assert private(team) == []


def test_a_mention_answers_with_a_button(team: Team, forms: Forms) -> None:
    offer = team.hears(lambda: team.client.mention("ann", team.channel, f"scale {team.service}"))
    assert offer.buttons == ["Open the form"]
    assert forms.top is None
    team.clicks(offer, "Open the form")
    assert fields(forms.shown) == {"replicas": "1"}
    assert forms.submits(replicas="2") == {}
    forms.reviewed()
    assert forms.submits() == {}
    team.rests(rollout_of(team))
    assert team.replicas() == 2


def test_deploy_asks_for_the_service_and_the_channel(team: Team, forms: Forms) -> None:
    assert team.client.use("ann", "Deploy…").status == "ok"
    assert fields(forms.shown) == {"service": None, "channel": None}
    assert forms.offers("service", team.service) == [team.service]
    assert forms.submits(service=team.service, channel=team.channel) == {}
    assert fields(forms.shown)["image"] == team.image("v1")
    forms.offers("image", "v2")
    assert forms.submits(image=team.image("v2")) == {}
    forms.reviewed()
    assert forms.submits() == {}
    team.rests(rollout_of(team))
    assert team.tag() == "v2"


def test_shortcuts_of_a_rollouts_message(team: Team, forms: Forms) -> None:
    done = team.does(f"update --image {team.image('v2')} {team.service}")
    for metadata in (True, False):  # Slack may leave a message's metadata out
        with _metadata(team, there=metadata):
            told = team.hears(lambda: team.client.use("bob", "Show history", done), "bob")
            assert "v1" in told.text
            assert "v2" in told.text
            forms.closes_all()
            reply = team.thread(done)[0]
            assert team.client.use("ann", "Roll back this", reply).status == "ok"
        assert f"rollback --to 1 {team.service}" in forms.reviewed()
        assert team.tag() == "v2"
    assert forms.submits() == {}
    assert forms.top is None
    eventually(lambda: len(team.posts()) == 2, "the rollback has a message")
    team.rests(team.posts()[-1], "rolled_back")
    assert team.tag() == "v1"


@contextmanager
def _metadata(team: Team, *, there: bool) -> Iterator[None]:
    team.client.configure(shortcut_metadata=there)
    try:
        yield
    finally:
        team.client.configure(shortcut_metadata=True)


def test_a_message_of_no_rollout_has_nothing_to_go_back_to(team: Team, blank: Forms) -> None:
    ts = team.client.say("ann", team.channel, "hello")
    said = next(m for m in team.client.messages(team.channel) if m.ts == ts)
    for shortcut in ("Roll back this", "Show history"):
        assert team.client.use("ann", shortcut, said).status == "ok"
        assert "not of a rollout" in words(blank.shown)
        blank.closes()


def test_a_worker_that_is_slow_is_waited_for_in_the_form(team: Team, forms: Forms) -> None:
    forms.types(f"scale {team.service}")
    asleep = team.stage.actors(Role.RQ_WORKER)
    for actor in asleep:
        os.kill(actor.pid, signal.SIGSTOP)
    try:
        assert forms.submits(replicas="2") == {}
        assert "working out" in words(forms.shown)
    finally:
        for actor in asleep:
            os.kill(actor.pid, signal.SIGCONT)
    eventually(lambda: "replicas: 1 → 2" in words(forms.shown), words(forms.shown))
    assert forms.submits() == {}
    team.rests(rollout_of(team))
    assert team.replicas() == 2
