"""What is shipped, on the lab: the image, built offline and pushed, and a stage it runs on."""

import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playground.lab import Lab
from playground.lab.debian import root_file_system
from playground.stage import Stage
from playground.workspace import LocalWorkspace, Settings
from tests.lab_fixtures import docker_cli

ROOT = Path(__file__).parents[2]
PASSWORD = "c4n4ry-of-valkey"
SECRET = "c4n4ry-of-the-queue-32-characters"
_BASE = "waggle-base"
_BUILD = 240.0
"""Seconds for a build or a push on two busy cores."""


@dataclass(frozen=True)
class ShippedImage:
    """Waggle's image, in the lab's registry and on its manager.

    Attributes:
        lab: where it is.
        dir: what it is built from; only needed until it is built.
    """

    lab: Lab
    dir: Path

    def name(self, version: int) -> str:
        """Return the name of a version of it."""
        return f"{self.lab.registry}/waggle:{version}"

    @property
    def crashing(self) -> str:
        """Return the name of one whose processes end as soon as they have begun."""
        return f"{self.lab.registry}/waggle:crash"

    def build(self) -> None:
        """Make two versions of it and one that crashes on the manager, and push them.

        Raises:
            CannotRunError: the packages of its base cannot be had.
        """
        problems: list[str] = []
        wheels = threading.Thread(target=lambda: problems.append(self._wheels()))
        wheels.start()
        try:
            tar = self.dir / "base.tar"
            root_file_system(tar, self.dir / "packages")
            self._docker("import", str(tar), _BASE)
        finally:
            wheels.join()
        assert problems == [""]
        for version in (1, 2):
            self._build_one(version)
        self._build_crashing()

    def _wheels(self) -> str:
        command = [str(ROOT / "deploy/wheels"), str(self.dir / "context/dist/wheels")]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        return made.stderr or "no word why" if made.returncode else ""

    def _build_one(self, version: int) -> None:
        words = ["--build-arg", f"BASE={_BASE}", "--label", f"version={version}"]
        words += ["-t", self.name(version), "-f", str(ROOT / "Dockerfile")]
        # no network: what it needs is in the wheels
        offline = ("build", "-q", "--network", "none")
        classic = {"DOCKER_BUILDKIT": "0"}
        self._docker(*offline, *words, str(self.dir / "context"), variables=classic)
        self._docker("push", "-q", self.name(version))

    def _build_crashing(self) -> None:
        context = self.dir / "crashing"
        context.mkdir()
        words = '["python3", "-c", "import a_part_that_is_missing"]'
        (context / "Dockerfile").write_text(f"FROM {self.name(1)}\nENTRYPOINT {words}\n")
        classic = {"DOCKER_BUILDKIT": "0"}
        self._docker("build", "-q", "-t", self.crashing, str(context), variables=classic)
        self._docker("push", "-q", self.crashing)

    def _docker(self, *words: str, variables: Mapping[str, str] | None = None) -> None:
        docker_cli(self.lab, *words, timeout=_BUILD, variables=variables)


@contextmanager
def shipped_image(lab: Lab) -> Iterator[ShippedImage]:
    """Build the image; what it was built from goes at the end.

    Raises:
        CannotRunError: the packages of its base cannot be had.
    """
    with tempfile.TemporaryDirectory(prefix="waggle-image-") as scratch:
        image = ShippedImage(lab, Path(scratch))
        image.build()
        yield image


@dataclass
class InContainers(Stage):
    """A stage whose bot and worker run in containers on the lab.

    The workspace listens on the lab's bridge, so that they reach it.

    Attributes:
        shipped: the image that they run.
    """

    shipped: ShippedImage = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        events = f"http://127.0.0.1:{self.port}/slack/events"
        settings = Settings(host=self.real.gateway, app_url=events, rate_limits=self.rate_limits)
        self.workspace = LocalWorkspace(settings)

    @property
    def real(self) -> Lab:
        """The lab: only containers can be deployed to."""
        assert isinstance(self.lab, Lab)
        return self.lab

    @property
    def socket(self) -> Path:
        """The manager's socket, on this machine."""
        return Path(self.lab.docker_host().removeprefix("unix://"))

    def secrets(self) -> dict[str, str]:
        """Return the secrets that docker-compose.yml and deploy/socket-mode.yml ask for."""
        settings = self.workspace.settings
        return {
            "slack_bot_token": settings.bot_token,
            "slack_app_token": settings.app_token,
            "slack_signing_secret": settings.signing_secret,
            "waggle_secret": SECRET,
            "valkey_conf": f"requirepass {PASSWORD}",
            "redis_url": f"redis://:{PASSWORD}@valkey:6379/0",
        }

    def variables(self, version: int) -> dict[str, str]:
        """Return the variables of the compose files; Valkey stays at the first version."""
        return {
            "WAGGLE_IMAGE": self.shipped.name(version),
            "VALKEY_IMAGE": self.shipped.name(1),
            "WAGGLE_POLICY": "open",
            "DOCKER_GID": str(self.socket.stat().st_gid),
            "LAB_SLACK_API": self.workspace.api_url,
            "LAB_SOCKET": str(self.socket),
        }
