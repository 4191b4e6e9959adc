"""Which revisions are good or bad, and so where Roll back goes."""

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
