"""Eight rollouts under way, and one thing after the other is killed or put to sleep.

`make chaos` breaks more (CHAOS=1000) and can repeat a storm (SEED=…): what is broken is the same
then, in the same order. The moments are not, to the millisecond, nor is what is typed: that hangs
on what was answered, and on what runs by then.
"""

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.lab import Lab
from tests.chaos.evidence import evidence
from tests.chaos.havoc import KINDS, POINTS, deck
from tests.chaos.history import History
from tests.chaos.judge import objections
from tests.chaos.recovery import percentile, recoveries
from tests.chaos.storm import IN_FLIGHT, Storm
from tests.chaos.telling import WITHIN, tell
from tests.scenario.own_redis import OwnRedis
from tests.scenario.recovery_stage import BrokenStage

INTERRUPTIONS = int(os.environ.get("CHAOS") or 100)
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
_HALF = -(-INTERRUPTIONS // 2)
_SPRUNG = 0.6  # of all named points: some steps are rare, and are not waited for long
_LIMITED = (
    0.1  # calls that Slack's limits may refuse, for each interruption: Valkey forgets a second
)
_AT_LEAST = 0.9  # of all interruptions, so many had eight in flight; some end at that very moment


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    with tempfile.TemporaryDirectory(prefix="own-") as short:
        server = OwnRedis(Path(short))
        server.start()
        yield server
        server.kill()


@pytest.mark.timeout(300 + 30 * _HALF)
def test_nothing_is_lost_with_one_worker_and_the_embedded_valkey(swarm: Lab) -> None:
    _survives(swarm, second=False, own=None)


@pytest.mark.timeout(300 + 30 * _HALF)
def test_nothing_is_lost_with_two_workers_and_a_valkey_of_its_own(
    swarm: Lab, own_redis: OwnRedis
) -> None:
    _survives(swarm, second=True, own=own_redis)


def _survives(swarm: Lab, *, second: bool, own: OwnRedis | None) -> None:
    seed, began = SEED + second, time.monotonic()
    print(f"SEED={SEED}")  # noqa: T201  shown with a failure, too
    extra = {"REDIS_URL": own.url} if own else {}
    with tempfile.TemporaryDirectory(prefix="armed-") as armed:
        stage = BrokenStage(swarm, extra={**extra, "WAGGLE_FAULT_DIR": armed})
        with stage:
            storm = Storm(swarm, stage, Path(armed), seed=seed, second=second, own=own)
            history = storm.run(_HALF)
    tell(history, seed, began)
    found = objections(history)
    assert not found, "\n".join(evidence(history, found))
    _was_a_storm(history)


def _was_a_storm(history: History) -> None:
    """Check that there was something to lose, and that Waggle was back in time."""
    found = recoveries(history)
    nexts = [each.next for each in found if each.next is not None]
    assert len(nexts) == len(found), [each for each in found if each.next is None]
    assert percentile(nexts, 0.95) <= WITHIN
    _all_kinds_landed(history)
    flying = [each.in_flight >= IN_FLIGHT for each in found]
    assert sum(flying) >= _AT_LEAST * len(flying), f"{sum(flying)} of {len(flying)}"
    assert sum(history.limited.values()) <= _LIMITED * len(found), history.limited
    sleepers = [each.fenced for each in history.interruptions if each.fenced is not None]
    assert all(sleepers), "a steward slept longer than its lease, and was not fenced out"
    changed = {e.subject for e in history.entries if e.what == "posted"}
    assert len(changed) > len(found), "next to nothing was changed"


def _all_kinds_landed(history: History) -> None:
    """Check that what the deck holds was done: a horse that is not there cannot be killed."""
    done = Counter(each.what for each in history.interruptions)
    whole = Counter(str(blow) for blow in deck(KINDS, random.Random(0)))
    kinds = {what for what in whole if not what.startswith("kill -9 at ")}
    assert len(history.interruptions) < KINDS or kinds <= set(done), kinds - set(done)
    points = sum(count for what, count in done.items() if what.startswith("kill -9 at "))
    assert points >= _SPRUNG * len(POINTS) * (len(history.interruptions) // KINDS), done
