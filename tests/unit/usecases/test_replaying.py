"""A manager that has just come back knows of no service yet: nothing is concluded from that."""

import pytest

from bot.domain.change import ActionKind
from bot.domain.lag import LAGS
from bot.ports import EngineUnavailableError
from tests.unit.usecases.bed import Bed, KilledError, made
from tests.unit.usecases.faults import kill_at, once

_A_MOMENT = LAGS.total_seconds() - 5


def _comes_back(bed: Bed) -> None:
    bed.swarm.replaying = True


def test_a_rollout_goes_on_once_the_log_is_played() -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 web")
    bed.until(rollout, "progressing")
    bed.tick(1)
    _comes_back(bed)
    bed.settle(_A_MOMENT)
    assert bed.rollout(rollout).state.value == "progressing"
    bed.swarm.replaying = False
    assert bed.until(rollout, "completed").doubted_since is None
    assert bed.swarm.writes[1:] == [("update", "web")]


def test_what_is_due_waits_for_the_service_to_be_seen_again() -> None:
    bed = made()
    bed.fault = once("announce.after_commit", lambda: _comes_back(bed))
    rollout = bed.type("scale web=5")
    bed.work()
    bed.settle(_A_MOMENT)
    assert bed.rollout(rollout).state.value == "progressing"
    assert bed.swarm.writes[1:] == []
    bed.swarm.replaying = False
    assert bed.until(rollout, "completed").doubted_since is None
    assert bed.replicas() == 5


def test_a_removal_is_told_of_what_is_gone_and_not_of_what_is_not_seen() -> None:
    bed = made()
    change = bed.type("rm web")
    bed.work()
    bed.fault = once("click.after_commit", lambda: _comes_back(bed))
    bed.click(ActionKind.CONFIRM, change)
    bed.work()
    bed.settle(_A_MOMENT)
    assert bed.change(change).state.value == "applying"
    bed.swarm.replaying = False
    bed.settle(10)
    assert bed.change(change).state.value == "applied"
    assert bed.swarm.services() == []
    assert bed.swarm.writes[1:] == [("remove", "web")]


def test_a_removal_that_was_killed_before_it_was_told_is_told_when_it_is_sure() -> None:
    bed = made()
    change = bed.type("rm web")
    bed.work()
    bed.fault = kill_at("change.after_call")
    bed.click(ActionKind.CONFIRM, change)
    with pytest.raises(KilledError):
        bed.work()
    bed.settle(_A_MOMENT)
    assert bed.change(change).state.value == "applying"
    bed.settle(12)
    assert bed.change(change).state.value == "applied"
    assert bed.swarm.writes[1:] == [("remove", "web")]


def test_what_is_due_is_superseded_only_once_the_service_stays_older_than_it_was_seen() -> None:
    bed = made()
    old = bed.swarm.service("web").spec
    bed.done("update --image reg/httpd:v2 --update-monitor 1s web")
    bed.fault = once("announce.after_commit", lambda: bed.swarm.restore("web", old, 3))
    rollout = bed.type("scale web=5")
    bed.work()
    bed.settle(_A_MOMENT)
    assert bed.rollout(rollout).state.value == "progressing"
    ended = bed.until(rollout, "superseded")
    assert ended.doubted_since is None
    assert bed.replicas() == 3


def test_a_silence_between_two_such_looks_does_not_count() -> None:
    bed = made()
    rollout = bed.type("update --image reg/httpd:v2 web")
    bed.until(rollout, "progressing")
    _comes_back(bed)
    bed.settle(3)
    bed.swarm.unavailable = True
    for _ in range(60):
        bed.clock.advance(0.5)
        with pytest.raises(EngineUnavailableError):
            bed.use.supervise.tick("default", 1)
    bed.swarm.unavailable = False
    bed.settle(3)
    assert bed.rollout(rollout).state.value == "progressing"
    bed.swarm.replaying = False
    assert bed.until(rollout, "completed").doubted_since is None
