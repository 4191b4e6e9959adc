"""Flags that the real Engine of the suite may be too old for: on a simulated Engine."""

from collections.abc import Iterator

import pytest

from bot.domain.flags.verb import Verb
from playground.simulator.lab import SimulatedLab
from tests.parity.cases import NEWER
from tests.parity.findings import Findings
from tests.parity.results import Verdict
from tests.parity.twins import Twins, on_simulator
from tests.parity.walks import created, updated


@pytest.fixture(scope="module")
def newer(findings: Findings) -> Iterator[Twins]:
    lab = SimulatedLab(speed=0, api_version=(1, 51))
    lab.up()
    try:
        twins = on_simulator(lab)
        findings.simulated_api = twins.engine.api
        yield twins
    finally:
        lab.down()


@pytest.mark.parametrize("case", NEWER)
def test_flag(newer: Twins, findings: Findings, case: str) -> None:
    of = NEWER[case]
    parted = newer.part(of.lines)
    findings.tell(of.verb, of.flag, Verdict.SIMULATED, walk=case, parted=parted)


def test_the_cli_leaves_out_what_an_update_says_of_the_start_interval(
    newer: Twins, findings: Findings
) -> None:
    lines = [created("--health-cmd true"), updated("--health-start-interval 10s")]
    (_, theirs), (_, ours) = newer.walk(lines)
    assert theirs.spec is not None
    assert ours.spec is not None
    theirs.spec["TaskTemplate"]["ContainerSpec"]["Healthcheck"]["StartInterval"] = 10 * 10**9
    assert (theirs.refused, ours.refused, ours.spec) == ("", "", theirs.spec)
    findings.tell(Verb.UPDATE, "health-start-interval", Verdict.OTHERWISE)
