"""Waiting for what must come: by real time, longer than any machine needs.

How long is no promise of Waggle's: it only ends a test in which nothing comes. What *is* promised
in seconds is measured by the storms (tests/chaos) and by bench/.
"""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds, on a machine whose cores other tests want, too."""


def eventually(look: Callable[[], T | None], what: str = "it", seconds: float = PATIENCE) -> T:
    """Return the first true thing that `look` sees; `what` says what was not seen.

    Raises:
        AssertionError: when it has not come within `seconds`.
    """
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < end, f"not within {seconds:g} s: {what} ({seen!r})"
        time.sleep(0.03)
