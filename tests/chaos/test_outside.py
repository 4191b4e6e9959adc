"""Somebody changes the service by the docker CLI at any moment of a rollout.

Never overwritten, and never told as done when it is not what was asked for.
"""

import os
import random
import time

import pytest

from playground.workspace import Seen
from tests.chaos.history import mark_of
from tests.scenario.recovery_stage import Bench, tell
from tests.scenario.team import ENDS, payload
from tests.waiting import eventually

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
ROUNDS = 20 if os.environ.get("CHAOS") else 6
_LONGEST = 8.0  # seconds; such a rollout takes about four, on a busy machine ten
_SLACK = 1.0  # seconds: the end is recorded within two of being true, and told a moment later


@pytest.mark.timeout(300 + 40 * ROUNDS)
def test_changed_from_outside_at_random_moments(bench: Bench) -> None:
    print(f"SEED={SEED}")  # noqa: T201  shown with a failure
    rng = random.Random(SEED)
    ends = [_round(bench, number, rng.uniform(0.0, _LONGEST)) for number in range(1, ROUNDS + 1)]
    tell(f"changed from outside: {', '.join(ends)}")


def _round(bench: Bench, number: int, moment: float) -> str:
    team, mine = bench.team, f"BY={number}"
    tag = "v2" if team.tag() == "v1" else "v1"
    message = team.begins(f"update --image {team.image(tag)} {team.service}")
    time.sleep(moment)  # the moment is what is tried
    began = time.time()
    team.docker("service", "update", "-d", "-q", "--env-add", mine, team.service)
    live = team.inspected()
    ended = team.shows(message, lambda m: m.state in ENDS, timeout=60)
    assert mine in team.spec()["TaskTemplate"]["ContainerSpec"]["Env"], "it was overwritten"
    was_posted = mark_of(live["PreviousSpec"])[0] == payload(message)["rollout_id"]
    assert was_posted == (team.tag() == tag), "posted over what somebody else had changed"
    if ended.state == "superseded":
        _is_said(ended, team.tag())
    else:
        assert was_posted
        assert ended.state == "completed", ended.text
        told_at = next(r["at"] for r in ended.revisions if _state(r) == "completed")
        assert told_at - _SLACK < began, "it was told as completed after somebody had changed it"
    assert len([m for m in team.thread(ended) if payload(m).get("note") == "ended"]) == 1
    eventually(lambda: len(bench.running(team.service)) == 2, "its tasks")
    return str(ended.state)


def _is_said(ended: Seen, live: str) -> None:
    assert "was changed outside Waggle meanwhile" in ended.text
    assert "env" in ended.text
    assert "Nothing was overwritten." in ended.text
    assert f":{live}" in ended.text


def _state(revision: dict[str, object]) -> object:
    metadata = revision["metadata"]
    assert isinstance(metadata, dict)
    return metadata["event_payload"]["state"]
