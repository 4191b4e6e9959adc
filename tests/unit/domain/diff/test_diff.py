from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.diff import diff, summarize
from bot.domain.jsontypes import Spec
from bot.domain.plan import FieldChange
from tests.builders import SECOND, a_spec


def changes(old: Spec | None, new: Spec, **names: str) -> dict[str, tuple[str | None, str | None]]:
    return {one.path: (one.old, one.new) for one in diff(old, new, names)}


def container(**fields: Any) -> Spec:
    spec = a_spec()
    spec["TaskTemplate"]["ContainerSpec"].update(fields)
    return spec


def test_image_and_replicas() -> None:
    assert changes(a_spec("httpd:v1@sha256:aa", 3), a_spec("httpd:v2@sha256:bb", 6)) == {
        "image": ("httpd:v1", "httpd:v2"),
        "replicas": ("3", "6"),
    }


def test_a_tag_that_moved_shows_the_digests() -> None:
    old, new = a_spec("httpd:v1@sha256:" + "a" * 64), a_spec("httpd:v1@sha256:" + "b" * 64)
    assert changes(old, new) == {
        "image": ("httpd:v1@sha256:" + "a" * 12, "httpd:v1@sha256:" + "b" * 12)
    }


def test_env_values_never_show() -> None:
    old = a_spec(env=["DB_PASSWORD=hunter2", "GONE=sesame", "SAME=1"])
    new = a_spec(env=["DB_PASSWORD=hunter3", "NEW=sesame", "SAME=1"])
    found = diff(old, new)
    assert {one.path: (one.old, one.new) for one in found} == {
        "env DB_PASSWORD": ("••••", "•••• (changed)"),
        "env NEW": (None, "••••"),
        "env GONE": ("••••", None),
    }
    assert "hunter" not in repr(found)
    assert "sesame" not in repr(found)


def test_another_order_of_the_environment_is_told_by_names() -> None:
    old = a_spec(env=["A=secret-1", "B=2", "C=3", "GONE=1"])
    new = a_spec(env=["NEW=1", "C=3", "A=secret-1", "B=2"])
    found = diff(old, new)
    assert "secret" not in repr(found)
    assert found[-1] == FieldChange(path="env-order", old="A B C", new="C A B")
    assert {one.path for one in found} == {"env NEW", "env GONE", "env-order"}
    assert summarize(diff(a_spec(env=["A=1", "B=2"]), a_spec(env=["B=2", "A=1"]))) == (
        "env-order A B → B A"
    )


def test_what_comes_or_goes_is_no_other_order() -> None:
    old, new = a_spec(env=["A=1", "GONE=1", "B=2"]), a_spec(env=["NEW=1", "A=1", "B=2"])
    assert {one.path for one in diff(old, new)} == {"env NEW", "env GONE"}


_ENV = st.lists(st.sampled_from(["A=1", "A=2", "A=1, 2", "B=1", "B=2", "C=1"]), max_size=5)


@given(_ENV, _ENV)
def test_an_environment_that_differs_is_never_told_as_the_same(
    old: list[str], new: list[str]
) -> None:
    assert bool(diff(a_spec(env=old), a_spec(env=new))) is (old != new)


def test_our_own_labels_do_not_count() -> None:
    old = a_spec(labels={"waggle.attempt": "1", "team": "a"})
    new = a_spec(labels={"waggle.attempt": "2", "team": "b"})
    assert changes(old, new) == {"label team": ("a", "b")}


def test_container_labels_that_look_like_ours_do_count() -> None:
    assert changes(container(), container(Labels={"waggle.x": "1"})) == {
        "container-label waggle.x": (None, "1")
    }


