"""What people are told that a change touches."""

from __future__ import annotations

import pytest

from bot.domain.approval import Blast, approval_id
from tests.unit.usecases.approving import Approving, asking


def blast_of(bed: Approving, line: str) -> Blast:
    made = bed.type(line)
    bed.work()
    return bed.approval(approval_id(made)).blast


def test_a_service_says_its_tasks_nodes_and_what_shares_its_networks() -> None:
    bed = Approving()
    bed.type("network create back")
    bed.work()
    for line in (
        "create --name web --replicas 3 --network back --publish 8080:80 reg/httpd:v1",
        "create --name api --network back reg/httpd:v1",
        "create --name lone --publish 8081:80 reg/httpd:v1",
    ):
        bed.done(line)
    bed.policies.policy = asking().policies.policy
    blast = blast_of(bed, "scale web=5")
    assert blast.tasks == 5
    assert set(blast.nodes) <= {node.hostname for node in bed.swarm.nodes()}
    assert blast.nodes
    assert blast.shared == ("network back: api",)
    assert "shared network back: api" in bed.request_of("p-" + bed_last(bed)).text


def publishing(name: str, port: str) -> str:
    """Return the line that creates what publishes a port, such as `53/udp`, on the node itself."""
    number, _, protocol = port.partition("/")
    flag = f"--publish mode=host,published={number},target=53,protocol={protocol}"
    return f"create --name {name} {flag} reg/httpd:v1"


@pytest.mark.parametrize(
    ("port", "others", "shared"),
    [
        ("53/udp", {"dns": "53/udp"}, ("port 53/udp: dns",)),
        ("53/tcp", {"dns": "53/udp"}, ()),
        ("53/tcp", {"dns": "53/tcp"}, ("port 53/tcp: dns",)),
        ("53/udp", {"b": "53/udp", "a": "53/udp", "c": "54/udp"}, ("port 53/udp: a, b",)),
    ],
)
def test_a_port_is_shared_with_who_publishes_the_same_number_and_protocol(
    port: str, others: dict[str, str], shared: tuple[str, ...]
) -> None:
    bed = asking(lines=[publishing(name, theirs) for name, theirs in others.items()])
    assert blast_of(bed, publishing("web2", port)).shared == shared


def bed_last(bed: Approving) -> str:
    return bed.store.recent_approvals("default", 1)[0].value.id.partition("-")[2]


def test_a_new_service_says_how_many_it_will_be_and_where_it_joins() -> None:
    bed = asking()
    blast = blast_of(bed, "create --name web2 --replicas 4 reg/httpd:v1")
    assert blast == Blast(tasks=4)


def test_a_removal_says_what_goes() -> None:
    assert blast_of(asking(), "rm web").tasks == 3


def test_a_node_says_which_services_run_there() -> None:
    bed = asking(lines=("create --name everywhere --mode global reg/httpd:v1",))
    blast = blast_of(bed, "node update --availability drain n2")
    assert blast.nodes == ("n2",)
    (shared,) = blast.shared
    assert shared.startswith("node n2: everywhere")


def test_a_network_says_who_uses_it_the_first_few_by_name() -> None:
    bed = Approving()
    bed.type("network create prod-net")
    bed.work()
    for n in range(7):
        bed.done(f"create --name s{n} --network prod-net reg/httpd:v1")
    bed.policies.policy = asking().policies.policy
    blast = blast_of(bed, "network rm prod-net")
    assert blast.shared == ("network prod-net: s0, s1, s2, s3, s4 and 2 more",)


def test_a_long_diff_stands_whole_in_the_thread() -> None:
    bed = asking()
    labels = " ".join(f"--label-add l{n}=x" for n in range(20))
    name = bed.asked(f"update {labels} web")
    bed.tick()
    (details,) = bed.notes_of(name)
    assert all(f"l{n}: x" in details for n in range(20))
    assert "l19" not in bed.request_of(name).text.partition("```")[2]
    assert "in the thread" in bed.request_of(name).text
