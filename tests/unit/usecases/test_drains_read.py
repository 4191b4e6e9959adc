"""What a drain tells of services that whoever asks for it may not read."""

from dataclasses import replace

import pytest

from bot.domain.change import UNDER_WAY, ChangeState
from bot.domain.policy import Criterion, Environment, Grant, Members, On, Policy, VerbGroup
from bot.domain.reply import RolloutList
from tests.unit.rendering.samples_changes import a_change, a_drain
from tests.unit.usecases.answering import Desk
from tests.unit.usecases.bed import Bed
from tests.unit.usecases.test_drains import DRAIN, note, peopled, until


def test_services_that_one_may_not_read_are_counted_in_a_dry_run_and_named_in_the_channel() -> None:
    bed = Bed()
    bed.done("create --name web --replicas 3 reg/httpd:v1")
    bed.done("create --name vault --replicas 3 --mount type=bind,src=/srv/x,dst=/x reg/httpd:v1")
    bed.policies.policy = may_read("web")
    dry = bed.type(f"{DRAIN} --dry-run")
    bed.work()
    told = bed.private(dry)
    assert "1 task of 1 service and 1 task of services that you may not read leave it." in told
    assert "vault" not in told
    assert "/srv/x" not in told
    change = bed.type(DRAIN)
    bed.work()
    bed.settle(1)
    told = bed.parent(change).text
    assert "vault needs a directory of n2" in told
    assert "/srv/x" not in told
    until(bed, change, "applied")
    bed.settle(1)
    assert "vault" in note(bed, change, "ended")[0]


def test_where_one_may_read_nothing_all_tasks_are_counted() -> None:
    bed = peopled()
    bed.policies.policy = may_read("nothing")
    dry = bed.type(f"{DRAIN} --dry-run")
    bed.work()
    assert "On it: 1 task of services that you may not read." in bed.private(dry)


def may_read(service: str) -> Policy:
    """Return rules by which everybody may change nodes, and read one service."""
    read = Grant(name="r", role="all", may=frozenset({VerbGroup.READ}), services=(service,))
    node = Grant(name="n", role="all", may=frozenset({VerbGroup.NODE}))
    return Policy(hash="x", roles={"all": Members(everyone=True)}, grants=(read, node))


def test_rollouts_lists_the_drains_under_way_and_leaves_them_out_at_their_end() -> None:
    bed = peopled()
    change = bed.type(f"{DRAIN} --then active")
    bed.work()
    desk = Desk()
    desk.store, desk.swarm, desk.gate = bed.store, bed.swarm, bed.gate
    assert [one.id for one in listed(desk, "rollouts").drains] == [change]
    assert [one.id for one in listed(desk, "rollouts n2").drains] == [change]
    assert listed(desk, "rollouts web").drains == ()
    until(bed, change, "applied")
    assert listed(desk, "rollouts").drains == ()


@pytest.mark.parametrize("state", sorted(UNDER_WAY))
def test_a_drain_is_under_way_until_the_node_is_given_back(state: ChangeState) -> None:
    desk = Desk()
    desk.keep(a_drain(state), a_change(ChangeState.CONFIRMING, id="c-other"))
    assert [one.state for one in listed(desk, "rollouts").drains] == [state]


def test_a_drain_of_a_node_that_may_not_be_read_is_counted() -> None:
    bed = peopled()
    change = bed.type(DRAIN)
    bed.work()
    desk = Desk()
    desk.store, desk.swarm, desk.gate = bed.store, bed.swarm, bed.gate
    read = frozenset({VerbGroup.READ})
    grant = Grant(name="r", role="all", may=read, environments=frozenset({"open"}))
    place = Environment(name="open", match=Criterion(On.NODE, "node.labels.open==yes"))
    everyone = {"all": Members(everyone=True)}
    bed.policies.policy = Policy(hash="x", roles=everyone, grants=(grant,), environments=(place,))
    reply = listed(desk, "rollouts")
    assert (reply.drains, reply.hidden) == ((), 2), "the rollout that made web, and the drain"
    opened = replace(place, match=Criterion(On.CLUSTER, "default"))
    bed.policies.policy = replace(bed.policies.policy, environments=(opened,))
    assert [one.id for one in listed(desk, "rollouts").drains] == [change]


def listed(desk: Desk, line: str) -> RolloutList:
    reply = desk.ask(line)
    assert isinstance(reply, RolloutList)
    return reply
