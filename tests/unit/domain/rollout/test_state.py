from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.domain.change import ActionKind
from bot.domain.observation import Observation, TaskView, UpdateState
from bot.domain.refusal import Refusal
from bot.domain.rollout.act import act, legal_actions
from bot.domain.rollout.record import Purpose, Rollout, RolloutState
from bot.domain.rollout.state import (
    FINAL,
    LIVE,
    PUBLIC,
    TRANSITIONS,
    IllegalTransitionError,
    mermaid,
    move,
)
from bot.domain.rollout.step import step
from bot.domain.rollout.watch import watch_after
from bot.domain.spec import spec_hash
from tests.builders import ANN, a_revision_spec, a_rollout, a_spec, a_task, an_observation, later

S = RolloutState


def test_every_state_stands_in_the_table() -> None:
    assert set(TRANSITIONS) == set(RolloutState)
    assert LIVE | FINAL | {S.ACCEPTED, S.AWAITING, S.PLANNED} == set(RolloutState)
    assert not LIVE & FINAL
    assert len(PUBLIC) == 9


def test_what_is_final_is_final_but_completed() -> None:
    assert {state for state in FINAL if TRANSITIONS[state]} == {S.COMPLETED}
    assert TRANSITIONS[S.COMPLETED] == {S.PAUSED, S.ROLLING_BACK}


def test_every_state_can_be_reached_and_every_live_one_can_end() -> None:
    reached = {S.ACCEPTED}
    for _ in TRANSITIONS:
        reached |= {after for state in reached for after in TRANSITIONS[state]}
    assert reached == set(RolloutState)
    assert all(TRANSITIONS[state] & FINAL for state in LIVE)


def test_a_move_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(IllegalTransitionError, match="progressing cannot become accepted"):
        move(a_rollout(), S.ACCEPTED)


@pytest.mark.parametrize(
    ("rollout", "to"),
    [
        (a_rollout(), S.ROLLED_BACK),
        (a_rollout(state=S.ROLLING_BACK), S.ROLLED_BACK),
        (a_rollout(going_back=True), S.COMPLETED),
        (a_rollout(state=S.PAUSED, going_back=True), S.PROGRESSING),
    ],
)
def test_a_rollback_is_never_told_as_a_success(rollout: Rollout, to: RolloutState) -> None:
    with pytest.raises(IllegalTransitionError):
        move(rollout, to)


def test_the_diagram_shows_the_table() -> None:
    arrows = [line for line in mermaid().splitlines() if "-->" in line and "[*]" not in line]
    assert len(arrows) == sum(len(nexts) for nexts in TRANSITIONS.values())
    assert "    progressing --> paused" in arrows


OLD, NEW = a_spec(replicas=2), a_spec("httpd:v2", replicas=2)


def _task() -> st.SearchStrategy[TaskView]:
    states = st.sampled_from(["pending", "preparing", "starting", "running", "failed"])
    return st.builds(
        a_task,
        st.integers(1, 3),
        states,
        id=st.sampled_from(["a", "b"]),
        up_to_date=st.booleans(),
    )


class AnyLife(RuleBasedStateMachine):
    """Whatever Swarm shows and people do, in any order: no illegal move, and the laws hold."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.rollout = a_rollout()
        self.went_back = False

    def take(self, after: Rollout) -> None:
        before, self.rollout = self.rollout, after
        if before.state is not after.state:
            assert after.state in TRANSITIONS[before.state]
        assert not before.going_back or after.going_back
        self.went_back = self.went_back or after.state is S.ROLLING_BACK

    @precondition(lambda self: self.rollout.posting.posted_at is None)
    @rule()
    def apply(self) -> None:
        posting = self.rollout.posting
        assert posting is not None
        done = replace(posting, posted_at=later(self.now), live_hash=spec_hash(posting.spec))
        self.rollout = replace(self.rollout, posting=done)

    @rule(
        tasks=st.lists(_task(), max_size=3),
        seconds=st.sampled_from([0.5, 6.0, 700.0]),
        state=st.sampled_from(UpdateState),
        live=st.sampled_from(["posted", "posted", "posted", "old", "strange", "gone"]),
    )
    def look(self, tasks: list[TaskView], seconds: float, state: UpdateState, live: str) -> None:
        self.now += seconds
        seen = self.seen(tasks, state, live)
        if self.rollout.state is S.COMPLETED:
            self.take(watch_after(self.rollout, seen, later(self.now)).step.rollout)
        else:
            self.take(step(self.rollout, seen, later(self.now)).rollout)

    @rule(seconds=st.sampled_from([0.5, 6.0]), state=st.sampled_from(UpdateState))
    def all_is_right(self, seconds: float, state: UpdateState) -> None:
        self.look([a_task(1), a_task(2)], seconds, state, "posted")

    def seen(self, tasks: list[TaskView], state: UpdateState, live: str) -> Observation:
        if live == "gone":
            return Observation(service=None)
        posting = self.rollout.posting
        assert posting is not None
        swarms = self.rollout.going_back and posting.purpose in (Purpose.FORWARD, Purpose.RETRY)
        expected = a_spec() if swarms else posting.spec
        spec = {"posted": expected, "old": a_spec(), "strange": a_spec("nginx")}[live]
        return an_observation(spec, tasks, update_state=state, version=20)

    @rule(kind=st.sampled_from(ActionKind), known=st.booleans())
    def person(self, kind: ActionKind, known: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        legal = kind in legal_actions(self.rollout)
        target = a_revision_spec(1) if known else None
        after = act(self.rollout, kind, ANN, later(self.now), target)
        if isinstance(after, Refusal):
            posting = self.rollout.posting
            assert posting is not None
            unsent = posting.posted_at is None
            assert not legal or unsent or (kind is ActionKind.ROLLBACK and not known)
        else:
            self.take(after.rollout)

    @invariant()
    def a_rollback_never_ends_as_a_success(self) -> None:
        state = self.rollout.state
        assert not (self.went_back and state is S.COMPLETED)
        assert state is not S.ROLLED_BACK or self.went_back
        assert (state in FINAL) is (self.rollout.ended_at is not None)

    @invariant()
    def attempts_count_postings(self) -> None:
        posting = self.rollout.posting
        assert posting is not None
        assert posting.attempt == self.rollout.attempts


AnyLife.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestAnyLife = AnyLife.TestCase
