"""Failure action `rollback`, where Swarm's own way back would not lead back."""

from dataclasses import replace
from datetime import timedelta

from tests.unit.usecases.bed import Bed, made


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
