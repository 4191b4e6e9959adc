"""What every posting has, whatever it is made from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.jsontypes import Spec
from bot.domain.rollout.posting import first_posting, with_back, with_restore, with_retry
from bot.domain.rollout.record import Rollout
from tests.builders import a_posting, a_rollout, a_spec


def _bare() -> Spec:
    """As another tool may have made it: the Engine then returns no Placement either."""
    spec = a_spec()
    template = {key: value for key, value in spec["TaskTemplate"].items() if key != "Placement"}
    return {**spec, "TaskTemplate": template}


@pytest.mark.parametrize("way", ["forward", "retry", "back", "restore"])
def test_every_posting_has_a_placement_for_without_it_all_managers_may_fall(way: str) -> None:
    rollout, bare = a_rollout(), _bare()
    ways: dict[str, Rollout] = {
        "forward": first_posting(rollout, bare),
        "retry": with_retry(rollout, a_posting(bare)),
        "back": with_back(rollout, bare, 1, "base"),
        "restore": with_restore(rollout, bare, "base"),
    }
    posting = ways[way].posting
    assert posting is not None
    assert posting.spec["TaskTemplate"]["Placement"] == {}
    assert "Placement" not in bare["TaskTemplate"]


def test_a_placement_that_is_there_stays() -> None:
    spec = a_spec()
    spec = {**spec, "TaskTemplate": {**spec["TaskTemplate"], "Placement": {"MaxReplicas": 2}}}
    posting = first_posting(replace(a_rollout(), attempts=0), spec).posting
    assert posting is not None
    assert posting.spec["TaskTemplate"]["Placement"] == {"MaxReplicas": 2}
