"""Secrets and configs are judged by their own labels, and nobody is told of what they may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.policy import (
    ApprovalRule,
    Criterion,
    Environment,
    Grant,
    Members,
    On,
    Policy,
    VerbGroup,
)
from bot.domain.policy.resource import Piece
from tests.unit.usecases.approving import CAT, Approving
from tests.unit.usecases.bed import ANN, BOB

V = VerbGroup
ONE = ApprovalRule(required=1, approvers=Members(users=frozenset({CAT.user})))
PRODUCTION = Environment(name="production", match=Criterion(On.LABEL, "env=prod"))
STAGING = Environment(name="staging", match=Criterion(On.LABEL, "env=stg"))
MOST = frozenset(VerbGroup) - {V.BREAK_GLASS}


def rules(*grants: Grant, production: Environment = PRODUCTION) -> Policy:
    """Return a policy by which ann may everything, and bob what these grants give."""
    everything = Grant(name="grants[0] (ann)", role="ann", may=MOST)
    return Policy(
        hash="h",
        roles={
            "ann": Members(users=frozenset({ANN.user, CAT.user})),
            "bob": Members(users=frozenset({BOB.user})),
        },
        grants=(everything, *grants),
        environments=(production, STAGING, Environment(name="default")),
    )


def bobs(**fields: object) -> Grant:
    return Grant(name="grants[1] (bob)", role="bob", may=MOST, **fields)  # type: ignore[arg-type]  # any field


IN_STAGING = bobs(environments=frozenset({"staging"}))


def a_bed(*grants: Grant, production: Environment = PRODUCTION) -> Approving:
    """Return a bed with `web` in staging, and pieces of production, of staging and of nowhere."""
    bed = Approving()
    bed.done("create --name web --label env=stg --replicas 1 reg/httpd:v1")
    for add in (bed.swarm.add_secret, bed.swarm.add_config):
        add("prod_key", env="prod")
        add("stg_key", env="stg")
        add("slack_signing_secret")
    bed.policies.policy = rules(*(grants or (IN_STAGING,)), production=production)
    return bed


def refused(bed: Approving, line: str) -> str:
    """Let bob type a line that is refused; return the private answer."""
    writes = bed.writes()
    name = bed.type(line, BOB)
    bed.work()
    assert bed.rollout(name).state.value == "refused"
    assert bed.writes() == writes
    return bed.private(name)


@pytest.mark.parametrize("kind", ["secret", "config"])
@pytest.mark.parametrize(
    ("name", "where"), [("prod_key", "production"), ("slack_signing_secret", "default")]
)
def test_no_piece_of_elsewhere_is_mounted(kind: str, name: str, where: str) -> None:
    bed = a_bed()
    why = f"no rule lets you {{}} {kind} {name} in {where}"
    told = refused(bed, f"update --{kind}-add {name} web")
    assert f"in {where}" in told
    told = refused(bed, f"create --name other --label env=stg --{kind} {name} reg/httpd:v1")
    assert f"in {where}" in told
    everywhere = bobs(services=("web", "other"))  # a piece is no service
    bed.policies.policy = rules(everywhere)
    assert why.format("update") in refused(bed, f"update --{kind}-add {name} web")
    line = f"create --name other --label env=stg --{kind} {name} reg/httpd:v1"
    assert why.format("create") in refused(bed, line)


def test_a_config_with_a_credential_spec_is_a_piece_too() -> None:
    bed = a_bed()
    line = "update --credential-spec config://prod_key web"
    assert "in production" in refused(bed, line)


@pytest.mark.parametrize("kind", ["secret", "config"])
def test_a_piece_of_the_same_place_is_mounted(kind: str) -> None:
    bed = a_bed()
    bed.done(f"update --{kind}-add stg_key web", by=BOB)


def test_a_grant_for_everywhere_gives_what_is_nowhere() -> None:
    bed = a_bed(bobs())
    bed.done("update --secret-add slack_signing_secret web", by=BOB)


def test_the_open_policy_gives_all() -> None:
    bed = a_bed()
    bed.policies.policy = Policy(open_to_all=True, hash="open")
    bed.done("update --secret-add prod_key web", by=BOB)


def test_what_the_service_holds_already_is_not_asked_for_again() -> None:
    bed = a_bed()
    bed.done("update --secret-add prod_key web")
    bed.done("update --image reg/httpd:v2 web", by=BOB)
    again = "--secret-rm prod_key --secret-add source=prod_key,target=other"
    bed.done(f"update {again} web", by=BOB)


def test_the_approvals_of_where_a_piece_belongs_are_asked_for() -> None:
    production = replace(PRODUCTION, approvals=ONE)
    bed = a_bed(bobs(), production=production)
    name = bed.asked("update --secret-add prod_key web", BOB)
    assert bed.approval(name).environment == "production"
    rollout = f"r-{name.removeprefix('p-')}"
    plan = bed.rollout(rollout).plan
    assert plan is not None
    assert plan.takes == (Piece(kind="secret", name="prod_key", labels={"env": "prod"}),)
    bed.votes(name, CAT)
    bed.until(rollout, "completed")


def test_a_piece_that_moved_meanwhile_voids_the_yes() -> None:
    bed = a_bed(bobs(), production=replace(PRODUCTION, approvals=ONE))
    name = bed.asked("update --secret-add prod_key web", BOB)
    bed.swarm.remove_kept("secret", "prod_key")
    bed.swarm.add_secret("prod_key", env="prod", team="pay")
    bed.votes(name, CAT)
    assert bed.rollout(f"r-{name.removeprefix('p-')}").state.value == "refused"


def test_a_right_to_a_piece_that_went_meanwhile_stops_the_post() -> None:
    bed = a_bed(bobs())
    name = bed.type("update --secret-add prod_key web", BOB)

    def fault(at: str) -> None:
        if at == "plan.after_commit":
            bed.policies.policy = rules(bobs(services=("web",)))

    bed.fault = fault
    rollout = bed.until(name, "failed")
    assert "secret prod_key in production" in rollout.reason


def test_a_rollback_binds_no_other_piece_than_was_recorded_without_the_right() -> None:
    bed = a_bed()
    for kind in ("secret", "config"):
        bed.done(f"update --{kind}-add stg_key web")
        bed.done(f"update --{kind}-rm stg_key web")
    bed.swarm.remove_kept("secret", "stg_key")
    again = bed.swarm.add_secret("stg_key", env="prod")
    assert "in production" in refused(bed, "rollback --to 2 web")
    bed.done("rollback --to 4 web", "rolled_back", by=BOB)  # the config, which is the recorded one
    bed.done("rollback --to 2 web", "rolled_back")
    container = bed.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"]
    assert [one["SecretID"] for one in container["Secrets"]] == [again]


# -- what is said


def test_who_may_not_change_a_service_is_told_of_no_names() -> None:
    bed = a_bed()
    bed.swarm.add_image("reg/shop:v1")
    held = "--secret source=prod_key,target=held"
    bed.done(f"create --name shop --label env=prod --replicas 1 {held} reg/shop:v1")
    for line in (
        "update --secret-add stg_kez shop",
        "update --secret-add source=stg_key,target=held shop",
        "update --network-add nope shop",
        "update --image reg/httpd:v9 shop",
        "create --name new --label env=prod --secret stg_kez reg/httpd:v9",
        "create --name shop --label env=prod reg/httpd:v9",
    ):
        told = refused(bed, line)
        assert "no rule lets you" in told, line
        assert "production" in told, line


@pytest.mark.parametrize("kind", ["secret", "config"])
def test_only_what_may_be_read_is_meant(kind: str) -> None:
    bed = a_bed()
    told = refused(bed, f"update --{kind}-add prod_kez web")
    assert f"There is no {kind} `prod_kez`." in told
    assert "prod_key`" not in told
    assert "slack" not in told
    assert "`stg_key`" in refused(bed, f"update --{kind}-add stg_kez web")


def test_services_and_networks_of_elsewhere_are_not_meant_either() -> None:
    bed = a_bed()
    bed.type("network create --label env=prod prodnet")
    bed.type("network create --label env=stg stgnet")
    bed.work()
    assert "`prodnet`" not in refused(bed, "update --network-add prodnett web")
    assert "`stgnet`" in refused(bed, "update --network-add stgnett web")
    bed.swarm.add_image("reg/shop:v1")
    bed.done("create --name shopping --label env=prod --replicas 1 reg/shop:v1")
    assert "`shopping`" not in refused(bed, "update --image reg/httpd:v2 shoppin")
    assert "`web`" in refused(bed, "update --image reg/httpd:v2 wep")


def test_tags_of_a_repository_that_nothing_readable_runs_are_not_told() -> None:
    bed = a_bed()
    bed.swarm.add_image("reg/shop:v1")
    bed.done("create --name shopping --label env=prod --replicas 1 reg/shop:v1")
    for line in (
        "update --image reg/shop:v9 web",
        "create --name other --label env=stg reg/shop:v9",
    ):
        told = refused(bed, line)
        assert "The registry knows no `reg/shop:v9`." in told
        assert "v1" not in told
    bed.done("create --name stgshop --label env=stg --replicas 1 reg/shop:v1")
    assert "`v1`" in refused(bed, "update --image reg/shop:v9 web")


def test_tags_of_the_services_own_repository_are_told() -> None:
    bed = a_bed(replace(IN_STAGING, may=frozenset({V.UPDATE})))
    assert "`v2`" in refused(bed, "update --image reg/httpd:v9 web")
