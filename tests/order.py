"""In which order the files are begun: where two cores are shared by three, it makes minutes."""

from collections.abc import Sequence
from itertools import accumulate

import pytest

from tests.scenario.shared import needed_by

LONGEST = (
    "tests/chaos/test_storm.py",
    "tests/scenario/test_deployed.py",
    "tests/scenario/test_recovery_approvals.py",
    "tests/parity/test_flags.py",
    "tests/scenario/test_void_and_frozen.py",
)
"""Files that take minutes: begun first, else the others wait for them at the end."""
_SLOW = ("tests/scenario/", "tests/chaos/")
_WAITS = 4  # times as long as another great one, half of it without using a core


@pytest.hookimpl(trylast=True)  # after pytest-randomly has shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, then those together that share a stage; small ones in between.

    Whoever waits for a swarm leaves the cores to who does not. Else they come as they are shuffled.
    """
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    small = [name for name in files if name.startswith("tests/unit/")]
    great = sorted(
        (name for name in files if name not in small), key=lambda name: _turn(name, files)
    )
    items[:] = [item for name in spread(small, great) for item in files[name]]


def _turn(name: str, files: dict[str, list[pytest.Item]]) -> tuple[int, list[str]]:
    if name in LONGEST:
        return LONGEST.index(name), []
    return len(LONGEST), sorted({kind for item in files[name] for kind in needed_by(item)})


def spread(small: Sequence[str], great: Sequence[str]) -> list[str]:
    """Return both in order, the small ones between the great ones, more where these take longer."""
    keyed = [((i + 1) / (len(small) + 1), name) for i, name in enumerate(small)]
    ends = list(accumulate(_WAITS if name.startswith(_SLOW) else 1 for name in great))
    keyed += [(end / (ends[-1] + 1), name) for end, name in zip(ends, great, strict=True)]
    return [name for _, name in sorted(keyed, key=lambda each: each[0])]
