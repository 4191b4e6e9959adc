"""Which revisions are good or bad, and so where Roll back goes."""

from datetime import timedelta

import pytest

from bot.domain.observation import UpdateState
from bot.domain.revision import Mark
from tests.unit.usecases.bed import Bed, made


def marks(bed: Bed) -> list[Mark]:
    return [entry.mark for entry in bed.history().entries]


def test_to_a_newer_revision_leaves_nothing_bad_behind() -> None:
    bed = made()
    bed.done("update --image reg/httpd:v2 web")
    bed.done("rollback --to 1 web", "rolled_back")
    bed.done("rollback --to 2 web", "rolled_back")
    assert marks(bed) == [Mark.GOOD, Mark.GOOD]
    bed.done("rollback web", "rolled_back")
    assert bed.image() == "reg/httpd:v1"


def swarm_pauses(bed: Bed) -> None:
    service = next(iter(bed.swarm.world.services.values()))
    service.update_state = UpdateState.PAUSED


def test_what_reopens_has_not_proved_good() -> None:
    bed = made()
    rollout = bed.done("update --image reg/httpd:v2 --update-delay 20s web")
    assert marks(bed) == [Mark.GOOD, Mark.GOOD]
    swarm_pauses(bed)
    bed.tick()
    assert bed.rollout(rollout.id).state.value == "paused"
    assert marks(bed) == [Mark.GOOD, Mark.UNKNOWN]
    bed.type("abort web")
    bed.tick()
    second = bed.type("update --image reg/httpd:v3 web")
    bed.work()
    assert bed.rollout(second).back_to == 1


def test_what_reopens_and_gets_on_is_good_in_the_end() -> None:
    bed = made()
    rollout = bed.done("update --image reg/httpd:v2 --update-delay 20s web")
    swarm_pauses(bed)
    bed.tick()
    bed.type("resume web")
    bed.until(rollout.id, "completed")
    assert marks(bed) == [Mark.GOOD, Mark.GOOD]


def aborted(bed: Bed, line: str, after: float) -> str:
    """Return an update that was aborted at once, and so many seconds later."""
    rollout = bed.type(line)
    bed.work()
    bed.tick()
    bed.type("abort web")
    bed.settle(after)
    assert bed.rollout(rollout).state.value == "aborted"
    return rollout


def test_what_got_right_after_an_abort_is_gone_back_to() -> None:
    bed = made()
    aborted(bed, "update --image reg/httpd:v2 --update-delay 10s web", 60)
    update = bed.done("update --image reg/httpd:v3 --update-delay 0s web")
    assert (update.back_to, marks(bed)) == (2, [Mark.GOOD, Mark.GOOD, Mark.GOOD])
    bed.done("rollback web", "rolled_back")
    assert bed.image() == "reg/httpd:v2"


def test_what_is_on_its_way_after_an_abort_is_not() -> None:
    bed = made()
    aborted(bed, "update --image reg/httpd:v2 --update-delay 10s web", 1)
    second = bed.type("update --image reg/httpd:v3 web")
    bed.work()
    assert (bed.rollout(second).back_to, marks(bed)[1]) == (1, Mark.UNKNOWN)


@pytest.mark.parametrize("after", [20, 20.5, 21, 21.5, 22, 22.5, 23, 23.5])
def test_what_crashes_now_and_then_after_an_abort_is_not(after: float) -> None:
    """For a moment all tasks run; only none of them for long."""
    bed = made(1)
    bed.swarm.add_image("reg/httpd:sick", ends_in=timedelta(seconds=3), exit_code=1)
    line = "update --image reg/httpd:sick --restart-delay 0s --update-failure-action continue web"
    aborted(bed, line, after)
    update = bed.type("update --image reg/httpd:v3 web")
    bed.work()
    assert (bed.rollout(update).back_to, marks(bed)[1]) == (1, Mark.UNKNOWN)
