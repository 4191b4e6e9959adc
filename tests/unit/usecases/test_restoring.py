"""The last step of a rollback, putting the own UpdateConfig back, and what hinders it."""

from collections.abc import Callable

import pytest

from bot.domain.jsontypes import Spec
from bot.domain.revision import Mark
from bot.domain.rollout.record import Purpose, Rollout
from bot.ports import EngineRefusedError
from tests.unit.usecases.bed import Bed, made


def going_back() -> tuple[Bed, str]:
    """Return a bed in which `web` is about to go back from v2, and the rollback."""
    bed = made(3, "--update-parallelism 2")
    bed.done("update --image reg/httpd:v2 web")
    bed.settle(20)
    return bed, bed.type("rollback web")


def refuse_the_restore(bed: Bed, rollout: str) -> None:
    real = bed.swarm.update_service

    def update(service_id: str, version: int, spec: Spec, *, with_registry_auth: bool) -> None:
        if purpose(bed.rollout(rollout)) is Purpose.RESTORE:
            raise EngineRefusedError("no such thing")
        real(service_id, version, spec, with_registry_auth=with_registry_auth)

    bed.swarm.update_service = update  # type: ignore[method-assign,assignment]  # this Engine refuses


def purpose(rollout: Rollout) -> Purpose | None:
    return rollout.posting.purpose if rollout.posting else None


def change_before_it(bed: Bed, rollout: str) -> None:
    bed.fault = _at("apply.observed", bed, rollout, lambda: _add_label(bed))


def remove_before_it(bed: Bed, rollout: str) -> None:
    bed.fault = _at("apply.observed", bed, rollout, lambda: bed.swarm.remove_outside("web"))


def change_after_it(bed: Bed, rollout: str) -> None:
    bed.fault = _at("apply.after_commit", bed, rollout, lambda: _add_label(bed))


def _at(point: str, bed: Bed, rollout: str, act: Callable[[], None]) -> Callable[[str], None]:
    done: list[str] = []

    def fault(at: str) -> None:
        if at == point and not done and purpose(bed.rollout(rollout)) is Purpose.RESTORE:
            done.append(at)
            act()

    return fault


def _add_label(bed: Bed) -> None:
    bed.swarm.post_outside("web", lambda spec: spec["Labels"].update(team="x"))


@pytest.mark.parametrize(
    ("hinder", "told"),
    [
        (refuse_the_restore, "no such thing"),
        (change_before_it, "changed outside"),
        (change_after_it, "changed outside"),
        (remove_before_it, "removed"),
    ],
)
def test_a_rollback_whose_tasks_are_back_ends_rolled_back(
    hinder: Callable[[Bed, str], None], told: str
) -> None:
    bed, rollout = going_back()
    hinder(bed, rollout)
    end = bed.until(rollout, "rolled_back")
    assert told in end.reason
    assert "update settings" in end.reason
    assert told in bed.parent(rollout).text
    assert [entry.mark for entry in bed.history().entries] == [Mark.GOOD, Mark.BAD]
    assert bed.store.live_rollout("default", "web") is None
    assert len([shown for shown in bed.thread(rollout) if shown.broadcast]) == 1
