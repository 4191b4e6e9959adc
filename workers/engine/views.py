"""The Engine's JSON as plain values."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from sys import intern
from typing import Any

from bot.domain.jsontypes import JsonObject
from bot.domain.observation import (
    NetworkView,
    NodeView,
    PieceView,
    ServiceView,
    TaskView,
    UpdateState,
)
from workers.engine.failures import hidden

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")
_ENDED = ("complete", "failed", "shutdown")


def instant(text: str | None) -> datetime | None:
    """Return an RFC 3339 time, cut to microseconds, as aware UTC; None for none or Go's zero."""
    match = _TIME.fullmatch(text or "")
    if match is None or match[1].startswith("0001-"):
        return None
    offset = "+00:00" if match[3] == "Z" else match[3]
    micros = (match[2] or "0").ljust(6, "0")[:6]
    return datetime.fromisoformat(f"{match[1]}.{micros}{offset}").astimezone(UTC)


def service_view(raw: JsonObject) -> ServiceView:
    """Return a service of GET /services."""
    status = raw.get("UpdateStatus") or {}
    return ServiceView(
        id=raw["ID"],
        name=raw["Spec"]["Name"],
        version=raw["Version"]["Index"],
        spec=raw["Spec"],
        previous_spec=raw.get("PreviousSpec"),
        update_state=_state(status.get("State")),
        update_message=status.get("Message", ""),
        update_started_at=instant(status.get("StartedAt")),
        created_at=instant(raw.get("CreatedAt")),
        updated_at=instant(raw.get("UpdatedAt")),
    )


def _state(text: str | None) -> UpdateState:
    known = {state.value for state in UpdateState}
    return UpdateState(text) if text in known else UpdateState.NONE


def task_view(raw: JsonObject, *, up_to_date: bool) -> TaskView:
    """Return a task of GET /tasks.

    The Engine's words about it come without the values of its own env: an old task's is not the
    service's of today. What many tasks have in common is one string: there are thousands.
    """
    status = raw.get("Status") or {}
    container = status.get("ContainerStatus") or {}
    spec = (raw.get("Spec") or {}).get("ContainerSpec") or {}
    own = {"TaskTemplate": raw.get("Spec")}
    return TaskView(
        id=raw["ID"],
        service_id=intern(raw.get("ServiceID", "")),
        slot=raw.get("Slot", 0),
        node_id=intern(raw.get("NodeID", "")),
        desired=intern(raw.get("DesiredState", "")),
        state=intern(status.get("State", "")),
        message=intern(hidden(status.get("Message", ""), own)),
        error=hidden(status.get("Err", ""), own),
        exit_code=_exit_code(status.get("State", ""), container),
        image=intern(spec.get("Image", "")),
        up_to_date=up_to_date,
        created_at=instant(raw.get("CreatedAt")),
        state_at=instant(status.get("Timestamp")),
        job_iteration=job_iteration(raw),
    )


def job_iteration(raw: JsonObject) -> int | None:
    """Return a job task's iteration; the first one's index is absent, and means 0."""
    iteration = raw.get("JobIteration")
    return None if iteration is None else int(iteration.get("Index", 0))


def _exit_code(state: str, container: dict[str, Any]) -> int | None:
    # `ExitCode: 0` stands there, too, while the container runs, and when it was never made.
    ended = state in _ENDED and container.get("ContainerID")
    return container.get("ExitCode") if ended else None


def node_view(raw: JsonObject) -> NodeView:
    """Return a node of GET /nodes."""
    spec, status = raw.get("Spec") or {}, raw.get("Status") or {}
    description = raw.get("Description") or {}
    platform, has = description.get("Platform") or {}, description.get("Resources") or {}
    engine = description.get("Engine") or {}
    return NodeView(
        id=raw["ID"],
        hostname=description.get("Hostname", ""),
        status=status.get("State", ""),
        availability=spec.get("Availability", ""),
        role=spec.get("Role", ""),
        version=raw["Version"]["Index"],
        labels=dict(spec.get("Labels") or {}),
        spec=spec,
        leader=bool((raw.get("ManagerStatus") or {}).get("Leader")),
        engine=engine.get("EngineVersion", ""),
        address=status.get("Addr", ""),
        os=platform.get("OS", ""),
        arch=platform.get("Architecture", ""),
        engine_labels=dict(engine.get("Labels") or {}),
        cpus=has.get("NanoCPUs"),
        memory=has.get("MemoryBytes"),
        generic=_generic(has.get("GenericResources") or ()) if has else None,
        raw=raw,
    )


def _generic(raw: Iterable[JsonObject]) -> dict[str, int]:
    """Return how many there are of each kind: a named one is one, a discrete one says how many."""
    found: dict[str, int] = {}
    for each in raw:
        named, discrete = each.get("NamedResourceSpec"), each.get("DiscreteResourceSpec") or {}
        kind = (named or discrete).get("Kind", "")
        found[kind] = found.get(kind, 0) + (1 if named else int(discrete.get("Value") or 0))
    return found


def network_view(raw: JsonObject) -> NetworkView:
    """Return a network of GET /networks."""
    return NetworkView(
        id=raw["Id"],
        name=raw["Name"],
        driver=raw.get("Driver", ""),
        scope=raw.get("Scope", ""),
        attachable=bool(raw.get("Attachable")),
        internal=bool(raw.get("Internal")),
        ingress=bool(raw.get("Ingress")),
        labels=dict(raw.get("Labels") or {}),
    )


def piece_view(raw: JsonObject) -> PieceView:
    """Return a secret of GET /secrets or a config of GET /configs, without what it holds."""
    return PieceView(
        id=raw["ID"],
        name=raw["Spec"]["Name"],
        driver=(raw["Spec"].get("Driver") or {}).get("Name", ""),
        labels=dict(raw["Spec"].get("Labels") or {}),
        created_at=instant(raw.get("CreatedAt")),
        updated_at=instant(raw.get("UpdatedAt")),
    )
