"""What becomes of a test below which an Engine crashed.

dockerd does so by itself now and then; the lab has no systemd that would start it again. That is no
finding of the test's, nor may it fail all that come after it: the Engine is started again, the test
runs once more, and the end of the run shows what the Engine said.
"""

from collections.abc import Generator
from functools import partial

import pytest

from playground.lab import Lab
from playground.lab.shell import wait_until

_FAILED = pytest.StashKey[bool]()
_CRASHED = pytest.StashKey[bool]()
_TITLE = "last words of an Engine"
_SHOWN = 6


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what runs on the swarm run again after a crash, and after nothing else."""
    for item in items:
        if isinstance(item, pytest.Function) and "swarm" in item.fixturenames:
            item.add_marker(pytest.mark.flaky(reruns=1, condition=partial(_has_crashed, item)))


def _has_crashed(item: pytest.Item) -> bool:
    return item.stash.get(_CRASHED, False)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Start Engines that have crashed at once, and those that a failed test left off at its end."""
    report = yield
    lab = item.funcargs.get("swarm") if isinstance(item, pytest.Function) else None
    if call.when == "setup":  # of the second try, too
        item.stash[_FAILED] = item.stash[_CRASHED] = False
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


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end which Engines have crashed, below which tests, and with which words."""
    for outcome in ("rerun", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            for title, words in report.sections:
                if title.startswith(_TITLE):
                    terminalreporter.write_line(f"{title}, below {report.nodeid} ({outcome}):")
                    terminalreporter.write_line("\n".join(words.splitlines()[:_SHOWN]))
