"""A crash of an Engine costs a second try, and is said; nothing else gets one."""

import pytest

CONFTEST = """
import pytest
from playground.lab import Lab
from tests.lab_crashes import (
    pytest_collection_modifyitems, pytest_runtest_makereport, pytest_terminal_summary
)

class Paper(Lab):
    dark = set()
    started = []

    def off(self):
        return sorted(self.dark)

    def start(self, i):
        self.dark.discard(i)
        self._killed.discard(i)
        self.started.append(i)

    def trouble(self):
        return None

    def last_words(self, i):
        return "fatal error: concurrent map writes" + chr(10) * 9 + "goroutine 1"

    def power_off(self, i, *, on_purpose):
        self.dark.add(i)
        if on_purpose:
            self._killed.add(i)

@pytest.fixture(scope="session")
def swarm():
    return Paper()
"""
TESTS = """
TRIES = []

def test_below_which_it_crashes_once(swarm):
    TRIES.append(1)
    if len(TRIES) == 1:
        swarm.power_off(2, on_purpose=False)
    assert swarm.off() == []

def test_below_which_it_always_crashes(swarm):
    swarm.power_off(3, on_purpose=False)
    assert swarm.off() == []

def test_that_cuts_the_power_and_fails(swarm):
    swarm.power_off(1, on_purpose=True)
    assert swarm.off() == []

def test_that_fails(swarm):
    assert swarm.started == [2, 3, 3, 1]
    assert False, "by itself"
"""


ONCE = """
import pathlib

def test_that_fails_at_first():
    mark = pathlib.Path(__file__).with_suffix(".tried")
    tried = mark.exists()
    mark.touch()
    assert tried
"""


@pytest.mark.parametrize("ci", ["true", ""])
def test_in_ci_what_has_real_parts_gets_a_second_try_and_a_storm_gets_none(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)
    pytester.makeconftest(CONFTEST)
    for name in ("scenario/test_one", "contract/test_two", "unit/test_three", "chaos/test_storm"):
        file = pytester.path / "tests" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(ONCE)
    done = pytester.runpytest("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:asyncio")
    last = done.outlines[-1].strip("= ")
    wanted = "2 failed, 2 passed, 2 rerun in " if ci else "4 failed in "
    assert last.startswith(wanted)
    named = [line for line in done.outlines if line.startswith("tried once more: ")]
    assert named == [
        f"tried once more: tests/{name}.py::test_that_fails_at_first (call): assert False"
        for name in ("contract/test_two", "scenario/test_one")
        if ci
    ]


@pytest.fixture
def lines(pytester: pytest.Pytester) -> list[str]:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    done = pytester.runpytest(
        *("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:asyncio", "-rA"),
    )
    return list(done.outlines)


def test_only_a_crash_gets_a_second_try(lines: list[str]) -> None:
    assert lines[-1].strip("= ").startswith("3 failed, 1 passed, 2 rerun in ")
    assert any("AssertionError: by itself" in line for line in lines)


def test_the_end_of_the_run_says_whose_engine_crashed(lines: list[str]) -> None:
    said = [line for line in lines if line.startswith("last words of an Engine: ")]
    name = "test_the_end_of_the_run_says_whose_engine_crashed.py::test_below_which_it"
    assert said == [
        f"last words of an Engine: n2, below {name}_crashes_once (rerun):",
        f"last words of an Engine: n3, below {name}_always_crashes (rerun):",
        f"last words of an Engine: n3, below {name}_always_crashes (failed):",
    ]
    assert lines.count("fatal error: concurrent map writes") >= len(said)
