"""Waggle as a stack on the very swarm that it runs: what is shipped, deployed as it is shipped."""

import json
from collections.abc import Iterator

import pytest

from bot.slack.manifest import BOT_SCOPES
from playground.lab import CannotRunError, Lab
from tests.lab_fixtures import cannot_run
from tests.scenario.composed_stage import Composed
from tests.scenario.conftest import gathered
from tests.scenario.deployed_stage import SERVICES, Deployed
from tests.scenario.shipped import PASSWORD, SECRET, ShippedImage, shipped_image
from tests.scenario.team import Team, payload, states_of
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(480)  # the image is built first

MEGABYTE = 2**20
RULES = """\
version: 1
roles:
  some: {users: [U0ANN]}
grants:
  - {role: some, may: [read, scale, update]}
environments:
  default:
    approvals: {required: 0}
"""


@pytest.fixture(scope="module")
def shipped(swarm: Lab) -> Iterator[ShippedImage]:
    """The image, built once for all that run it."""
    try:
        with shipped_image(swarm) as image:
            yield image
    except CannotRunError as error:
        cannot_run(str(error))


@pytest.fixture(scope="module")
def deployed(swarm: Lab, shipped: ShippedImage) -> Iterator[Deployed]:
    """The stack, ready."""
    stage = Deployed(swarm, rate_limits=False, shipped=shipped).start()
    stage.client.configure(scopes=BOT_SCOPES)
    yield stage
    stage.stop()


@pytest.fixture
def team(deployed: Deployed, request: pytest.FixtureRequest) -> Iterator[Team]:
    """A channel of this test's own, with the deployed bot in it."""
    people = gathered(deployed, request.node.name)
    yield people
    people.remove_all()


def test_a_command_scales_a_service_of_the_same_swarm(team: Team) -> None:
    team.makes("--replicas", "1")
    team.does(f"scale {team.service}=3")
    assert team.replicas() == 3
    eventually(lambda: len(team.running()) == 3, "three tasks")
    assert f"waggle_{SERVICES[0]}" in team.asks("ls").text


def test_only_the_worker_reaches_docker(deployed: Deployed) -> None:
    sockets = {
        name: [
            mount["Source"]
            for task in deployed.wanted(name)
            for mount in deployed.container(task)["Mounts"]
            if mount["Source"].endswith("docker.sock")
        ]
        for name in SERVICES
    }
    assert {name for name, found in sockets.items() if found} == {"worker"}
    assert len(deployed.wanted("bot")) == 2
    for task in deployed.wanted("bot"):
        assert deployed.inside(task, "ls", "/var/run/docker.sock").returncode != 0
        assert "DOCKER" not in deployed.inside(task, "env").stdout


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_is_root_and_the_image_cannot_be_written(deployed: Deployed, name: str) -> None:
    for task in deployed.wanted(name):
        status = deployed.inside(task, "grep", "-hE", "^(Uid|CapEff)", "/proc/1/status").stdout
        uid, capabilities = (line.split()[1] for line in status.splitlines())
        assert uid == "10001"
        assert int(capabilities, 16) == 0
        assert deployed.container(task)["HostConfig"]["ReadonlyRootfs"]
        assert deployed.inside(task, "touch", "/opt/waggle/here").returncode != 0
        place = "/tmp" if name == "bot" else "/data"
        assert deployed.inside(task, "touch", f"{place}/here").returncode == 0


def test_secrets_are_files_and_in_no_inspection(deployed: Deployed) -> None:
    settings = deployed.workspace.settings
    tokens = (settings.bot_token, settings.app_token, settings.signing_secret)
    values = (*tokens, SECRET, PASSWORD)
    shown = [json.dumps(deployed.inspected(name)) for name in SERVICES]
    shown += [json.dumps(deployed.container(t)) for name in SERVICES for t in deployed.wanted(name)]
    shown += [json.dumps(deployed.tasks()), deployed.last_words(200)]
    assert [value for value in values if any(value in text for text in shown)] == []
    held = deployed.inside(deployed.wanted("bot")[0], "cat", "/run/secrets/waggle_secret").stdout
    assert held == SECRET


def test_swarm_goes_back_from_an_image_that_crashes_and_commands_are_answered_meanwhile(
    deployed: Deployed, team: Team
) -> None:
    team.makes("--replicas", "1")
    both = ("bot", "worker")
    eventually(lambda: len(deployed.versions("bot")) == 2, "the second bot")
    before = {name: deployed.versions(name) for name in both}
    seen: dict[str, list[str]] = {name: [] for name in both}
    deployed.deploy_what_crashes()

    def is_back() -> bool:
        for name in both:
            seen[name].append(deployed.update_state(name))
        assert team.service in team.asks(f"ps {team.service}").text
        return all(states[-1] == "rollback_completed" for states in seen.values())

    eventually(is_back, "bot and worker to be taken back")
    under_way = {"updating", "rollback_started"}
    assert all(under_way & set(states) for states in seen.values()), "nobody asked meanwhile"
    assert {name: deployed.versions(name) for name in both} == before
    team.does(f"scale {team.service}=2")
    assert team.replicas() == 2


