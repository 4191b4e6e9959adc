"""What all tests share."""

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "pytester",
    "tests.lab_fixtures",
    "tests.lab_crashes",
    "tests.scenario.recovery_fixtures",
]

# Three processes share two cores here: how long an example took says nothing of the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

LONGEST = (
    "tests/chaos/test_storm.py",
    "tests/scenario/test_deployed.py",
    "tests/parity/test_flags.py",
)
"""Files that take minutes: begun first, else the others wait for them at the end."""


@pytest.hookimpl(trylast=True)  # after pytest-randomly has shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, the others as they come."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
