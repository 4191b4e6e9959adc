"""The stack as it is shipped, deployed on the lab, and a way in."""

import itertools
import json
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any, Self

from playground.lab.engine_api import call
from tests.lab_fixtures import docker_cli, docker_process
from tests.scenario.shipped import ROOT, InContainers
from tests.scenario.way_in import WayIn
from tests.waiting import eventually

FILES = ("docker-compose.yml", "deploy/own-valkey.yml", "lab.yml")
POLICY = "deploy/policy.yml"
SOCKET_MODE = "deploy/socket-mode.yml"
STACK = "waggle"
SERVICES = ("bot", "worker", "valkey")


class Deployed(InContainers):
    """A stage whose bot and worker are services of the lab's swarm.

    It is deployed as docs/how-to/install-on-a-swarm.md says, from a copy of what that needs.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self._turn = itertools.count()
        self._more: list[str] = []
        self._ruled: dict[str, str] = {}
        self._version = 1

    def _docker(self, *words: str, variables: Mapping[str, str] | None = None) -> str:
        return docker_cli(self.lab, *words, variables=variables)

    # -- the stack

    def make_secrets(self) -> None:
        """Make the secrets, and label the node for the state."""
        for name, value in self.secrets().items():
            file = self.dir / name
            file.write_text(value)
            self._docker("secret", "create", name, str(file))
        self._docker("node", "update", "--label-add", "waggle_state=true", "n1")

    def deploy(self, version: int) -> None:
        """`docker stack deploy` of a version; it returns when the swarm has the wish."""
        self._version = version
        self._deploy(self.shipped.name(version))

    def deploy_what_crashes(self) -> None:
        """`docker stack deploy` of an image that does not start; the version stays what it was."""
        self._deploy(self.shipped.crashing)

    def _deploy(self, image: str) -> None:
        told = self.variables(self._version) | {"WAGGLE_IMAGE": image} | self._ruled
        self._docker("stack", "deploy", *self._files(), STACK, variables=told)

    def _files(self) -> list[str]:
        # that of the lab comes last: it replaces what the lab does not have
        names = (*FILES[:-1], *self._more, FILES[-1])
        return [word for name in names for word in ("-c", str(self.dir / name))]

    def under(self, policy: str) -> None:
        """Have a policy file from the next deploy on."""
        (self.dir / "policy.yaml").write_text(policy)
        self._more.append(POLICY)
        self._ruled = {"WAGGLE_POLICY": "/policy.yaml"}

    def go_to_socket_mode(self) -> None:
        """Deploy once more, by Socket Mode, and wait until the bots are those."""
        self._more.append(SOCKET_MODE)
        self.client.configure(app_url=None)
        self.deploy(self._version)
        eventually(self._listens, "two bots that listen by Socket Mode", seconds=180)

    def _listens(self) -> bool:
        wanted = self.wanted("bot")
        up = [task for task in wanted if task["Status"]["State"] == "running"]
        given = [task["Spec"]["ContainerSpec"]["Secrets"] for task in up]
        new = ["slack_app_token" in {each["SecretName"] for each in secrets} for secrets in given]
        # each of the two is asked in turn
        return len(wanted) == len(up) and all(new) and not (self.problems() or self.problems())

    def start(self) -> Self:
        """Deploy, and wait until /readyz says so."""
        self.workspace.start()
        try:
            self._lay_out()
            self.way_in = WayIn(self.port, self.bots)
            self.make_secrets()
            self.deploy(1)
            eventually(lambda: not self.problems(), "a stack that is ready")
        except BaseException as error:
            error.add_note(self.last_words())
            self.stop()
            raise
        return self

    def _lay_out(self) -> None:
        shutil.copy(ROOT / "docker-compose.yml", self.dir)
        shutil.copytree(ROOT / "deploy", self.dir / "deploy")
        shutil.copy(ROOT / "tests/scenario/on_the_lab.yml", self.dir / FILES[-1])

    def stop(self) -> dict[str, int]:
        """Remove all of it from the swarm, which others use after us."""
        # first those who would wait for Valkey
        none = (f"{STACK}_bot=0", f"{STACK}_worker=0")
        docker_process(self.lab, "service", "scale", "--detach", *none)
        eventually(lambda: len(self.tasks()) <= 1, "bot and worker to end")
        docker_process(self.lab, "stack", "rm", STACK)
        eventually(lambda: not self.tasks(), "the stack to be gone")
        secrets = docker_process(self.lab, "secret", "ls", "-q").stdout.split()
        docker_process(self.lab, "secret", "rm", *secrets)
        docker_process(self.lab, "node", "update", "--label-rm", "waggle_state", "n1")
        if hasattr(self, "way_in"):
            self.way_in.close()
        return super().stop()

    # -- what is there

    def tasks(self, service: str = "") -> list[dict[str, Any]]:
        """Return the stack's tasks that are not over, or a service's."""
        return [
            task
            for task in call(self.socket, "GET", "/tasks")
            if self._is_of(task, service) and task["Status"]["State"] not in _OVER
        ]

    def wanted(self, service: str) -> list[dict[str, Any]]:
        """Return those of a service that shall run: not what an update is taking down."""
        return [task for task in self.tasks(service) if task["DesiredState"] == "running"]

    def _is_of(self, task: dict[str, Any], service: str) -> bool:
        labels = task["Spec"]["ContainerSpec"].get("Labels") or {}
        if labels.get("com.docker.stack.namespace") != STACK:
            return False
        return not service or task["ServiceID"] == self.inspected(service)["ID"]

    def inspected(self, service: str) -> dict[str, Any]:
        """Return a service of the stack as the Engine shows it."""
        found: dict[str, Any] = call(self.socket, "GET", f"/services/{STACK}_{service}")
        return found

    def update_state(self, service: str) -> str:
        """Return how the last update of a service goes, in Swarm's word; empty: there was none."""
        return str((self.inspected(service).get("UpdateStatus") or {}).get("State", ""))

    def node_of(self, task: dict[str, Any]) -> int:
        """Return the number of the node that a task is on."""
        node = call(self.socket, "GET", f"/nodes/{task['NodeID']}")
        return int(node["Description"]["Hostname"].removeprefix("n"))

    def bots(self) -> list[tuple[str, int]]:
        """Return where the bots are that Swarm calls running, another one first each time."""
        running = [
            (self.real.address(self.node_of(task)), 3000)
            for task in self.tasks("bot")
            if (task["DesiredState"], task["Status"]["State"]) == ("running", "running")
        ]
        turn = next(self._turn) % max(1, len(running))
        return running[turn:] + running[:turn]

    def container(self, task: dict[str, Any]) -> dict[str, Any]:
        """Return the container of a running task, from its own node's engine."""
        words = ("container", "inspect", task["Status"]["ContainerStatus"]["ContainerID"])
        found = json.loads(docker_cli(self.lab, *words, node=self.node_of(task)))
        return dict(found[0])

    def inside(self, task: dict[str, Any], *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in the container of a running task."""
        container = task["Status"]["ContainerStatus"]["ContainerID"]
        return docker_process(self.lab, "exec", container, *words, node=self.node_of(task))

    def versions(self, service: str) -> list[str]:
        """Return the versions that the tasks of a service are of, once each is as it should be."""
        return [
            task["Spec"]["ContainerSpec"]["Image"].partition("@")[0].rpartition(":")[2]
            for task in self.tasks(service)
            if task["Status"]["State"] == "running"
        ]

    def last_words(self, lines: int = 30) -> str:
        """Return how the tasks are, and the ends of their logs."""
        shown = [docker_process(self.lab, "stack", "ps", "--no-trunc", STACK).stdout]
        for service in SERVICES:
            words = ("service", "logs", "--raw", "--tail", str(lines), f"{STACK}_{service}")
            done = docker_process(self.lab, *words)
            shown.append(f"--- {service}\n{done.stdout}{done.stderr}")
        return "\n".join(shown)


_OVER = {"complete", "failed", "shutdown", "rejected", "orphaned", "remove"}
