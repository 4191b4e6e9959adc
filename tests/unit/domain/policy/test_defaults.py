import json
from copy import deepcopy
from datetime import timedelta

import pytest

from bot.domain.jsontypes import Spec
from bot.domain.policy import Environment, UpdateDefaults, where_from, with_update_defaults
from bot.domain.spec.scalars import CHANGE_DEFAULTS
from tests.builders import SECOND, a_spec

ALL = UpdateDefaults(
    parallelism=2,
    delay=timedelta(seconds=3),
    failure_action="rollback",
    monitor=timedelta(milliseconds=1500),
    max_failure_ratio=0.25,
    order="start-first",
)


def prod(defaults: UpdateDefaults) -> Environment:
    return Environment(name="prod", update=defaults)


def test_all_of_them_are_as_if_typed() -> None:
    spec = with_update_defaults(a_spec(), prod(ALL), {"image"})
    assert spec["UpdateConfig"] == {
        "Parallelism": 2,
        "Delay": 3 * SECOND,
        "FailureAction": "rollback",
        "Monitor": 1.5 * SECOND,
        "MaxFailureRatio": 0.25,
        "Order": "start-first",
    }
    nanoseconds = json.dumps([spec["UpdateConfig"][key] for key in ("Delay", "Monitor")])
    assert nanoseconds == "[3000000000, 1500000000]", "the Engine reads whole numbers only"


def test_what_is_not_said_is_swarms_default_and_not_zero() -> None:
    """Parallelism 0 would replace all tasks at once."""
    spec = with_update_defaults(a_spec(), prod(UpdateDefaults(failure_action="rollback")), ())
    assert spec["UpdateConfig"] == {**CHANGE_DEFAULTS, "FailureAction": "rollback"}


@pytest.mark.parametrize("ratio", [0.0, 0.00001, 1.0])
def test_a_ratio_may_be_small(ratio: float) -> None:
    spec = with_update_defaults(a_spec(), prod(UpdateDefaults(max_failure_ratio=ratio)), ())
    assert spec["UpdateConfig"]["MaxFailureRatio"] == ratio


@pytest.mark.parametrize(
    ("spec", "defaults", "flags"),
    [
        (a_spec(), UpdateDefaults(), ()),
        (a_spec(update={"Parallelism": 3}), ALL, ()),
        (a_spec(), ALL, ("image", "update-order")),
        (a_spec(), ALL, ("update-max-failure-ratio",)),
        ({"Mode": {"ReplicatedJob": {}}}, ALL, ()),
        ({"Mode": {"GlobalJob": {}}}, ALL, ()),
    ],
)
def test_nothing_is_added_where_somebody_has_thought_of_it(
    spec: Spec, defaults: UpdateDefaults, flags: tuple[str, ...]
) -> None:
    assert with_update_defaults(spec, prod(defaults), flags) == spec


def test_the_rest_stays_as_it_was() -> None:
    before = a_spec(env=["A=1"], Unknown={"x": 1})
    mounts = [{"Target": "/b", "Type": "volume"}, {"Target": "/a", "Type": "volume"}]
    before["TaskTemplate"]["ContainerSpec"]["Mounts"] = mounts
    kept = deepcopy(before)
    after = with_update_defaults(before, prod(ALL), ())
    assert before == kept
    assert {**after, "UpdateConfig": None} == {**before, "UpdateConfig": None}


def test_a_rollback_s_own_settings_are_another_matter() -> None:
    spec = with_update_defaults(a_spec(), prod(ALL), ("rollback-order",))
    assert spec["UpdateConfig"]["Order"] == "start-first"


def test_the_plan_says_where_it_came_from() -> None:
    some = UpdateDefaults(failure_action="rollback", monitor=timedelta(seconds=10))
    assert where_from(prod(some)) == (
        "neither the line nor the service has an update policy: prod's is taken, "
        "failure_action rollback, monitor 10s"
    )
