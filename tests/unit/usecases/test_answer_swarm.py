"""Reads of the swarm."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.domain.jsontypes import Spec
from bot.domain.load import Load
from bot.domain.observation import UpdateState
from bot.domain.reads import ServiceDetail, ServiceList
from bot.domain.reply import (
    IdList,
    Logs,
    NetworkList,
    NodeDetail,
    NodeList,
    RawJson,
    Refusal,
    Said,
    TaskList,
)
from bot.domain.rollout.record import RolloutState
from bot.rendering.voice import BlockKitVoice
from tests.builders import a_rollout, a_spec
from tests.unit.usecases.answering import Desk, texts

VOICE = BlockKitVoice(open_policy=True)


def test_services_counts_running_tasks_and_shows_the_live_rollout() -> None:
    desk = Desk()
    desk.run("web", replicas=2)
    desk.run("everywhere", replicas=None)
    desk.keep(a_rollout(id="r-7", service="web"))
    reply = desk.ask("services")
    assert isinstance(reply, ServiceList)
    everywhere, web = reply.rows
    assert (everywhere.name, everywhere.mode) == ("everywhere", "global")
    assert (everywhere.running, everywhere.wanted) == (3, 3)
    assert (web.running, web.wanted, web.image) == (2, 2, "httpd:v1")
    assert web.rollout == "r-7 progressing"
    assert everywhere.rollout == ""


def test_services_does_not_count_the_dead() -> None:
    desk = Desk()
    desk.run("web", replicas=3)
    desk.swarm.node_down("n2")
    reply = desk.ask("ls")
    assert isinstance(reply, ServiceList)
    assert (reply.rows[0].running, reply.rows[0].wanted) == (2, 3)


def test_an_ended_rollout_holds_nothing() -> None:
    desk = Desk()
    desk.run("web")
    desk.keep(a_rollout(id="r-7", service="web", state=RolloutState.COMPLETED))
    reply = desk.ask("services")
    assert isinstance(reply, ServiceList)
    assert reply.rows[0].rollout == ""


def test_published_ports_are_shown_as_docker_does() -> None:
    desk = Desk()
    ports = [
        {"TargetPort": 80, "PublishedPort": 8080, "Protocol": "tcp", "PublishMode": "ingress"},
        {"TargetPort": 53, "PublishedPort": 53, "Protocol": "udp", "PublishMode": "host"},
    ]
    made = desk.run("web")
    desk.swarm.post_outside(made, lambda spec: spec["EndpointSpec"].update(Ports=ports))
    reply = desk.ask("services")
    assert isinstance(reply, ServiceList)
    assert reply.rows[0].ports == "*:8080->80/tcp, host:53->53/udp"


def test_ps_lists_by_slot_the_newest_first_with_node_names() -> None:
    desk = Desk()
    made = desk.run("web", replicas=2)
    desk.swarm.post_outside(made, _image("httpd:v2"))
    desk.clock.advance(20)
    reply = desk.ask("ps web")
    assert isinstance(reply, TaskList)
    shown = [(task.slot, task.image[:8], task.state) for task in reply.tasks]
    new, old = ("httpd:v2", "running"), ("httpd:v1", "shutdown")
    assert shown == [(1, *new), (1, *old), (2, *new), (2, *old)]
    assert set(reply.node_names.values()) == {"n1", "n2", "n3"}


def test_ps_of_a_global_service_is_by_node_and_shows_what_was_below_what_is() -> None:
    desk = Desk()
    made = desk.run("everywhere", replicas=None)
    desk.swarm.post_outside(made, _image("httpd:v2"))
    desk.clock.advance(40)
    reply = desk.ask("ps everywhere")
    assert isinstance(reply, TaskList)
    assert reply.by_node
    shown = [(reply.node_names[task.node_id], task.image[:8]) for task in reply.tasks]
    assert shown == [(n, image) for n in ("n1", "n2", "n3") for image in ("httpd:v2", "httpd:v1")]
    told = VOICE.private(reply).text.splitlines()
    assert [line.split("  ")[0] for line in told if "everywhere.n2" in line] == [
        "everywhere.n2",
        " \\_ everywhere.n2",
    ]


def test_a_service_is_found_by_its_id() -> None:
    desk = Desk()
    made = desk.run("web")
    reply = desk.ask(f"ps {made}")
    assert isinstance(reply, TaskList)
    assert reply.service == "web"


def test_inspect_tells_all_in_words_and_hides_env_values() -> None:
    desk = Desk()
    made = desk.run(
        "web", env=["DB_PASSWORD=hunter22"], labels={"waggle.revision": "4", "tier": "front"}
    )
    desk.swarm.post_outside(made, _image("httpd:v2"))
    desk.clock.advance(30)
    reply = desk.ask("inspect web --pretty")
    assert isinstance(reply, ServiceDetail)
    lines = texts(reply.fields)
    assert reply.update is not None
    assert reply.update.state is UpdateState.COMPLETED
    assert reply.update.message == "update completed"
    assert reply.update.began_at is not None
    assert lines["replicas"] == "3"
    assert lines["image"].startswith("httpd:v2")
    assert "env DB_PASSWORD" in lines
    assert lines["label tier"] == "front"
    assert "hunter22" not in repr(reply)


def test_json_is_whole_but_for_secrets() -> None:
    desk = Desk()
    made = desk.run(
        "web",
        env=["DB_PASSWORD=hunter22", "EMPTY"],
        LogDriver={"Name": "splunk", "Options": {"splunk-token": "tok-123"}},
        FutureField={"kept": True},
        PluginSpec={"Name": "p", "Env": ["TOKEN=plugin-secret"]},
    )
    desk.swarm.post_outside(made, _image("httpd:v2"))
    reply = desk.ask("inspect web --format json")
    assert isinstance(reply, RawJson)
    template = reply.document["Spec"]["TaskTemplate"]
    assert template["ContainerSpec"]["Env"] == ["DB_PASSWORD=••••", "EMPTY=••••"]
    assert template["FutureField"] == {"kept": True}
    assert reply.document["UpdateStatus"]["State"] == "updating"
    assert "PreviousSpec" in reply.document
    assert "hunter22" not in repr(reply)
    assert "tok-123" not in repr(reply)
    assert template["PluginSpec"]["Env"] == ["TOKEN=••••"]
    # what is shown is a copy
    live = desk.swarm.service("web").spec["TaskTemplate"]["ContainerSpec"]
    assert live["Env"] == ["DB_PASSWORD=hunter22", "EMPTY"]


def test_logs_name_slot_and_node_and_hide_env_values() -> None:
    desk = Desk()
    desk.swarm.add_image("httpd:chatty", log=("hello", "password is hunter22"))
    desk.run("web", "httpd:chatty", replicas=1, env=["PW=hunter22"])
    reply = desk.ask("logs web")
    assert isinstance(reply, Logs)
    assert [(who, text) for _, who, text in reply.lines] == [
        ("web.1@n1", "hello"),
        ("web.1@n1", "password is ••••"),
    ]


def test_lines_of_the_tasks_before_hide_the_env_of_then() -> None:
    desk = Desk()
    desk.swarm.add_image("httpd:chatty", log=("password is hunter22",))
    made = desk.run("web", "httpd:chatty", replicas=1, env=["PW=hunter22"])

    def rotate(spec: Spec) -> None:
        spec["TaskTemplate"]["ContainerSpec"]["Env"] = ["PW=another1"]

    desk.swarm.post_outside(made, rotate)
    assert "hunter22" not in repr(desk.ask("logs web"))


def test_logs_can_be_cut_by_number_and_time() -> None:
    desk = Desk()
    desk.swarm.add_image("httpd:chatty", log=tuple(f"line {n}" for n in range(80)))
    desk.run("web", "httpd:chatty", replicas=1)
    assert _texts(desk.ask("logs web")) == [f"line {n}" for n in range(30, 80)]
    assert _texts(desk.ask("logs --tail 2 web")) == ["line 78", "line 79"]
    desk.clock.advance(timedelta(minutes=5))
    assert _texts(desk.ask("logs --since 1m web")) == []
    assert len(_texts(desk.ask("logs --since 10m --tail all web"))) == 80


def test_logs_can_be_searched_and_the_last_that_have_it_are_shown() -> None:
    desk = Desk()
    log = tuple(f"{'Error' if n % 10 == 0 else 'fine'} {n}" for n in range(100))
    desk.swarm.add_image("httpd:chatty", log=log)
    made = desk.run("web", "httpd:chatty", replicas=1)
    reply = desk.ask("logs --grep error --tail 2 web")
    assert isinstance(reply, Logs)
    assert (_texts(reply), reply.looked) == (["Error 80", "Error 90"], 100)
    assert len(_texts(desk.ask("logs --grep e*r*0 web"))) == 10
    assert _texts(desk.ask("logs --grep nothing web")) == []
    assert _texts(desk.ask("logs --grep error --tail 0 web")) == []
    task = desk.swarm.tasks([made])[0]
    assert len(_texts(desk.ask(f"logs --grep error {task.id}"))) == 10


def test_a_hidden_value_is_not_found_by_guessing() -> None:
    desk = Desk()
    desk.swarm.add_image("httpd:chatty", log=("password is hunter22",))
    desk.run("web", "httpd:chatty", replicas=1, env=["PW=hunter22"])
    assert _texts(desk.ask("logs --grep hunter web")) == []
    assert _texts(desk.ask("logs --grep password web")) == ["password is ••••"]


def test_logs_of_one_task() -> None:
    desk = Desk()
    desk.swarm.add_image("httpd:chatty", log=("hello",))
    made = desk.run("web", "httpd:chatty", replicas=2)
    task = desk.swarm.tasks([made])[1]
    assert _texts(desk.ask(f"logs {task.id}")) == ["hello"]


def test_nodes_and_networks_come_sorted() -> None:
    desk = Desk()
    desk.swarm.create_network({"Name": "back", "Driver": "overlay"})
    nodes, networks = desk.ask("nodes"), desk.ask("network ls")
    assert isinstance(nodes, NodeList)
    assert [node.hostname for node in nodes.nodes] == ["n1", "n2", "n3"]
    assert isinstance(networks, NetworkList)
    assert [net.name for net in networks.networks] == ["back", "bridge", "host", "ingress", "none"]


def test_nodes_tell_how_much_of_them_is_reserved() -> None:
    desk = Desk()
    half = {"Reservations": {"NanoCPUs": 500_000_000, "MemoryBytes": 64 * 1024**2}}
    desk.run("web", replicas=2, Resources=half, Placement={"Constraints": ["node.hostname==n2"]})
    desk.run("everywhere", replicas=None)
    reply = desk.ask("nodes")
    assert isinstance(reply, NodeList)
    loads = {node.hostname: reply.loads[node.id] for node in reply.nodes}
    assert loads["n1"] == Load(tasks=1)
    assert loads["n2"] == Load(tasks=3, cpus=10**9, memory=128 * 1024**2)
    one = desk.ask("node inspect n2")
    assert isinstance(one, NodeDetail)
    assert one.load == loads["n2"]


def test_quiet_reads_answer_with_whole_ids_in_the_order_of_the_table() -> None:
    desk = Desk()
    web, api = desk.run("web", replicas=2), desk.run("api")
    tasks = sorted(desk.swarm.tasks([web]), key=lambda task: task.slot)
    nodes = sorted(desk.swarm.nodes(), key=lambda node: node.hostname)
    networks = sorted(desk.swarm.networks(), key=lambda net: net.name)
    assert desk.ask("ls -q") == IdList(noun="service", ids=(api, web))
    assert desk.ask("ps -q web") == IdList(
        noun="task", ids=tuple(task.id for task in tasks), of="web"
    )
    assert desk.ask("nodes --quiet") == IdList(noun="node", ids=tuple(n.id for n in nodes))
    assert desk.ask("network ls -q") == IdList(noun="network", ids=tuple(n.id for n in networks))


def test_filters_let_through_what_fits_and_say_so_if_nothing_does() -> None:
    desk = Desk()
    web, _ = desk.run("web", replicas=2), desk.run("everywhere", replicas=None)
    assert desk.ask("ls -q -f name=we -f mode=replicated") == IdList(noun="service", ids=(web,))
    none = desk.ask("services --filter label=nope")
    assert none == Said(text="No service passes the filter `label=nope`.")
    one = next(task for task in desk.swarm.tasks([web]) if task.slot == 2)
    assert desk.ask("ps -q --filter name=web.2 web") == IdList(noun="task", ids=(one.id,), of="web")
    assert isinstance(desk.ask("ps -f desired-state=running web"), TaskList)
    assert isinstance(desk.ask("ps -f node=n9 web"), Said)
    assert isinstance(desk.ask("nodes -f role=manager"), NodeList)
    assert desk.ask("nodes -q -f name=n2") == IdList(noun="node", ids=(desk.swarm.node("n2").id,))
    assert isinstance(desk.ask("nodes -f membership=pending"), Said)
    back = desk.swarm.create_network({"Name": "back", "Driver": "overlay"})
    ids = IdList(noun="network", ids=(back,))
    assert desk.ask("network ls -q -f name=ac --filter type=custom -f scope=swarm") == ids
    assert isinstance(desk.ask("networks -f driver=overlay"), NetworkList)
    none = desk.ask("network ls --filter driver=over")
    assert none == Said(text="No network passes the filter `driver=over`.")


def test_ids_of_nodes_instead_of_names_and_lines_alone() -> None:
    desk = Desk()
    desk.swarm.add_image("httpd:chatty", log=("hello",))
    made = desk.run("web", "httpd:chatty", replicas=1)
    (task,) = desk.swarm.tasks([made])
    tasks = desk.ask("ps --no-resolve web")
    assert isinstance(tasks, TaskList)
    assert tasks.node_names == {}
    logs = desk.ask("logs --no-resolve web")
    assert isinstance(logs, Logs)
    assert logs.lines[0][1:] == (f"web.1@{task.node_id[:12]}", "hello")
    raw = desk.ask("logs --raw --no-trunc --no-task-ids web")
    assert isinstance(raw, Logs)
    assert raw.lines == ((None, "", "hello"),)
    assert "```hello```" in "".join(VOICE.private(raw).text.split("\n"))
    timed = desk.ask("logs --raw -t web")
    assert isinstance(timed, Logs)
    assert timed.lines[0][0] is not None


@pytest.mark.parametrize("line", ["node inspect self", "node inspect --format json self"])
def test_self_is_the_node_that_the_worker_talks_to(line: str) -> None:
    reply = Desk().ask(line)
    name = reply.node.hostname if isinstance(reply, NodeDetail) else ""
    name = reply.name if isinstance(reply, RawJson) else name
    assert name == "n1"


def test_a_node_as_json_is_the_whole_object_that_the_engine_has() -> None:
    desk = Desk()
    reply = desk.ask("node inspect --format json n1")
    assert isinstance(reply, RawJson)
    node = desk.swarm.node("n1")
    assert reply.document["ID"] == node.id
    assert reply.document["Spec"] == node.spec
    assert reply.document["Description"]["Hostname"] == "n1"
    assert reply.document["Status"]["State"] == "ready"
    assert reply.document["ManagerStatus"]["Leader"] is True
    assert {"CreatedAt", "UpdatedAt", "Version"} <= set(reply.document)


def test_node_inspect_shows_what_runs_there() -> None:
    desk = Desk()
    made = desk.run("everywhere", replicas=None)
    reply = desk.ask("node inspect n2")
    assert isinstance(reply, NodeDetail)
    assert reply.node.hostname == "n2"
    assert len(reply.tasks) == 1
    assert reply.service_names == {made: "everywhere"}
    assert reply.by_node == {made}
    assert "everywhere.n2" in VOICE.private(reply).text


def test_the_first_task_of_a_job_has_its_number() -> None:
    desk = Desk()
    desk.swarm.add_image("httpd:once", log=("hello",))
    spec = a_spec(desk.swarm.resolve_image("httpd:once").reference, name="job")
    desk.swarm.create_service(
        spec | {"Mode": {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 2}}}
    )
    desk.clock.advance(3)
    tasks, logs = desk.ask("ps job"), desk.ask("logs job")
    assert "job.0" in VOICE.private(tasks).text
    assert isinstance(logs, Logs)
    assert {who.partition("@")[0] for _, who, _ in logs.lines} == {"job.0", "job.1"}


def test_a_refusal_of_the_grammar_kind_is_said() -> None:
    desk = Desk()
    desk.run("web")
    query = desk.typed("logs --since 1m web")
    command = {**query.request.command, "options": {"since": "yesterday"}}
    object.__setattr__(query.request, "command", command)
    desk.keep(type(query)(id="q-odd", cluster="default", request=query.request))
    desk.answer().run("q-odd")
    assert isinstance(desk.ear.replies[-1], Refusal)


def _texts(reply: object) -> list[str]:
    assert isinstance(reply, Logs)
    return [text for _, _, text in reply.lines]


def _image(reference: str) -> Callable[[Spec], None]:
    def edit(spec: Spec) -> None:
        spec["TaskTemplate"]["ContainerSpec"]["Image"] = reference

    return edit
