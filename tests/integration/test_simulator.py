"""The simulator as a server: what a test can do to it, streams, its process, the docker CLI."""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.domain.grammar import Command, parse
from bot.domain.spec import apply_edits, newer_than
from bot.ports import EngineUnavailableError, NotFoundError, RegistryUnavailableError
from playground.simulator.hub import Options
from playground.simulator.lab import SimulatedLab
from playground.simulator.server import LocalSimulator, SimulatorError
from tests.contract.engine_peers import Engine, SimulatedPlace
from tests.lab_fixtures import docker_program
from workers.engine import DockerSwarm, EngineAddress, connect
from workers.registry import HttpImageRegistry

SECOND = 10**9


class Bed:
    """A simulator on a clock of the test's, and the worker's own adapters on it."""

    def __init__(self, simulator: LocalSimulator) -> None:
        self.simulator = simulator
        self.swarm: DockerSwarm = connect(EngineAddress(host=simulator.docker_host))
        self.registry = HttpImageRegistry(lambda _: None, self.swarm.is_insecure_registry)
        self.raw = Engine(SimulatedPlace(simulator))

    def image(self, tag: str) -> str:
        return f"{self.simulator.registry}/httpd:{tag}"

    def spec(self, tag: str = "v1", replicas: int = 2) -> dict[str, Any]:
        return {
            "Name": "web",
            "Labels": {},
            "TaskTemplate": {"ContainerSpec": {"Image": self.image(tag)}, "Placement": {}},
            "Mode": {"Replicated": {"Replicas": replicas}},
        }

    def states(self, ref: str) -> list[str]:
        return [task.state for task in self.swarm.tasks([ref])]


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[Bed]:
    with LocalSimulator(Options(speed=0, socket=str(tmp_path / "docker.sock"))) as simulator:
        yield Bed(simulator)


@pytest.mark.parametrize("minor", [41, 46])
def test_an_engine_keeps_what_its_api_knows_and_says_which_that_is(
    tmp_path: Path, minor: int
) -> None:
    """A flag that is too new would be lost without a word: so it is refused before."""
    options = Options(speed=0, api_version=(1, minor), socket=str(tmp_path / "docker.sock"))
    command = parse("update --oom-score-adj 5 --health-start-interval 1s web")
    assert isinstance(command, Command)
    with LocalSimulator(options) as simulator:
        bed = Bed(simulator)
        version = bed.swarm.api_version()
        too_new = newer_than(version, command.edits, creating=False)
        wanted = apply_edits(bed.spec(replicas=0), command.edits)
        kept = bed.swarm.service(bed.swarm.create_service(wanted)).spec
    container = kept["TaskTemplate"]["ContainerSpec"]
    knows = "OomScoreAdj" in container and "StartInterval" in container.get("Healthcheck", {})
    assert version == f"1.{minor}"
    assert knows == (minor == 46)
    assert [since for _, since in too_new] == ([] if knows else ["1.46", "1.44"])


def test_time_passes_when_it_is_told_to(bed: Bed) -> None:
    made = bed.swarm.create_service(bed.spec())
    assert bed.states(made) == ["preparing", "preparing"]
    time.sleep(0.6)  # longer than a container takes to start
    assert bed.states(made) == ["preparing", "preparing"]
    before = bed.simulator.control("status")["now"]
    after = bed.simulator.control("advance", seconds=1)
    assert bed.states(made) == ["running", "running"]
    assert (after["services"], after["tasks"], after["now"] > before) == (1, 2, True)


@pytest.mark.parametrize("applied", [True, False])
def test_a_reply_is_lost(bed: Bed, *, applied: bool) -> None:
    bed.simulator.control("lose_reply", applied=applied)
    with pytest.raises(EngineUnavailableError):
        bed.swarm.create_service(bed.spec())
    assert [service.name for service in bed.swarm.services()] == ["web"] * applied
    if not applied:
        bed.swarm.create_service(bed.spec())


def test_the_managers_have_no_leader_for_a_while(bed: Bed) -> None:
    made = bed.swarm.create_service(bed.spec())
    bed.simulator.control("unavailable", on=True)
    with pytest.raises(EngineUnavailableError, match="does not have a leader"):
        bed.swarm.service(made)
    assert bed.raw.plain("GET", "/_ping").status == 200
    bed.simulator.control("unavailable", on=False)
    assert bed.swarm.service(made).name == "web"


