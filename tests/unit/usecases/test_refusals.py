"""What is refused, in words: the next step is named, and nothing was changed."""

import pytest

from tests.unit.usecases.bed import Bed, made


def _refused(bed: Bed, line: str) -> str:
    name = bed.type(line)
    bed.work()
    assert bed.rollout(name).state.value == "refused"
    return bed.private(name)


@pytest.mark.parametrize("typed", ["v7", "v8", "v9"])
def test_an_unknown_tag_names_the_nearest_ones_whatever_the_registrys_order(typed: str) -> None:
    bed = made()
    for tag in ("health", "2.2", "unhealthy", "sick", "crash", "latest", "2.4"):
        bed.swarm.add_image(f"reg/httpd:{tag}")
    told = _refused(bed, f"update --image reg/httpd:{typed} web")
    meant = told.partition("Did you mean `reg/httpd:")[2][:2]
    near = [f"`{tag}`" for tag in ("v3", "v2", "v1") if tag != meant]
    assert f"Tags there are: {', '.join(near)}, " in told


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (
            "create --name dup --publish 8080:80 reg/httpd:v1",
            "Nothing was changed: dup was not created.",
        ),
        ("update --publish-add 8080:80 web", "Nothing was changed: web is as it was."),
    ],
)
def test_what_docker_refuses_was_sent_and_changed_nothing(line: str, left: str) -> None:
    bed = made()
    bed.done("create --name other --publish 8080:80 reg/httpd:v1")
    rollout = bed.done(line, "failed")
    assert rollout.reason.startswith("Docker refused the change: ")
    assert rollout.left_behind == left
    bed.tick()
    assert left in bed.parent(rollout.id).text


def test_a_long_line_is_shown_in_short_to_who_comes_second() -> None:
    bed = made()
    long = "--reason " + "x" * 300
    bed.type(f"update --image reg/httpd:v2 {long} web")
    bed.work()
    told = _refused(bed, "scale web=9")
    assert "`update --image reg/httpd:v2 --reason xxx" in told
    assert "xxx…`. Nothing was changed." in told
    assert len(told) < 600
