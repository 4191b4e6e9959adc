from datetime import timedelta

import pytest

from bot.adapters.records import from_json, is_forgettable, is_open, to_json
from bot.domain.change import ChangeState, DoneState
from bot.domain.message import Address, Sent
from bot.domain.plan import FieldChange
from bot.domain.rollout.record import Progress, Rollout, RolloutState, SlotProgress, TaskFailure
from tests.builders import a_plan, a_posting, a_rollout
from tests.contract import samples
from tests.fakes.clock import START

OPEN = {"accepted", "awaiting", "planned", "progressing", "paused", "stalled", "rolling_back"}


@pytest.mark.parametrize("state", RolloutState)
def test_a_rollout_is_open_until_its_end(state: RolloutState) -> None:
    rollout = samples.rollout(state=state)
    assert is_open(rollout) is (state.value in OPEN)
    assert is_forgettable(rollout) is not is_open(rollout)


@pytest.mark.parametrize("state", ChangeState)
def test_a_change_is_open_until_its_end(state: ChangeState) -> None:
    assert is_open(samples.change(state=state)) is (
        state.value
        in {"accepted", "awaiting", "confirming", "applying"} | {"draining", "stalled", "returning"}
    )


@pytest.mark.parametrize("state", DoneState)
def test_an_action_and_a_query_are_open_until_done(state: DoneState) -> None:
    assert is_open(samples.action(state=state)) is (state.value == "accepted")
    assert is_open(samples.query(state=state)) is (state.value == "accepted")


def test_revisions_are_never_forgotten() -> None:
    assert not is_forgettable(samples.history())
    assert not is_forgettable(samples.revision())


def test_a_message_is_kept_while_it_may_still_be_edited() -> None:
    said = Sent(channel="C1", ts="1", content_hash="hash of hello", at=START)
    thread = Address(channel="C1", thread_of="r-1.parent")
    assert not is_forgettable(samples.message(sent=said))
    assert is_forgettable(samples.message(sent=said, final=True))
    assert is_forgettable(samples.message(sent=said, address=thread))
    assert not is_forgettable(samples.message(address=thread, not_before=START + timedelta(1)))
    assert is_forgettable(samples.message(dead="is_archived"))


def test_a_lock_is_kept_until_it_has_ended() -> None:
    assert is_open(samples.lock())
    assert not is_forgettable(samples.lock())
    assert is_forgettable(samples.lock(ended_at=START))


def test_a_rollout_that_was_read_holds_no_dictionaries_of_fields() -> None:
    slot = SlotProgress(label="web.1", node="n1", state="running", updated=True)
    failed = TaskFailure(task_id="t", label="web.1", node="n1", state="x", error="", exit_code=1)
    rollout = a_rollout(
        a_plan(changes=(FieldChange(path="image", old="a", new="b"),)),
        posting=a_posting(),
        progress=Progress(total=1, updated=1, running=1, slots=(slot,)),
        failure=failed,
    )
    read = from_json(Rollout, to_json(rollout))
    assert read == rollout
    progress, request = read.progress, read.request
    parts = (read, read.plan, *read.plan.changes, read.posting, progress, *progress.slots)
    for part in (*parts, read.failure, request, request.by, request.place):
        assert not hasattr(part, "__dict__"), type(part)