def test_a_missing_placement_is_loud_and_lasts(bed: Bed) -> None:
    made = bed.swarm.create_service(bed.spec())
    live = bed.raw.service(made)
    del live["Spec"]["TaskTemplate"]["Placement"]
    version = live["Version"]["Index"]
    answer = bed.raw.ask("POST", f"/services/{made}/update", live["Spec"], version=version)
    assert (answer.status, "does not have a leader" in answer.message) == (500, True)
    with pytest.raises(EngineUnavailableError):
        bed.swarm.services()
    assert bed.simulator.control("status")["leaderless"] is True
    bed.simulator.control("unavailable", on=False)
    assert bed.swarm.service(made).spec["TaskTemplate"]["Placement"] == {}


def test_the_registry_is_away_and_gets_new_images(bed: Bed) -> None:
    bed.simulator.control("registry", away=True)
    with pytest.raises(RegistryUnavailableError):
        bed.swarm.resolve_image(bed.image("v1"))
    with pytest.raises(RegistryUnavailableError):
        bed.registry.tags(bed.image("v1"))
    bed.simulator.control("registry", away=False)
    with pytest.raises(NotFoundError):
        bed.swarm.resolve_image(bed.image("v9"))
    made = bed.simulator.control("image", name="httpd:v9", starts_in=30, log=["hello"])
    assert bed.swarm.resolve_image(bed.image("v9")).digest == made["digest"]
    assert "v9" in bed.registry.tags(bed.image("v1")).names
    service = bed.swarm.create_service(bed.spec("v9", replicas=1))
    bed.simulator.control("advance", seconds=29)
    assert bed.states(service) == ["preparing"]
    bed.simulator.control("advance", seconds=2)
    assert bed.states(service) == ["running"]


def test_a_node_is_lost_and_comes_back(bed: Bed) -> None:
    made = bed.swarm.create_service(bed.spec(replicas=3))
    bed.simulator.control("advance", seconds=1)
    bed.simulator.control("node", name="n2", up=False)
    bed.simulator.control("advance", seconds=2)
    lost = bed.swarm.node("n2")
    assert lost.status == "down"
    tasks = bed.swarm.tasks([made])
    assert [task.state for task in tasks] == ["running"] * 3
    assert lost.id not in {task.node_id for task in tasks}
    bed.simulator.control("node", name="n2", up=True)
    assert bed.swarm.node("n2").status == "ready"


def test_it_begins_anew(bed: Bed) -> None:
    bed.swarm.create_service(bed.spec())
    bed.simulator.control("node", name="n2", up=False)
    bed.simulator.control("reset")
    assert bed.swarm.services() == []
    assert {node.status for node in bed.swarm.nodes()} == {"ready"}
    bed.swarm.create_service(bed.spec())


def test_a_mistyped_control_is_refused(bed: Bed) -> None:
    with pytest.raises(SimulatorError, match="no such verb: explode; there are status, calls"):
        bed.simulator.control("explode")
    with pytest.raises(SimulatorError, match="advance: KeyError 'seconds'"):
        bed.simulator.control("advance")
    with pytest.raises(SimulatorError, match="node n9 not found"):
        bed.simulator.control("node", name="n9", up=False)


@contextmanager
def _stream(bed: Bed, path: str) -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection("127.0.0.1", bed.simulator.port, timeout=30)) as peer:
        peer.request("GET", path)
        with peer.getresponse() as stream:
            yield stream


def test_events_come_as_they_happen(bed: Bed) -> None:
    with _stream(bed, "/v1.41/events?filters=%7B%22type%22:%5B%22service%22%5D%7D") as stream:

        def told() -> dict[str, str]:
            event = json.loads(stream.readline())
            return {"action": event["Action"], **event["Actor"]["Attributes"]}

        made = bed.swarm.create_service(bed.spec(replicas=1))
        assert told() == {"action": "create", "name": "web"}
        live = bed.swarm.service(made)
        live.spec["TaskTemplate"]["ContainerSpec"]["Image"] = bed.image("v2")
        bed.swarm.update_service(made, live.version, live.spec)
        assert told()["image.new"] == bed.image("v2")
        assert told()["updatestate.new"] == "updating"
        bed.simulator.control("advance", seconds=30)
        assert told()["updatestate.new"] == "completed"
        bed.simulator.control("reset")
        assert stream.read() == b""  # a reset ends it


