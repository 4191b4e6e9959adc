from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.change import ActionKind
from bot.domain.lag import LAGS
from bot.domain.observation import UpdateState
from bot.domain.plan import Kind
from bot.domain.refusal import Refusal
from bot.domain.revision import RevisionSpec
from bot.domain.rollout.act import act, legal_actions, take_over
from bot.domain.rollout.failure import pick, told
from bot.domain.rollout.note import NoteKind
from bot.domain.rollout.outcome import Step
from bot.domain.rollout.record import Progress, Purpose, Rollout, RolloutState
from bot.domain.rollout.step import step
from bot.domain.rollout.watch import watch_after
from bot.domain.rollout.words import held_by
from bot.domain.spec import spec_hash
from tests.builders import (
    BOB,
    SECOND,
    a_node,
    a_plan,
    a_posting,
    a_revision_spec,
    a_rollout,
    a_spec,
    a_task,
    an_observation,
    later,
)

S = RolloutState
HALFWAY = Progress(total=6, updated=2, running=6, score=20)
REVISION_1 = a_revision_spec(1)


def done(rollout: Rollout, kind: ActionKind, back_to: RevisionSpec | None = None) -> Step:
    found = act(rollout, kind, BOB, later(30), back_to)
    assert isinstance(found, Step), found
    return found


def refused(rollout: Rollout, kind: ActionKind, back_to: RevisionSpec | None = None) -> str:
    found = act(rollout, kind, BOB, later(30), back_to)
    assert isinstance(found, Refusal)
    return found.why


def a_stop(state: RolloutState, **fields: Any) -> Rollout:
    return a_rollout(state=state, reason="why", progress=HALFWAY, **fields)


@pytest.mark.parametrize("state", [S.PAUSED, S.STALLED])
@pytest.mark.parametrize(
    ("kind", "note"),
    [(ActionKind.RESUME, NoteKind.RESUMED), (ActionKind.UNSTICK, NoteKind.UNSTUCK)],
)
def test_resume_and_unstick_post_the_same_spec_with_another_attempt(
    state: RolloutState, kind: ActionKind, note: NoteKind
) -> None:
    rollout = a_stop(state)
    found = done(rollout, kind)
    before, after = rollout.posting, found.rollout.posting
    assert before is not None
    assert after is not None
    assert found.apply
    assert (found.rollout.state, found.rollout.reason) == (S.PROGRESSING, "")
    assert found.rollout.progress_at == later(30)
    assert (after.purpose, after.attempt, after.posted_at) == (Purpose.RETRY, 2, None)
    assert after.base_hash == before.live_hash
    assert spec_hash(after.spec) == spec_hash(before.spec)
    assert after.spec["Labels"]["waggle.attempt"] == "2"
    assert [one.kind for one in found.notes] == [note]
    assert found.rollout.blame == BOB.user


def test_what_gets_on_needs_no_resuming() -> None:
    assert "neither paused nor stalled" in refused(a_rollout(), ActionKind.RESUME)


def test_nothing_is_posted_on_top_of_what_is_being_sent() -> None:
    rollout = a_stop(S.PAUSED, posting=a_posting(posted_at=None))
    assert "being sent" in refused(rollout, ActionKind.RESUME)
    assert "being sent" in refused(rollout, ActionKind.ROLLBACK, REVISION_1)


def test_keep_waiting_starts_the_deadline_anew() -> None:
    found = done(a_stop(S.STALLED), ActionKind.KEEP_WAITING)
    assert (found.rollout.state, found.rollout.progress_at) == (S.PROGRESSING, later(30))
    assert not found.apply
    assert "not stalled" in refused(a_rollout(), ActionKind.KEEP_WAITING)


@pytest.mark.parametrize("state", [S.PROGRESSING, S.PAUSED, S.STALLED])
def test_roll_back_posts_the_revision_under_its_rollback_config(state: RolloutState) -> None:
    target = a_revision_spec(1, a_spec(rollback={"Parallelism": 0, "Monitor": SECOND}))
    rollout = a_stop(state)
    found = done(rollout, ActionKind.ROLLBACK, target)
    posting = found.rollout.posting
    assert posting is not None
    assert rollout.posting is not None
    assert found.apply
    assert (found.rollout.state, found.rollout.going_back) == (S.ROLLING_BACK, True)
    assert (posting.purpose, posting.attempt) == (Purpose.BACK, 2)
    assert posting.spec["UpdateConfig"] == {"Parallelism": 0, "Monitor": SECOND}
    assert posting.spec["Labels"]["waggle.revision"] == "1"
    assert posting.restore == target.spec
    assert posting.base_hash == rollout.posting.live_hash
    assert found.rollout.back_to == 1
    assert found.rollout.progress is not None
    assert (found.rollout.progress.updated, found.rollout.progress.score) == (0, 0)


