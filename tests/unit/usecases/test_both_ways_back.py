"""A rollback says the same whether nothing goes on or a rollout is live that it takes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ActionKind
from bot.domain.policy import (
    Criterion,
    Environment,
    Grant,
    ImageRule,
    Limits,
    Members,
    On,
    Policy,
    VerbGroup,
    Window,
)
from tests.unit.usecases.approving import ALL
from tests.unit.usecases.bed import ANN, BOB, Bed

OURS = ImageRule(allow=("reg/*",), require_digest=True)
IN_PROD = Criterion(On.LABEL, "env=prod")
UPDATE = "update --env-add X=1 web"


def rules(**production: object) -> Policy:
    """Everybody may do everything; production allows our own images alone."""
    values = {"name": "production", "match": IN_PROD, "images": OURS, **production}
    return Policy(
        hash="later",
        roles={"all": Members(everyone=True)},
        grants=(Grant(name="grants[0] (all)", role="all", may=ALL),),
        environments=(
            Environment(**values),  # type: ignore[arg-type]  # any field
            Environment(name="default"),
        ),
    )


def a_bed(first: str = "docker.io/httpd:v1", *then: str) -> Bed:
    """Return a bed whose `web` is in production, made from those images before there was a rule."""
    bed = Bed()
    for image in (first, *then):
        bed.swarm.add_image(image)
    bed.done(f"create --name web --label env=prod --replicas 6 {first}")
    for image in then:
        bed.done(f"update --image {image} web")
    return bed


def idle(bed: Bed) -> None:
    """Nothing goes on."""


def live(bed: Bed) -> None:
    """A rollout of web is live, which changes no image."""
    policy, bed.policies.policy = bed.policies.policy, Policy(open_to_all=True, hash="open")
    made = bed.type(UPDATE, BOB)
    bed.until(made, "progressing")
    bed.policies.policy = policy


WAYS = pytest.mark.parametrize("begin", [idle, live])


def says(bed: Bed, line: str) -> str:
    made = bed.type(line, ANN)
    bed.work()
    return bed.private(made)


@WAYS
def test_an_image_that_may_not_run_there_any_more_is_not_gone_back_to(
    begin: Callable[[Bed], None],
) -> None:
    bed = a_bed("docker.io/httpd:v1", "reg/httpd:v2")
    bed.policies.policy = rules()
    begin(bed)
    writes = bed.writes()
    told = says(bed, "rollback --to 1 web")
    assert "Not allowed: images in production come from reg/*; docker.io/httpd does not" in told
    assert bed.writes() == writes
    assert bed.image() == "reg/httpd:v2"


@WAYS
def test_what_was_changed_to_a_good_image_just_now_is_not_taken_back_either(
    begin: Callable[[Bed], None],
) -> None:
    bed = a_bed("docker.io/httpd:v1")
    made = bed.type("update --image reg/httpd:v2 web", BOB)
    bed.until(made, "completed" if begin is idle else "progressing")
    bed.policies.policy = rules()
    writes = bed.writes()
    if begin is live:
        clicked = bed.click(ActionKind.ROLLBACK, made, ANN)
        bed.work()
        assert "images in production come from" in bed.private(clicked)
        assert bed.rollout(made).state.value == "progressing"
    assert "images in production come from" in says(bed, "rollback web")
    assert bed.writes() == writes


@WAYS
def test_glass_does_not_pass_it_by(begin: Callable[[Bed], None]) -> None:
    bed = a_bed("docker.io/httpd:v1", "reg/httpd:v2")
    bed.policies.policy = rules()
    begin(bed)
    told = says(bed, "rollback --break-glass fire --to 1 web")
    assert "images in production come from" in told


@WAYS
def test_an_image_that_runs_there_already_is_not_brought_by_going_back(
    begin: Callable[[Bed], None],
) -> None:
    bed = a_bed("docker.io/httpd:v1")
    bed.done("update --env-add A=1 web")
    bed.policies.policy = rules()
    begin(bed)
    assert "Not allowed" not in says(bed, "rollback --to 1 web")
    bed.settle(30)
    env = bed.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"].get("Env") or []
    assert env == []


@WAYS
def test_neither_a_typed_digest_nor_limits_are_asked_of_what_ran_before(
    begin: Callable[[Bed], None],
) -> None:
    bed = a_bed("reg/httpd:v1", "reg/httpd:v2")
    bed.done("scale web=2")
    bed.policies.policy = rules(limits=Limits(replicas=3, step=1))
    begin(bed)
    assert "Not allowed" not in says(bed, "rollback --to 1 web")
    bed.settle(30)
    assert (bed.image(), bed.replicas()) == ("reg/httpd:v1", 6)


@WAYS
def test_what_comes_back_into_an_environment_is_judged_whole(begin: Callable[[Bed], None]) -> None:
    bed = a_bed("docker.io/httpd:v1")
    made = bed.type("update --label-rm env web", BOB)
    bed.until(made, "completed" if begin is idle else "progressing")
    bed.policies.policy = rules()
    assert "images in production come from" in says(bed, "rollback web")


@WAYS
@pytest.mark.parametrize("passes", [True, False])
def test_a_freeze_lets_going_back_pass_where_it_says_so(
    begin: Callable[[Bed], None],
    passes: bool,  # noqa: FBT001
) -> None:
    bed = a_bed("reg/httpd:v1", "reg/httpd:v2")
    bed.policies.policy = rules()
    begin(bed)
    now = bed.clock.now()
    window = Window(environment="production", begins=now, ends=now + timedelta(hours=9))
    except_ = frozenset({VerbGroup.ROLLBACK}) if passes else frozenset()
    bed.calendar.known = [replace(window, passes=except_)]
    told = says(bed, "rollback --to 1 web")
    assert ("production is frozen" in told) is not passes
    bed.settle(30)
    assert bed.image() == ("reg/httpd:v1" if passes else "reg/httpd:v2")
