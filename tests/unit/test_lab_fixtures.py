"""Where no swarm can run, its tests are skipped; in CI they fail."""

import pytest

from tests.lab_fixtures import cannot_run

CONFTEST = """
from tests.lab_fixtures import UNABLE, pytest_runtest_setup

def pytest_configure(config):
    config.addinivalue_line("markers", "swarm: needs one")
    config.stash[UNABLE] = "no bridge can be made here"
"""
TESTS = """
import pytest

@pytest.mark.swarm
def test_on_a_swarm():
    pass

def test_on_its_own():
    pass
"""


@pytest.mark.parametrize("environment", [{}, {"CI": ""}, {"CI": "false"}])
def test_what_cannot_run_here_is_skipped_and_says_why(environment: dict[str, str]) -> None:
    with pytest.raises(pytest.skip.Exception, match="no packages"):
        cannot_run("no packages", environment)


def test_in_ci_it_fails_and_says_why() -> None:
    with pytest.raises(pytest.fail.Exception, match="no packages"):
        cannot_run("no packages", {"CI": "true"})


@pytest.mark.parametrize(
    ("ci", "came"), [("", {"skipped": 1, "passed": 1}), ("true", {"errors": 1, "passed": 1})]
)
def test_a_run_in_ci_without_a_swarm_is_no_success(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, came: dict[str, int]
) -> None:
    monkeypatch.setenv("CI", ci)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    done = pytester.runpytest(
        "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:asyncio", "-rs"
    )
    done.assert_outcomes(**came)
    done.stdout.fnmatch_lines(["*no bridge can be made here*"])
