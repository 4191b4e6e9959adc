"""A crash of an Engine costs a second try, and is said.

In CI what has real parts gets one, too; but what is to prove that nothing is lost, only when it
came too late.
"""

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
    places = [line for line in done.outlines if line.startswith("  at ")]
    assert places == [
        f"  at tests/{name}.py:8" for name in ("contract/test_two", "scenario/test_one")
    ] * bool(ci)


ENDINGS = """
import pathlib
import subprocess
import time

import pytest
import requests
from playground.lab import GaveUpError
from playground.stage import NotReadyError
from tests.waiting import TooLateError, eventually

@pytest.fixture
def tried():
    mark = pathlib.Path(__file__).with_suffix(".tried")
    yield mark.exists()
    mark.touch()

@pytest.fixture
def left_wrong(tried):
    yield
    assert tried, "nothing is left behind"

@pytest.fixture
def ends_late(tried):
    yield
    if not tried:
        raise TooLateError("the end")

def wrong_after_a_wait():
    try:
        eventually(lambda: None, seconds=0)
    except TooLateError as late:
        raise AssertionError("two messages") from late

ENDINGS = {
    "eventually": lambda: eventually(lambda: None, seconds=0),
    "process": lambda: subprocess.run(["sleep", "5"], timeout=0.01),
    "timeout": lambda: (_ for _ in ()).throw(TimeoutError("no such message")),
    "http": lambda: (_ for _ in ()).throw(requests.ReadTimeout("no answer")),
    "lab": lambda: (_ for _ in ()).throw(GaveUpError("no node")),
    "stage": lambda: (_ for _ in ()).throw(NotReadyError("no bot")),
    "pytest": lambda: time.sleep(30),
    "wrong": lambda: pytest.fail("two messages"),
    "both": wrong_after_a_wait,
    "error": lambda: {}["parent"],
}
"""
ENDING = """
@pytest.mark.timeout(2)
def test_that_ends_so_at_first(tried{fixtures}):
    if not tried:
        ENDINGS["{ending}"]()
"""
LATE = ("eventually", "process", "timeout", "http", "lab", "stage", "pytest")
WRONG = ("wrong", "both", "error")
PROOFS = (
    "chaos/test_twins",
    "scenario/test_recovery_engine",
    "scenario/test_last_moment",
    "scenario/test_no_way_round",
)


def last_line(pytester: pytest.Pytester, file: str, source: str) -> str:
    """Return the last line of a run in CI of one file, without its seconds."""
    pytester.makeconftest(CONFTEST)
    path = pytester.path / "tests" / f"{file}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    done = pytester.runpytest("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:asyncio")
    return done.outlines[-1].strip("= ").partition(" in ")[0]


@pytest.fixture
def _in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")


@pytest.mark.usefixtures("_in_ci")
@pytest.mark.parametrize("ending", [*LATE, *WRONG])
def test_where_nothing_may_be_lost_what_came_too_late_gets_a_second_try_and_what_is_wrong_none(
    pytester: pytest.Pytester, ending: str
) -> None:
    source = ENDINGS + ENDING.format(ending=ending, fixtures="")
    last = last_line(pytester, PROOFS[0], source)
    assert last == ("1 passed, 1 rerun" if ending in LATE else "1 failed")


@pytest.mark.usefixtures("_in_ci")
@pytest.mark.parametrize(
    "file", [*PROOFS, "scenario/test_proves_less", "integration/test_proves_less"]
)
def test_what_is_wrong_is_tried_again_but_where_nothing_may_be_lost(
    pytester: pytest.Pytester, file: str
) -> None:
    source = ENDINGS + ENDING.format(ending="wrong", fixtures="")
    assert last_line(pytester, file, source) == (
        "1 failed" if file in PROOFS else "1 passed, 1 rerun"
    )


@pytest.mark.usefixtures("_in_ci")
@pytest.mark.parametrize(
    ("ending", "fixture", "last"),
    [
        ("wrong", "ends_late", "1 failed, 1 error"),
        ("eventually", "left_wrong", "1 failed, 1 error"),
        ("eventually", "ends_late", "1 passed, 2 rerun"),  # a report of each
    ],
)
def test_nothing_about_a_try_may_be_wrong_if_there_is_to_be_another(
    pytester: pytest.Pytester, ending: str, fixture: str, last: str
) -> None:
    source = ENDINGS + ENDING.format(ending=ending, fixtures=f", {fixture}")
    assert last_line(pytester, PROOFS[0], source) == last


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
