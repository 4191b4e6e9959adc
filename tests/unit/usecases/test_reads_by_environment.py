"""A right to read that is for one environment shows what is in it, and counts the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.audit import AuditDraft
from bot.domain.jsontypes import Spec
from bot.domain.lock import Lock, Scope, ScopeKind
from bot.domain.policy import (
    AnyOf,
    Criterion,
    Environment,
    Extent,
    Grant,
    ImageRule,
    Members,
    On,
    Policy,
    Resource,
    Side,
    VerbGroup,
)
from bot.domain.reads import ServiceDetail, ServiceList
from bot.domain.reply import (
    ApprovalList,
    AuditList,
    HistoryList,
    IdList,
    Listed,
    LockList,
    Logs,
    NetworkList,
    NodeDetail,
    NodeList,
    Refusal,
    Reply,
    RevisionDiff,
    RolloutList,
    TaskList,
)
from bot.domain.request import Principal
from bot.domain.revision import History
from bot.domain.spec import spec_hash
from bot.rendering.voice import BlockKitVoice
from tests.builders import (
    BOB,
    a_history,
    a_plan,
    a_revision,
    a_revision_spec,
    a_rollout,
    a_spec,
)
from tests.contract.samples import approval
from tests.unit.usecases.answering import Desk

PROD, STAGING = {"env": "prod"}, {"env": "stg"}
STACK = "com.docker.stack.namespace"
READ = frozenset({VerbGroup.READ})


def reading(**fields: Any) -> Policy:
    """Everybody may read, as far as the fields of the grant say."""
    return Policy(
        hash="h",
        roles={"all": Members(everyone=True)},
        grants=(Grant(name="grants[0] (all)", role="all", may=READ, **fields),),
        environments=(
            Environment(
                name="production",
                match=AnyOf(
                    (
                        Criterion(On.LABEL, "env=prod"),
                        Criterion(On.NETWORK, "prod*"),
                        Criterion(On.NODE, "n1"),
                    )
                ),
                images=ImageRule(allow=("nothing",)),
            ),
            Environment(name="staging"),
        ),
    )


@pytest.fixture
def desk() -> Desk:
    """`web` runs in production, `api` in staging; who asks may read in staging alone."""
    desk = Desk()
    desk.swarm.add_image("httpd:chatty", log=("hello",))
    desk.run("web", "httpd:chatty", labels={**PROD, STACK: "shop"})
    desk.run("api", "httpd:chatty", labels={**STAGING, STACK: "lab"})
    desk.policies.policy = reading(environments=frozenset({"staging"}))
    return desk


def test_what_differs_from_a_revision_is_not_told_where_that_may_not_be_read(desk: Desk) -> None:
    """`api` is in staging now; its revision was in production, and was changed outside since."""
    live = desk.swarm.service("api")
    old = a_spec("httpd:v1", name="api", labels=PROD)
    entry = a_revision(1, spec_hash=spec_hash(old))
    history = replace(a_history(), service_id=live.id, service="api", entries=(entry,), current=1)
    desk.keep(history, replace(a_revision_spec(1, old), service_id=live.id))
    reply = desk.ask("inspect api")
    assert isinstance(reply, ServiceDetail)
    assert (reply.row.drift, reply.drift) == (True, ())
    desk.policies.policy = reading()
    reply = desk.ask("inspect api")
    assert isinstance(reply, ServiceDetail)
    assert "label env" in {change.path for change in reply.drift}


def hidden(reply: Reply) -> int:
    assert isinstance(reply, Listed), reply
    return reply.hidden


@pytest.mark.parametrize("line", ["ps", "inspect", "inspect --format json", "logs", "history"])
def test_a_service_elsewhere_is_not_read(desk: Desk, line: str) -> None:
    refused = desk.ask(f"{line} web")
    assert isinstance(refused, Refusal)
    assert refused.why == "Not allowed: no rule lets you read web in production."
    assert "no rule" not in repr(desk.ask(f"{line} api"))


def test_the_log_of_a_task_is_that_of_its_service(desk: Desk) -> None:
    web, api = (desk.swarm.tasks([desk.swarm.service(n).id])[0].id for n in ("web", "api"))
    assert isinstance(desk.ask(f"logs {web}"), Refusal)
    assert isinstance(desk.ask(f"logs {api}"), Logs)


def test_lists_hold_what_may_be_read_and_count_the_rest(desk: Desk) -> None:
    desk.swarm.create_network({"Name": "prod-net", "Driver": "overlay"})
    desk.swarm.create_network({"Name": "back", "Driver": "overlay", "Labels": PROD})
    services, nodes, networks = desk.ask("services"), desk.ask("nodes"), desk.ask("network ls")
    assert isinstance(services, ServiceList)
    assert [row.name for row in services.rows] == ["api"]
    assert isinstance(nodes, NodeList)
    assert [node.hostname for node in nodes.nodes] == ["n2", "n3"]
    assert isinstance(networks, NetworkList)
    assert [net.name for net in networks.networks] == ["bridge", "host", "ingress", "none"]
    assert [services.hidden, nodes.hidden, networks.hidden] == [1, 1, 2]
    for line, left in (("services -q", 1), ("nodes -q", 1), ("network ls -q", 2)):
        reply = desk.ask(line)
        assert isinstance(reply, IdList)
        assert hidden(reply) == left
    told = BlockKitVoice(open_policy=False).private(networks)
    assert told.text.endswith("Not shown: 2 more, which the policy does not let you read.")
    assert "Not shown" in str(told.blocks[-1])
    assert (
        "Not shown"
        not in BlockKitVoice(open_policy=False).private(replace(networks, hidden=0)).text
    )


def test_a_node_shows_the_tasks_that_may_be_read(desk: Desk) -> None:
    assert isinstance(desk.ask("node inspect n1"), Refusal)
    desk.run("everywhere", replicas=None, labels=PROD)
    reply = desk.ask("node inspect n2")
    assert isinstance(reply, NodeDetail)
    assert {*(reply.service_names or {}).values()} == {"api"}
    assert hidden(reply) >= 1


def test_what_is_not_found_is_told_without_names_from_elsewhere(desk: Desk) -> None:
    for line in ("ps wep", "node inspect n0"):
        refused = desk.ask(line)
        assert isinstance(refused, Refusal)
        assert "web" not in refused.next_step
        assert "n1" not in refused.next_step
    assert "api" in repr(desk.ask("ps apo"))


# -- our own records


def recorded(desk: Desk, service: str, *labels: dict[str, str], gone: bool = False) -> History:
    """Keep a history of revisions with these labels."""
    live = f"svc-{service}" if gone else desk.swarm.service(service).id
    entries = tuple(a_revision(n) for n, _ in enumerate(labels, 1))
    history = replace(a_history(), service=service, service_id=live, entries=entries)
    specs = (
        replace(a_revision_spec(n, a_spec(name=service, labels=each)), service_id=live)
        for n, each in enumerate(labels, 1)
    )
    desk.keep(history, *specs)
    return history


def test_the_history_of_what_is_gone_is_where_its_last_revision_was(desk: Desk) -> None:
    recorded(desk, "old", PROD, STAGING, gone=True)
    recorded(desk, "older", STAGING, PROD, gone=True)
    assert isinstance(desk.ask("history old"), HistoryList)
    assert isinstance(desk.ask("history older"), Refusal)
    desk.keep(replace(a_history(), service="lost", service_id="svc-lost"))
    refused = desk.ask("history lost")
    assert isinstance(refused, Refusal)
    assert "nobody can tell where lost is, so it takes the right to read everywhere" in refused.why


def test_revisions_are_compared_by_who_may_read_both(desk: Desk) -> None:
    recorded(desk, "api", PROD, STAGING, STAGING)
    assert isinstance(desk.ask("diff api 2 3"), RevisionDiff)
    assert isinstance(desk.ask("diff api 1 2"), Refusal)
    recorded(desk, "web", STAGING, STAGING)
    assert isinstance(desk.ask("diff web 1 2"), Refusal)


def moved(name: str, old: dict[str, str], new: dict[str, str]) -> tuple[Spec, Spec]:
    return a_spec(name=name, labels=old), a_spec("httpd:v2", name=name, labels=new)


def test_rollouts_are_where_they_were_and_where_their_service_is(desk: Desk) -> None:
    plans = {
        "r-1": ("api", STAGING, STAGING),
        "r-2": ("api", PROD, STAGING),
        "r-3": ("gone", STAGING, STAGING),
        "r-4": ("gone", STAGING, PROD),
        "r-5": ("web", STAGING, STAGING),
    }
    for name, (service, old, new) in plans.items():
        desk.keep(a_rollout(a_plan(*moved(service, old, new)), id=name))
    desk.keep(replace(a_rollout(id="r-6"), plan=None, service="lost"))
    reply = desk.ask("rollouts")
    assert isinstance(reply, RolloutList)
    assert {one.id for one in reply.rollouts} == {"r-1", "r-3"}
    assert hidden(reply) == 4
    assert hidden(desk.ask("rollouts api")) == 1


def test_requests_are_where_they_would_change_something(desk: Desk) -> None:
    staging, prod = Side(labels=STAGING), Side(labels=PROD)
    for name, sides in (("p-1", (staging,)), ("p-2", (staging, prod)), ("p-3", ())):
        what = Resource(
            cluster="default", service="gone", sides=sides, extent=Extent(image="evil/web")
        )
        desk.keep(replace(approval(name), resource=what))
    reply = desk.ask("approvals")
    assert isinstance(reply, ApprovalList)
    assert ([one.id for one in reply.approvals], hidden(reply)) == (["p-1"], 2)


def test_the_audit_log_is_of_what_may_be_read_now(desk: Desk) -> None:
    desk.swarm.create_network({"Name": "back", "Driver": "overlay"})
    who = Principal(team="T1", user="U1")
    for target in ("web", "api", "gone", "", "n1", "n2", "back", "api"):
        draft = AuditDraft(what="done", cluster="default", who=who, source="slash", target=target)
        lines, desk.store.audit_head = desk.store.chain.link([draft], desk.store.audit_head)
        desk.store.audit_lines += lines
    reply = desk.ask("audit")
    assert isinstance(reply, AuditList)
    assert [each.draft.target for each in reply.entries] == ["api", "back", "n2", "api"]
    assert hidden(reply) == 4
    assert hidden(desk.ask("audit web")) == 1


def test_locks_are_of_what_may_be_read_and_of_the_whole_swarm(desk: Desk) -> None:
    kinds = {
        "web": ScopeKind.SERVICE,
        "api": ScopeKind.SERVICE,
        "gone": ScopeKind.SERVICE,
        "shop": ScopeKind.STACK,
        "lab": ScopeKind.STACK,
        "production": ScopeKind.ENVIRONMENT,
        "staging": ScopeKind.ENVIRONMENT,
        "renamed": ScopeKind.ENVIRONMENT,
        "default": ScopeKind.CLUSTER,
    }
    for name, kind in kinds.items():
        scope = Scope(kind=kind, name=name)
        now = desk.clock.now()
        desk.keep(
            Lock(id=f"l-{name}", cluster="default", scope=scope, owner=BOB, reason="r", since=now)
        )
    reply = desk.ask("locks")
    assert isinstance(reply, LockList)
    assert {lock.scope.name for lock in reply.locks} == {"api", "lab", "staging", "default"}
    assert hidden(reply) == 5
    for line in ("locks web", "locks --notify web", "locks gone"):
        assert isinstance(desk.ask(line), Refusal)
    assert isinstance(desk.ask("locks api"), LockList)


# -- cheap


@pytest.mark.parametrize(
    "line", ["services", "rollouts", "audit", "approvals", "locks", "history api"]
)
def test_the_swarm_is_listed_once_at_most(desk: Desk, line: str) -> None:
    for n in range(3):
        desk.keep(a_rollout(a_plan(*moved("api", STAGING, STAGING)), id=f"r-{n}"))
    before = desk.swarm.listings
    desk.ask(line)
    assert desk.swarm.listings - before <= 1


@pytest.mark.parametrize("line", ["rollouts", "audit", "approvals"])
def test_who_may_read_everything_needs_no_swarm_to_read_records(desk: Desk, line: str) -> None:
    desk.keep(a_rollout(id="r-1"))
    desk.swarm.unavailable = True
    desk.policies.policy = reading()
    assert hidden(desk.ask(line)) == 0


def test_a_right_for_some_services_is_for_those(desk: Desk) -> None:
    desk.policies.policy = reading(services=("web*",))
    assert isinstance(desk.ask("history api"), Refusal)
    recorded(desk, "web-old", gone=True)
    assert isinstance(desk.ask("history web-old"), HistoryList)
    assert isinstance(desk.ask("ps web"), TaskList)
