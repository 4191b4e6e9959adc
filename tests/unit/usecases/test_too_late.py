"""A command that nobody got round to is not carried out hours later."""

import pytest

from bot.domain.change import ActionKind
from bot.ports import SlackRefusedError
from tests.unit.usecases.bed import Bed, KilledError, made
from tests.unit.usecases.faults import kill_at


def planned_and_left(bed: Bed, point: str) -> str:
    """Return a rollout whose worker was killed before it began, and did not come back for long."""
    bed.fault = kill_at(point)
    rollout = bed.type("update --image reg/httpd:v2 web")
    with pytest.raises(KilledError):
        bed.work()
    bed.use = bed.wired()
    bed.clock.advance(6 * 3600)
    return rollout


@pytest.mark.parametrize("point", ["plan.after_commit", "announce.after_post"])
def test_a_plan_of_hours_ago_is_not_applied_and_its_message_says_so(point: str) -> None:
    bed = made()
    rollout = planned_and_left(bed, point)
    bed.settle(30)
    end = bed.rollout(rollout)
    assert (end.state.value, bed.image()) == ("aborted", "reg/httpd:v1")
    assert bed.shown_state(rollout) == "aborted"
    assert "waited too long" in bed.parent(rollout).text
    assert "had not been sent" in end.left_behind
    assert len([shown for shown in bed.thread(rollout) if shown.broadcast]) == 1
    assert bed.store.live_rollout("default", "web") is None
    bed.done("scale web=4")


def test_where_the_channel_is_closed_the_person_is_told_privately() -> None:
    bed = made()
    bed.slack.fail_channel("C1", SlackRefusedError("not_in_channel"))
    rollout = planned_and_left(bed, "announce.after_post")
    bed.settle(30)
    assert bed.rollout(rollout).state.value == "refused"
    assert "not_in_channel" in bed.private(rollout)


@pytest.mark.parametrize("line", ["resume web", "rollback web"])
def test_what_was_to_be_done_to_a_rollout_hours_ago_is_not_done(line: str) -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 web")
    bed.work()
    acts = bed.type(line), bed.click(ActionKind.UNSTICK, rollout)
    bed.clock.advance(6 * 3600)
    bed.work()
    for act in acts:
        assert "waited too long" in bed.private(act)
    assert bed.rollout(rollout).state.value == "progressing"