def test_update_settings_read_as_typed() -> None:
    old = a_spec(update={"Parallelism": 1, "Delay": 0, "MaxFailureRatio": 0})
    new = a_spec(
        update={"Parallelism": 2, "Delay": 90 * SECOND, "MaxFailureRatio": 0.25},
        rollback={"Order": "start-first", "Monitor": 5 * SECOND},
    )
    assert changes(old, new) == {
        "update-parallelism": ("1", "2"),
        "update-delay": ("0s", "1m30s"),
        "update-max-failure-ratio": ("0", "0.25"),
        "rollback-monitor": (None, "5s"),
        "rollback-order": (None, "start-first"),
    }


def test_constraints_come_and_go_each_by_itself() -> None:
    old = a_spec(Placement={"Constraints": ["node.labels.env==test", "node.role == worker"]})
    new = a_spec(Placement={"Constraints": ["node.labels.env==prod", "node.role==worker"]})
    assert changes(old, new) == {
        "constraint node.labels.env==prod": (None, "required"),
        "constraint node.labels.env==test": ("required", None),
    }


def test_published_ports() -> None:
    old, new = a_spec(), a_spec()
    old["EndpointSpec"]["Ports"] = [{"TargetPort": 80, "PublishedPort": 8080, "Protocol": "tcp"}]
    new["EndpointSpec"]["Ports"] = [
        {"TargetPort": 81, "PublishedPort": 8080, "Protocol": "tcp", "PublishMode": "host"},
        {"TargetPort": 53, "PublishedPort": 53, "Protocol": "udp"},
    ]
    assert changes(old, new) == {
        "publish 8080": ("8080:80", "8080:81 on the host"),
        "publish 53/udp": (None, "53:53/udp"),
    }


def test_networks_by_name() -> None:
    new = a_spec(Networks=[{"Target": "id1", "Aliases": ["db"]}, {"Target": "id2"}])
    assert changes(a_spec(), new, id1="back") == {
        "network back": (None, "alias db"),
        "network id2": (None, "attached"),
    }


def test_resources_and_restarts_read_as_typed() -> None:
    new = a_spec(
        Resources={"Limits": {"MemoryBytes": 512 * 1024**2, "NanoCPUs": 500_000_000, "Pids": 9}},
        RestartPolicy={"Condition": "on-failure", "Delay": 5 * SECOND, "MaxAttempts": 3},
    )
    assert changes(a_spec(), new) == {
        "limit-memory": (None, "512m"),
        "limit-cpu": (None, "0.5"),
        "limit-pids": (None, "9"),
        "restart-condition": (None, "on-failure"),
        "restart-delay": (None, "5s"),
        "restart-max-attempts": (None, "3"),
    }


def test_mounts_and_their_driver_options() -> None:
    secret = {"DriverConfig": {"Options": {"o": "password=hunter2"}}}
    mount = {"Type": "volume", "Source": "data", "Target": "/data"}
    found = diff(container(Mounts=[mount]), container(Mounts=[{**mount, "VolumeOptions": secret}]))
    assert found == (
        FieldChange(path="mount /data", old="volume data", new="volume data (options set)"),
    )


def test_a_changed_mount_option_is_told_though_hidden() -> None:
    def mounted(password: str) -> Spec:
        options = {"DriverConfig": {"Options": {"o": password}}}
        return container(Mounts=[{"Target": "/d", "VolumeOptions": options}])

    ((change),) = diff(mounted("hunter2"), mounted("hunter3"))
    assert change.path == "mount /d"
    assert change.new is not None
    assert change.new.endswith("(changed)")
    assert "hunter" not in repr(change)


def test_log_options_stay_hidden() -> None:
    new = a_spec(LogDriver={"Name": "splunk", "Options": {"splunk-token": "hunter2"}})
    assert changes(a_spec(), new) == {
        "log-driver": (None, "splunk"),
        "log-opt splunk-token": (None, "••••"),
    }


