"""A swarm that is older than our post: its managers were restored from a backup."""

from __future__ import annotations

import pytest

from bot.domain.observation import Observation
from bot.domain.rollout.note import NoteKind
from bot.domain.rollout.outcome import Step
from bot.domain.rollout.record import RolloutState
from bot.domain.rollout.step import LAGS, step
from tests.builders import a_posting, a_rollout, a_spec, a_task, an_observation, later

S = RolloutState


def right(version: int) -> Observation:
    return an_observation(None, (a_task(1), a_task(2), a_task(3)), version=version)


def test_for_a_moment_a_manager_may_only_lag() -> None:
    rollout = a_rollout(posting=a_posting(version=12, posted_at=later(0)))
    older = an_observation(a_spec("nginx:old"), version=3)
    lags = LAGS.total_seconds()
    assert step(rollout, older, later(lags - 1)) == Step(rollout=rollout)
    assert step(rollout, older, later(lags)).rollout.state is S.SUPERSEDED


@pytest.mark.parametrize("state", [S.PROGRESSING, S.PAUSED, S.STALLED, S.ROLLING_BACK])
def test_a_swarm_restored_to_before_our_post_ends_it_and_says_what_to_do(state: S) -> None:
    rollout = a_rollout(state=state, posting=a_posting(version=12))
    found = step(rollout, an_observation(a_spec("nginx:old"), version=3), later(3600))
    assert found.rollout.state is S.SUPERSEDED
    assert "restored from an older backup" in found.rollout.reason
    assert "Type it again" in found.rollout.reason
    assert found.rollout.left_behind == "web is left as it is now, on nginx:old."
    assert [note.kind for note in found.notes] == [NoteKind.ENDED]


def test_a_swarm_restored_to_after_our_post_is_followed_on() -> None:
    rollout = a_rollout(posting=a_posting(version=12))
    first = step(rollout, right(version=3), later(60)).rollout
    assert (first.state, first.posting and first.posting.version) == (S.PROGRESSING, 3)
    assert step(first, right(version=4), later(66)).rollout.state is S.COMPLETED
