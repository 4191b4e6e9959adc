"""What a drain will move, what one is warned of, and how each look judges it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.drain import Drain, Moving, Phase, Sight, overtaken, planned, step, tasks_there
from bot.domain.drain.homes import Ground, room_for
from bot.domain.drain.step import SETTLE, not_seen, seen_again
from bot.domain.jsontypes import Spec
from bot.domain.lag import LAGS
from bot.domain.observation import Mode, NodeView, ServiceView, TaskView
from tests.builders import NOW, SERVICE_ID, a_node, a_service, a_spec, a_task, later

N1, N2, N3 = a_node("n1", role="manager", leader=True), a_node("n2"), a_node("n3")
NODES = {node.id: node for node in (N1, N2, N3)}


def ground(
    *services: ServiceView, tasks: tuple[TaskView, ...] = (), nodes: tuple[NodeView, ...] = ()
) -> Ground:
    shown = {node.id: node for node in nodes} or NODES
    return Ground(services={s.id: s for s in services}, tasks=tasks, nodes=shown)


def spread(*node_ids: str, **fields: Any) -> tuple[TaskView, ...]:
    """Tasks of the service, one on each of these nodes."""
    return tuple(
        a_task(n, id=f"t{n}", node_id=node_id, **fields)
        for n, node_id in enumerate(node_ids, start=1)
    )


def told(
    spec: Spec, *tasks: TaskView, node: NodeView = N2, nodes: tuple[NodeView, ...] = ()
) -> str:
    _, warnings = planned(node, ground(a_service(spec), tasks=tasks, nodes=nodes))
    return "\n".join(warnings)


# -- the plan


def test_a_plan_counts_what_is_there_and_what_runs() -> None:
    (web,), warnings = planned(N2, ground(a_service(), tasks=spread("n1", "n2", "n2")))
    assert (web.name, web.here, web.ran, web.wanted, web.elsewhere) == ("web", 2, 3, 3, 1)
    assert warnings == ()


def test_a_service_that_is_not_there_is_not_told_of() -> None:
    assert planned(N2, ground(a_service(), tasks=spread("n1", "n3"))) == ((), ())


def test_a_task_that_starts_is_there_and_does_not_run() -> None:
    (web,), _ = planned(N2, ground(a_service(), tasks=spread("n2", state="starting")))
    assert (web.here, web.ran) == (1, 0)


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ({"Global": {}}, "is global: its task on node-n2 ends and is not replaced"),
        ({"GlobalJob": {}}, "is stopped before it is done"),
        ({"ReplicatedJob": {"TotalCompletions": 3}}, "begins anew elsewhere"),
    ],
)
def test_modes_that_do_not_just_move(mode: dict[str, Any], says: str) -> None:
    tasks = spread("n1", "n2")
    assert told({**a_spec(), "Mode": mode}, *tasks).count("\n") == 0
    assert says in told({**a_spec(), "Mode": mode}, *tasks)


@pytest.mark.parametrize(
    ("nodes", "says"),
    [
        (("n2",), "web is away for a while: its only task will stop before others start"),
        (("n2", "n2"), "web is away for a while: all 2 tasks that run will stop"),
    ],
)
def test_an_outage_is_said_before(nodes: tuple[str, ...], says: str) -> None:
    assert says in told(a_spec(replicas=len(nodes)), *spread(*nodes))


@pytest.mark.parametrize(
    ("mount", "says"),
    [
        ({"Type": "volume", "Source": "data"}, "keeps data in the volume data of node-n2"),
        ({"Type": "bind", "Source": "/srv/x"}, "needs /srv/x of node-n2 (bind mount)"),
        ({"Type": "volume"}, ""),
        ({"Type": "tmpfs"}, ""),
        (
            {
                "Type": "volume",
                "Source": "data",
                "VolumeOptions": {"DriverConfig": {"Name": "local", "Options": {"type": "nfs"}}},
            },
            "",
        ),
        (
            {
                "Type": "volume",
                "Source": "data",
                "VolumeOptions": {"DriverConfig": {"Name": "rexray"}},
            },
            "",
        ),
    ],
)
def test_what_the_node_alone_has(mount: dict[str, Any], says: str) -> None:
    spec = a_spec()
    spec["TaskTemplate"]["ContainerSpec"]["Mounts"] = [mount]
    said = told(spec, *spread("n1", "n2", "n3"))
    assert says in said
    assert bool(said) is bool(says)


def test_of_a_service_that_may_not_be_read_nothing_of_its_spec_is_told() -> None:
    spec = a_spec()
    spec["TaskTemplate"]["ContainerSpec"]["Mounts"] = [
        {"Type": "volume", "Source": "data"},
        {"Type": "bind", "Source": "/srv/x"},
    ]
    spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.hostname==node-n2"]}
    there = ground(a_service(spec), tasks=spread("n1", "n2", "n2"))
    (web,), warnings = planned(N2, there, {SERVICE_ID})
    assert web.name == "web"
    assert warnings == (
        "web has no other home",
        "web keeps data in a volume of node-n2: elsewhere it is empty",
        "web needs a directory of node-n2 (bind mount) on whichever node it goes to",
    )
    assert planned(N2, there, {SERVICE_ID}, named=False) == ((), ())
    assert tasks_there(N2, there, {SERVICE_ID}) == 2


def test_a_managers_drain_says_that_it_stays_one() -> None:
    assert "node-n1 is the leader and stays it" in told(a_spec(), node=N1)
    manager = replace(N2, role="manager")
    assert "node-n2 is a manager and stays it" in told(a_spec(), node=manager)


def test_the_last_node_that_takes_tasks_says_so() -> None:
    nodes = (N2, replace(N1, availability="drain"), replace(N3, status="down"))
    assert "no other node takes tasks: all that runs on node-n2 ends" in told(a_spec(), nodes=nodes)


def test_a_node_that_is_down_says_so() -> None:
    down = replace(N2, status="down")
    assert "node-n2 is down" in told(a_spec(), node=down, nodes=(N1, down, N3))


# -- other homes


def room(spec: Spec, *tasks: TaskView, nodes: tuple[NodeView, ...] = ()) -> tuple[int, str]:
    found = room_for(spec, SERVICE_ID, "n2", ground(a_service(spec), tasks=tasks, nodes=nodes))
    return found.tasks, ", ".join(found.why)


@pytest.mark.parametrize(
    ("constraint", "why"),
    [
        ("node.hostname==node-n2", "constraint node.hostname==node-n2"),
        ("node.labels.disk==ssd", "constraint node.labels.disk==ssd"),
        ("node.platform.os==windows", "constraint node.platform.os==windows"),
        ("node.platform.arch==riscv", "constraint node.platform.arch==riscv"),
        ("engine.labels.gpu==yes", "constraint engine.labels.gpu==yes"),
        ("node.role!=manager", ""),
        ("node.ip==10.0.0.0/8", ""),
    ],
)
def test_a_constraint_keeps_others_from_taking_it(constraint: str, why: str) -> None:
    known: dict[str, Any] = {"os": "linux", "arch": "x86_64", "engine_labels": {}}
    nodes = (N2, replace(N3, **known))
    fits, reason = room(a_spec(Placement={"Constraints": [constraint]}), nodes=nodes)
    assert reason == why
    assert (fits == 0) is bool(why)


@pytest.mark.parametrize("word", ["pause", "drain"])
def test_a_node_that_takes_nothing_is_no_home(word: str) -> None:
    assert room(a_spec(), nodes=(N2, replace(N3, availability=word))) == (
        0,
        f"node-n3 is set to {word}",
    )
    assert room(a_spec(), nodes=(N2, replace(N3, status="down"))) == (0, "node-n3 is down")


@pytest.mark.parametrize(
    ("platforms", "fits"),
    [
        ([{"OS": "linux", "Architecture": "amd64"}], True),
        ([{"OS": "linux", "Architecture": ""}], True),
        ([{"OS": "linux", "Architecture": "arm64"}], False),
        ([{"OS": "windows", "Architecture": "amd64"}, {"OS": "linux"}], True),
        ([], True),
    ],
)
def test_the_images_platform(platforms: list[dict[str, str]], fits: bool) -> None:  # noqa: FBT001  a case's figure
    spec = a_spec(Placement={"Platforms": platforms})
    found = room(spec, nodes=(N2, replace(N3, os="linux", arch="x86_64")))
    assert (found[0] > 0) is fits
    assert found[1] == ("" if fits else "the image's platform")
    assert room(spec, nodes=(N2, N3))[0] > 0, "a node that does not say which it is"


def test_replicas_per_node() -> None:
    spec = a_spec(Placement={"MaxReplicas": 2})
    assert room(spec, *spread("n1", "n2", "n3")) == (2, "at most 2 a node")
    assert "web has no other home: at most 1 a node" in told(
        a_spec(Placement={"MaxReplicas": 1}), *spread("n1", "n2", "n3")
    )
    only = told(spec, *spread("n1", "n2", "n2", "n3", "n3"))
    assert "web: only 1 of its 2 tasks fit elsewhere: at most 2 a node" in only


def test_published_host_ports() -> None:
    port = {"PublishedPort": 80, "TargetPort": 80, "PublishMode": "host", "Protocol": "tcp"}
    spec = {**a_spec(), "EndpointSpec": {"Ports": [port, {"PublishedPort": 90}]}}
    assert room(spec, *spread("n1", "n2")) == (1, "host port 80")
    assert room(spec, *spread("n1", "n2", "n3")) == (0, "host port 80")


def test_reservations() -> None:
    asked = {"Reservations": {"NanoCPUs": 10**9, "MemoryBytes": 2**30}}
    spec = a_spec(Resources=asked)
    big: dict[str, Any] = {"cpus": 4 * 10**9, "memory": 2 * 2**30}
    nodes = (replace(N1, **big), N2, replace(N3, **big))
    assert room(spec, *spread("n1", "n2"), nodes=nodes) == (3, "reserved memory")
    full = spread("n1", "n1", "n2", "n3", "n3")
    assert room(spec, *full, nodes=nodes) == (0, "reserved memory")
    few = (N2, replace(N3, cpus=10**9, memory=2**40))
    assert room(spec, nodes=few) == (1, "reserved CPU")


# -- each look


def moving(**fields: Any) -> Moving:
    (web,), _ = planned(N2, ground(a_service(), tasks=spread("n1", "n2", "n3")))
    return replace(web, **fields)


def a_drain(**fields: Any) -> Drain:
    values: dict[str, Any] = {"services": (moving(),), "began_at": NOW, "progress_at": NOW}
    return Drain(**{**values, **fields})


def sight(
    *tasks: TaskView, service: ServiceView | None = None, node: NodeView | None = None
) -> Sight:
    view = a_service() if service is None else service
    drained = replace(N2, availability="drain") if node is None else node
    return Sight(services={view.id: view}, tasks={view.id: tasks}, nodes={**NODES, "n2": drained})


def stopping(**fields: Any) -> TaskView:
    return a_task(2, id="old", node_id="n2", **{"desired": "shutdown", **fields})


def test_a_task_that_still_stops_is_left_on_the_node() -> None:
    seen = sight(*spread("n1", "n3", "n1"), stopping())
    drain, phase = step(a_drain(), "n2", seen, later(1))
    assert (drain.left, phase) == (1, Phase.MOVING)
    assert drain.services[0].waits == "old tasks to stop"
    drain, _ = step(drain, "n2", sight(*spread("n1", "n3", "n1")), later(2))
    assert (drain.left, drain.stuck, drain.services[0].waits) == (0, (), "")


def test_of_a_node_that_went_down_the_stopping_ones_are_not_waited_for() -> None:
    down = replace(N2, availability="drain", status="down")
    drain, _ = step(a_drain(), "n2", sight(*spread("n1", "n3", "n1"), stopping(), node=down), NOW)
    assert drain.left == 0


def test_it_is_over_once_all_has_run_for_five_seconds() -> None:
    whole = sight(*spread("n1", "n3", "n1"))
    drain, phase = step(a_drain(), "n2", whole, later(1))
    assert (phase, drain.done_since) == (Phase.MOVING, later(1))
    fallen = sight(*spread("n1", "n3"), a_task(3, id="t9", node_id="n1", state="starting"))
    drain, phase = step(drain, "n2", fallen, later(3))
    assert (phase, drain.done_since) == (Phase.MOVING, None)
    drain, _ = step(drain, "n2", whole, later(4))
    assert step(drain, "n2", whole, later(8))[1] is Phase.MOVING
    drain, phase = step(drain, "n2", whole, later(9))
    assert (phase, drain.emptied_at) == (Phase.DONE, later(9))


def test_the_fewest_that_ran_are_remembered() -> None:
    drain, _ = step(a_drain(), "n2", sight(*spread("n1", "n3")), later(1))
    drain, _ = step(drain, "n2", sight(*spread("n1", "n3", "n1")), later(2))
    assert drain.services[0].least == 2


def test_what_did_not_run_before_is_not_waited_for() -> None:
    crippled = a_drain(services=(moving(ran=2),))
    assert step(crippled, "n2", sight(*spread("n1", "n3")), later(1))[0].stuck == ()
    scaled = sight(*spread("n1", "n3"), service=a_service(a_spec(replicas=2)))
    assert step(a_drain(), "n2", scaled, later(1))[0].stuck == ()


@pytest.mark.parametrize("mode", [Mode.GLOBAL, Mode.GLOBAL_JOB, Mode.REPLICATED_JOB])
def test_what_is_not_replicated_has_only_to_leave(mode: Mode) -> None:
    drain = a_drain(services=(moving(mode=mode),))
    assert step(drain, "n2", sight(*spread("n1")), later(1))[0].stuck == ()
    assert drain.services[0].moves is (mode is Mode.REPLICATED_JOB)


def test_a_service_that_is_gone_holds_nothing_up() -> None:
    gone = Sight(services={}, tasks={}, nodes=NODES)
    drain, _ = step(a_drain(), "n2", gone, later(1))
    assert drain.services[0].is_gone
    assert drain.stuck == ()


@pytest.mark.parametrize("nodes", [NODES, {}], ids=["the service", "the node, too"])
def test_what_is_not_to_be_seen_is_not_believed_to_be_gone_at_once(
    nodes: dict[str, NodeView],
) -> None:
    gone = Sight(services={}, tasks={}, nodes=nodes)
    drain, phase = step(a_drain(), "n2", gone, later(1))
    for seconds in (1 + SETTLE.total_seconds(), LAGS.total_seconds()):
        drain, phase = step(drain, "n2", gone, later(seconds))
        assert phase is Phase.MOVING
    back, phase = step(drain, "n2", sight(*spread("n2")), later(LAGS.total_seconds()))
    assert (back.done_since, back.services[0].is_gone, phase) == (None, False, Phase.MOVING)
    on, phase = step(back, "n2", sight(*spread("n1", "n2")), later(1 + LAGS.total_seconds()))
    assert (on.progress_at, phase) == (later(1 + LAGS.total_seconds()), Phase.MOVING)
    assert step(drain, "n2", gone, later(1) + LAGS)[1] is Phase.DONE
    silent = seen_again(not_seen(drain, later(2)), later(30))
    assert step(silent, "n2", gone, later(30))[1] is Phase.MOVING


@pytest.mark.parametrize(
    ("task", "says"),
    [
        (a_task(2, id="x", node_id="", state="pending", error="no suitable node (x)"), "no suit"),
        (a_task(2, id="x", node_id="n1", state="starting"), "new tasks are starting"),
        (
            a_task(2, id="x", node_id="n1", state="failed", desired="shutdown", error="exit 1"),
            "failed: exit 1",
        ),
        (
            a_task(2, id="x", node_id="n1", state="rejected", desired="shutdown", message="bad"),
            "rejected: bad",
        ),
        (
            a_task(
                2, id="x", node_id="n1", state="failed", desired="shutdown", error="of old",
                created_at=later(-60),
            ),
            "new tasks",
        ),
        (a_task(2, id="x", node_id="n2", state="failed", desired="shutdown", error="137"), "new t"),
    ],
)  # fmt: skip
def test_what_it_waits_for_is_in_swarms_own_words(task: TaskView, says: str) -> None:
    drain, _ = step(a_drain(), "n2", sight(*spread("n1", "n3"), task), later(1))
    assert drain.services[0].waits.startswith(says)


def test_no_progress_for_the_deadline_is_a_stall_and_progress_ends_it() -> None:
    stuck = sight(*spread("n1", "n3"))
    drain, phase = step(a_drain(deadline=timedelta(seconds=60)), "n2", stuck, later(1))
    assert phase is Phase.MOVING
    drain, phase = step(drain, "n2", stuck, later(61))
    assert phase is Phase.STALLED
    drain, phase = step(drain, "n2", sight(*spread("n1", "n3", "n1")), later(62))
    assert phase is Phase.MOVING


def test_a_task_that_fails_again_and_again_is_no_progress() -> None:
    up, down = sight(*spread("n1", "n3", "n1")), sight(*spread("n1", "n3"))
    drain, phase = a_drain(deadline=timedelta(seconds=60)), Phase.MOVING
    for second in range(1, 63):
        drain, phase = step(drain, "n2", up if second % 4 == 0 else down, later(second))
    assert phase is Phase.MOVING
    for second in range(63, 66):
        drain, phase = step(drain, "n2", down, later(second))
    assert phase is Phase.STALLED


def test_somebody_elses_word_about_the_node_overtakes_it() -> None:
    assert overtaken("n2", sight()) == ""
    assert overtaken("n2", sight(node=replace(N2, availability="pause"))) == "pause"
    assert overtaken("n9", sight()) == ""
