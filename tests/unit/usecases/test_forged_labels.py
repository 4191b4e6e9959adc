"""Labels are no proof: whoever has the docker CLI can write ours onto a service."""

import pytest

from bot.domain.jsontypes import Spec
from tests.unit.usecases.bed import Bed, KilledError, made


def about_to_post() -> tuple[Bed, str]:
    """Return a bed whose worker was killed right before it posted the update to v2."""
    bed = made(3)
    kills = ["apply.before_post"]

    def fault(at: str) -> None:
        if at in kills:
            kills.remove(at)
            raise KilledError(at)

    bed.fault = fault
    rollout = bed.type("update --image reg/httpd:v2 web")
    with pytest.raises(KilledError):
        bed.work()
    bed.use = bed.wired()
    return bed, rollout


@pytest.mark.parametrize("image", ["reg/httpd:v1", "reg/httpd:v3"], ids=["nothing", "another"])
def test_a_service_that_only_says_it_is_ours_is_not_called_completed(image: str) -> None:
    """With our labels the post counts as made; what is live must then be what was posted."""
    bed, rollout = about_to_post()

    def forge(spec: Spec) -> None:
        spec.setdefault("Labels", {}).update({"waggle.rollout": rollout, "waggle.attempt": "1"})
        spec["TaskTemplate"]["ContainerSpec"]["Image"] = image

    bed.swarm.post_outside("web", forge)
    bed.settle(60)
    assert bed.rollout(rollout).state.value == "superseded"
    assert bed.image() == image


def test_labels_of_somebody_elses_rollout_stop_nothing() -> None:
    bed, rollout = about_to_post()

    def forge(spec: Spec) -> None:
        spec.setdefault("Labels", {}).update({"waggle.rollout": "r-x", "waggle.attempt": "9"})

    bed.swarm.post_outside("web", forge)
    bed.settle(60)
    assert bed.rollout(rollout).state.value == "completed"
    assert bed.image() == "reg/httpd:v2"
