"""Failure action `rollback`, where Swarm's own way back would not lead back."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.change import ActionKind
from tests.unit.usecases.bed import Bed, made
from tests.unit.usecases.faults import crashing


def crash_from_now_on(bed: Bed, tag: str) -> None:
    """Let containers of a tag end soon, which they did not before."""
    images = bed.swarm.world.images
    for name in [name for name in images if name.startswith(f"reg/httpd:{tag}")]:
        images[name] = replace(images[name], ends_in=timedelta(seconds=1), exit_code=1)


def test_a_rollback_that_fails_pauses_whatever_the_rollback_config_says() -> None:
    bed = made()
    way = {"Parallelism": 1, "FailureAction": "rollback", "Monitor": 5_000_000_000}
    bed.swarm.post_outside("web", lambda spec: spec.update(RollbackConfig=way))
    bed.done("update --image reg/httpd:v2 web")
    bed.settle(20)
    crash_from_now_on(bed, "v1")
    rollout = bed.type("rollback web")
    assert bed.until(rollout, "paused").going_back
    bed.settle(40)
    assert bed.rollout(rollout).state.value == "paused"
    assert bed.image() == "reg/httpd:v1"


def stuck(bed: Bed) -> str:
    """Return a stalled update to a crashing image, with failure action `rollback`."""
    crashing(bed)
    line = "update --image reg/httpd:crash --constraint-add node.labels.x==y --deadline 10s web"
    rollout = bed.type(line)
    bed.until(rollout, "stalled")
    return rollout


def label(bed: Bed, **labels: str) -> None:
    """Give every node these labels."""
    for node in bed.swarm.nodes():
        bed.swarm.update_node(node.id, node.version, {**node.spec, "Labels": labels})


def test_after_a_push_the_failure_action_still_leads_back() -> None:
    """Swarm's previous spec is then the try before: the same one."""
    bed = made(3, "--update-failure-action rollback")
    rollout = stuck(bed)
    bed.click(ActionKind.UNSTICK, rollout)
    bed.work()
    bed.tick()
    label(bed, x="y")
    end = bed.until(rollout, "rolled_back")
    assert (bed.image(), end.back_to, end.blame) == ("reg/httpd:v1", 1, None)
    assert "earlier try" in end.reason
    assert [entry.mark.value for entry in bed.history().entries] == ["good", "bad"]
    assert bed.swarm.service("web").spec["UpdateConfig"]["FailureAction"] == "rollback"
    told = [shown.content.text for shown in bed.thread(rollout)]
    assert any("goes back to revision 1, as its failure action asks" in text for text in told)


def test_a_push_that_helps_ends_completed_and_keeps_the_failure_action() -> None:
    bed = made(3, "--update-failure-action rollback")
    rollout = bed.type(
        "update --image reg/httpd:v2 --constraint-add node.labels.x==y --deadline 10s web"
    )
    bed.until(rollout, "stalled")
    bed.click(ActionKind.UNSTICK, rollout)
    bed.work()
    label(bed, x="y")
    bed.until(rollout, "completed")
    assert bed.swarm.service("web").spec["UpdateConfig"]["FailureAction"] == "rollback"
