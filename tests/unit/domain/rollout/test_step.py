from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.jsontypes import Spec
from bot.domain.lag import LAGS
from bot.domain.observation import Observation, TaskView, UpdateState
from bot.domain.plan import Kind
from bot.domain.rollout.note import NoteKind
from bot.domain.rollout.outcome import Step
from bot.domain.rollout.posting import first_posting
from bot.domain.rollout.record import Purpose, Rollout, RolloutState, TaskFailure
from bot.domain.rollout.step import step
from bot.domain.spec import spec_hash
from tests.builders import (
    SECOND,
    a_plan,
    a_posting,
    a_rollout,
    a_spec,
    a_task,
    an_observation,
    later,
)

S = RolloutState
RIGHT = (a_task(1), a_task(2), a_task(3))
HALF = (a_task(1), a_task(2), a_task(3, up_to_date=False))
GONE = Observation(service=None)


def kinds(found: Step) -> list[NoteKind]:
    return [note.kind for note in found.notes]


def walk(rollout: Rollout, *looks: tuple[float, Observation]) -> list[Step]:
    """One step after the other, each at so many seconds."""
    steps = []
    for seconds, seen in looks:
        steps.append(step(rollout, seen, later(seconds)))
        rollout = steps[-1].rollout
    return steps


def seen(
    tasks: Sequence[TaskView] = RIGHT, spec: Spec | None = None, **service: Any
) -> Observation:
    return an_observation(spec, tasks, **{"version": 12, **service})


def test_completed_after_the_monitor_window() -> None:
    steps = walk(a_rollout(), (2, seen()), (6.9, seen()), (7, seen()))
    assert [one.rollout.state for one in steps] == [S.PROGRESSING, S.PROGRESSING, S.COMPLETED]
    assert kinds(steps[-1]) == [NoteKind.ENDED]
    assert steps[-1].notes[0].broadcast
    assert steps[-1].rollout.ended_at == later(7)


def test_completed_though_swarm_still_says_updating() -> None:
    busy = seen(update_state=UpdateState.UPDATING)
    assert walk(a_rollout(), (2, busy), (7, busy))[-1].rollout.state is S.COMPLETED


def test_swarms_completed_alone_is_not_enough() -> None:
    said = seen(HALF, update_state=UpdateState.COMPLETED)
    assert walk(a_rollout(), (2, said), (60, said))[-1].rollout.state is S.PROGRESSING


@pytest.mark.parametrize(
    "broken", [(*RIGHT[:2], a_task(3, "starting")), (*RIGHT[:2], a_task(3, id="another"))]
)
def test_a_task_that_fails_within_the_window_starts_it_anew(broken: tuple[TaskView, ...]) -> None:
    steps = walk(a_rollout(), (2, seen()), (5, seen(broken)), (8, seen(broken)), (9.5, seen()))
    assert steps[-1].rollout.state is S.PROGRESSING


def test_nothing_new_changes_nothing() -> None:
    first = step(a_rollout(), seen(HALF), later(1)).rollout
    again = step(first, seen(HALF), later(2))
    assert again == Step(rollout=first)


def test_replicas_zero_complete_at_once() -> None:
    none = a_spec(replicas=0)
    rollout = a_rollout(a_plan(new=none))
    assert step(rollout, seen((), none), later(1)).rollout.state is S.COMPLETED
    assert step(rollout, seen(RIGHT, none), later(1)).rollout.state is S.PROGRESSING


def test_a_service_that_was_removed() -> None:
    doubted = step(a_rollout(), GONE, later(1)).rollout
    assert doubted.state is S.PROGRESSING
    found = step(doubted, GONE, later(1) + LAGS)
    assert found.rollout.state is S.FAILED
    assert "web was removed" in found.rollout.reason
    assert found.notes[0].broadcast


@pytest.mark.parametrize("state", [S.ACCEPTED, S.PLANNED, S.COMPLETED, S.ABORTED])
def test_only_live_rollouts_step(state: RolloutState) -> None:
    rollout = a_rollout(state=state)
    assert step(rollout, GONE, later(1)) == Step(rollout=rollout)


def test_a_posting_that_is_not_carried_out_is_waited_for() -> None:
    rollout = a_rollout(posting=a_posting(posted_at=None))
    assert step(rollout, GONE, later(1)) == Step(rollout=rollout)


def test_a_look_from_before_the_post_says_nothing() -> None:
    rollout = a_rollout()
    found = step(rollout, an_observation(a_spec(), version=10), later(1))
    assert found == Step(rollout=replace(rollout, doubted_since=later(1)))


