"""The checks and the small additions of the daemon between a POST and the next GET."""

import re
from collections.abc import Callable, Iterable

from playground.simulator.model.fields import SERVICE, Version
from playground.simulator.model.refusals import RefusedError, invalid, unknown
from playground.simulator.model.shape import shaped
from playground.simulator.model.state import Json, Network, Service

_NAME = re.compile(r"[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*")
_REFERENCE = re.compile(r"[\w.:/@-]+", re.ASCII)
_LONGEST_NAME = 63
_LEAST_MEMORY = 4 * 1024 * 1024
_LEAST_CPU = 1_000_000
_ORDERS = ("stop-first", "start-first")
_ACTIONS = ("pause", "continue", "rollback")
_CONDITIONS = ("any", "none", "on-failure")
_MOUNTS = ("bind", "volume", "tmpfs", "npipe", "cluster", "image")


def as_stored(posted: Json, networks: Iterable[Network], version: Version = (1, 41)) -> Json:
    """Return the spec as GET would show it.

    Raises:
        RefusedError: with the daemon's words.
    """
    spec = shaped(posted, SERVICE, version)
    template = spec.setdefault("TaskTemplate", {})
    if "ContainerSpec" not in template:
        raise RefusedError(400, "mismatched Runtime and *Spec fields")
    _fill_mode(spec)
    for check in _CHECKS:
        check(spec)
    _resolve_networks(template, networks)
    return spec


def _fill_mode(spec: Json) -> None:
    modes = spec.get("Mode") or {}
    if len(modes) > 1:
        raise RefusedError(400, "must specify only one service mode")
    spec["Mode"] = modes or {"Replicated": {"Replicas": 1}}
    job = spec["Mode"].get("ReplicatedJob")
    if job is not None:
        job.setdefault("TotalCompletions", job["MaxConcurrent"])


def _check_words(spec: Json) -> None:
    for key in ("UpdateConfig", "RollbackConfig"):
        config = spec.get(key) or {}
        _one_of(config.get("FailureAction"), _ACTIONS, "unrecognized update failure action {0}")
        _one_of(config.get("Order"), _ORDERS, "unrecognized update order {0}")
    restart = spec["TaskTemplate"].get("RestartPolicy") or {}
    _one_of(restart.get("Condition"), _CONDITIONS, 'invalid RestartCondition: "{0}"')
    for mount in spec["TaskTemplate"]["ContainerSpec"].get("Mounts") or []:
        _one_of(mount.get("Type", ""), _MOUNTS, 'invalid MountType: "{0}"')


def _one_of(value: str | None, known: tuple[str, ...], words: str) -> None:
    if value is not None and value not in known:
        raise RefusedError(400, words.format(value))


def _check_name(spec: Json) -> None:
    name = spec.get("Name", "")
    if len(name) > _LONGEST_NAME:
        raise invalid("name must be 63 characters or fewer")
    if not _NAME.fullmatch(name):
        raise invalid("name must be valid as a DNS name component")


def _check_container(spec: Json) -> None:
    container = spec["TaskTemplate"]["ContainerSpec"]
    image = container.get("Image", "")
    if not image:
        raise invalid("ContainerSpec: image reference must be provided")
    path = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    if not _REFERENCE.fullmatch(image) or path != path.lower():
        raise invalid(f'ContainerSpec: "{image}" is not a valid repository/tag')
    targets = [mount.get("Target") for mount in container.get("Mounts") or []]
    twice = next((target for target in targets if targets.count(target) > 1), None)
    if twice is not None:
        raise invalid(f"ContainerSpec: duplicate mount point: {twice}")


def _check_resources(spec: Json) -> None:
    resources = spec["TaskTemplate"].get("Resources") or {}
    for key in ("Limits", "Reservations"):
        amount = resources.get(key) or {}
        memory, cpu = amount.get("MemoryBytes", 0), amount.get("NanoCPUs", 0)
        if memory and memory < _LEAST_MEMORY:
            raise invalid(f"invalid memory value {memory}: Must be at least 4MiB")
        if cpu and cpu < _LEAST_CPU:
            raise invalid(f"invalid cpu value {cpu / 1e9:g}: Must be at least 0.001")


def _check_times(spec: Json) -> None:
    restart = spec["TaskTemplate"].get("RestartPolicy") or {}
    for key, word in (("Delay", "delay"), ("Window", "window")):
        if restart.get(key, 0) < 0:
            raise invalid(f"TaskSpec: restart-{word} cannot be negative")
    for key in ("UpdateConfig", "RollbackConfig"):
        config = spec.get(key) or {}
        for name, word in (("Delay", "delay"), ("Monitor", "monitor")):
            if config.get(name, 0) < 0:
                raise invalid(f"TaskSpec: update-{word} cannot be negative")
        if not 0 <= config.get("MaxFailureRatio", 0) <= 1:
            words = "update-maxfailureratio cannot be less than 0 or bigger than 1"
            raise invalid(f"TaskSpec: {words}")


def _check_constraints(spec: Json) -> None:
    for text in (spec["TaskTemplate"].get("Placement") or {}).get("Constraints") or []:
        if "==" not in text and "!=" not in text:
            raise unknown("constraint expected one operator from ==, !=")


def _check_endpoint(spec: Json) -> None:
    endpoint = spec.get("EndpointSpec") or {}
    ports = endpoint.get("Ports") or []
    ingress = [port for port in ports if port["PublishMode"] == "ingress"]
    if endpoint.get("Mode") == "dnsrr" and ingress:
        words = "port published with ingress mode can't be used with dnsrr mode"
        raise invalid(f"EndpointSpec: {words}")
    published = [(p["PublishedPort"], p["Protocol"]) for p in ingress if p.get("PublishedPort")]
    if len(published) != len(set(published)):
        raise invalid("EndpointSpec: duplicate published ports provided")


def _check_job(spec: Json) -> None:
    if not {"ReplicatedJob", "GlobalJob"} & set(spec["Mode"]):
        return
    if "UpdateConfig" in spec:
        raise invalid("Jobs may not have an update config")
    if "RollbackConfig" in spec:
        raise invalid("Jobs may not have a rollback config")


_CHECKS: tuple[Callable[[Json], None], ...] = (
    _check_words,
    _check_name,
    _check_resources,
    _check_times,
    _check_constraints,
    _check_container,
    _check_endpoint,
    _check_job,
)


def _resolve_networks(template: Json, networks: Iterable[Network]) -> None:
    known = {n.name: n.id for n in networks} | {n.id: n.id for n in networks}
    for entry in template.get("Networks") or []:
        target = entry["Target"]
        if target not in known:
            raise RefusedError(500, f"network {target} not found")
        entry["Target"] = known[target]


def check_ports(spec: Json, services: Iterable[Service], own_id: str = "") -> None:
    """Refuse an ingress port that another service has.

    Raises:
        RefusedError: with the daemon's words.
    """
    wanted = _ingress(spec)
    for other in services if wanted else ():
        for port in wanted & _ingress(other.spec) if other.id != own_id else ():
            raise invalid(
                f"port '{port}' is already in use by service '{other.name}' ({other.id})"
                " as an ingress port"
            )


def _ingress(spec: Json) -> set[int]:
    ports = (spec.get("EndpointSpec") or {}).get("Ports") or []
    return {
        p["PublishedPort"]
        for p in ports
        if p.get("PublishedPort") and p.get("PublishMode", "ingress") == "ingress"
    }
