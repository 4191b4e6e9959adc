"""The flags that a docker CLI says it has."""

import re
import subprocess

from tests.lab_fixtures import docker_program

_FLAG = re.compile(r"^ +(?:-\w, )?--([a-z][a-z0-9-]*)", re.MULTILINE)


def flags_in_help(verb: str) -> set[str]:
    """Return the long flags of `docker service VERB`, those that an old Engine hides among them."""
    done = subprocess.run(
        [docker_program(), "service", verb, "--help"],
        capture_output=True,
        text=True,
        check=True,
        # nobody answers there: with an Engine, the CLI hides what is too new for it
        env={"DOCKER_HOST": "unix:///nonexistent/docker.sock"},
    )
    return set(_FLAG.findall(done.stdout))