class TestProgressNotes:
    def test_a_note_when_the_count_changed(self) -> None:
        none = [a_task(n, up_to_date=False) for n in (1, 2, 3)]
        one = [a_task(1), *none[1:]]
        steps = walk(a_rollout(), (1, seen(none)), (2, seen(one)), (3, seen(one)), (4, seen()))
        assert [kinds(found) for found in steps] == [
            [],
            [NoteKind.PROGRESS],
            [],
            [NoteKind.PROGRESS],
        ]
        assert steps[-1].rollout.shown_hint == "3/3 updated"

    def test_none_when_detached(self) -> None:
        steps = walk(a_rollout(detach=True), (1, seen(HALF)), (2, seen()), (9, seen()))
        assert [kinds(found) for found in steps] == [[], [], [NoteKind.ENDED]]

    def test_a_big_service_does_not_flood_the_thread(self) -> None:
        many = a_spec("httpd:v2", replicas=200)
        rollout, notes = a_rollout(a_plan(new=many)), 0
        for count in range(1, 200):
            tasks = [a_task(n, up_to_date=n <= count) for n in range(1, 201)]
            found = step(rollout, seen(tasks, many), later(count))
            rollout, notes = found.rollout, notes + len(found.notes)
        assert notes < 12


class TestPaused:
    PAUSED = seen(
        HALF,
        update_state=UpdateState.PAUSED,
        update_message="update paused due to failure or early termination of task x1",
    )

    def test_it_asks_for_people_and_for_the_failing_task(self) -> None:
        found = step(a_rollout(), self.PAUSED, later(3))
        assert found.rollout.state is S.PAUSED
        assert found.needs_failure
        assert kinds(found) == [NoteKind.PAUSED]
        assert found.notes[0].broadcast
        assert "early termination of task x1" in found.rollout.reason

    def test_it_says_so_once_and_does_not_stall(self) -> None:
        steps = walk(a_rollout(), (3, self.PAUSED), (4, self.PAUSED), (4000, self.PAUSED))
        assert [kinds(found) for found in steps[1:]] == [[], []]
        assert steps[-1].rollout.state is S.PAUSED

    def test_resumed_outside(self) -> None:
        steps = walk(a_rollout(), (3, self.PAUSED), (900, seen(HALF)))
        assert steps[-1].rollout.state is S.PROGRESSING
        assert kinds(steps[-1]) == [NoteKind.RESUMED]

    def test_a_paused_update_is_not_completed_by_tasks_that_run_in_the_end(self) -> None:
        right = seen(RIGHT, update_state=UpdateState.PAUSED)
        assert walk(a_rollout(), (3, right), (30, right))[-1].rollout.state is S.PAUSED


class TestCrashing:
    """Without an update of Swarm's (a create, or failure action continue) nothing pauses."""

    def test_the_failing_task_is_asked_for_once(self) -> None:
        first = seen((*RIGHT[:2], a_task(3, "starting", id="try-1")))
        second = seen((*RIGHT[:2], a_task(3, "ready", id="try-2")))
        steps = walk(a_rollout(), (1, first), (2, second), (3, second))
        assert [found.needs_failure for found in steps] == [False, True, False]
        assert steps[1].rollout.state is S.PROGRESSING

    @pytest.mark.parametrize("state", ["ready", "assigned", "rejected", "pending"])
    def test_also_one_that_never_came_to_start(self, state: str) -> None:
        """A bind mount whose source is missing is rejected between two looks."""
        first = seen((*RIGHT[:2], a_task(3, state, id="try-1")))
        second = seen((*RIGHT[:2], a_task(3, state, id="try-2")))
        steps = walk(a_rollout(), (1, first), (2, second))
        assert [found.needs_failure for found in steps] == [False, True]

    def test_also_one_that_had_been_running(self) -> None:
        after = seen((*RIGHT[:2], a_task(3, "ready", id="try-2")))
        steps = walk(a_rollout(), (1, seen()), (2, after))
        assert [found.needs_failure for found in steps] == [False, True]

    def test_an_old_task_that_is_replaced_has_not_failed(self) -> None:
        steps = walk(
            a_rollout(), (1, seen(HALF)), (2, seen((*RIGHT[:2], a_task(3, "ready", id="y"))))
        )
        assert not any(found.needs_failure for found in steps)

    def test_what_runs_in_the_end_has_no_failure(self) -> None:
        failure = TaskFailure(
            task_id="x", label="web.3", node="n1", state="failed", error="", exit_code=1
        )
        steps = walk(a_rollout(failure=failure), (1, seen()), (6, seen()))
        assert steps[-1].rollout.state is S.COMPLETED
        assert steps[-1].rollout.failure is None


