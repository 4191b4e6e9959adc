"""What a service's health is called, and why."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.convergence.progress import Progress, SlotProgress
from bot.domain.health import FRESH, LONG, Health, Standing, health_of
from bot.domain.observation import TaskView, UpdateState
from tests.builders import NOW, a_service, a_task

ALL = Progress(total=3, updated=3, running=3)
SOME = Progress(total=3, updated=1, running=2, waiting_for="no suitable node")


def failed(ago: timedelta = timedelta(), **fields: str) -> TaskView:
    return a_task(1, "failed", **{"error": "no database", "state_at": NOW - ago, **fields})


@pytest.mark.parametrize(
    ("state", "progress", "failures", "standing", "why"),
    [
        (UpdateState.NONE, ALL, (), Standing.OK, ""),
        (UpdateState.COMPLETED, ALL, (), Standing.OK, ""),
        (UpdateState.NONE, Progress(total=0, updated=0, running=0), (), Standing.STOPPED, ""),
        (UpdateState.NONE, SOME, (), Standing.SHORT, "no suitable node"),
        (UpdateState.NONE, SOME, (failed(),), Standing.FAILING, "no database"),
        (UpdateState.NONE, SOME, (failed(error=""),), Standing.FAILING, "a task failed"),
        (UpdateState.NONE, SOME, (failed(FRESH * 2),), Standing.SHORT, "no suitable node"),
        (UpdateState.NONE, ALL, (failed(),), Standing.OK, ""),
        (UpdateState.NONE, ALL, (failed(), failed()), Standing.FAILING, "no database"),
        (UpdateState.UPDATING, ALL, (), Standing.UPDATING, ""),
        (UpdateState.UPDATING, SOME, (), Standing.UPDATING, "no suitable node"),
        (UpdateState.UPDATING, SOME, (failed(),), Standing.FAILING, "no database"),
        (UpdateState.ROLLBACK_STARTED, SOME, (), Standing.ROLLING_BACK, "no suitable node"),
        (UpdateState.PAUSED, SOME, (failed(),), Standing.PAUSED, "no database"),
        (UpdateState.ROLLBACK_PAUSED, ALL, (), Standing.PAUSED, "update paused"),
    ],
)
def test_health(
    state: UpdateState,
    progress: Progress,
    failures: tuple[TaskView, ...],
    standing: Standing,
    why: str,
) -> None:
    service = a_service(update_state=state, update_message="update paused")
    health = health_of(service, progress, failures, NOW)
    assert (health.standing, health.why) == (standing, why)


def test_the_newest_error_is_the_reason() -> None:
    old = failed(timedelta(minutes=1), error="old")
    health = health_of(a_service(), SOME, (old, failed(error="new")), NOW)
    assert health.why == "new"


UNDER_WAY = [UpdateState.UPDATING, UpdateState.ROLLBACK_STARTED]
PULLING = Progress(total=6, updated=2, running=2, waiting_for="image pull")


def shown(state: str, error: str = "") -> SlotProgress:
    return SlotProgress(label="web.1", node="", state=state, updated=False, error=error)


@pytest.mark.parametrize("state", UNDER_WAY)
@pytest.mark.parametrize(
    ("progress", "ran", "held"),
    [
        (PULLING, LONG, False),
        (PULLING, LONG + timedelta(seconds=1), True),
        (replace(PULLING, expected=timedelta(hours=1)), timedelta(minutes=50), False),
        (replace(PULLING, expected=timedelta(hours=1)), timedelta(minutes=61), True),
        (replace(PULLING, running=6), timedelta(hours=5), False),
    ],
)
def test_an_update_that_is_late_and_short_needs_a_look(
    state: UpdateState, progress: Progress, ran: timedelta, *, held: bool
) -> None:
    service = a_service(update_state=state, update_started_at=NOW - ran)
    health = health_of(service, progress, (), NOW)
    assert health.needs_a_look is held
    assert health.words.endswith(" 2/6")
    if held:
        assert health.why == "image pull"


def test_an_update_that_is_late_has_a_reason_even_where_none_is_known() -> None:
    service = a_service(update_state=UpdateState.UPDATING, update_started_at=NOW - LONG * 2)
    assert health_of(service, replace(PULLING, waiting_for=""), (), NOW).why
    unknown = a_service(update_state=UpdateState.UPDATING)
    assert not health_of(unknown, PULLING, (), NOW).needs_a_look


@pytest.mark.parametrize("state", UNDER_WAY)
@pytest.mark.parametrize("running", [2, 6], ids=["short", "the new task starts first"])
def test_an_update_whose_task_finds_no_node_needs_a_look_at_once(
    state: UpdateState, running: int
) -> None:
    slots = (shown("running"), shown("pending", "no suitable node (6 nodes)"))
    progress = replace(PULLING, running=running, slots=slots)
    health = health_of(a_service(update_state=state), progress, (), NOW)
    assert (health.needs_a_look, health.why) == (True, "no suitable node (6 nodes)")
    waits = replace(progress, slots=(shown("running", "old"), shown("pending")))
    assert not health_of(a_service(update_state=state), waits, (), NOW).needs_a_look


def test_an_update_whose_task_failed_needs_a_look_even_while_all_that_is_wanted_runs() -> None:
    service = a_service(update_state=UpdateState.UPDATING)
    health = health_of(service, ALL, (failed(),), NOW)
    assert (health.needs_a_look, health.why) == (True, "no database")


def test_a_failure_before_the_update_is_not_its_own() -> None:
    began = NOW - timedelta(minutes=1)
    service = a_service(update_state=UpdateState.UPDATING, update_started_at=began)
    assert not health_of(service, ALL, (failed(timedelta(minutes=2)),), NOW).needs_a_look
    assert health_of(service, ALL, (failed(timedelta(seconds=30)),), NOW).needs_a_look


def test_words_and_order() -> None:
    assert Health(standing=Standing.UPDATING, updated=2, total=6).words == "updating 2/6"
    assert Health(standing=Standing.FAILING).words == "failing"
    worst = sorted((Health(standing=each) for each in reversed(Standing)), key=lambda it: it.rank)
    troubles = [each.standing for each in worst if each.needs_a_look]
    assert troubles == [Standing.PAUSED, Standing.FAILING, Standing.SHORT]