def test_nothing_is_lost_when_it_is_updated_with_a_rollout_under_way(
    deployed: Deployed, team: Team
) -> None:
    team.makes("--replicas", "5")
    eventually(lambda: len(team.running()) == 5, "five tasks")
    slow = "--update-parallelism 1 --update-delay 20s"  # twice what the update takes
    parent = team.begins(f"update {slow} --image {team.image('v2')} {team.service}")
    deployed.under(RULES)
    deployed.deploy(2)
    asked = 0
    while _is_old(deployed):
        assert team.service in team.asks(f"ps {team.service}").text
        asked += 1
    assert asked > 2, "it was over before anybody could ask"
    taken_over = team.fresh(parent)
    assert taken_over.state == "progressing", "it was over before the new worker had it alone"
    assert len(set(team.running())) == 2, "all its tasks were new before the new worker had it"
    ended = team.rests(parent, timeout=180)
    assert len(ended.revisions) > len(taken_over.revisions)
    assert states_of(ended) == ["progressing", "completed"]
    assert team.running() == [team.image("v2")] * 5
    notes = [payload(message).get("note") for message in team.thread(parent)]
    assert (notes.count("started"), notes.count("ended")) == (1, 1)
    assert [message.ts for message in team.posts()] == [parent.ts]
    told = team.does(f"scale {team.service}=1")
    assert payload(told)["to_revision"] == 3
    # the file that came with it is in force
    assert "Not allowed" in team.told(f"scale {team.service}=2", "bob")
    assert team.replicas() == 1


def test_it_is_heard_by_socket_mode_as_well(deployed: Deployed, team: Team) -> None:
    team.makes("--replicas", "1")
    deployed.go_to_socket_mode()
    team.does(f"scale {team.service}=2")
    assert team.replicas() == 2
    assert team.service in team.asks(f"ps {team.service}").text


def _is_old(deployed: Deployed) -> bool:
    wanted = {"bot": ["2"] * 2, "worker": ["2"]}
    return any(deployed.versions(name) != versions for name, versions in wanted.items())


@pytest.fixture(scope="class")
def composed(swarm: Lab, shipped: ShippedImage) -> Iterator[Composed]:
    """What docker-compose brought up, ready."""
    try:
        stage = Composed(swarm, rate_limits=False, shipped=shipped).start()
    except CannotRunError as error:
        cannot_run(str(error))
    stage.client.configure(scopes=BOT_SCOPES)
    yield stage
    stage.stop()


class TestDockerCompose:
    """The same files beside the swarm, by docker-compose."""

    @pytest.fixture
    def team(self, composed: Composed, request: pytest.FixtureRequest) -> Iterator[Team]:
        """A channel of this test's own, with the bot that docker-compose brought up in it."""
        people = gathered(composed, request.node.name)
        yield people
        people.remove_all()

    def test_each_gets_what_the_stack_gives_it(self, composed: Composed) -> None:
        found = {name: composed.container(name) for name in SERVICES}
        memory = {name: each["HostConfig"]["Memory"] // MEGABYTE for name, each in found.items()}
        assert memory == {"bot": 256, "worker": 1024, "valkey": 512}
        places = {name: json.dumps(each["Mounts"]) for name, each in found.items()}
        assert [name for name in SERVICES if "docker.sock" in places[name]] == ["worker"]
        for name in SERVICES:
            status = composed.inside(name, "grep", "-hE", "^(Uid|CapEff)", "/proc/1/status").stdout
            assert [line.split()[1] for line in status.splitlines()] == ["10001", "0" * 16]
            assert composed.inside(name, "touch", "/opt/waggle/here").returncode != 0
            assert PASSWORD not in json.dumps(found[name])

    @pytest.mark.parametrize("name", SERVICES)
    def test_each_turns_healthy_by_the_check_that_is_shipped(
        self, composed: Composed, name: str
    ) -> None:
        def is_healthy() -> bool:
            return bool(composed.container(name)["State"]["Health"]["Status"] == "healthy")

        eventually(is_healthy, "a healthy container")
        asked = composed.container(name)["Config"]["Healthcheck"]
        # the bot's is the image's own, the others' are those of docker-compose.yml
        assert (asked == composed.health_check_of_the_image()) is (name == "bot")

    def test_the_next_version_goes_on_where_the_last_one_was(
        self, composed: Composed, team: Team
    ) -> None:
        team.makes("--replicas", "1")
        assert payload(team.does(f"scale {team.service}=2"))["to_revision"] == 2
        eventually(lambda: len(team.running()) == 2, "two tasks")
        composed.up(2, RULES)
        assert composed.container("worker")["Config"]["Labels"]["version"] == "2"
        assert payload(team.does(f"scale {team.service}=3"))["to_revision"] == 3
        eventually(lambda: len(team.running()) == 3, "three tasks")
        assert "Not allowed" in team.told(f"scale {team.service}=4", "bob")
        assert team.replicas() == 3
