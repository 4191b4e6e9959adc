"""What is shipped, beside the lab's swarm instead of on it, by docker-compose."""

import json
import shutil
import subprocess
from typing import Any, Self

from playground.lab import packages
from playground.stage.ground import Ground
from tests.lab_fixtures import docker_cli, docker_environment, docker_process, docker_program
from tests.scenario.shipped import ROOT, InContainers
from tests.scenario.way_in import WayIn
from tests.waiting import eventually

PROJECT = "waggle-beside"
"""Not the stack's name: they would share its network."""
PORT = 3100
"""On the manager; a stack may have 3000."""
FILES = ("docker-compose.yml", "deploy/own-valkey.yml", "deploy/one-machine.yml", "lab.yml")


def compose_program(lab: Ground) -> list[str]:
    """Return docker-compose, or the docker CLI's plugin; with neither, install it.

    Raises:
        CannotRunError: it cannot be installed here.
    """
    program = packages.which("docker-compose")
    if program is None and docker_process(lab, "compose", "version").returncode == 0:
        return [docker_program(), "compose"]
    return [program or packages.install_also("docker-compose")]


class Composed(InContainers):
    """A stage whose bot, worker and Valkey are containers of the manager's engine.

    They are brought up as docs/how-to/run-with-docker-compose.md says, in a copy of what it needs.
    """

    def start(self) -> Self:
        """Bring it up, and wait until /readyz says so.

        Raises:
            CannotRunError: there is no docker-compose, and it cannot be installed.
        """
        self.workspace.start()
        try:
            self.program = compose_program(self.lab)
            self._lay_out()
            self.way_in = WayIn(self.port, lambda: [(self.real.address(1), PORT)])
            self.up(1)
        except BaseException as error:
            try:
                error.add_note(self.last_words())
            finally:
                self.stop()
            raise
        return self

    def _lay_out(self) -> None:
        for name in ("docker-compose.yml", "deploy"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.dir / name)
        shutil.copy(ROOT / "tests/scenario/composed_on_the_lab.yml", self.dir / "lab.yml")
        (self.dir / "secrets").mkdir(mode=0o700)
        for name, value in self.secrets().items():
            (self.dir / "secrets" / name).write_text(value)

    def up(self, version: int, policy: str = "") -> None:
        """`docker-compose up -d` with a version of the image, until all is ready.

        Args:
            version: of the image.
            policy: what the policy file says; without one everybody may do everything.
        """
        self._version, ruled = version, {}
        if policy:
            (self.dir / "policy.yaml").write_text(policy)
            ruled = {"WAGGLE_POLICY": "/policy.yaml", "POLICY_FILE": "./policy.yaml"}
        try:
            self.compose("up", "-d", **ruled)
        except AssertionError as error:
            if "ContainerConfig" not in str(error):
                raise
            # docker-compose 1.29 cannot replace a container of an Engine 25: the page has the way
            self.compose("down", **ruled)
            self.compose("up", "-d", **ruled)
        eventually(lambda: not self.problems(), "a bot that is ready")

    def compose(self, *words: str, **variables: str) -> str:
        """Run docker-compose in the copy, and return what it wrote.

        Raises:
            AssertionError: with its own words, if it fails.
        """
        more = {"COMPOSE_FILE": ":".join(FILES), "COMPOSE_PROJECT_NAME": PROJECT}
        done = subprocess.run(
            [*self.program, *words],
            cwd=self.dir,
            env=docker_environment(self.lab)
            | self.variables(self._version)
            | {"WAGGLE_PORT": str(PORT), **more, **variables},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, f"docker-compose {' '.join(words)}: {done.stderr}"
        return done.stdout.strip()

    def container(self, service: str) -> dict[str, Any]:
        """Return the container of a service as the engine shows it."""
        shown = docker_cli(self.lab, "container", "inspect", self._id_of(service))
        return dict(json.loads(shown)[0])

    def health_check_of_the_image(self) -> dict[str, Any]:
        """Return the check that the image brings along, as the engine shows it."""
        shown = docker_cli(self.lab, "image", "inspect", self.shipped.name(self._version))
        return dict(json.loads(shown)[0]["Config"]["Healthcheck"])

    def inside(self, service: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in the container of a service."""
        return docker_process(self.lab, "exec", self._id_of(service), *words)

    def _id_of(self, service: str) -> str:
        # by the labels that docker-compose gives them: it needs a second to say so itself
        labels = {"project": PROJECT, "service": service}
        chosen = [f"--filter=label=com.docker.compose.{key}={labels[key]}" for key in labels]
        return docker_cli(self.lab, "ps", "-q", *chosen)

    def last_words(self, lines: int = 30) -> str:
        """Return the ends of the containers' logs."""
        if not hasattr(self, "_version"):
            return ""
        return self.compose("ps") + self.compose("logs", "--no-color", f"--tail={lines}")

    def stop(self) -> dict[str, int]:
        """Remove the containers, their network and their volumes."""
        if hasattr(self, "_version"):
            self.compose("down", "--volumes")
        if hasattr(self, "way_in"):
            self.way_in.close()
        return super().stop()