class TestStalled:
    NO_NODE = "no suitable node (insufficient resources on 1 node)"
    PENDING = seen((*RIGHT[:2], a_task(3, "pending", node_id="", error=NO_NODE)))

    def test_no_progress_for_the_deadline(self) -> None:
        steps = walk(a_rollout(), (1, self.PENDING), (600, self.PENDING), (601, self.PENDING))
        assert [one.rollout.state for one in steps[1:]] == [S.PROGRESSING, S.STALLED]
        assert kinds(steps[-1]) == [NoteKind.STALLED]
        assert steps[-1].notes[0].broadcast
        assert steps[-1].rollout.reason == f"no progress for 10m: {self.NO_NODE}"

    def test_it_goes_on_when_something_moves(self) -> None:
        stalled = walk(a_rollout(), (1, self.PENDING), (601, self.PENDING))[-1].rollout
        steps = walk(stalled, (602, self.PENDING), (603, seen()), (604, seen()), (610, seen()))
        assert [one.rollout.state for one in steps] == [
            S.STALLED,
            S.PROGRESSING,
            S.PROGRESSING,
            S.COMPLETED,
        ]
        assert steps[1].rollout.reason == ""

    def test_a_crash_loop_is_no_progress(self) -> None:
        rollout = a_rollout(deadline=timedelta(seconds=60))
        for second in range(1, 90):
            task = a_task(3, ("starting", "running")[second % 2], id=f"try-{second}")
            rollout = step(rollout, seen((*RIGHT[:2], task)), later(second)).rollout
        assert rollout.state is S.STALLED

    def test_a_task_that_keeps_failing_is_named(self) -> None:
        failure = TaskFailure(
            task_id="x", label="web.3", node="n1", state="failed", error="exit 1", exit_code=1
        )
        rollout = a_rollout(deadline=timedelta(seconds=60), failure=failure)
        waiting = seen((*RIGHT[:2], a_task(3, "ready")))
        reason = walk(rollout, (1, waiting), (61, waiting))[-1].rollout.reason
        assert reason == "no progress for 1m: web.3 keeps failing (exit 1)"

    def test_a_delay_that_was_asked_for_is_no_stall(self) -> None:
        slow = a_spec("httpd:v2", update={"Delay": 900 * SECOND})
        rollout = a_rollout(a_plan(new=slow))
        sleeping = seen(HALF, slow, update_state=UpdateState.UPDATING)
        steps = walk(rollout, (1, sleeping), (1400, sleeping), (1502, sleeping))
        assert [one.rollout.state for one in steps[1:]] == [S.PROGRESSING, S.STALLED]

    def test_a_long_monitor_window_is_no_stall(self) -> None:
        calm = a_spec("httpd:v2", update={"Monitor": 1200 * SECOND})
        steps = walk(a_rollout(a_plan(new=calm)), (1, seen(RIGHT, calm)), (1200, seen(RIGHT, calm)))
        assert steps[-1].rollout.state is S.PROGRESSING


class TestChangedOutside:
    def test_superseded_with_the_fields_that_changed(self) -> None:
        found = step(a_rollout(), seen(RIGHT, a_spec("httpd:v2", replicas=5)), later(1))
        assert found.rollout.state is S.SUPERSEDED
        assert "replicas 3 \u2192 5" in found.rollout.reason
        assert "httpd:v2" in found.rollout.left_behind
        assert kinds(found) == [NoteKind.ENDED]

    def test_what_the_engine_filled_in_is_nobodys_change(self) -> None:
        live = a_spec("httpd:v2", replicas=5, ForceUpdate=0, Runtime="container")
        found = step(a_rollout(), seen(RIGHT, live), later(1)).rollout
        assert found.reason == "web was changed outside Waggle meanwhile: replicas 3 \u2192 5."

    def test_the_version_alone_says_nothing(self) -> None:
        assert step(a_rollout(), seen(version=99), later(1)).rollout.state is S.PROGRESSING

    def test_back_on_the_old_spec_without_a_rollback_of_swarms(self) -> None:
        assert step(a_rollout(), seen(RIGHT, a_spec()), later(1)).rollout.state is S.SUPERSEDED


