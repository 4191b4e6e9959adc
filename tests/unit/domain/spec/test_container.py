"""What is inside a container: the docker CLI's rules, field by field."""

from typing import Any

import pytest

from bot.domain.errors import UserError
from bot.domain.spec import EditMode, apply_edits
from tests.unit.domain.spec.editing import edits, inside, made, spec_of

HOSTS = ["10.0.0.3 b x", "10.0.0.1 b", "", "10.0.0.4"]


@pytest.mark.parametrize(
    ("flags", "hosts"),
    [
        ("--host-add c:10.0.0.2", ["10.0.0.3 b x", "10.0.0.1 b", "10.0.0.2 c"]),
        ("--host-add b:10.0.0.1", ["10.0.0.3 b x", "10.0.0.1 b"]),
        ("--host-rm b", ["10.0.0.3 x"]),
        ("--host-rm b:10.0.0.1", ["10.0.0.3 b x"]),
        ("--host-rm b --host-add b:::1", ["10.0.0.3 x", "::1 b"]),
        ("--host-rm nope", ["10.0.0.3 b x", "10.0.0.1 b"]),
    ],
)
def test_hosts_of_an_update(flags: str, hosts: list[str]) -> None:
    assert inside(flags, {"Hosts": HOSTS})["Hosts"] == hosts


def test_hosts_of_a_create_are_as_they_were_typed() -> None:
    flags = "--host b:10.0.0.1 --host a=[::1] --host b:10.0.0.1 --host up:host-gateway"
    hosts = made(flags)["ContainerSpec"]["Hosts"]
    assert hosts == ["10.0.0.1 b", "::1 a", "10.0.0.1 b", "host-gateway up"]


def test_one_flag_of_dns_sorts_all_three_lists_and_removals_win() -> None:
    before = {"DNSConfig": {"Nameservers": ["9.9.9.9", "1.1.1.1", "9.9.9.9"], "Search": ["z", "a"]}}
    after = inside("--dns-option-add ndots:1 --dns-option-add a --dns-option-rm a", before)
    assert after["DNSConfig"] == {
        "Nameservers": ["1.1.1.1", "9.9.9.9"], "Search": ["a", "z"], "Options": ["ndots:1"],
    }  # fmt: skip
    gone = inside("--dns-rm 1.1.1.1 --dns-rm 9.9.9.9 --dns-search-rm a --dns-search-rm z", before)
    assert gone["DNSConfig"] == {}


def test_dns_of_a_create_is_as_it_was_typed() -> None:
    flags = "--dns 9.9.9.9 --dns 0:0::1 --dns ::ffff:1.2.3.4 --dns-search b.c. --dns-search ."
    config = made(f"{flags} --dns-option timeout:3")["ContainerSpec"]["DNSConfig"]
    assert config == {
        "Nameservers": ["9.9.9.9", "::1", "1.2.3.4"], "Search": ["b.c", "."],
        "Options": ["timeout:3"],
    }  # fmt: skip


def test_groups() -> None:
    assert made("--group 7 --group 5 --group 7")["ContainerSpec"]["Groups"] == ["7", "5", "7"]
    assert inside("--group-add 3 --group-rm 9", {"Groups": ["9", "5"]})["Groups"] == ["3", "5"]
    assert "Groups" not in inside("--group-add 9 --group-rm 9", {})


@pytest.mark.parametrize(
    ("flags", "add", "drop"),
    [
        ("--cap-add net_admin --cap-add CAP_CHOWN", ["CAP_CHOWN", "CAP_NET_ADMIN"], None),
        ("--cap-add KILL --cap-drop KILL --cap-drop CHOWN", ["CAP_KILL"], ["CAP_CHOWN"]),
        ("--cap-add ALL --cap-add KILL --cap-drop ALL --cap-drop CHOWN", ["ALL"], None),
        ("--cap-drop ALL --cap-add KILL --cap-add RESET", ["CAP_KILL"], ["ALL"]),
    ],
)
def test_capabilities_of_a_create(flags: str, add: Any, drop: Any) -> None:
    container = made(flags)["ContainerSpec"]
    assert (container.get("CapabilityAdd"), container.get("CapabilityDrop")) == (add, drop)


