"""Short literals for tests: `a_service(replicas=3)`, `a_task(slot=2, state="failed")`, `a_plan()`.

Every builder has defaults that belong together: service `web` (id `svc-web`) with three replicas of
`httpd:v1`, going to `httpd:v2`, in cluster `default`, at NOW.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.inventory import ServiceStock
from bot.domain.jsontypes import Spec
from bot.domain.observation import NodeView, Observation, ServiceView, TaskView
from bot.domain.plan import FieldChange, Kind, Plan
from bot.domain.request import Place, Principal, Request, Source
from bot.domain.revision import History, Mark, RevisionEntry, RevisionSpec
from bot.domain.rollout.record import Posting, Purpose, Rollout, RolloutState
from bot.domain.spec import spec_hash

NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
ANN = Principal(team="T1", user="U1ANN")
BOB = Principal(team="T1", user="U2BOB")
SECOND = 1_000_000_000
SERVICE_ID = "svc-web"


def later(seconds: float) -> datetime:
    """NOW and so many seconds."""
    return NOW + timedelta(seconds=seconds)


def a_spec(
    image: str = "httpd:v1",
    replicas: int | None = 3,
    *,
    name: str = "web",
    env: Iterable[str] = (),
    labels: Mapping[str, str] | None = None,
    update: Mapping[str, Any] | None = None,
    rollback: Mapping[str, Any] | None = None,
    **task_template: Any,
) -> Spec:
    """A raw spec; `replicas=None` makes a global service. Other keywords go to TaskTemplate."""
    container: dict[str, Any] = {"Image": image}
    if env := list(env):
        container["Env"] = env
    spec: Spec = {
        "Name": name,
        "Labels": dict(labels or {}),
        "TaskTemplate": {"ContainerSpec": container, "Placement": {}, **task_template},
        "Mode": {"Global": {}} if replicas is None else {"Replicated": {"Replicas": replicas}},
        "EndpointSpec": {"Mode": "vip"},
    }
    if update is not None:
        spec["UpdateConfig"] = dict(update)
    if rollback is not None:
        spec["RollbackConfig"] = dict(rollback)
    return spec


def a_service(spec: Spec | None = None, *, replicas: int = 3, **fields: Any) -> ServiceView:
    """A service as the Engine shows it."""
    spec = a_spec(replicas=replicas) if spec is None else spec
    values = {"id": SERVICE_ID, "name": spec["Name"], "version": 10, "spec": deepcopy(spec)}
    return ServiceView(**{**values, **fields})


def a_task(slot: int = 1, state: str = "running", **fields: Any) -> TaskView:
    """A task of the present spec; `up_to_date=False` makes one of the old."""
    values: dict[str, Any] = {
        "id": f"task-{slot}",
        "service_id": SERVICE_ID,
        "slot": slot,
        "node_id": "n1",
        "desired": "running",
        "state": state,
        "image": "httpd:v2",
        "up_to_date": True,
        "created_at": NOW,
        "state_at": later(2),
    }
    return TaskView(**{**values, **fields})


def a_node(node_id: str = "n1", **fields: Any) -> NodeView:
    """A ready, active worker node whose host name is `node-<id>`."""
    values: dict[str, Any] = {
        "id": node_id,
        "hostname": f"node-{node_id}",
        "status": "ready",
        "availability": "active",
        "role": "worker",
    }
    return NodeView(**{**values, **fields})


def a_request(**fields: Any) -> Request:
    """An accepted `/swarm update --image httpd:v2 web` of Ann's."""
    values: dict[str, Any] = {
        "id": "r-1",
        "cluster": "default",
        "by": ANN,
        "place": Place(channel="C1", response_url="https://hooks.slack.com/commands/1"),
        "source": Source.SLASH,
        "line": "update --image httpd:v2 web",
        "command": {"verb": "update"},
        "accepted_at": NOW,
    }
    return Request(**{**values, **fields})