def test_files_and_who_may_read_them() -> None:
    file = {"Name": "/k", "UID": "0", "GID": "0", "Mode": 0o444}
    key = {"File": file, "SecretID": "1", "SecretName": "key"}
    new = container(
        Secrets=[key],
        Configs=[
            {
                "File": {**file, "UID": "33", "Mode": 0o400},
                "ConfigID": "2",
                "ConfigName": "site",
            },
            {"Runtime": {}, "ConfigID": "3", "ConfigName": "gmsa"},
        ],
        Privileges={"CredentialSpec": {"Config": "3", "File": "", "Registry": ""}},
    )
    assert changes(a_spec(), new) == {
        "credential-spec": (None, "config://gmsa"),
        "secret key": (None, "/k"),
        "config site": (None, "/k (uid 33, mode 0400)"),
        "config gmsa": (None, "runtime"),
    }


def test_limits_read_as_typed() -> None:
    old = container(Ulimits=[{"Name": "nofile", "Soft": 1, "Hard": 2}], Sysctls={"a.key": "1"})
    new = container(
        Ulimits=[{"Name": "nofile", "Soft": 1, "Hard": -1}],
        Sysctls={"a.key": "2"},
        OomScoreAdj=-5,
        Hosts=["10.0.0.1 db"],
    )
    gpus = [{"DiscreteResourceSpec": {"Kind": "GPU", "Value": 2}}]
    new["TaskTemplate"]["Resources"] = {"Reservations": {"GenericResources": gpus}}
    assert changes(old, new) == {
        "ulimit nofile": ("1:2", "1:-1"),
        "sysctl a.key": ("1", "2"),
        "oom-score-adj": (None, "-5"),
        "host": (None, "'10.0.0.1 db'"),
        "generic-resource GPU": (None, "2"),
    }


def test_command_and_health() -> None:
    new = container(
        Command=["sh", "-c"],
        Args=["exit 1"],
        Healthcheck={"Test": ["CMD-SHELL", "curl -f x"], "Interval": SECOND, "Retries": 2},
    )
    assert changes(a_spec(), new) == {
        "command": (None, "sh -c"),
        "args": (None, "'exit 1'"),
        "health-cmd": (None, "curl -f x"),
        "health-interval": (None, "1s"),
        "health-retries": (None, "2"),
    }


def test_what_no_rule_knows_is_told_by_its_path() -> None:
    new = a_spec(Future={"Knob": [1, {"Deep": True}]})
    assert changes(a_spec(), new) == {
        "TaskTemplate.Future.Knob[0]": (None, "1"),
        "TaskTemplate.Future.Knob[1].Deep": (None, "true"),
    }


def test_unknown_fields_that_may_hold_secrets_are_hidden() -> None:
    new = a_spec(PluginSpec={"Env": ["TOKEN=hunter2"]})
    assert "hunter2" not in repr(diff(a_spec(), new))
    assert len(diff(a_spec(), new)) == 1


def test_a_create_tells_every_field() -> None:
    assert changes(None, a_spec(replicas=2, env=["A=1"])) == {
        "name": (None, "web"),
        "image": (None, "httpd:v1"),
        "mode": (None, "replicated"),
        "replicas": (None, "2"),
        "env A": (None, "••••"),
        "endpoint-mode": (None, "vip"),
    }


def test_force_and_mode() -> None:
    assert changes(a_spec(), a_spec(ForceUpdate=1)) == {"force": (None, "1")}
    assert changes(a_spec(), a_spec(replicas=None))["mode"] == ("replicated", "global")


def test_the_specs_are_left_alone() -> None:
    old, new = a_spec(env=["A=1"]), a_spec(env=["A=2"])
    diff(old, new)
    assert (old, new) == (a_spec(env=["A=1"]), a_spec(env=["A=2"]))


