"""Who may act everywhere and read in one place learns no name from elsewhere by mistyping one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.policy import (
    Criterion,
    Environment,
    Grant,
    Members,
    On,
    Policy,
    VerbGroup,
)
from bot.domain.reply import NodeDetail, Refusal
from bot.domain.request import Principal
from tests.unit.usecases.answering import Desk
from tests.unit.usecases.approving import asking
from tests.unit.usecases.bed import BOB, Bed
from tests.unit.usecases.test_approval_desk import propose

STACK = "com.docker.stack.namespace"
ACTS = frozenset(VerbGroup) - {VerbGroup.READ}


def one_sided(readable: str) -> Policy:
    """Return rules by which BOB may do all but read everywhere, and read one service."""
    role = Members(users=frozenset({BOB.user}))
    acts = Grant(name="acts", role="bob", may=ACTS)
    reads = Grant(
        name="reads",
        role="bob",
        may=frozenset({VerbGroup.READ}),
        environments=frozenset({"open"}),
    )
    place = Environment(name="open", match=Criterion(On.SERVICE, readable))
    return Policy(hash="x", roles={"bob": role}, grants=(acts, reads), environments=(place,))


def bed_of(readable: str = "api") -> Bed:
    """Return a bed with `vault` and `api`, of which BOB may read one."""
    bed = Bed()
    for name, stack in (("vault", "safe"), ("api", "lab")):
        bed.done(f"create --name {name} --label {STACK}={stack} reg/httpd:v1")
    bed.swarm.create_network({"Name": "vault-net", "Driver": "overlay"})
    bed.policies.policy = one_sided(readable)
    return bed


def told(bed: Bed, line: str, by: Principal = BOB) -> str:
    record = bed.type(line, by)
    bed.work()
    return bed.private(record)


@pytest.mark.parametrize(
    "line",
    [
        "rm valut",
        "network rm valut-net",
        "lock --reason why valut",
        "lock --reason why --stack saef",
        "unlock valut",
        "resume valut",
        "abort valut",
        "node update --availability drain nn2",
    ],
)
def test_a_mistyped_name_gets_no_name_that_may_not_be_read(line: str) -> None:
    bed = bed_of()
    answer = told(bed, line)
    assert "There is no" in answer
    assert all(name not in answer for name in ("vault", "safe", "`n1`", "`n2`"))


@pytest.mark.parametrize(
    "line", ["node ps", "node ps self", "node inspect self", "node inspect --format json self"]
)
def test_self_names_no_node_that_may_not_be_read(line: str) -> None:
    desk = Desk()
    grant = Grant(
        name="g", role="all", may=frozenset({VerbGroup.READ}), environments=frozenset({"open"})
    )
    desk.policies.policy = Policy(
        hash="x",
        roles={"all": Members(everyone=True)},
        grants=(grant,),
        environments=(
            Environment(name="vault-prod", match=Criterion(On.NODE, "n1")),
            Environment(name="open", match=Criterion(On.CLUSTER, "default")),
        ),
    )
    assert isinstance(desk.ask("node inspect n2"), NodeDetail)
    reply = desk.ask(line)
    assert isinstance(reply, Refusal)
    said = f"{reply.why} {reply.next_step}"
    assert "Not allowed: you may not read `self`" in said
    assert all(name not in said for name in ("n1", "vault-prod"))


@pytest.mark.parametrize("line", ["rm aip", "lock --reason why aip", "unlock aip", "resume aip"])
def test_a_name_that_may_be_read_is_meant(line: str) -> None:
    answer = told(bed_of(), line)
    assert "`api`" in answer


def test_the_stacks_that_may_be_read_are_named() -> None:
    assert "Did you mean `lab`?" in told(bed_of(), "lock --reason why --stack laab")


@pytest.mark.parametrize("verb", ["lock --reason why", "unlock"])
@pytest.mark.parametrize("typed", ["vault-prd", "open-prod", "zzz"])
def test_only_environments_that_may_be_read_are_named(verb: str, typed: str) -> None:
    bed = bed_of()
    vault = Environment(name="vault-prod", match=Criterion(On.SERVICE, "vault"))
    rules = one_sided("api")
    bed.policies.policy = replace(rules, environments=(vault, *rules.environments))
    answer = told(bed, f"{verb} --environment {typed}")
    assert f"There is no environment `{typed}`" in answer
    assert "vault-prod" not in answer
    assert "`default`" not in answer
    assert "`open`" in answer


def test_the_last_rollout_is_named_to_who_may_read_the_service() -> None:
    bed = bed_of()
    assert "The last one, r-" in told(bed, "resume api")
    answer = told(bed, "resume vault")
    assert "There is no live rollout of `vault`." in answer
    assert "r-" not in answer.replace("`rollouts`", "")


@pytest.mark.parametrize("line", ["resume vault", "abort vault", "wait valut", "resume api"])
def test_an_engine_that_is_away_tells_at_once_and_of_no_rollout_either(line: str) -> None:
    bed = bed_of()
    bed.swarm.unavailable = True
    answer = told(bed, line)
    assert f"There is no live rollout of `{line.split()[1]}`.\n`rollouts`" in answer
    assert "once Docker answers again" in answer
    assert all(word not in answer for word in (" r-", "Did you mean"))


def test_a_mistyped_request_is_not_named_where_it_may_not_be_read() -> None:
    bed = asking()
    name = bed.asked()
    assert f"Did you mean `{name}`?" in propose(bed, f"approve {name[:4]}x").text
    bed.policies.policy = one_sided("nothing-here")
    assert name not in propose(bed, f"approve {name[:4]}x", by=BOB).text
