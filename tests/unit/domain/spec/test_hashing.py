"""Comparing specs."""

from typing import Any

import pytest

from bot.domain.spec import loosely_equal, spec_hash, with_waggle_labels, without_waggle_labels


def a_spec(**changes: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "Name": "web",
        "Labels": {"a": "b"},
        "TaskTemplate": {"ContainerSpec": {"Image": "x", "Labels": {"waggle.not": "ours"}}},
        "Mode": {"Replicated": {"Replicas": 0}},
    }
    return {**spec, **changes}


def test_our_labels_do_not_count() -> None:
    marked = with_waggle_labels(a_spec(), {"waggle.rollout": "r1"})
    assert marked["Labels"] == {"a": "b", "waggle.rollout": "r1"}
    assert spec_hash(marked) == spec_hash(a_spec())
    assert without_waggle_labels(marked) == a_spec()
    assert with_waggle_labels(marked, {"waggle.x": ""})["Labels"] == {"a": "b", "waggle.x": ""}


@pytest.mark.parametrize("labels", [None, {}, {"waggle.x": "1"}])
def test_empty_labels_are_absent(labels: dict[str, str] | None) -> None:
    absent = a_spec()
    del absent["Labels"]
    assert spec_hash(a_spec(Labels=labels)) == spec_hash(absent)


def test_hash_does_not_depend_on_the_order_of_keys() -> None:
    assert spec_hash(dict(reversed(a_spec().items()))) == spec_hash(a_spec())
    assert spec_hash(a_spec(Labels={"a": "c"})) != spec_hash(a_spec())


def test_labels_of_the_container_count_whatever_their_name() -> None:
    other = a_spec(TaskTemplate={"ContainerSpec": {"Image": "x"}})
    assert spec_hash(other) != spec_hash(a_spec())


def test_foreign_labels_are_not_set_as_ours() -> None:
    with pytest.raises(ValueError, match="not a label of ours"):
        with_waggle_labels(a_spec(), {"a": "b"})


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ({"Resources": {"Limits": {}, "Pids": 0}}, {}, True),
        ({"Init": False, "Env": [], "User": "", "DNS": None}, {}, True),
        ({"Isolation": "default"}, {}, True),
        ({"Isolation": "hyperv"}, {}, False),
        ({"Env": ["A=1", "B=2"]}, {"Env": ["B=2", "A=1"]}, False),
        ({"Mode": {"Global": {}}}, {"Mode": {"Replicated": {"Replicas": 0}}}, False),
        ({"Labels": {"c": ""}}, {}, False),
        ({"Mounts": [{"ReadOnly": False, "Target": "/a"}]}, {"Mounts": [{"Target": "/a"}]}, True),
    ],
)
def test_loosely_equal(a: dict[str, Any], b: dict[str, Any], equal: bool) -> None:  # noqa: FBT001  a case's figure
    assert loosely_equal(a, b) is equal
