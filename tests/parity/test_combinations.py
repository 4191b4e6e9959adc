"""Generated combinations of flags: the same spec, the same tasks.

`make parity` tries PARITY=500 of them from a new seed, SEED=… the same ones again. Otherwise it is
a few, from one seed: a run that fails shall fail again.
"""

import os
import secrets
import sys
from collections import Counter

import pytest
from hypothesis import Phase, given, seed, settings

from tests.parity.combinations import Combination, combinations, smallest
from tests.parity.findings import Findings
from tests.parity.kept import KEPT
from tests.parity.results import Combined
from tests.parity.twins import Twins, agree

_SAMPLE, _SAMPLE_SEED = 40, 1
HOW_MANY = int(os.environ.get("PARITY") or _SAMPLE)
SEED = int(os.environ.get("SEED") or (secrets.randbelow(2**32) if HOW_MANY > _SAMPLE else 1))


@pytest.mark.parametrize("kept", KEPT, ids=str)
def test_kept(twins: Twins, kept: Combination) -> None:
    agree(twins, kept.lines)


@pytest.mark.timeout(60 + 10 * HOW_MANY)
def test_combinations(twins: Twins, findings: Findings, capsys: pytest.CaptureFixture[str]) -> None:
    told: Counter[str] = Counter()
    failed: list[str] = []

    @seed(SEED)
    @settings(max_examples=HOW_MANY, phases=[Phase.generate], database=None)
    @given(combinations())
    def one(found: Combination) -> None:
        if failed:
            return
        theirs, ours = twins.walk(found.lines)
        told["walks"] += 1
        told["lines"] += len(theirs)
        told["done"] += sum(not seen.refused for seen in theirs)
        if parted := twins.parted(found.lines, theirs, ours):
            failed.append(_report(twins, found, parted))

    with capsys.disabled():
        sys.stdout.write(f"\ndocker CLI {twins.cli.version}, SEED={SEED}, PARITY={HOW_MANY}\n")
    one()
    walks = told["walks"]
    findings.combinations = Combined(seed=SEED, generated=walks, agreed=walks - len(failed))
    if failed:
        pytest.fail(failed[0], pytrace=False)
    assert told["done"] > told["lines"] / 2, f"too few lines are good for anything: {told}"


def _report(twins: Twins, found: Combination, parted: str) -> str:
    least = smallest(found, lambda each: twins.part(each.lines))
    return (
        f"{twins.part(least.lines) or parted}\n\nSEED={SEED}. Mend it, and keep it in "
        f"tests/parity/kept.py:\n    {least!r},"
    )