class TestSwarmsOwnRollback:
    STARTED = seen(HALF, a_spec(), update_state=UpdateState.ROLLBACK_STARTED)
    DONE = seen(RIGHT, a_spec(), update_state=UpdateState.ROLLBACK_COMPLETED)

    def test_it_is_recognised_by_the_hash(self) -> None:
        found = step(a_rollout(), self.STARTED, later(1))
        assert found.rollout.state is S.ROLLING_BACK
        assert found.rollout.going_back
        assert found.rollout.back_to == 1
        assert found.needs_failure
        assert kinds(found) == [NoteKind.ROLLBACK_STARTED]

    def test_it_ends_rolled_back(self) -> None:
        steps = walk(a_rollout(), (1, self.STARTED), (3, self.DONE), (8, self.DONE))
        assert steps[-1].rollout.state is S.ROLLED_BACK
        assert kinds(steps[-1]) == [NoteKind.ENDED]

    def test_rollback_completed_alone_is_not_enough(self) -> None:
        early = seen(HALF, a_spec(), update_state=UpdateState.ROLLBACK_COMPLETED)
        steps = walk(a_rollout(), (1, self.STARTED), (3, early), (30, early))
        assert steps[-1].rollout.state is S.ROLLING_BACK

    def test_it_is_seen_late(self) -> None:
        steps = walk(a_rollout(), (60, self.DONE), (61, self.DONE), (66, self.DONE))
        assert [one.rollout.state for one in steps] == [
            S.ROLLING_BACK,
            S.ROLLING_BACK,
            S.ROLLED_BACK,
        ]

    def test_it_pauses(self) -> None:
        paused = seen(HALF, a_spec(), update_state=UpdateState.ROLLBACK_PAUSED)
        steps = walk(a_rollout(), (1, self.STARTED), (3, paused))
        assert steps[-1].rollout.state is S.PAUSED
        assert steps[-1].rollout.going_back

    def test_it_stalls_and_is_rolling_back_again(self) -> None:
        steps = walk(a_rollout(), (1, self.STARTED), (602, self.STARTED), (603, self.DONE))
        assert [one.rollout.state for one in steps[1:]] == [S.STALLED, S.ROLLING_BACK]

    def test_after_a_retry_swarms_previous_spec_is_ours_again(self) -> None:
        rollout = a_rollout(posting=a_posting(purpose=Purpose.RETRY, attempt=2), attempts=2)
        tried = seen(HALF, update_state=UpdateState.ROLLBACK_PAUSED)
        found = step(rollout, tried, later(1)).rollout
        assert (found.state, found.going_back) == (S.PAUSED, False)

    def test_the_new_spec_posted_again_from_outside(self) -> None:
        steps = walk(a_rollout(), (1, self.STARTED), (2, seen()))
        assert steps[-1].rollout.state is S.SUPERSEDED


class TestOurRollback:
    TARGET = a_spec("httpd:v1", update={"Parallelism": 2}, rollback={"Monitor": 2 * SECOND})

    def rollout(self) -> Rollout:
        plan = a_plan(a_spec("httpd:v2"), self.TARGET, kind=Kind.ROLLBACK, to_revision=1)
        bare = a_rollout(plan, state=S.ROLLING_BACK, going_back=True, attempts=0, to_revision=1)
        return posted(first_posting(bare, plan.desired, back=True))

    def test_its_own_rollback_config_then_its_update_config_again(self) -> None:
        rollout = self.rollout()
        assert rollout.posting is not None
        assert rollout.posting.purpose is Purpose.BACK
        assert rollout.posting.spec["UpdateConfig"] == {"Monitor": 2 * SECOND}
        live = seen(RIGHT, rollout.posting.spec)
        back = walk(rollout, (2, live), (4, live))[-1]
        assert back.apply
        assert back.notes == ()
        assert back.rollout.state is S.ROLLING_BACK
        restore = back.rollout.posting
        assert restore is not None
        assert (restore.purpose, restore.attempt) == (Purpose.RESTORE, 2)
        assert restore.base_hash == rollout.posting.live_hash
        assert restore.spec["UpdateConfig"] == {"Parallelism": 2}
        assert restore.spec["Labels"]["waggle.revision"] == "1"
        end = step(posted(back.rollout), seen(RIGHT, restore.spec), later(5))
        assert end.rollout.state is S.ROLLED_BACK

    def test_no_second_posting_when_the_configs_are_equal(self) -> None:
        same = {"Parallelism": 2, "Monitor": SECOND}
        plan = a_plan(new=a_spec("httpd:v0", update=same, rollback=same))
        bare = a_rollout(plan, state=S.ROLLING_BACK, going_back=True, attempts=0)
        rollout = posted(first_posting(bare, plan.desired, back=True))
        assert rollout.posting is not None
        live = seen(RIGHT, rollout.posting.spec)
        assert walk(rollout, (2, live), (3, live))[-1].rollout.state is S.ROLLED_BACK

    def test_it_pauses_like_any_update(self) -> None:
        rollout = self.rollout()
        assert rollout.posting is not None
        paused = seen(HALF, rollout.posting.spec, update_state=UpdateState.PAUSED)
        assert step(rollout, paused, later(2)).rollout.state is S.PAUSED


def posted(rollout: Rollout) -> Rollout:
    assert rollout.posting is not None
    done = replace(
        rollout.posting,
        posted_at=later(1),
        live_hash=spec_hash(rollout.posting.spec),
        version=12,
    )
    return replace(rollout, posting=done)
