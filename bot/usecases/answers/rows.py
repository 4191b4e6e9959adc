"""Lines of `services`: how many tasks run, of how many."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.domain.images import familiar
from bot.domain.jsontypes import Spec
from bot.domain.observation import Mode, ServiceView, TaskView
from bot.domain.reply import ServiceRow
from bot.domain.rollout.record import Rollout

_MODES = {
    "Replicated": Mode.REPLICATED,
    "Global": Mode.GLOBAL,
    "ReplicatedJob": Mode.REPLICATED_JOB,
    "GlobalJob": Mode.GLOBAL_JOB,
}


def service_rows(
    services: Iterable[ServiceView], tasks: Iterable[TaskView], live: Mapping[str, Rollout]
) -> tuple[ServiceRow, ...]:
    """Return a row for each service, by name; `live` is the rollout that holds a service."""
    of: dict[str, list[TaskView]] = {}
    for task in tasks:
        of.setdefault(task.service_id, []).append(task)
    rows = [_row(service, of.get(service.id, []), live.get(service.name)) for service in services]
    return tuple(sorted(rows, key=lambda row: row.name))


def _row(service: ServiceView, tasks: list[TaskView], rollout: Rollout | None) -> ServiceRow:
    mode = mode_of(service.spec)
    # Not the Engine's ServiceStatus: it counts ghosts on lost nodes.
    running = [task for task in tasks if task.state in ("running", "complete")]
    container = service.spec["TaskTemplate"].get("ContainerSpec") or {}
    return ServiceRow(
        name=service.name,
        mode=mode.value,
        running=len({task.slot or task.node_id for task in running}),
        wanted=_wanted(service.spec, mode, tasks),
        image=familiar(str(container.get("Image", ""))),
        ports=_ports(service.spec),
        rollout=f"{rollout.id} {rollout.state.value}" if rollout is not None else "",
    )


def mode_of(spec: Spec) -> Mode:
    """Return the mode of a spec."""
    return next((_MODES[key] for key in spec.get("Mode") or {} if key in _MODES), Mode.REPLICATED)


def _wanted(spec: Spec, mode: Mode, tasks: list[TaskView]) -> int:
    if mode is Mode.REPLICATED:
        return int((spec["Mode"].get("Replicated") or {}).get("Replicas", 1))
    if mode is Mode.REPLICATED_JOB:
        job: dict[str, Any] = spec["Mode"].get("ReplicatedJob") or {}
        return int(job.get("TotalCompletions") or job.get("MaxConcurrent") or 1)
    return len({task.node_id for task in tasks})


def _ports(spec: Spec) -> str:
    ports = (spec.get("EndpointSpec") or {}).get("Ports") or []
    return ", ".join(_port(port) for port in ports)


def _port(port: dict[str, Any]) -> str:
    protocol = port.get("Protocol", "tcp")
    if not port.get("PublishedPort"):
        return f"{port.get('TargetPort')}/{protocol}"
    where = "host:" if port.get("PublishMode") == "host" else "*:"
    return f"{where}{port['PublishedPort']}->{port.get('TargetPort')}/{protocol}"