_LEAF = st.one_of(st.integers(), st.text(max_size=5), st.booleans())
_TREE = st.recursive(
    st.dictionaries(st.text("ABCxyz", min_size=1, max_size=4), _LEAF, max_size=3),
    lambda inner: st.dictionaries(st.text("ABCxyz", min_size=1, max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(_TREE, _TREE)
def test_nothing_is_omitted_silently(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = diff(a_spec(Unknown=old), a_spec(Unknown=new))
    assert bool(found) is (leaves(old) != leaves(new))


def leaves(tree: Any, path: str = "") -> dict[str, str]:
    if not isinstance(tree, dict):
        return {path: str(tree).lower() if isinstance(tree, bool) else str(tree)}
    if not tree:
        return {path: "empty"}
    return {k: v for key, item in tree.items() for k, v in leaves(item, f"{path}.{key}").items()}


@pytest.mark.parametrize(
    ("path", "fields", "told"),
    [
        ("mount-order", {"Mounts": [{"Target": "/b"}, {"Target": "/a"}]}, ("/b /a", "/a /b")),
        (
            "secret-order",
            {"Secrets": [{"SecretName": "k", "File": {"Name": "x"}}, {"SecretName": "c"}]},
            ("x c", "c x"),
        ),
        ("config-order", {"Configs": [{"ConfigName": "k"}, {"ConfigName": "c"}]}, ("k c", "c k")),
    ],
)
def test_another_order_of_what_stays_is_told(
    path: str, fields: dict[str, list[Any]], told: tuple[str, str]
) -> None:
    ((name, items),) = fields.items()
    assert changes(container(**fields), container(**{name: items[::-1]})) == {path: told}


def test_another_order_of_what_is_not_the_containers() -> None:
    networks = [{"Target": "id-b"}, {"Target": "id-a"}]
    constraints = ["b==1", "a==1"]
    kinds = [{"DiscreteResourceSpec": {"Kind": kind, "Value": 1}} for kind in ("GPU", "SSD")]

    def a_template(step: int) -> Spec:
        reserved = {"GenericResources": kinds[::step]}
        return a_spec(
            Networks=networks[::step],
            Placement={"Constraints": constraints[::step]},
            Resources={"Reservations": reserved},
        )

    old, new = a_template(1), a_template(-1)
    ports = [{"PublishedPort": n, "TargetPort": 80} for n in (1, 2)]
    old["EndpointSpec"]["Ports"], new["EndpointSpec"]["Ports"] = ports, ports[::-1]
    assert changes(old, new, **{"id-a": "front"}) == {
        "constraint-order": ("b==1 a==1", "a==1 b==1"),
        "network-order": ("id-b front", "front id-b"),
        "generic-resource-order": ("GPU SSD", "SSD GPU"),
        "publish-order": ("1:80 2:80", "2:80 1:80"),
    }


def test_an_empty_object_is_a_change_for_it_replaces_tasks() -> None:
    without, empty = container(), container(Healthcheck={})
    path = "TaskTemplate.ContainerSpec.Healthcheck"
    assert changes(without, empty) == {path: (None, "empty")}
    assert changes(empty, without) == {path: ("empty", None)}
    assert changes(container(Healthcheck={"Retries": 3}), empty) == {"health-retries": ("3", None)}


def test_what_waggle_adds_by_itself_is_no_change() -> None:
    plain = a_spec()
    del plain["Labels"]
    del plain["TaskTemplate"]["Placement"]
    assert changes(plain, a_spec(Placement={})) == {}


@given(_TREE)
def test_equal_specs_have_no_changes(tree: dict[str, Any]) -> None:
    assert diff(a_spec(Unknown=tree), a_spec(Unknown=tree)) == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (a_spec("httpd:v1"), a_spec("httpd:v2", 6), "image httpd:v1 → httpd:v2, replicas 3 → 6"),
        (a_spec(env=["A=1"]), a_spec(env=["A=2"]), "env A changed"),
        (a_spec(), a_spec(env=["A=2"]), "+env A"),
        (a_spec(env=["A=2"]), a_spec(), "−env A"),
        (a_spec(), a_spec(), "no change"),
    ],
)
def test_summary(old: Spec, new: Spec, words: str) -> None:
    assert summarize(diff(old, new)) == words


def test_a_long_summary_says_how_many_more() -> None:
    labels = {f"l{n}": "x" for n in range(6)}
    assert summarize(diff(a_spec(), a_spec(labels=labels))).endswith("label l3 x, 2 more")
