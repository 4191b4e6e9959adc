"""Commands of the system, with an environment that is nobody's, and waiting with a deadline."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence

from playground.lab.errors import GaveUpError, LabError

_STRAY = ("DOCKER_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def clean_environment() -> dict[str, str]:
    """Return our environment without what would lead Docker elsewhere, and with sbin in PATH."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(_STRAY)}
    return kept | {"PATH": kept.get("PATH", os.defpath) + ":/usr/sbin:/sbin", "LC_ALL": "C"}


def run(command: Sequence[str], *, stdin: str = "", timeout: float = 30) -> str:
    """Run a command to its end and return what it wrote.

    It runs in a session of its own: ^C on the terminal is for us, not for an `ip` halfway through.

    Raises:
        LabError: with the command's own words, if it failed or took more than `timeout` seconds.
    """
    try:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env=clean_environment(),
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip() or f"exit status {done.returncode}"
        raise LabError(f"{' '.join(command)}: {words}")
    return done.stdout


def attempt(command: Sequence[str]) -> bool:
    """Run a command and tell whether it succeeded."""
    try:
        run(command)
    except LabError:
        return False
    return True


def wait_until(
    condition: Callable[[], bool],
    what: str,
    *,
    seconds: float,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Poll until the condition holds; `check` may raise to end the wait early.

    Raises:
        GaveUpError: if it does not hold within `seconds`; `what` says what was awaited.
    """
    end = time.monotonic() + seconds
    while not condition():
        check()
        if time.monotonic() > end:
            raise GaveUpError(f"gave up after {seconds:g} s: {what}")
        time.sleep(0.03)
