"""Who runs which test file."""

from pathlib import Path

import pytest

from tests.order import LONGEST

ROOT = Path(__file__).parents[2]
PLUGIN = 'pytest_plugins = ["tests.lab_fixtures", "tests.scenario.shared", "tests.order"]'
WHO = """
import os

def test_tells():
    with open(os.environ["WHO_RAN"], "a") as told:
        told.write(f"{os.environ['PYTEST_XDIST_WORKER']} {os.nice(0)} {__name__}\\\\n")
"""


@pytest.mark.parametrize("name", LONGEST)
def test_what_is_begun_first_exists(name: str) -> None:
    assert (ROOT / name).is_file()
