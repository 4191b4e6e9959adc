"""The swarm on this machine: up and down, failures, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from playground.lab import Lab, LabError, disk, registry, sweep
from playground.lab.health import swarm_view
from playground.lab.leftovers import clean, left
from playground.lab.network import Network, free_net
from playground.lab.state import State, alone, load, tag_of
from tests.lab_fixtures import docker_cli, docker_process
from tests.waiting import eventually

pytestmark = pytest.mark.swarm


@pytest.fixture
def labs() -> Iterator[Callable[[], Lab]]:
    """Make labs on request, and take down what the test leaves."""
    with ExitStack() as stack:

        def make() -> Lab:
            lab = Lab.auto()
            stack.callback(lab.down)
            return lab

        yield make


def traces(lab: Lab) -> list[str]:
    return left(lab.dir, Network(tag_of(lab.dir), lab.net))


def command(*arguments: str) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "playground.lab", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(line, stdout=pipe, stderr=subprocess.STDOUT, text=True)


def run(*arguments: str) -> tuple[int, str]:
    process = command(*arguments)
    output, _ = process.communicate(timeout=90)
    return process.returncode, output


def page(url: str, login: str = "") -> str:
    request = urllib.request.Request(url)
    if login:
        request.add_header("Authorization", f"Basic {b64encode(login.encode()).decode()}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5) as response:
        return str(response.read().decode())


def answers(url: str) -> bool:
    try:
        page(url)
    except OSError:
        return False
    return True


def state_of(lab: Lab, node: str) -> str:
    return swarm_view([lab._engine(1)]).get(node, "unknown")


def tasks(lab: Lab, service: str, field: str) -> list[str]:
    shown = docker_cli(lab, "service", "ps", service, "--no-trunc", "--format", f"{{{{.{field}}}}}")
    return [line.strip('"') for line in shown.splitlines()]


def replicas(lab: Lab) -> str:
    return docker_cli(lab, "service", "ls", "--format", "{{.Replicas}}")


def test_a_lab_comes_up_and_leaves_nothing_behind(labs: Callable[[], Lab]) -> None:
    lab = labs()
    assert lab.up(nodes=2) is True
    assert lab.nodes == ["n1", "n2"]
    assert lab.trouble() is None
    create = ("service", "create", "-q", "-d", "--mode", "global", f"{lab.registry}/httpd:v1")
    docker_cli(lab, *create)
    eventually(lambda: replicas(lab) == "2/2")
    assert len(traces(lab)) > 10  # else the last line proves nothing

    assert lab.down() is True
    assert traces(lab) == []
    assert not lab.dir.exists()
    assert lab.down() is False


def test_a_cgroup_that_stays_keeps_nothing_else_from_going(tmp_path: Path) -> None:
    network = Network(tag_of(tmp_path), free_net())
    State(net=network.net, nodes=1, managers=1).save(tmp_path)
    (tmp_path / "n1").mkdir()
    cgroup = next(p for p in (Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup")) if p.is_dir())
    (cgroup / network.tag).mkdir()
    with subprocess.Popen(["sleep", "60"]) as inside:
        (cgroup / network.tag / "cgroup.procs").write_text(str(inside.pid))
        with pytest.raises(LabError, match=f"left over: cgroup .*{network.tag}, directory"):
            clean(tmp_path, network, patience=0.1)
        assert [path.name for path in tmp_path.iterdir()] == ["lab.json"]
        inside.kill()
    clean(tmp_path, network)
    assert not tmp_path.exists()


def test_nodes_have_disks_of_memory_where_there_is_plenty(labs: Callable[[], Lab]) -> None:
    place, tag = labs().dir, "wl-test"
    place.mkdir()
    try:
        disk.insert(place, tag, free=disk.PLENTY - 1)
        assert not place.is_mount()
        disk.insert(place, tag, free=disk.PLENTY)
        disk.insert(place, tag, free=disk.PLENTY)  # as after a reboot
        (line,) = [m for m in Path("/proc/self/mounts").read_text().splitlines() if tag in m]
        assert line.startswith(f"{tag} {place} tmpfs rw,")
    finally:
        subprocess.run(["umount", str(place)], check=True)
        place.rmdir()


def test_what_is_on_a_disk_stays_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    disk.insert(tmp_path, "wl-test", free=disk.PLENTY)
    assert not tmp_path.is_mount()


def test_up_twice_says_so_and_another_shape_is_refused(labs: Callable[[], Lab]) -> None:
    lab = labs()
    arguments = ("--dir", str(lab.dir))
    code, output = run("up", *arguments, "--net", "auto", "--nodes", "1")
    assert (code, output.splitlines()[0]) == (0, "up")
    code, output = run("up", *arguments, "--nodes", "1")
    assert (code, output.splitlines()[0]) == (0, "was up already")
    code, output = run("up", *arguments, "--nodes", "2")
    assert code == 1
    assert "a lab with 1 nodes, 1 of them managers is up" in output
    assert run("status", *arguments)[0] == 0
    assert run("down", *arguments) == (0, "down, nothing left\n")
    assert run("down", *arguments) == (0, "nothing was up\n")
    assert run("status", *arguments)[0] == 3


def test_up_over_a_half_dead_lab_starts_from_scratch(labs: Callable[[], Lab]) -> None:
    lab = labs()
    lab.up(nodes=2)
    docker_cli(lab, "service", "create", "-q", "-d", "--name", "old", f"{lab.registry}/httpd:v1")
    lab.kill(2)
    assert lab.trouble() == "n2 is off"
    assert lab.up(nodes=2) is True
    assert lab.trouble() is None
    assert docker_cli(lab, "service", "ls", "-q") == ""


def test_two_labs_at_once_do_not_meet(labs: Callable[[], Lab]) -> None:
    one, two = labs(), labs()
    one.up(nodes=1)
    two.up(nodes=1)
    assert one.net != two.net
    docker_cli(one, "service", "create", "-q", "-d", "--name", "web", f"{one.registry}/httpd:v1")
    assert docker_cli(two, "service", "ls", "-q") == ""
    two.down()
    assert one.trouble() is None
    eventually(lambda: replicas(one) == "1/1")


def test_a_net_in_use_is_refused_and_nothing_is_made(labs: Callable[[], Lab]) -> None:
    one = labs()
    one.up(nodes=1)
    two = Lab(Path(f"{one.dir}x"), one.net)
    with pytest.raises(LabError, match="is in use"):
        two.up(nodes=1)
    assert traces(two) == []
    assert not two.dir.exists()


def test_two_processes_do_not_build_the_same_lab(labs: Callable[[], Lab]) -> None:
    lab = labs()
    with alone(str(lab.dir), seconds=0), pytest.raises(LabError, match="another process"):
        lab.up(nodes=1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("reached", ["lab.json", "n1/log", "n2/docker.sock", "n2/data/swarm"])
def test_a_signal_in_the_middle_of_up_leaves_nothing(
    labs: Callable[[], Lab], number: signal.Signals, reached: str
) -> None:
    lab = labs()
    process = command("up", "--dir", str(lab.dir), "--net", "auto", "--nodes", "3")
    eventually((lab.dir / reached).exists)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0, output
    assert traces(lab) == []
    assert not lab.dir.exists()


def test_down_cleans_what_a_killed_up_left(labs: Callable[[], Lab]) -> None:
    lab = labs()
    process = command("up", "--dir", str(lab.dir), "--net", "auto", "--nodes", "2")
    eventually((lab.dir / "n2/docker.sock").exists)
    process.kill()
    process.communicate()
    assert len(traces(lab)) > 5
    assert run("down", "--dir", str(lab.dir)) == (0, "down, nothing left\n")
    assert traces(lab) == []


def test_down_finds_a_lab_whose_directory_is_lost(labs: Callable[[], Lab]) -> None:
    lab = labs()
    lab.up(nodes=1)
    (lab.dir / "lab.json").unlink()
    (lab.dir / "lab.json").parent.rename(f"{lab.dir}.lost")
    lost = Path(f"{lab.dir}.lost")
    try:
        assert lab.down() is True
        assert traces(lab) == []
    finally:
        subprocess.run(["rm", "-rf", str(lost)], check=True)


def test_sweep_takes_the_lab_of_a_killed_run_and_no_other(labs: Callable[[], Lab]) -> None:
    mine, theirs = labs(), labs()
    mine.up(nodes=1)
    script = "import sys; from pathlib import Path; from playground.lab import Lab\n"
    script += "Lab(Path(sys.argv[1]), 'auto', owned=True).up(nodes=1)"
    subprocess.run([sys.executable, "-c", script, str(theirs.dir)], check=True)
    assert load(theirs.dir) is not None
    assert theirs.dir in sweep()
    assert traces(theirs) == []
    assert mine.trouble() is None


def test_a_stranger_who_names_our_paths_is_not_killed(labs: Callable[[], Lab]) -> None:
    lab = labs()
    lab.up(nodes=1)
    stranger = subprocess.Popen(["sh", "-c", "sleep 60", str(lab.dir / "n1/data")])
    try:
        lab.down()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_foreign_directory_is_never_touched(tmp_path: Path) -> None:
    home = Path("/var/tmp") / f"waggle-{os.getpid()}"
    home.mkdir()
    (home / "precious").write_text("x")
    try:
        with pytest.raises(LabError, match="neither empty nor a lab"):
            Lab(home).up()
        Lab(home).down()
        assert (home / "precious").read_text() == "x"
    finally:
        (home / "precious").unlink()
        home.rmdir()


def test_a_killed_node_goes_down_and_comes_back(labs: Callable[[], Lab]) -> None:
    lab = labs()
    lab.up(nodes=3)
    name, image = "web", f"{lab.registry}/httpd:v1"
    port = "mode=host,target=80,published=8080"
    create = (
        "service",
        "create",
        "-q",
        "-d",
        "--mode",
        "global",
        "--publish",
        port,
        "--name",
        name,
    )
    docker_cli(lab, *create, image)
    eventually(lambda: answers(f"http://{lab.address(3)}:8080"))
    lab.kill(3)
    with pytest.raises(urllib.error.URLError):
        page(f"http://{lab.address(3)}:8080")
    eventually(lambda: state_of(lab, "n3") == "down")
    lab.start(3)
    eventually(lambda: lab.trouble() is None)
    eventually(lambda: answers(f"http://{lab.address(3)}:8080"))
    with pytest.raises(LabError, match="n3 is running"):
        lab.start(3)
    with pytest.raises(LabError, match="no node 4"):
        lab.kill(4)


def test_the_only_manager_comes_back_with_its_services(labs: Callable[[], Lab]) -> None:
    lab = labs()
    lab.up(nodes=1)
    docker_cli(lab, "service", "create", "-q", "-d", "--name", "web", f"{lab.registry}/httpd:v1")
    eventually(lambda: replicas(lab) == "1/1")
    lab.kill(1)
    lab.start(1)
    eventually(lambda: replicas(lab) == "1/1")


def test_a_swarm_of_three_managers_survives_the_first(labs: Callable[[], Lab]) -> None:
    lab = labs()
    lab.up(nodes=3, managers=3)
    lab.kill(1)
    # the others elect a leader when they have missed the first one for some 20 s
    eventually(lambda: swarm_view([lab._engine(2)]) != {})
    assert lab.trouble() == "n1 is off"


def test_a_cut_node_goes_down_and_is_healed(labs: Callable[[], Lab]) -> None:
    lab = labs()
    lab.up(nodes=2)
    lab.cut(2)
    assert lab.trouble() == "n2 is cut"
    eventually(lambda: state_of(lab, "n2") == "down")
    lab.heal(2)
    eventually(lambda: lab.trouble() is None)


def test_the_images_serve_their_version(swarm: Lab) -> None:
    tags = ["v1", "v2", "v3", "2.2", "2.4", "latest", "health"]
    ports = {8100 + n: tag for n, tag in enumerate(tags)}
    try:
        for port, tag in ports.items():
            publish = f"mode=host,target=80,published={port}"
            place = ("--constraint", "node.hostname==n2", "--publish", publish)
            create = ("service", "create", "-q", "-d", "--name", f"serve-{port}", *place)
            docker_cli(swarm, *create, f"{swarm.registry}/httpd:{tag}")
        for port, tag in ports.items():
            url = f"http://{swarm.address(2)}:{port}"
            eventually(lambda url=url: answers(url))  # type: ignore[misc]  # mypy cannot infer a default
            assert page(url) == f"{tag}\n"
    finally:
        docker_cli(swarm, "service", "rm", *(f"serve-{port}" for port in ports))


@pytest.mark.parametrize(
    ("tag", "error", "said"),
    [
        ("crash", "task: non-zero exit (1)", "crash: no database at db:5432"),
        ("sick", "task: non-zero exit (3)", "sick: lost the session store"),
        ("unhealthy", "task: non-zero exit (137): dockerexec: unhealthy container", ""),
    ],
)
def test_the_bad_images_fail_in_their_own_way(swarm: Lab, tag: str, error: str, said: str) -> None:
    create = ("service", "create", "-q", "-d", "--restart-condition", "none", "--name", tag)
    docker_cli(swarm, *create, f"{swarm.registry}/httpd:{tag}")
    try:
        eventually(lambda: "Failed" in tasks(swarm, tag, "CurrentState")[0])
        assert tasks(swarm, tag, "Error") == [error]
        eventually(lambda: said in said_by(swarm, tag))
    finally:
        docker_cli(swarm, "service", "rm", tag)


def said_by(lab: Lab, service: str) -> str:
    done = docker_process(lab, "service", "logs", "--raw", service, timeout=20)
    return done.stdout + done.stderr


def test_the_private_port_wants_the_password(swarm: Lab) -> None:
    url = f"http://{swarm.private_registry}/v2/httpd/tags/list"
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        page(url)
    refused.value.close()
    listed = json.loads(page(url, f"{registry.USER}:{registry.PASSWORD}"))
    assert {"v1", "v2", "v3", "2.2", "2.4", "latest", "crash", "sick"} <= set(listed["tags"])
