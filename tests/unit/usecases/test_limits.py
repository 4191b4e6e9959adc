"""What an environment limits, and what gets near it by which way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.policy import (
    Beyond,
    Criterion,
    Environment,
    Grant,
    ImageRule,
    Limits,
    Members,
    On,
    Policy,
)
from tests.unit.usecases.approving import ALL, RULE, Approving, asking

IN_PROD = Criterion(On.LABEL, "env=prod")


def limited(**fields: object) -> Policy:
    """Everybody may do everything; `env=prod` is production, with what is given."""
    production = Environment(name="production", match=IN_PROD, **fields)  # type: ignore[arg-type]  # any field
    return Policy(
        hash="one",
        roles={"all": Members(everyone=True)},
        grants=(Grant(name="grants[0] (all)", role="all", may=ALL),),
        environments=(production, Environment(name="default")),
    )


def says(bed: Approving, line: str) -> str:
    """Type a line, let it be planned, and return what the person is told."""
    made = bed.type(line)
    bed.work()
    return bed.private(made)


JOB = "create --name sums --label env=prod --mode replicated-job"


@pytest.mark.parametrize("count", ["--replicas 11", "--replicas 11 --max-concurrent 2"])
def test_a_job_is_limited_by_all_that_it_runs(count: str) -> None:
    bed = Approving(policy=limited(limits=Limits(replicas=10)))
    told = says(bed, f"{JOB} {count} reg/httpd:v1")
    assert "production is limited to 10 replicas, this asks for 11" in told
    assert bed.swarm.services() == []


def test_a_job_within_the_limit_runs() -> None:
    bed = Approving(policy=limited(limits=Limits(replicas=10)))
    bed.until(bed.type(f"{JOB} --replicas 10 reg/httpd:v1"), "progressing")


def test_one_task_on_each_node_is_no_number() -> None:
    bed = Approving(policy=limited(limits=Limits(replicas=1)))
    bed.done("create --name all --label env=prod --mode global reg/httpd:v1")


RULES = {
    "images": ImageRule(allow=("registry.example.com/*",), require_digest=True),
    "limits": Limits(replicas=10),
}


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("images", "images in production come from registry.example.com/*; reg/httpd does not"),
        ("images", "production wants the digest in the line: reg/httpd@sha256:…"),
        ("limits", "production is limited to 10 replicas, this asks for 40"),
    ],
)
def test_a_label_brings_nothing_into_an_environment_that_could_not_be_made_there(
    rule: str, why: str
) -> None:
    bed = Approving(policy=limited(**{rule: RULES[rule]}))
    bed.done("create --name web --label env=stg --replicas 40 reg/httpd:v1")
    assert why in says(bed, "update --label-add env=prod web")
    assert bed.swarm.service("web").spec["Labels"]["env"] == "stg"


def test_what_is_within_the_rules_moves_in_with_its_digest_in_the_line() -> None:
    images = ImageRule(allow=("reg/*",), require_digest=True)
    bed = Approving(policy=limited(images=images, limits=Limits(replicas=10)))
    bed.done("create --name web --label env=stg --replicas 3 reg/httpd:v1")
    image = bed.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"]["Image"]
    bed.done(f"update --label-add env=prod --image {image} web")
    bed.done("scale web=4")


def test_a_request_says_which_limit_it_goes_past() -> None:
    bed = asking(replace(RULE, verbs=frozenset()))
    production, *others = bed.policies.policy.environments
    bounded = replace(production, limits=Limits(step=2, beyond=Beyond.APPROVE))
    bed.policies.policy = replace(bed.policies.policy, environments=(bounded, *others))
    name = bed.asked("scale web=6")
    told = "Past a limit: production changes by at most 2 replicas at once, this by +3"
    assert told in bed.request_of(name).text
