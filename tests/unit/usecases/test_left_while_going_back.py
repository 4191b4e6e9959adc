"""Aborted or taken over in a rollback: the service does not keep the rollback's pace."""

from bot.domain.change import ActionKind
from bot.domain.jsontypes import JsonObject
from tests.unit.usecases.bed import BOB, Bed, made
from tests.unit.usecases.faults import once


def going_back() -> tuple[Bed, str, JsonObject]:
    """Return a bed in which `web` goes back to v1, the rollback, and the UpdateConfig before it."""
    bed = made(3, "--update-parallelism 2 --update-failure-action rollback")
    bed.done("update --image reg/httpd:v2 web")
    bed.settle(20)
    own = pace(bed)
    rollout = bed.type("rollback web")
    bed.work()
    bed.tick()
    assert bed.rollout(rollout).state.value == "rolling_back"
    assert pace(bed) != own
    return bed, rollout, own


def pace(bed: Bed) -> JsonObject:
    config: JsonObject = bed.swarm.service("web").spec["UpdateConfig"]
    return config


def found(bed: Bed) -> list[int]:
    return [entry.number for entry in bed.history().entries if entry.found]


def test_who_takes_over_gets_the_services_own_settings() -> None:
    bed, rollout, own = going_back()
    second = bed.done("update --image reg/httpd:v3 --supersede web")
    assert pace(bed) == own
    assert found(bed) == []
    assert (second.from_revision, second.to_revision) == (1, 3)
    assert "puts its own back" in bed.rollout(rollout).left_behind
    shown = {change.path for change in second.plan.changes} if second.plan else set()
    assert {"image", "update-parallelism"} <= shown, "what is posted is what is shown"


def test_an_abort_says_so_and_the_next_change_puts_them_back() -> None:
    bed, rollout, own = going_back()
    bed.type("abort web", BOB)
    bed.settle(20)
    assert "update settings are those of its rollback" in bed.rollout(rollout).left_behind
    assert pace(bed) != own
    bed.done("scale web=4")
    assert pace(bed) == own
    assert found(bed) == []


def test_an_abort_of_the_last_step_says_so_too() -> None:
    bed, rollout, own = going_back()

    aborted: list[str] = []

    def abort_before_it_is_posted(at: str) -> None:
        if at == "tick.after_commit" and bed.rollout(rollout).attempts == 2 and not aborted:
            aborted.append(bed.type("abort web", BOB))

    bed.fault = abort_before_it_is_posted
    bed.until(rollout, "aborted")
    assert "update settings are those of its rollback" in bed.rollout(rollout).left_behind
    bed.done("scale web=4")
    assert pace(bed) == own
    assert found(bed) == []


def test_what_somebody_set_since_is_kept() -> None:
    bed, _, _ = going_back()
    bed.type("abort web", BOB)
    bed.settle(20)
    bed.swarm.post_outside("web", lambda spec: spec["UpdateConfig"].update(Parallelism=7))
    bed.done("scale web=4")
    assert pace(bed)["Parallelism"] == 7


def test_what_the_other_rollout_did_since_the_plan_is_not_taken_for_a_strangers() -> None:
    bed = made()
    first = bed.type("update --image reg/httpd:v2 --update-delay 5s web")
    bed.work()
    bed.tick()
    second = bed.type("update --image reg/httpd:v3 --supersede web", BOB)
    job = bed.queue.take()

    def roll_back() -> None:
        bed.click(ActionKind.ROLLBACK, first)
        bed.work()

    bed.fault = once("plan.after_commit", roll_back)
    bed.use.plan.run(job.subject)
    bed.settle(30)
    end = bed.rollout(second)
    assert end.state.value == "superseded"
    assert f"changed by {first}" in end.reason
    assert "image" in end.reason
    assert "outside" not in bed.parent(second).text
    assert bed.image() == "reg/httpd:v1"
