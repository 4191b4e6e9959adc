"""What all tests share."""

import gc
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "pytester",
    "tests.lab_fixtures",
    "tests.lab_crashes",
    "tests.scenario.shared",
    "tests.scenario.recovery_fixtures",
    "tests.order",
]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage meanwhile: ten thousand tests are collected, and stay.

    Nor look through them ever after, as each process would all the time that it tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


# Five processes share two cores here: how long an example took says nothing of the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
