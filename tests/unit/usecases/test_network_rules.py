"""A network is in the environment that its name or its labels say."""

from __future__ import annotations

from bot.domain.policy import Criterion, Environment, Grant, Members, On, Policy
from tests.unit.usecases.approving import ALL, Approving
from tests.unit.usecases.bed import BOB

LABELLED = Policy(
    hash="one",
    roles={"all": Members(everyone=True)},
    grants=(
        Grant(name="grants[0] (all)", role="all", may=ALL, environments=frozenset({"default"})),
    ),
    environments=(
        Environment(name="production", match=Criterion(On.LABEL, "env=prod")),
        Environment(name="default"),
    ),
)


def test_a_network_that_would_be_in_another_environment_by_its_label_is_not_made() -> None:
    bed = Approving(policy=LABELLED)
    made = bed.type("network create --label env=prod back")
    bed.work()
    assert "no rule lets you create cluster default in production" in bed.private(made)
    assert "back" not in {one.name for one in bed.swarm.networks()}
    bed.type("network create --label env=stg back")
    bed.work()
    assert "back" in {one.name for one in bed.swarm.networks()}


def test_a_network_is_removed_by_who_may_where_its_label_says() -> None:
    bed = Approving()
    bed.type("network create --label env=prod back")
    bed.work()
    (back,) = [one for one in bed.swarm.networks() if one.name == "back"]
    bed.policies.policy = LABELLED
    for ref in ("back", back.id):
        gone = bed.type(f"network rm {ref}", BOB)
        bed.work()
        assert "in production" in bed.private(gone)
    assert back in bed.swarm.networks()


def test_a_network_that_is_not_there_is_judged_by_its_name() -> None:
    bed = Approving(policy=LABELLED)
    gone = bed.type("network rm --force back", BOB)
    bed.work()
    assert "there is no network back" in bed.private(gone)
