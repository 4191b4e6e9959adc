"""Waiting for what must come: by real time, longer than any machine needs.

How long is no promise of Waggle's: it only ends a test in which nothing comes. What *is* promised
in seconds is measured by the storms (tests/chaos) and by bench/. So a test that ends like that is
told apart from one that has seen something wrong (`is_too_late`; tests/lab_crashes.py says why).
"""

import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

import pytest
import requests

from playground.lab import GaveUpError
from playground.stage import NotReadyError

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds, on a machine whose cores other tests want, too."""
_REST, _LONGEST_REST = 0.03, 0.5


class TooLateError(AssertionError):
    """What a test waited for did not come in time; nothing wrong was seen until then."""


_TOO_LATE = (
    TooLateError,
    TimeoutError,
    subprocess.TimeoutExpired,
    requests.Timeout,
    GaveUpError,
    NotReadyError,
)


def is_too_late(error: BaseException | None) -> bool:
    """Tell whether a test's error is that something did not come in time.

    By the error itself, not by what it came of: what is seen to be wrong after a wait is wrong.
    """
    ended = isinstance(error, pytest.fail.Exception) and "from pytest-timeout" in str(error)
    return ended or isinstance(error, _TOO_LATE)


def eventually(look: Callable[[], T | None], what: str = "it", seconds: float = PATIENCE) -> T:
    """Return the first true thing that `look` sees; `what` says what was not seen.

    After a look that was long, as one by the docker CLI is, it rests longer: else those who wait
    would take the cores from what they wait for.

    Raises:
        TooLateError: when it has not come within `seconds`.
    """
    end = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if seen := look():
            return seen
        now = time.monotonic()
        if now >= end:
            raise TooLateError(f"not within {seconds:g} s: {what} ({seen!r})")
        time.sleep(min(max(_REST, 2 * (now - began)), _LONGEST_REST))
