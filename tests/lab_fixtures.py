"""The swarm that tests run on.

A test that takes `swarm` gets the marker of that name by itself. What is missing is installed once,
before the first test, where no test's timeout counts.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import NoReturn

import pytest

from playground.lab import CannotRunError, Lab, packages, sweep, why_not
from playground.stage import Ground

UNABLE = pytest.StashKey[str | None]()
"""Why no swarm can run here."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the swarm, before -m chooses."""
    for item in items:
        if isinstance(item, pytest.Function) and "swarm" in item.fixturenames:
            item.add_marker(pytest.mark.swarm)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make ready for swarm tests, if there are any."""
    wanted = any(item.get_closest_marker("swarm") for item in session.items)
    if wanted and not session.config.option.collectonly:
        session.config.stash[UNABLE] = _prepare()


def _prepare() -> str | None:
    reason = why_not()
    if reason:
        return reason
    try:
        packages.install()
    except CannotRunError as error:
        return str(error)
    sweep()
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Do not run, and say why, where no swarm can."""
    reason = item.config.stash.get(UNABLE, None)
    if reason and item.get_closest_marker("swarm"):
        cannot_run(reason)


def cannot_run(reason: str, environment: Mapping[str, str] = os.environ) -> NoReturn:
    """Skip the test; under CI=true fail it, else a run that has proven nothing would look well."""
    if environment.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: here it must be able to run)", pytrace=False)
    pytest.skip(reason)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


@pytest.fixture(scope="session")
def swarm() -> Iterator[Lab]:
    """A swarm of three nodes, one of them manager, for the whole session.

    It is shared: name services after the test, and remove them.
    """
    before = signal.signal(signal.SIGTERM, _end)  # else a test run that is ended leaves it behind
    lab = Lab.auto()
    try:
        lab.up(nodes=3, managers=1)
        yield lab
    finally:
        lab.down()
        signal.signal(signal.SIGTERM, before)


def docker_process(
    lab: Ground,
    *args: str,
    node: int = 1,
    timeout: float = 90,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the real docker CLI against a node, free of the user's own settings, to any end.

    The variables are added to its environment: those that a compose file asks for, for instance.
    """
    return subprocess.run(
        [docker_program(), *args],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=docker_environment(lab, node) | dict(variables or {}),
    )


def docker_program() -> str:
    """Return the path of the docker CLI; without one the test cannot run."""
    return packages.which("docker") or cannot_run("no docker CLI")


def docker_environment(lab: Ground, node: int = 1) -> dict[str, str]:
    """Return what the docker CLI needs to speak to a node, and nothing of the user's own."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(lab.dir),
        "DOCKER_CONFIG": str(lab.dir / "docker-cli"),
        "DOCKER_HOST": lab.docker_host(node),
    }


def docker_cli(
    lab: Ground,
    *args: str,
    node: int = 1,
    timeout: float = 90,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run the real docker CLI against a node and return its output.

    Raises:
        AssertionError: with the CLI's own words, if it fails.
    """
    done = docker_process(lab, *args, node=node, timeout=timeout, variables=variables)
    assert done.returncode == 0, f"docker {' '.join(args)}: {done.stderr or done.stdout}"
    return done.stdout.strip()