def test_roll_back_is_refused() -> None:
    assert "no good revision" in refused(a_rollout(), ActionKind.ROLLBACK)
    going = a_rollout(state=S.ROLLING_BACK, going_back=True)
    assert "going back already" in refused(going, ActionKind.ROLLBACK, REVISION_1)
    other = a_revision_spec(1, a_spec(replicas=None))
    assert "another mode" in refused(a_rollout(), ActionKind.ROLLBACK, other)


def test_resuming_our_own_way_back_keeps_what_is_restored_after() -> None:
    going = done(a_rollout(), ActionKind.ROLLBACK, REVISION_1).rollout
    assert going.posting is not None
    posted = replace(going.posting, posted_at=later(31), live_hash="live")
    paused = replace(going, posting=posted, state=S.PAUSED)
    again = done(paused, ActionKind.RESUME).rollout
    assert again.posting is not None
    assert again.state is S.ROLLING_BACK
    assert (again.posting.purpose, again.posting.attempt) == (Purpose.BACK, 3)
    assert again.posting.restore == REVISION_1.spec


def test_resuming_swarms_own_way_back_insists_on_the_earlier_spec() -> None:
    paused = a_stop(S.PAUSED, going_back=True)
    found = done(paused, ActionKind.RESUME)
    posting = found.rollout.posting
    assert posting is not None
    assert paused.plan is not None
    assert found.rollout.state is S.ROLLING_BACK
    assert (posting.purpose, posting.base_hash) == (Purpose.BACK, paused.plan.base_hash)
    assert posting.spec["TaskTemplate"] == a_spec()["TaskTemplate"]
    assert [one.kind for one in found.notes] == [NoteKind.RESUMED]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (S.PROGRESSING, "web runs 2 of 6 tasks on the new image. Swarm goes on with the update"),
        (S.PAUSED, "web runs 2 of 6 tasks on the new image. Swarm's update stays paused."),
        (S.STALLED, "web runs 2 of 6 tasks on the new image. Swarm's update is still under way"),
    ],
)
def test_abort_says_what_it_leaves_behind(state: RolloutState, words: str) -> None:
    found = done(a_stop(state), ActionKind.ABORT)
    assert found.rollout.state is S.ABORTED
    assert found.rollout.left_behind.startswith(words)
    assert found.rollout.ended_at == later(30)
    assert found.notes[0].broadcast
    assert not found.apply


def test_abort_before_anything_was_sent() -> None:
    found = done(a_rollout(state=S.PLANNED, posting=None, attempts=0), ActionKind.ABORT)
    assert found.rollout.left_behind == "web is as it was: the change had not been sent."


@pytest.mark.parametrize("kind", list(ActionKind))
def test_what_is_over_is_over(kind: ActionKind) -> None:
    assert "is over (rolled back)" in refused(a_rollout(state=S.ROLLED_BACK), kind, REVISION_1)
    assert legal_actions(a_rollout(state=S.ROLLED_BACK)) == ()


def test_buttons() -> None:
    back, abort = ActionKind.ROLLBACK, ActionKind.ABORT
    assert legal_actions(a_rollout()) == (back, abort)
    assert legal_actions(a_rollout(back_to=None)) == (abort,)
    assert legal_actions(a_stop(S.PAUSED)) == (ActionKind.RESUME, back, abort)
    waiting = (ActionKind.KEEP_WAITING, ActionKind.UNSTICK)
    assert legal_actions(a_stop(S.STALLED)) == (*waiting, back, abort)
    assert legal_actions(a_stop(S.STALLED, going_back=True)) == (*waiting, abort)


def test_confirming_is_for_changes() -> None:
    assert "nothing to confirm" in refused(a_rollout(), ActionKind.CONFIRM)


def test_take_over() -> None:
    found = take_over(a_stop(S.PAUSED), "r-2", BOB, later(30))
    assert (found.rollout.state, found.rollout.superseded_by) == (S.SUPERSEDED, "r-2")
    assert "r-2" in found.rollout.reason


