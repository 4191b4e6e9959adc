"""A change that was made by a run that was killed is made, whatever has become of the rights."""

from __future__ import annotations

import pytest

from bot.domain.change import ActionKind
from bot.domain.observation import NodeView
from bot.domain.policy import NOBODY
from bot.ports import EngineRefusedError, SlackUnavailableError
from tests.unit.usecases.approving import CAT, DAN, asking, changed
from tests.unit.usecases.bed import BOB, Bed, KilledError, made
from tests.unit.usecases.faults import kill_at, shut
from tests.unit.usecases.test_drains import DRAIN, go_on, peopled, until

AFTER_CALL = "change.after_call"


def restarted(bed: Bed) -> None:
    bed.fault = lambda _: None
    bed.use = bed.wired()


@pytest.mark.parametrize(
    "line",
    [
        "rm web",
        "node update --label-add env=prod n2",
        "node rm n3",
        "network create backend",
        "network rm frontend",
    ],
)
def test_who_lost_the_right_right_after_it_was_made_has_made_it(line: str) -> None:
    bed = made()
    bed.type("network create frontend")
    bed.work()
    bed.swarm.node_down("n3")
    writes = bed.writes()
    change = bed.type(line)
    if asks := line in {"rm web", "node rm n3"}:
        bed.work()
    bed.fault = kill_at(AFTER_CALL)
    if asks:
        bed.click(ActionKind.CONFIRM, change, BOB)
    with pytest.raises(KilledError):
        bed.work()
    restarted(bed)
    bed.policies.policy = NOBODY
    bed.settle(30)
    done = bed.change(change)
    assert (done.state.value, done.reason) == ("applied", "")
    assert bed.writes() == writes + 1


@pytest.mark.parametrize(
    "line", ["node update --label-add env=prod n2", DRAIN, "network create backend"]
)
def test_what_was_made_while_slack_was_away_is_not_refused_at_a_closed_door(line: str) -> None:
    """Nobody knew whether the channel was open; the answer comes after the change."""
    bed = peopled()
    bed.slack.down = SlackUnavailableError("away")
    writes = bed.writes()
    bed.fault = kill_at(AFTER_CALL)
    change = bed.type(line)
    with pytest.raises(KilledError):
        bed.work()
    restarted(bed)
    shut(bed)
    done = until(bed, change, "applied")
    assert done.reason == ""
    assert bed.writes() == writes + 1
    bed.tick()
    (told,) = bed.parents(change)
    assert told.channel == "DU1ANN", "who asked for it hears of its end"


def test_what_was_not_made_then_is_refused_and_its_request_void() -> None:
    bed = asking()
    writes = bed.writes()
    name = bed.asked("node update --label-add env=prod n2")
    bed.click(ActionKind.APPROVE, name, CAT)
    bed.work()
    shut(bed)
    bed.click(ActionKind.APPROVE, name, DAN)
    bed.work()
    asked = bed.approval(name)
    change = bed.change(asked.subject)
    assert (change.state.value, asked.state.value) == ("refused", "void")
    assert "not_in_channel" in change.reason
    assert bed.writes() == writes
    bed.settle(10)
    (told,) = (m for m in bed.slack.messages if m.channel == "DU1ANN" and m.thread_ts is None)
    assert "not_in_channel" in told.content.text


@pytest.mark.parametrize("line", ["node rm n3", "node update --label-add env=prod n2"])
def test_one_wrong_look_makes_no_change_at_a_closed_door(line: str) -> None:
    """The Engine refuses one look; the next one would be right, and show that it is not made."""
    bed = peopled()
    bed.swarm.node_down("n3")
    bed.slack.down = SlackUnavailableError("away")
    writes = bed.writes()
    change = bed.type(line)
    bed.fault = kill_at("change.before_call")
    if line.startswith("node rm"):
        bed.work()
        bed.click(ActionKind.CONFIRM, change, BOB)
    with pytest.raises(KilledError):
        bed.work()
    restarted(bed)
    shut(bed)
    node = bed.swarm.node
    looks: list[str] = []

    def once_refused(ref: str) -> NodeView:
        looks.append(ref)
        if len(looks) == 1:
            raise EngineRefusedError("rpc error")
        return node(ref)

    bed.swarm.node = once_refused  # type: ignore[method-assign]
    bed.settle(30)
    assert bed.change(change).state.value in {"failed", "refused"}
    assert bed.writes() == writes


def test_channels_that_heard_of_its_start_hear_of_its_end_at_the_door() -> None:
    bed = asking()
    writes = bed.writes()
    name = bed.asked("node update --label-add env=prod n2")
    bed.click(ActionKind.APPROVE, name, CAT)
    bed.work()
    bed.slack.down = SlackUnavailableError("away")
    bed.fault = kill_at("change.before_call")
    bed.click(ActionKind.APPROVE, name, DAN)
    with pytest.raises(KilledError):
        bed.work()
    restarted(bed)
    shut(bed)
    bed.settle(30)
    asked = bed.approval(name)
    change = bed.change(asked.subject)
    assert change.announced
    assert (change.state.value, asked.state.value) == ("failed", "void")
    assert "not_in_channel" in change.reason
    assert bed.writes() == writes
    (told,) = bed.parents(change.id)
    assert "Nothing was changed" in told.content.text


@pytest.mark.parametrize("line", ["rm web", "node update --label-add env=prod n2"])
def test_an_approval_by_which_it_was_made_is_not_void_by_a_later_policy(line: str) -> None:
    bed = asking()
    writes = bed.writes()
    name = bed.asked(line)
    bed.click(ActionKind.APPROVE, name, CAT)
    bed.work()
    bed.fault = kill_at(AFTER_CALL)
    bed.click(ActionKind.APPROVE, name, DAN)
    with pytest.raises(KilledError):
        bed.work()
    restarted(bed)
    changed(bed)
    bed.settle(30)
    assert bed.change(bed.approval(name).subject).state.value == "applied"
    assert bed.approval(name).state.value == "approved"
    assert bed.writes() == writes + 1


def test_a_drain_that_has_begun_is_followed_whatever_the_rights() -> None:
    bed = peopled()
    bed.fault = kill_at(AFTER_CALL)
    change = bed.type(DRAIN)
    with pytest.raises(KilledError):
        bed.work()
    restarted(bed)
    bed.policies.policy = NOBODY
    assert until(bed, change, "applied").reason == ""


def test_a_node_that_is_active_again_has_returned_whatever_the_rights() -> None:
    bed = peopled()
    change = bed.type(f"{DRAIN} --then active")
    bed.work()
    until(bed, change, "draining")
    bed.fault = kill_at(AFTER_CALL)
    for _ in range(60):
        if bed.swarm.node("n2").availability == "active":
            break
        go_on(bed)
    assert bed.change(change).state.value == "returning"
    restarted(bed)
    bed.policies.policy = NOBODY
    assert until(bed, change, "applied").reason == ""


@pytest.mark.parametrize("line", ["node update --label-add env=prod n2", "network create backend"])
def test_what_was_not_made_yet_is_decided_on_again(line: str) -> None:
    bed = made()
    writes = bed.writes()
    bed.fault = kill_at("change.before_call")
    change = bed.type(line)
    with pytest.raises(KilledError):
        bed.work()
    restarted(bed)
    bed.policies.policy = NOBODY
    bed.settle(30)
    done = bed.change(change)
    assert done.state.value == "failed"
    assert "not allowed any more" in done.reason
    assert bed.writes() == writes