def a_plan(old: Spec | None = None, new: Spec | None = None, **fields: Any) -> Plan:
    """A plan from `httpd:v1` to `httpd:v2`, or from `old` to `new`."""
    old = a_spec() if old is None else old
    new = a_spec("httpd:v2") if new is None else new
    values: dict[str, Any] = {
        "cluster": "default",
        "service": new["Name"],
        "service_id": SERVICE_ID,
        "kind": Kind.UPDATE,
        "base_hash": spec_hash(old),
        "base_spec": old,
        "desired": new,
        "desired_hash": spec_hash(new),
        "changes": (FieldChange(path="image", old="httpd:v1", new="httpd:v2"),),
        "policy_hash": "open",
    }
    return Plan(**{**values, **fields})


def a_posting(spec: Spec | None = None, **fields: Any) -> Posting:
    """The forward posting of `httpd:v2`, carried out at NOW."""
    spec = a_spec("httpd:v2") if spec is None else spec
    values: dict[str, Any] = {
        "purpose": Purpose.FORWARD,
        "spec": spec,
        "base_hash": spec_hash(a_spec()),
        "attempt": 1,
        "live_hash": spec_hash(spec),
        "posted_at": NOW,
        "version": 11,
    }
    return Posting(**{**values, **fields})


def a_rollout(plan: Plan | None = None, **fields: Any) -> Rollout:
    """A progressing rollout of `web` from revision 1 to 2, its spec posted at NOW."""
    plan = a_plan() if plan is None else plan
    values: dict[str, Any] = {
        "id": "r-1",
        "cluster": "default",
        "kind": plan.kind,
        "request": a_request(),
        "service": plan.service,
        "state": RolloutState.PROGRESSING,
        "service_id": SERVICE_ID,
        "plan": plan,
        "posting": a_posting(plan.desired, base_hash=plan.base_hash),
        "attempts": 1,
        "from_revision": 1,
        "to_revision": 2,
        "back_to": 1,
        "started_at": NOW,
        "progress_at": NOW,
        "touched_at": NOW,
    }
    return Rollout(**{**values, **fields})


def an_observation(
    spec: Spec | None = None, tasks: Iterable[TaskView] | None = None, **service: Any
) -> Observation:
    """The swarm with one node; by default `httpd:v2` is live and all three tasks run it."""
    spec = a_spec("httpd:v2") if spec is None else spec
    found = tuple(a_task(slot) for slot in (1, 2, 3)) if tasks is None else tuple(tasks)
    return Observation(service=a_service(spec, **service), tasks=found, nodes={"n1": a_node()})


def a_stock(name: str = "web", **fields: Any) -> ServiceStock:
    """A service as the inventory keeps it."""
    defaults: dict[str, Any] = {
        "image": "reg/httpd:v1",
        "replicas": 3,
        "parallelism": 1,
        "delay": "0s",
        "order": "stop-first",
        "failure_action": "pause",
    }
    return ServiceStock(name=name, **(defaults | fields))


def with_nodes(seen: Observation, *nodes: NodeView) -> Observation:
    """The same with these nodes instead."""
    return replace(seen, nodes={node.id: node for node in nodes})


def a_revision(number: int, mark: Mark = Mark.GOOD, **fields: Any) -> RevisionEntry:
    """A line of a history; its image is `httpd:v<number>`."""
    values: dict[str, Any] = {
        "number": number,
        "spec_hash": spec_hash(a_spec(f"httpd:v{number}")),
        "image": f"httpd:v{number}",
        "at": NOW,
        "mark": mark,
    }
    return RevisionEntry(**{**values, **fields})


def a_history(*marks: Mark, current: int | None = None) -> History:
    """A history with one revision a mark; by default the last one is current."""
    entries = tuple(a_revision(number, mark) for number, mark in enumerate(marks, start=1))
    return History(
        cluster="default",
        service_id=SERVICE_ID,
        service="web",
        entries=entries,
        current=len(entries) if current is None else current,
    )


def a_revision_spec(number: int = 1, spec: Spec | None = None, **fields: Any) -> RevisionSpec:
    """The recorded spec of a revision; its image is `httpd:v<number>`."""
    return RevisionSpec(
        cluster="default",
        service_id=SERVICE_ID,
        number=number,
        spec=a_spec(f"httpd:v{number}") if spec is None else spec,
        **fields,
    )