def test_who_is_rolling_what() -> None:
    rollout = a_rollout(a_plan(kind=Kind.SCALE), state=S.ROLLING_BACK)
    assert held_by(rollout) == "web is being scaled by <@U1ANN> (r-1, rolling back)"


class TestFailure:
    ROLLOUT = a_rollout(state=S.PAUSED, reason="update paused due to failure of task bad1")

    def test_the_task_that_swarm_blames(self) -> None:
        tasks = [a_task(1, id="newer"), a_task(2, id="bad1")]
        assert pick(self.ROLLOUT, tasks) == tasks[1]

    def test_else_the_newest_since_the_post(self) -> None:
        tasks = [a_task(1, id="x", created_at=later(-60)), a_task(2, id="y")]
        assert pick(self.ROLLOUT, tasks) == tasks[1]
        assert pick(self.ROLLOUT, tasks[:1]) == tasks[0]
        assert pick(self.ROLLOUT, []) is None

    def test_an_old_failure_does_not_explain_a_stall(self) -> None:
        stalled = a_rollout(state=S.STALLED, reason="no progress for 10m")
        assert pick(stalled, [a_task(1, created_at=later(-60))]) is None

    def test_its_own_words(self) -> None:
        task = a_task(2, "failed", error="task: non-zero exit (1)", exit_code=1)
        failure = told(self.ROLLOUT, task, ["boom"], {"n1": a_node()}).failure
        assert failure is not None
        assert (failure.label, failure.node, failure.exit_code) == ("web.2", "node-n1", 1)
        assert (failure.error, failure.log) == ("task: non-zero exit (1)", ("boom",))


class TestWatch:
    OVER = a_rollout(state=S.COMPLETED, ended_at=later(7))

    def test_swarm_pauses_after_all(self) -> None:
        seen = an_observation(update_state=UpdateState.PAUSED, version=12)
        watch = watch_after(self.OVER, seen, later(9))
        assert not watch.over
        assert watch.step.rollout.state is S.PAUSED
        assert watch.step.rollout.ended_at is None
        assert [(n.kind, n.broadcast) for n in watch.step.notes] == [(NoteKind.REOPENED, True)]
        assert watch.step.needs_failure

    def test_swarm_rolls_back_after_all(self) -> None:
        seen = an_observation(a_spec(), update_state=UpdateState.ROLLBACK_STARTED, version=12)
        watch = watch_after(self.OVER, seen, later(9))
        assert watch.step.rollout.state is S.ROLLING_BACK
        assert [one.kind for one in watch.step.notes] == [NoteKind.REOPENED]
        after = step(watch.step.rollout, seen, later(10)).rollout
        assert step(after, seen, later(15)).rollout.state is S.ROLLED_BACK

    @pytest.mark.parametrize(
        ("state", "seconds", "over"),
        [
            (UpdateState.COMPLETED, 8, True),
            (UpdateState.UPDATING, 8, False),
            (UpdateState.NONE, 8, False),
            (UpdateState.UPDATING, 16.9, False),
            (UpdateState.UPDATING, 17, True),
        ],
    )
    def test_when_to_stop(self, state: UpdateState, seconds: float, over: bool) -> None:  # noqa: FBT001 - a parameter of the table
        seen = an_observation(update_state=state, version=12)
        watch = watch_after(self.OVER, seen, later(seconds))
        assert watch.over is over
        assert watch.step.rollout is self.OVER

    def test_it_waits_for_twice_the_delay(self) -> None:
        slow = a_spec("httpd:v2", update={"Delay": 60 * SECOND, "Monitor": SECOND})
        rollout = replace(self.OVER, posting=a_posting(slow))
        seen = an_observation(slow, update_state=UpdateState.UPDATING, version=12)
        assert not watch_after(rollout, seen, later(132)).over
        assert watch_after(rollout, seen, later(133)).over

    def test_changed_or_removed_since(self) -> None:
        changed = an_observation(a_spec("nginx"), version=12)
        assert watch_after(self.OVER, changed, later(8)).over
        gone = replace(changed, service=None)
        doubted = watch_after(self.OVER, gone, later(8))
        assert not doubted.over
        assert watch_after(doubted.step.rollout, gone, later(8) + LAGS).over
