"""Lists across services: secrets and configs, stacks, the tasks of a stack or a node."""

from __future__ import annotations

import pytest

from bot.domain.jsontypes import Spec
from bot.domain.policy import Criterion, Environment, Grant, Members, On, Policy, VerbGroup
from bot.domain.reads import ServiceList
from bot.domain.reply import IdList, PieceList, Refusal, Said, StackList, TasksOf
from bot.rendering.voice import BlockKitVoice
from tests.unit.usecases.answering import Desk

VOICE = BlockKitVoice(open_policy=True)
STACK = "com.docker.stack.namespace"


def shop() -> Desk:
    """Return a desk with a stack of two services, one that stands alone, and what they hold."""
    desk = Desk()
    desk.run("shop_web", replicas=2, labels={STACK: "shop"}, env=["TOKEN=hush-hush"])
    desk.run("shop_agent", replicas=None, labels={STACK: "shop"})
    desk.run("wiki", replicas=1)
    desk.swarm.add_secret("tls")
    desk.swarm.add_secret("db")
    desk.swarm.add_config("nginx")
    return desk


def test_secrets_and_configs_are_listed_by_name_without_what_they_hold() -> None:
    desk = shop()
    secrets, configs = desk.ask("docker secret ls"), desk.ask("configs")
    assert isinstance(secrets, PieceList)
    assert isinstance(configs, PieceList)
    assert [piece.name for piece in secrets.pieces] == ["db", "tls"]
    assert [piece.name for piece in configs.pieces] == ["nginx"]
    assert secrets.at == desk.clock.now()
    ids = desk.ask("secret ls --quiet")
    assert isinstance(ids, IdList)
    assert ids.ids == tuple(piece.id for piece in secrets.pieces)


def test_stacks_are_counted_by_their_label() -> None:
    reply = shop().ask("docker stack ls")
    assert isinstance(reply, StackList)
    assert reply.stacks == (("shop", 2),)


def test_the_services_and_tasks_of_a_stack() -> None:
    desk = shop()
    services, tasks = desk.ask("stack services shop"), desk.ask("stack ps shop")
    assert isinstance(services, ServiceList)
    assert [row.name for row in services.rows] == ["shop_agent", "shop_web"]
    assert isinstance(tasks, TasksOf)
    names = [tasks.service_names[task.service_id] for task in tasks.tasks]
    assert names == ["shop_agent"] * 3 + ["shop_web"] * 2
    assert tasks.of == "stack shop"
    assert len(tasks.by_node) == 1
    ids = desk.ask("stack ps -q shop")
    assert isinstance(ids, IdList)
    assert len(ids.ids) == 5
    quiet = desk.ask("stack services -q shop")
    assert isinstance(quiet, IdList)
    assert len(quiet.ids) == 2


@pytest.mark.parametrize(
    ("line", "agents"), [("stack ps shop", ("n1", "n2", "n3")), ("node ps n2", ("n2",))]
)
def test_a_task_that_was_stands_below_the_one_that_took_its_place(
    line: str, agents: tuple[str, ...]
) -> None:
    desk = shop()

    def again(spec: Spec) -> None:
        spec["TaskTemplate"]["ForceUpdate"] = 1

    desk.swarm.post_outside("shop_agent", again)
    desk.clock.advance(300)
    told = [row.split()[:2] for row in VOICE.private(desk.ask(line)).text.splitlines()]
    names = [row for row in told if any("shop_agent" in word for word in row)]
    expected = []
    for node in agents:
        expected += [[f"shop_agent.{node}", node], ["\\_", f"shop_agent.{node}"]]
    names[0][0] = names[0][0].removeprefix("```")
    assert names == expected


def test_filters_let_through_what_the_docker_cli_would() -> None:
    desk = shop()
    tasks = desk.ask("stack ps --filter name=shop_web.1 shop")
    assert isinstance(tasks, TasksOf)
    assert [(tasks.service_names[t.service_id], t.slot) for t in tasks.tasks] == [("shop_web", 1)]
    here = desk.ask("node ps -f desired-state=running --no-resolve --no-trunc n2")
    assert isinstance(here, TasksOf)
    assert (here.node_names, here.whole) == ({}, True)
    services = desk.ask("stack services --filter mode=global shop")
    assert isinstance(services, ServiceList)
    assert [row.name for row in services.rows] == ["shop_agent"]
    secrets = desk.ask("docker secret ls -f name=t")
    assert isinstance(secrets, PieceList)
    assert [piece.name for piece in secrets.pieces] == ["tls"]


@pytest.mark.parametrize(
    "line",
    [
        "stack ps --filter name=nothing shop",
        "node ps --filter name=nothing n1",
        "stack services --filter name=nothing shop",
        "secret ls --filter label=nothing",
        "config ls --filter id=nothing",
    ],
)
def test_where_nothing_passes_a_filter_it_is_said_so(line: str) -> None:
    reply = shop().ask(line)
    assert isinstance(reply, Said)
    assert "passes the filter" in reply.text
    assert "nothing" in reply.text


def test_a_stack_that_there_is_not_gets_a_did_you_mean() -> None:
    reply = shop().ask("stack ps shopp")
    assert isinstance(reply, Refusal)
    assert reply.why == "There is no stack `shopp`."
    assert "`shop`" in reply.next_step


def test_the_tasks_of_a_node_those_that_were_too() -> None:
    desk = shop()
    node = desk.swarm.node("n2")
    mine = [task for task in desk.swarm.tasks() if task.node_id == node.id]
    reply = desk.ask("docker node ps n2")
    assert isinstance(reply, TasksOf)
    assert {task.id for task in reply.tasks} == {task.id for task in mine}
    desk.swarm.update_node(node.id, node.version, {**node.spec, "Availability": "drain"})
    desk.clock.advance(20)
    after = desk.ask("node ps n2")
    assert isinstance(after, TasksOf)
    assert {task.desired for task in after.tasks} == {"shutdown"}
    missing = desk.ask("node ps n9")
    assert isinstance(missing, Refusal)


@pytest.mark.parametrize("line", ["node ps", "node ps self"])
def test_without_a_node_it_is_the_one_that_the_worker_talks_to(line: str) -> None:
    desk = shop()
    own = desk.swarm.own_node()
    mine = [task for task in desk.swarm.tasks() if task.node_id == own]
    reply = desk.ask(line)
    assert isinstance(reply, TasksOf)
    assert {task.id for task in reply.tasks} == {task.id for task in mine}
    assert reply.of == "node n1"


def test_only_what_one_may_read_is_listed() -> None:
    desk = shop()
    grant = Grant(
        name="g",
        role="all",
        may=frozenset({VerbGroup.READ}),
        environments=frozenset({"shop"}),
    )
    desk.policies.policy = Policy(
        hash="x",
        roles={"all": Members(everyone=True)},
        grants=(grant,),
        environments=(Environment(name="shop", match=Criterion(On.SERVICE, "shop_web")),),
    )
    stacks = desk.ask("stack ls")
    assert isinstance(stacks, StackList)
    assert (stacks.stacks, stacks.hidden) == ((("shop", 1),), 2)
    services = desk.ask("stack services shop")
    assert isinstance(services, ServiceList)
    assert ([row.name for row in services.rows], services.hidden) == (["shop_web"], 1)
    secrets = desk.ask("secret ls")
    assert isinstance(secrets, PieceList)
    assert (secrets.pieces, secrets.hidden) == ((), 2)
