"""What becomes of a test below which an Engine crashed, and of one that fails in a run in CI.

dockerd crashes by itself now and then; the lab has no systemd that would start it again. That is no
finding of the test's, nor may it fail all that come after it: the Engine is started again, the test
runs once more, and the end of the run shows what the Engine said.

In CI four of these tests at a time share two cores with some thirty processes, and each of several
hundred is a chance to lose a race of its own. One that fails there is tried once more, and named at
the end (`rerun`): it is to be mended all the same. What needs no real part gets no second try.

Of what is to prove that nothing is lost, that would make green what was lost once in two runs. So
there (`_PROOFS`) a test is tried once more only when all that it ended with is that something came
too late (tests/waiting.py: `is_too_late`); what was seen to be wrong is wrong. A storm, which is
hundreds of such in one, gets no second try at all.
"""

import os
from collections.abc import Generator
from functools import partial

import pytest

from playground.lab import Lab
from playground.lab.shell import wait_until
from tests.waiting import is_too_late

_FAILED = pytest.StashKey[bool]()
_CRASHED = pytest.StashKey[bool]()
_WRONG = pytest.StashKey[bool]()
_TITLE = "last words of an Engine"
_SHOWN = 6
_TOLD, _WIDE = 24, 200  # lines, and characters of each
REAL = tuple(
    f"tests/{name}/" for name in ("chaos", "contract", "integration", "parity", "scenario")
)
_ONCE = ("tests/chaos/test_storm.py",)
_PROOFS = (
    "tests/chaos/",
    "tests/scenario/test_last_moment",
    "tests/scenario/test_no_way_round",
    "tests/scenario/test_recovery_",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what runs on the swarm run again after a crash; in CI, what has real parts, once."""
    for item in items:
        if isinstance(item, pytest.Function) and (_is_real(item) or "swarm" in item.fixturenames):
            item.add_marker(pytest.mark.flaky(reruns=1, condition=partial(_may_again, item)))


def _is_real(item: pytest.Item) -> bool:
    return item.nodeid.startswith(REAL) and not item.nodeid.startswith(_ONCE)


def _may_again(item: pytest.Item) -> bool:
    if item.stash.get(_CRASHED, False):
        return True
    is_final = item.nodeid.startswith(_PROOFS) and item.stash.get(_WRONG, True)
    return os.environ.get("CI") == "true" and _is_real(item) and not is_final


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Start Engines that have crashed at once, and those that a failed test left off at its end."""
    report = yield
    lab = item.funcargs.get("swarm") if isinstance(item, pytest.Function) else None
    if call.when == "setup":  # of the second try, too
        item.stash[_FAILED] = item.stash[_CRASHED] = item.stash[_WRONG] = False
    if report.failed:
        item.stash[_WRONG] |= not is_too_late(call.excinfo.value if call.excinfo else None)
    if isinstance(lab, Lab):
        item.stash[_FAILED] |= report.failed
        crashed = lab.crashed() if report.failed else []
        item.stash[_CRASHED] |= bool(crashed)
        report.sections += [(f"{_TITLE}: n{i}", lab.last_words(i)) for i in crashed]
        if crashed or (call.when == "teardown" and item.stash[_FAILED]):
            _bring_back(lab, report)
    return report


def _bring_back(lab: Lab, report: pytest.TestReport) -> None:
    try:
        for i in (off := lab.off()):
            lab.start(i)
        if off:
            wait_until(lambda: lab.trouble() is None, "the swarm to be whole again", seconds=60)
    except Exception as error:  # noqa: BLE001  in a hook it would end the whole run
        report.sections.append(("an Engine did not come back", str(error)))


def _why(report: pytest.TestReport) -> str:
    """Return where and of what a test failed that is green in the end, and what the channel said.

    Nobody sees it again: a test that loses a race looks like a product that loses a word.
    """
    crash = getattr(report.longrepr, "reprcrash", None)
    words = [line[:_WIDE] for line in (crash.message if crash else "").splitlines()[:_TOLD]]
    entries = getattr(getattr(report.longrepr, "reprtraceback", None), "reprentries", ())
    at = [e.reprfileloc for e in entries if getattr(e, "reprfileloc", None)]
    places = [f"  at {each.path}:{each.lineno}" for each in at]
    channel = [text for title, text in report.sections if title == "channel"]
    shown = [line for text in channel for line in text.splitlines()[-_TOLD:]]
    return "\n".join(
        [*(words or ["no words"]), *places, *(f"  | {line[:_WIDE]}" for line in shown)]
    )


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name at the end what was tried once more, and the Engines that crashed with their words."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.write_line(
            f"tried once more: {report.nodeid} ({report.when}): {_why(report)}"
        )
    for outcome in ("rerun", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            for title, words in report.sections:
                if title.startswith(_TITLE):
                    terminalreporter.write_line(f"{title}, below {report.nodeid} ({outcome}):")
                    terminalreporter.write_line("\n".join(words.splitlines()[:_SHOWN]))
