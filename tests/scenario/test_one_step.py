"""Changes of one step: a service is removed, nodes and networks are changed."""

from collections.abc import Iterator

import pytest

from tests.scenario.team import PEOPLE, Team, event_type, payload
from tests.waiting import eventually


def test_rm_goes_only_after_the_confirming_click(team: Team) -> None:
    team.makes()
    asked = team.begins(f"docker service rm {team.service}")
    assert asked.state == "confirming"
    assert asked.buttons == ["Remove", "Keep"]
    assert team.exists()
    team.clicks(asked, "Remove", "bob")
    done = team.rests(asked, "applied")
    assert not team.exists()
    assert done.buttons == []
    assert f"<@{PEOPLE['bob']}>" in done.text
    assert event_type(done) == "waggle_change"
    assert payload(done) == {
        "change_id": payload(done)["change_id"],
        "cluster": "default",
        "kind": "rm",
        "target": team.service,
        "state": "applied",
        "requester": PEOPLE["ann"],
    }
    late = team.hears(lambda: team.client.click("cat", done, "Keep", stale=True), "cat")
    assert "applied already" in late.text


def test_rm_can_be_called_off(team: Team) -> None:
    team.makes()
    asked = team.begins(f"rm {team.service}")
    team.clicks(asked, "Keep")
    kept = team.rests(asked, "cancelled")
    assert "stays as it is" in kept.text
    assert kept.buttons == []
    assert team.exists()


def test_rm_of_two_asks_for_each(team: Team) -> None:
    other = f"{team.service}-b"
    team.makes()
    team.makes(name=other)
    team.types(f"rm {team.service} {other}")
    for name in (team.service, other):
        asked = team.finds("target", name)
        team.clicks(asked, "Remove")
        team.rests(asked, "applied")
    assert not team.exists()
    assert not team.exists(other)


@pytest.fixture
def n2(team: Team) -> Iterator[str]:
    yield "n2"
    team.docker("node", "update", "--availability", "active", "n2")


def test_a_node_is_drained_and_comes_back(team: Team, n2: str) -> None:
    team.makes("--mode", "global")
    done = team.does(f"docker node update --availability drain {n2}", "applied", "sam")
    assert event_type(done) == "waggle_change"
    assert {k: v for k, v in payload(done).items() if k != "change_id"} == {
        "cluster": "default",
        "kind": "node_update",
        "target": "n2",
        "state": "applied",
        "requester": PEOPLE["sam"],
    }
    assert "active → drain" in done.text
    assert team.docker("node", "inspect", "-f", "{{.Spec.Availability}}", n2) == "drain"
    assert "drain" in team.asks("nodes").text
    team.does(f"node update --availability active {n2}", "applied")
    assert "Nothing to do" in team.asks(f"node update --availability active {n2}").text
    assert len(team.posts("waggle_change")) == 2


def test_networks_are_made_and_removed_and_a_service_uses_one(team: Team) -> None:
    net = f"{team.service}-net"
    done = team.does(f"network create --attachable {net}", "applied")
    assert payload(done)["kind"] == "network_create"
    assert net in team.docker("network", "ls", "--filter", "scope=swarm")
    assert net in team.asks("network ls").text
    made = team.creates(f"--network {net}")
    assert f"network {net}" in team.note(made, "started").text
    used = team.does(f"network rm {net}", "failed")
    assert "in use" in used.text
    team.docker("service", "rm", team.service)
    # the Engine lets a network go only when the last task has gone
    eventually(lambda: team.ends(team.begins(f"docker network rm {net}")) == "applied", "rm")
    eventually(lambda: net not in team.docker("network", "ls"), "the nodes let go of it, too")
    assert "no network" in team.asks(f"network rm {net}").text.lower()


@pytest.mark.timeout(600)
def test_a_node_is_promoted_and_demoted_and_one_that_is_up_is_not_removed(team: Team) -> None:
    role = ("node", "inspect", "-f", "{{.Spec.Role}} {{.ManagerStatus}}", "n3")
    # two managers have no leader while one of them is too busy to answer: it waits, as it should
    done = team.does("docker node promote n3", "applied", "sam", 150)
    assert payload(done)["kind"] == "node_update"
    assert "2 managers stand the loss of none" in done.text
    eventually(lambda: "reachable" in team.docker(*role), "it is a manager", 150)
    team.does("docker node demote n3", "applied", "sam", 150)
    assert team.docker(*role).startswith("worker")
    assert "n1 is the last manager" in team.asks("node demote --force n1").text
    assert "only a node that is down can be removed" in team.asks("docker node rm n3").text
    assert "n3" in team.asks("nodes").text
