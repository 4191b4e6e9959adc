"""What filters let through, by the Engine's rules."""

import pytest

from bot.domain.observation import NetworkView, NodeView, ServiceView, TaskView
from bot.domain.selecting import (
    networks_matching,
    nodes_matching,
    services_matching,
    tasks_matching,
)


def _service(name: str, mode: str = "Replicated", **labels: str) -> ServiceView:
    spec = {"Name": name, "Labels": labels, "TaskTemplate": {}, "Mode": {mode: {}}}
    return ServiceView(id=f"id-of-{name}", name=name, version=1, spec=spec)


SERVICES = [
    _service("web", env="prod", tier="front"),
    _service("web-admin", env="test"),
    _service("log", "Global"),
]
TASKS = [
    TaskView(id="t1", service_id="s", slot=1, node_id="id1", desired="running", state="running"),
    TaskView(id="t2", service_id="s", slot=2, node_id="id2", desired="shutdown", state="failed"),
    TaskView(id="u3", service_id="s", slot=12, node_id="", desired="running", state="pending"),
]
HOSTS = {"id1": "n1", "id2": "n2"}
NODES = [
    NodeView(id="a1", hostname="n1", status="ready", availability="active", role="manager",
             labels={"zone": "a"}, engine_labels={"gpu": "yes"}),
    NodeView(id="b2", hostname="n2", status="ready", availability="drain", role="worker",
             labels={"zone": "b"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([], ["web", "web-admin", "log"]),
        (["name=web"], ["web", "web-admin"]),
        (["name=web-", "name=lo"], ["web-admin", "log"]),
        (["name=eb"], []),
        (["mode=global"], ["log"]),
        (["mode=replicated", "label=env"], ["web", "web-admin"]),
        (["label=env=prod", "label=tier"], ["web"]),
        (["label=env=prod", "label=env=test"], []),
        (["label=env="], []),
        (["runtime=container"], ["web", "web-admin", "log"]),
        (["id=nobody"], []),
        (["id=id-of-web-"], ["web-admin"]),
    ],
)
def test_services(filters: list[str], names: list[str]) -> None:
    assert [view.name for view in services_matching(SERVICES, filters)] == names


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (["desired-state=running"], ["t1", "u3"]),
        (["desired-state=running", "desired-state=shutdown"], ["t1", "t2", "u3"]),
        (["node=n2"], ["t2"]),
        (["node=id1"], ["t1"]),
        (["node=n"], []),
        (["name=web.1"], ["t1", "u3"]),
        (["name=web.1.t"], ["t1"]),
        (["id=t"], ["t1", "t2"]),
        (["id=t", "desired-state=running"], ["t1"]),
    ],
)
def test_tasks(filters: list[str], ids: list[str]) -> None:
    assert [task.id for task in tasks_matching(TASKS, filters, "web", HOSTS)] == ids


NETWORKS = [
    NetworkView(id="net-a1", name="prod-web", driver="overlay", scope="swarm", labels={"env": "p"}),
    NetworkView(id="net-b2", name="web-test", driver="overlay", scope="swarm"),
    NetworkView(id="c3", name="ingress", driver="overlay", scope="swarm", ingress=True),
    NetworkView(id="d4", name="host", driver="host", scope="local"),
]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([], ["prod-web", "web-test", "ingress", "host"]),
        (["name=web"], ["prod-web", "web-test"]),
        (["name=prod", "name=ho"], ["prod-web", "host"]),
        (["id=b2"], ["web-test"]),
        (["id=net-"], ["prod-web", "web-test"]),
        (["driver=over"], []),
        (["driver=host", "driver=overlay", "name=o"], ["prod-web", "host"]),
        (["scope=local"], ["host"]),
        (["scope=global"], []),
        (["label=env=p"], ["prod-web"]),
        (["label=env", "label=tier"], []),
        (["type=builtin"], ["host"]),
        (["type=custom"], ["prod-web", "web-test", "ingress"]),
        (["type=custom", "type=builtin", "scope=swarm"], ["prod-web", "web-test", "ingress"]),
    ],
)
def test_networks(filters: list[str], names: list[str]) -> None:
    assert [net.name for net in networks_matching(NETWORKS, filters)] == names


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (["role=worker"], ["n2"]),
        (["membership=accepted"], ["n1", "n2"]),
        (["membership=pending"], []),
        (["name=n"], ["n1", "n2"]),
        (["id=a"], ["n1"]),
        (["label=gpu=yes"], ["n1"]),
        (["label=zone=a"], []),
        (["node.label=zone=b"], ["n2"]),
        (["node.label=zone"], ["n1", "n2"]),
    ],
)
def test_nodes(filters: list[str], names: list[str]) -> None:
    assert [node.hostname for node in nodes_matching(NODES, filters)] == names
