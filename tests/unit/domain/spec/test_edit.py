"""Editing raw specs: the docker CLI's semantics, its surprises included."""

import copy
from typing import Any

import pytest

from bot.domain.errors import UserError
from bot.domain.grammar import Answer, Command, parse
from bot.domain.spec import (
    EditMode,
    apply_edits,
    apply_node_edits,
    images_in,
    networks_in,
    new_network,
    new_spec,
    with_image,
    with_network_ids,
)

INGRESS = {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8081, "PublishMode": "ingress"}


def a_spec(**container: Any) -> dict[str, Any]:
    return {
        "Name": "web",
        "Labels": {"a": "1"},
        "TaskTemplate": {
            "ContainerSpec": {"Image": "web:1", "Future": {"kept": [1]}, **container},
            "Networks": [{"Target": "id-back"}],
        },
        "Mode": {"Replicated": {"Replicas": 2}},
        "EndpointSpec": {"Mode": "vip", "Ports": [INGRESS]},
        "Unknown": 7,
    }


def command(line: str) -> Command:
    parsed = parse(line)
    assert isinstance(parsed, Command), parsed
    return parsed


def updated(flags: str, spec: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    edits = command(f"update {flags} web").edits
    return apply_edits(a_spec() if spec is None else spec, edits, **more)


def container(flags: str, **before: Any) -> dict[str, Any]:
    found: dict[str, Any] = updated(flags, a_spec(**before))["TaskTemplate"]["ContainerSpec"]
    return found


def test_the_inspected_spec_is_not_touched_and_unknown_fields_survive() -> None:
    before = a_spec(Env=["A=1"])
    kept = copy.deepcopy(before)
    after = updated("--env-add A=2 --label-add b=2 --publish-rm 80 --force", before)
    assert before == kept
    assert after["Unknown"] == 7
    assert after["TaskTemplate"]["ContainerSpec"]["Future"] == {"kept": [1]}


def test_placement_is_always_there() -> None:
    assert updated("--label-add x=y")["TaskTemplate"]["Placement"] == {}
    spec = a_spec()
    spec["TaskTemplate"]["Placement"] = None
    assert updated("--label-add x=y", spec)["TaskTemplate"]["Placement"] == {}
    scaled = apply_edits(a_spec(), command("scale web=3").edits, mode=EditMode.SCALE)
    assert scaled["TaskTemplate"]["Placement"] == {}


@pytest.mark.parametrize(
    ("flags", "env"),
    [
        ("--env-add B=3 --env-add C=4", ["A=1", "B=3", "C=4"]),
        ("--env-rm A --env-add A=9", ["B=2", "A=9"]),
        ("--env-rm A --env-rm NOPE", ["B=2"]),
    ],
)
def test_env(flags: str, env: list[str]) -> None:
    assert container(flags, Env=["A=1", "B=2"])["Env"] == env


def test_env_that_is_empty_is_left_out() -> None:
    assert "Env" not in container("--env-rm A", Env=["A=1"])


def test_labels_are_removed_first() -> None:
    assert updated("--label-add a=2 --label-rm a")["Labels"] == {"a": "2"}
    assert updated("--label-rm a")["Labels"] == {}
    assert container("--container-label-rm x", Labels={"x": "y"}).get("Labels") is None


@pytest.mark.parametrize(
    ("flags", "published"),
    [
        ("--publish-add 9000:80", [8081, 9000]),
        ("--publish-rm 80", []),
        ("--publish-rm 9999:80", []),
        ("--publish-rm 8081", [8081]),
        ("--publish-rm target=80,mode=host", [8081]),
        ("--publish-rm 8081:80 --publish-add 8081:80", []),
        ("--publish-rm 8081:80 --publish-add 8082:80", [8082]),
        ("--publish-add 8081:80", [8081]),
    ],
)
def test_ports(flags: str, published: list[int]) -> None:
    ports = updated(flags)["EndpointSpec"].get("Ports", [])
    assert [port["PublishedPort"] for port in ports] == published


def test_mounts_are_replaced_by_target_sorted_and_rm_beats_add() -> None:
    old = [{"Type": "volume", "Source": "z", "Target": "/z"}, {"Type": "volume", "Target": "/a"}]
    assert [m["Target"] for m in container("--force", Mounts=old)["Mounts"]] == ["/a", "/z"]
    new = container("--mount-add type=tmpfs,target=/z", Mounts=old)["Mounts"]
    assert new == [{"Type": "volume", "Target": "/a"}, {"Type": "tmpfs", "Target": "/z"}]
    gone = container("--mount-rm /z --mount-add source=q,target=/z", Mounts=old)["Mounts"]
    assert [m["Target"] for m in gone] == ["/a"]
    scaled = apply_edits(a_spec(Mounts=old), command("scale web=3").edits, mode=EditMode.SCALE)
    assert scaled["TaskTemplate"]["ContainerSpec"]["Mounts"] == old


def test_constraints_may_be_there_twice_and_are_removed_by_their_text() -> None:
    twice = updated("--constraint-add b==1 --constraint-add a==1 --constraint-add b==1")
    constraints = ["a==1", "b==1", "b==1"]
    assert twice["TaskTemplate"]["Placement"]["Constraints"] == constraints
    same = updated("--constraint-rm 'b == 1'", twice)
    assert same["TaskTemplate"]["Placement"]["Constraints"] == constraints
    none = updated("--constraint-rm b==1 --constraint-rm a==1", twice)
    assert none["TaskTemplate"]["Placement"] == {}


def test_one_flag_of_a_group_fills_the_rest() -> None:
    spec = updated("--update-delay 10s --rollback-parallelism 0 --restart-max-attempts 3")
    assert spec["UpdateConfig"] == {
        "Parallelism": 1, "Delay": 10 * 10**9, "FailureAction": "pause", "Monitor": 5 * 10**9,
        "MaxFailureRatio": 0, "Order": "stop-first",
    }  # fmt: skip
    assert spec["RollbackConfig"]["Parallelism"] == 0
    restart = {"Condition": "any", "Delay": 5 * 10**9, "MaxAttempts": 3}
    assert spec["TaskTemplate"]["RestartPolicy"] == restart


def test_limits_of_zero_are_taken_away() -> None:
    limited = updated("--limit-cpu 0.5 --reserve-memory 64m")
    assert limited["TaskTemplate"]["Resources"] == {
        "Limits": {"NanoCPUs": 500_000_000},
        "Reservations": {"MemoryBytes": 64 * 1024**2},
    }
    none = updated("--limit-cpu 0 --reserve-memory 0", limited)
    assert none["TaskTemplate"]["Resources"] == {"Limits": {}, "Reservations": {}}


def test_health() -> None:
    health = container("--health-cmd 'curl x' --health-retries 3")["Healthcheck"]
    assert health == {"Test": ["CMD-SHELL", "curl x"], "Retries": 3}
    off = container("--no-healthcheck", Healthcheck=health)["Healthcheck"]
    assert off == {"Test": ["NONE"]}
    assert container("--health-timeout 1s", Healthcheck=off)["Healthcheck"] == {"Timeout": 10**9}


@pytest.mark.parametrize("flag", ["--health-timeout 0s", "--health-retries 0", "--health-cmd ''"])
def test_an_update_of_the_health_check_leaves_an_empty_one(flag: str) -> None:
    assert container(flag)["Healthcheck"] == {}
    assert container(flag, Healthcheck={"Test": ["NONE"]})["Healthcheck"] == {}


def test_a_new_service_without_a_health_check_does_not_mind_empty_settings() -> None:
    made = new_spec(command("create --no-healthcheck --health-retries 0 --name web web:1").edits)
    assert made["TaskTemplate"]["ContainerSpec"]["Healthcheck"] == {"Test": ["NONE"]}
    answer = parse("update --no-healthcheck --health-retries 0 web")
    assert isinstance(answer, Answer)
    assert "does not go with" in answer.text


@pytest.mark.parametrize(
    ("flag", "left"),
    [("--health-interval 0s", {}), ("--health-retries 0", None), ("--health-cmd ''", None)],
)
def test_a_new_service_has_an_empty_health_check_for_a_duration_alone(
    flag: str, left: dict[str, str] | None
) -> None:
    made = new_spec(command(f"create {flag} --name web shop/web:1").edits)
    assert made["TaskTemplate"]["ContainerSpec"].get("Healthcheck") == left


def test_force_counts_up_once() -> None:
    assert updated("--force --force")["TaskTemplate"]["ForceUpdate"] == 1
    assert "ForceUpdate" not in updated("--force=false")["TaskTemplate"]


@pytest.mark.parametrize("mode", ["Global", "ReplicatedJob", "GlobalJob"])
def test_replicas_need_a_replicated_service(mode: str) -> None:
    spec = {**a_spec(), "Mode": {mode: {}}}
    with pytest.raises(UserError, match="not replicated"):
        updated("--replicas 3", spec)


def test_scale() -> None:
    def scaled(mode: dict[str, Any]) -> Any:
        edits = command("scale web=5").edits
        return apply_edits({**a_spec(), "Mode": mode}, edits, mode=EditMode.SCALE)["Mode"]

    assert scaled({"Replicated": {"Replicas": 1}}) == {"Replicated": {"Replicas": 5}}
    job = {"ReplicatedJob": {"TotalCompletions": 1, "MaxConcurrent": 1}}
    assert scaled(job) == {"ReplicatedJob": {"TotalCompletions": 5, "MaxConcurrent": 1}}
    with pytest.raises(UserError, match="cannot be scaled"):
        scaled({"Global": {}})


def test_networks_by_name_and_id() -> None:
    edits = command("update --network-add name=front,alias=x --network-rm back web").edits
    assert networks_in(edits) == ("front", "back")
    ids = {"front": "id-front", "back": "id-back"}
    after = apply_edits(a_spec(), edits, networks=ids)
    assert after["TaskTemplate"]["Networks"] == [{"Target": "id-front", "Aliases": ["x"]}]
    with pytest.raises(UserError, match="attached to this network already"):
        updated("--network-add back", networks=ids)
    later = with_network_ids(updated("--network-add aaa"), {"aaa": "zzz"})
    assert [n["Target"] for n in later["TaskTemplate"]["Networks"]] == ["id-back", "zzz"]


def test_deprecated_networks_move_to_the_task_template() -> None:
    spec = {**a_spec(), "Networks": [{"Target": "old"}]}
    del spec["TaskTemplate"]["Networks"]
    after = updated("--network-add new", spec)
    assert "Networks" not in after
    assert [n["Target"] for n in after["TaskTemplate"]["Networks"]] == ["new", "old"]


def test_image_is_named_and_put_in_resolved() -> None:
    edits = command("update --image a:1 --image b:2 web").edits
    assert images_in(edits) == ("b:2",)
    platforms = [{"architecture": "arm", "os": "linux"}, {"Architecture": "amd64", "OS": "linux"}]
    spec = with_image(apply_edits(a_spec(), edits), "b:2@sha256:1", platforms)
    assert spec["TaskTemplate"]["ContainerSpec"]["Image"] == "b:2@sha256:1"
    known = [{"OS": "linux"}, {"Architecture": "amd64", "OS": "linux"}]
    assert spec["TaskTemplate"]["Placement"]["Platforms"] == known
    assert with_image(spec, "c:3")["TaskTemplate"]["Placement"]["Platforms"] == known


def test_new_spec() -> None:
    line = "create --name web --replicas 3 -p 8081:80 -e A=1 -e A=2 -l x=y shop/web:2 run --it"
    spec = new_spec(command(line).edits)
    assert spec["Name"] == "web"
    assert spec["Labels"] == {"x": "y"}
    assert spec["Mode"] == {"Replicated": {"Replicas": 3}}
    assert spec["EndpointSpec"] == {"Mode": "vip", "Ports": [INGRESS]}
    container_spec = spec["TaskTemplate"]["ContainerSpec"]
    assert container_spec["Image"] == "shop/web:2"
    assert container_spec["Args"] == ["run", "--it"]
    assert container_spec["Env"] == ["A=2"]
    assert spec["TaskTemplate"]["Placement"] == {}


def test_new_network() -> None:
    asked = command(
        "network create --subnet 10.1.0.0/16 --subnet 10.2.0.0/16 --gateway 10.2.0.1 "
        "--label a=b --opt c=d --attachable back"
    )
    assert new_network("back", asked.edits) == {
        "Name": "back", "Driver": "overlay", "Labels": {"a": "b"}, "Options": {"c": "d"},
        "Attachable": True, "IPAM": {"Driver": "default", "Config": [
            {"Subnet": "10.1.0.0/16"}, {"Subnet": "10.2.0.0/16", "Gateway": "10.2.0.1"}]},
    }  # fmt: skip


def test_node_edits() -> None:
    spec = {"Role": "worker", "Availability": "active", "Labels": {"env": "test"}, "Future": 1}
    line = "node update --availability drain --label-add env=prod --label-add x n1"
    assert apply_node_edits(spec, command(line).edits) == {
        "Role": "worker", "Availability": "drain", "Labels": {"env": "prod", "x": ""}, "Future": 1,
    }  # fmt: skip
    with pytest.raises(UserError, match="no label `nope`") as caught:
        apply_node_edits(spec, command("node update --label-rm nope n1").edits)
    assert "Its labels: env." in caught.value.full_text
