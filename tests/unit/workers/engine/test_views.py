"""The Engine's JSON as values."""

from datetime import UTC, datetime

import pytest

from bot.domain.jsontypes import JsonObject
from bot.domain.observation import UpdateState
from workers.engine.views import instant, node_view, service_view, task_view

_TASK = {
    "ID": "t1",
    "CreatedAt": "2026-11-23T22:16:06.813310076Z",
    "Spec": {"ContainerSpec": {"Image": "httpd:v1"}},
    "ServiceID": "s1",
    "Slot": 3,
    "NodeID": "n1",
    "Status": {"Timestamp": "2026-11-23T22:16:07Z", "State": "failed", "Err": "boom"},
    "DesiredState": "shutdown",
}


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-23T22:16:06.813310076Z", datetime(2026, 11, 23, 22, 16, 6, 813310, UTC)),
        ("2026-11-23T22:16:06Z", datetime(2026, 11, 23, 22, 16, 6, tzinfo=UTC)),
        ("2026-11-23T22:16:06.5+02:00", datetime(2026, 11, 23, 20, 16, 6, 500000, UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("hello", None),
        ("", None),
        (None, None),
    ],
)
def test_times(text: str | None, at: datetime | None) -> None:
    assert instant(text) == at


@pytest.mark.parametrize(
    ("state", "container", "code"),
    [
        ("failed", {"ContainerID": "c", "ExitCode": 3}, 3),
        ("complete", {"ContainerID": "c", "ExitCode": 0}, 0),
        ("shutdown", {"ContainerID": "c", "ExitCode": 137}, 137),
        ("failed", {"ExitCode": 0}, None),
        ("running", {"ContainerID": "c", "ExitCode": 0}, None),
        ("rejected", {"ContainerID": "c", "ExitCode": 0}, None),
        ("pending", None, None),
    ],
)
def test_the_exit_code_is_of_a_container_that_ended(
    state: str, container: dict[str, object] | None, code: int | None
) -> None:
    raw = {**_TASK, "Status": {"State": state, "ContainerStatus": container}}
    assert task_view(raw, up_to_date=True).exit_code == code


def test_a_task() -> None:
    view = task_view(_TASK, up_to_date=False)
    assert (view.slot, view.state, view.error, view.image) == (3, "failed", "boom", "httpd:v1")
    assert not view.up_to_date
    assert view.job_iteration is None


def test_a_tasks_error_comes_without_the_values_of_its_own_env() -> None:
    """The service's env may have changed since: nobody above knows that of an old task."""
    status = {"Err": 'exec "hunter22-more": bad', "Message": "PW=hunter22"}
    raw = {**_TASK, "Status": status}
    raw["Spec"] = {"ContainerSpec": {"Env": ["PW=hunter22", "LONG=hunter22-more"]}}
    view = task_view(raw, up_to_date=False)
    assert (view.error, view.message) == ('exec "••••": bad', "PW=••••")


def test_the_first_iteration_of_a_job_is_an_empty_object() -> None:
    assert task_view({**_TASK, "JobIteration": {}}, up_to_date=True).job_iteration == 0
    assert task_view({**_TASK, "JobIteration": {"Index": 7}}, up_to_date=True).job_iteration == 7


def test_a_service_with_a_state_from_the_future() -> None:
    raw = {
        "ID": "s1",
        "Version": {"Index": 5},
        "Spec": {"Name": "web", "Unknown": {"kept": 1}},
        "UpdateStatus": {"State": "meditating", "Message": "hm"},
    }
    view = service_view(raw)
    assert view.update_state is UpdateState.NONE
    assert view.update_message == "hm"
    assert view.spec is raw["Spec"]
    assert view.update_started_at is None
    raw["UpdateStatus"] = {"State": "rollback_paused", "StartedAt": "2026-11-23T22:16:06Z"}
    view = service_view(raw)
    assert view.update_state is UpdateState.ROLLBACK_PAUSED
    assert view.update_started_at == datetime(2026, 11, 23, 22, 16, 6, tzinfo=UTC)


def test_a_node_that_is_no_manager() -> None:
    raw = {"ID": "n", "Version": {"Index": 5}, "Spec": {"Role": "worker", "Labels": None}}
    view = node_view(raw)
    assert (view.leader, view.labels, view.hostname) == (False, {}, "")


def test_a_nodes_generic_resources_are_counted_by_kind() -> None:
    raw: JsonObject = {"ID": "n", "Version": {"Index": 5}, "Spec": {"Role": "worker"}}
    assert node_view(raw).generic is None
    raw["Description"] = {"Resources": {"NanoCPUs": 1}}
    assert node_view(raw).generic == {}
    raw["Description"]["Resources"]["GenericResources"] = [
        {"NamedResourceSpec": {"Kind": "GPU", "Value": "uuid1"}},
        {"NamedResourceSpec": {"Kind": "GPU", "Value": "uuid2"}},
        {"DiscreteResourceSpec": {"Kind": "SSD", "Value": 3}},
    ]
    assert node_view(raw).generic == {"GPU": 2, "SSD": 3}
