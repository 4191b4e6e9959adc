"""Looks from before our post: a manager that lags, or one that was restored from a backup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.lag import LAGS
from bot.domain.observation import Observation
from bot.domain.rollout.note import NoteKind
from bot.domain.rollout.outcome import Step
from bot.domain.rollout.posting import with_retry
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.step import step
from bot.domain.rollout.watch import watch_after
from tests.builders import a_plan, a_posting, a_rollout, a_spec, a_task, an_observation, later

S = RolloutState
_LAGS = LAGS.total_seconds()
_GONE = replace(an_observation(), service=None, tasks=())
_OLDER = an_observation(a_spec("nginx:old"), version=3)


def right(version: int) -> Observation:
    return an_observation(None, (a_task(1), a_task(2), a_task(3)), version=version)


def looked(rollout: Rollout, seen: Observation, *at: float) -> Step:
    """Look again and again; nothing is concluded before the last look."""
    for seconds in at[:-1]:
        done = step(rollout, seen, later(seconds))
        assert (done.rollout.state, done.notes) == (rollout.state, ())
        rollout = done.rollout
    return step(rollout, seen, later(at[-1]))


@pytest.mark.parametrize(
    ("seen", "end"), [(_OLDER, S.SUPERSEDED), (_GONE, S.FAILED)], ids=["older", "gone"]
)
@pytest.mark.parametrize("after", [0, 3600], ids=["right after the post", "an hour after"])
def test_for_some_moments_a_manager_may_only_lag(
    seen: Observation, end: RolloutState, after: float
) -> None:
    rollout = a_rollout(posting=a_posting(version=12, posted_at=later(0)))
    found = looked(rollout, seen, after, after + 1, after + _LAGS - 0.1, after + _LAGS)
    assert found.rollout.state is end
    assert [note.kind for note in found.notes] == [NoteKind.ENDED]
    assert found.rollout.doubted_since is None


@pytest.mark.parametrize("seen", [_OLDER, _GONE], ids=["older", "gone"])
def test_doubts_do_not_add_up_over_a_look_without_any(seen: Observation) -> None:
    rollout = a_rollout(posting=a_posting(version=12))
    doubted = step(rollout, seen, later(0)).rollout
    certain = step(doubted, an_observation(None, (a_task(1),), version=13), later(10)).rollout
    assert certain.doubted_since is None
    again = step(certain, seen, later(_LAGS + 1))
    assert (again.rollout.state, again.rollout.doubted_since) == (S.PROGRESSING, later(_LAGS + 1))


@pytest.mark.parametrize("state", [S.PROGRESSING, S.PAUSED, S.STALLED, S.ROLLING_BACK])
def test_a_swarm_restored_to_before_our_post_ends_it_and_says_what_to_do(state: S) -> None:
    rollout = a_rollout(state=state, posting=a_posting(version=12))
    found = looked(rollout, _OLDER, 3600, 3600 + _LAGS)
    assert found.rollout.state is S.SUPERSEDED
    assert "restored from an older backup" in found.rollout.reason
    assert "Type it again" in found.rollout.reason
    assert found.rollout.left_behind == "web is left as it is now, on nginx:old."
    assert [note.kind for note in found.notes] == [NoteKind.ENDED]


def test_a_swarm_restored_to_after_our_post_is_followed_on() -> None:
    rollout = a_rollout(posting=a_posting(version=12))
    first = looked(rollout, right(version=3), 60, 60 + _LAGS).rollout
    assert (first.state, first.posting and first.posting.version) == (S.PROGRESSING, 3)
    assert step(first, right(version=4), later(66 + _LAGS)).rollout.state is S.COMPLETED


@pytest.mark.parametrize("seen", [_OLDER, _GONE], ids=["older", "gone"])
def test_what_was_completed_is_watched_on_while_a_manager_lags(seen: Observation) -> None:
    posting = a_posting(version=12)
    rollout = a_rollout(state=S.COMPLETED, posting=posting, ended_at=later(0))
    first = watch_after(rollout, seen, later(1))
    assert (first.over, first.step.rollout.doubted_since) == (False, later(1))
    assert not watch_after(first.step.rollout, seen, later(_LAGS)).over
    last = watch_after(first.step.rollout, seen, later(1 + _LAGS))
    assert last.over
    assert last.step.rollout == rollout


def test_each_posting_knows_the_version_that_was_seen_before_it() -> None:
    plan = a_plan(base_version=7)
    rollout = a_rollout(plan, posting=None, attempts=0)
    posting = a_posting()
    first = with_retry(rollout, posting)
    assert first.posting is not None
    assert first.posting.base_version == 7
    untold = with_retry(first, first.posting)
    assert untold.posting is not None
    assert untold.posting.base_version == 7, "it never was posted"
    made = replace(first, posting=replace(first.posting, version=12))
    again = with_retry(made, posting)
    assert again.posting is not None
    assert again.posting.base_version == 12