def test_a_log_is_followed(bed: Bed) -> None:
    made = bed.swarm.create_service(bed.spec("crash", replicas=1))
    words = b"crash: no database at db:5432\n"
    with _stream(bed, f"/v1.41/services/{made}/logs?stderr=1&follow=1") as stream:
        bed.simulator.control("advance", seconds=1)
        assert stream.read(8 + len(words))[8:] == words
        bed.simulator.control("advance", seconds=6)  # it is restarted, and crashes again
        assert stream.read(8 + len(words))[8:] == words


def test_a_long_list_of_ids_is_read(bed: Bed) -> None:
    made = bed.swarm.create_service(bed.spec())
    wanted = [made, *(f"{number:025}" for number in range(400))]
    answer = bed.raw.ask("GET", "/services", filters={"id": wanted})
    assert [service["ID"] for service in answer.json] == [made]


def test_a_process_of_its_own_ends_politely(tmp_path: Path) -> None:
    ready, path = tmp_path / "ready.json", tmp_path / "docker.sock"
    path.touch()  # of one that was killed
    words = ["--socket", str(path), "--nodes", "5", "--api-version", "1.47"]
    command = [sys.executable, "-m", "playground.simulator", *words, "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(3)]
            assert told[0] == "a simulated swarm of 5 nodes; no container runs\n"
            assert told[2] == f"export DOCKER_HOST=unix://{path}\n"
            deadline = time.monotonic() + 10
            while not ready.exists():
                assert time.monotonic() < deadline
            content = json.loads(ready.read_text())
            swarm = connect(EngineAddress(host=content["docker_host"]))
            assert sorted(node.hostname for node in swarm.nodes()) == ["n1", "n2", "n3", "n4", "n5"]
            by_tcp = connect(EngineAddress(host=content["url"]))
            assert len(by_tcp.nodes()) == 5
            second = subprocess.run(
                command, capture_output=True, text=True, timeout=30, check=False
            )
            assert (second.returncode, "somebody listens on" in second.stderr) == (1, True)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert not path.exists()


def test_a_lab_that_cannot_listen_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 120)  # longer than a unix socket's path may be
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    lab = SimulatedLab()
    with pytest.raises(OSError, match="path too long"):
        lab.up()
    assert list(deep.iterdir()) == []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    lab = SimulatedLab()
    assert (lab.up(), lab.up()) == (True, False)
    assert lab.nodes == ["n1", "n2", "n3"]
    assert lab.down()
    assert not lab.dir.exists()


def _docker(bed: Bed, tmp_path: Path, *words: str) -> str:
    docker = docker_program()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "DOCKER_CONFIG": str(tmp_path),
        "DOCKER_HOST": bed.simulator.docker_host,
    }
    done = subprocess.run(
        [docker, *words], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return (done.stdout or done.stderr).strip()  # logs of stderr go there


def test_the_docker_cli_works_with_it(tmp_path: Path) -> None:
    options = Options(speed=10, socket=str(tmp_path / "docker.sock"))
    with LocalSimulator(options) as simulator:
        bed = Bed(simulator)

        def docker(*words: str) -> str:
            return _docker(bed, tmp_path, *words)

        quick = ("--update-monitor", "1s", "--restart-delay", "1s")
        docker(
            "service", "create", "-q", "--name", "web", "--replicas", "2", *quick, bed.image("v1")
        )
        docker("service", "update", "-q", "--image", bed.image("v2"), "web")
        row = docker("service", "ls", "--format", "{{.Name}} {{.Replicas}} {{.Image}}")
        assert row == f"web 2/2 {bed.image('v2')}"
        docker("service", "update", "-q", "--rollback", "web")
        docker("service", "scale", "-d", "web=1")
        image = docker(
            "service", "inspect", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", "web"
        )
        assert image.startswith(f"{bed.image('v1')}@sha256:")
        docker("node", "update", "--label-add", "disk=fast", "n2")
        assert docker("node", "inspect", "--format", "{{.Spec.Labels.disk}}", "n2") == "fast"
        nodes = docker("node", "ls", "--format", "{{.Hostname}}{{if .Self}}*{{end}}").split()
        assert nodes == ["n1*", "n2", "n3"]
        docker("network", "create", "-d", "overlay", "back")
        once = ("--restart-condition", "none", "--network", "back")
        docker("service", "create", "-d", "--name", "bad", *once, bed.image("crash"))
        bed.raw.until(lambda: "no database" in docker("service", "logs", "bad"))
        failed = docker("service", "ps", "--no-trunc", "--format", "{{.Error}}", "bad")
        assert "task: non-zero exit (1)" in failed
        docker("service", "rm", "web", "bad")
        docker("network", "rm", "back")
        assert docker("service", "ls", "-q") == ""
