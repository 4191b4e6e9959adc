"""The swarm of the suite: its nodes take no tasks, and what lines name is there."""

from collections.abc import Iterator

import pytest

from playground.lab import Lab
from tests.parity.cases import WHOLE
from tests.parity.findings import Findings
from tests.parity.results import PATH, kept
from tests.parity.twins import Twins, idle_nodes, on_lab, things

_FINDINGS = pytest.StashKey[Findings]()


@pytest.fixture(scope="session")
def findings(request: pytest.FixtureRequest) -> Findings:
    """What this run finds."""
    before = None if WHOLE else kept()
    return request.config.stash.setdefault(_FINDINGS, Findings(before=before))


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Write down what a whole run has found, failures and all; of another one, nothing."""
    found = config.stash.get(_FINDINGS, None)
    if not WHOLE or found is None:
        return
    left_out = [report.nodeid for report in terminalreporter.getreports("deselected")]
    if missing := [*found.missing(), *left_out]:
        some = ", ".join(missing[:3])
        terminalreporter.write_line(f"{PATH.name} stays: {len(missing)} not told of: {some} …")
        return
    bad = (*terminalreporter.getreports("failed"), *terminalreporter.getreports("error"))
    found.results([report.nodeid for report in bad]).write()
    terminalreporter.write_line(f"written: {PATH.name}")


@pytest.fixture(scope="module")
def twins(swarm: Lab, findings: Findings) -> Iterator[Twins]:
    """Both worlds, on nodes that take no tasks: those stay pending, and nothing has to start."""
    both = on_lab(swarm)
    findings.docker_cli = both.cli.version
    findings.engine, findings.engine_api = both.engine.release, both.engine.api
    with idle_nodes(both.engine), things(both.engine):
        yield both