@pytest.mark.parametrize(
    ("flags", "add", "drop"),
    [
        ("--cap-drop NET_ADMIN", None, ["CAP_CHOWN"]),  # what was added is taken back, no more
        ("--cap-add CHOWN", ["CAP_NET_ADMIN"], None),
        ("--cap-add KILL --cap-drop SYS_TIME", ["CAP_KILL", "CAP_NET_ADMIN"],
         ["CAP_CHOWN", "CAP_SYS_TIME"]),
        ("--cap-add RESET --cap-add KILL", ["CAP_KILL"], ["CAP_CHOWN"]),
        ("--cap-drop RESET --cap-drop ALL", ["CAP_NET_ADMIN"], ["ALL"]),
        ("--cap-add KILL --cap-drop KILL", ["CAP_KILL", "CAP_NET_ADMIN"], ["CAP_CHOWN"]),
    ],
)  # fmt: skip
def test_capabilities_of_an_update(flags: str, add: Any, drop: Any) -> None:
    before = {"CapabilityAdd": ["NET_ADMIN"], "CapabilityDrop": ["CAP_CHOWN"]}
    container = inside(flags, before)
    assert (container.get("CapabilityAdd"), container.get("CapabilityDrop")) == (add, drop)


def test_sysctls_and_ulimits_are_removed_first() -> None:
    before = {"Sysctls": {"a": "1", "b": "2"}}
    assert inside("--sysctl-rm a --sysctl-add a=3 --sysctl-rm b=9", before)["Sysctls"] == {"a": "3"}
    assert made("--sysctl a --sysctl b=1")["ContainerSpec"]["Sysctls"] == {"a": "", "b": "1"}
    limits = [{"Name": "nofile", "Hard": 9, "Soft": 5}]
    after = inside("--ulimit-rm nofile --ulimit-add nofile=1:2 --ulimit-add core=-1",
                   {"Ulimits": limits})  # fmt: skip
    assert after["Ulimits"] == [
        {"Name": "core", "Hard": -1, "Soft": -1}, {"Name": "nofile", "Hard": 2, "Soft": 1},
    ]  # fmt: skip
    assert "Ulimits" not in inside("--ulimit-rm nofile=5", {"Ulimits": limits})


def test_any_update_sorts_the_ulimits_and_a_scale_does_not() -> None:
    limits = [{"Name": name, "Hard": 1, "Soft": 1} for name in ("nofile", "core")]
    assert [u["Name"] for u in inside("--force", {"Ulimits": limits})["Ulimits"]] == [
        "core",
        "nofile",
    ]
    scaled = apply_edits(spec_of(Ulimits=limits), edits("scale web=3"), mode=EditMode.SCALE)
    assert scaled["TaskTemplate"]["ContainerSpec"]["Ulimits"] == limits


def _reserved(kind: str, value: int) -> dict[str, Any]:
    return {"DiscreteResourceSpec": {"Kind": kind, "Value": value}}


def test_generic_resources_are_added_first() -> None:
    spec = spec_of()
    spec["TaskTemplate"]["Resources"] = {"Reservations": {"GenericResources": [_reserved("A", 1)]}}
    line = "--generic-resource-add SSD=3 --generic-resource-add B=1 --generic-resource-rm A"
    after = apply_edits(spec, edits(f"update {line} web"))["TaskTemplate"]["Resources"]
    assert after == {"Reservations": {"GenericResources": [_reserved("SSD", 3), _reserved("B", 1)]}}
    with pytest.raises(UserError, match="reserves none of it") as caught:
        apply_edits(spec, edits("update --generic-resource-rm GPU web"))
    assert "There: A." in caught.value.full_text
    new = made("--generic-resource GPU=2")["Resources"]["Reservations"]
    assert new == {"GenericResources": [_reserved("GPU", 2)]}


@pytest.mark.parametrize(
    ("flags", "driver"),
    [
        ("--log-opt b=2", {"Name": "syslog", "Options": {"a": "1"}}),
        ("--log-driver ''", {"Name": "syslog", "Options": {"a": "1"}}),
        ("--log-driver local", {"Name": "local"}),
        ("--log-driver syslog --log-opt b= --log-opt c=d=e",
         {"Name": "syslog", "Options": {"b": "", "c": "d=e"}}),
    ],
)  # fmt: skip
def test_a_log_driver_replaces_all_options(flags: str, driver: dict[str, Any]) -> None:
    spec = spec_of()
    spec["TaskTemplate"]["LogDriver"] = {"Name": "syslog", "Options": {"a": "1"}}
    after = apply_edits(spec, edits(f"update {flags} web"))
    assert after["TaskTemplate"]["LogDriver"] == driver


def test_single_fields() -> None:
    assert inside("--oom-score-adj -500 --isolation Process", {}) == {
        "Image": "web:1", "OomScoreAdj": -500, "Isolation": "process",
    }  # fmt: skip
    assert "OomScoreAdj" not in inside("--oom-score-adj 0", {"OomScoreAdj": 5})


def test_max_concurrent_changes_nothing_that_is_there() -> None:
    job = {"Mode": {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 2}}}
    after = apply_edits({**spec_of(), **job}, edits("update --max-concurrent 9 web"))
    assert after["Mode"] == job["Mode"]
