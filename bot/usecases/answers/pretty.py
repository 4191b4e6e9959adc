"""`inspect`: a service in words, and as JSON without what must not be shown."""

import copy
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.domain.diff import diff
from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.observation import ServiceView, UpdateState
from bot.usecases.redact import HIDDEN

_LABELS = (("Revision", "waggle.revision"), ("Rollout", "waggle.rollout"))


def pretty(service: ServiceView, network_names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return (label, value) lines: what the service is, then each field by its flag's name."""
    return tuple(_lines(service, network_names))


def _lines(service: ServiceView, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "ID", service.id
    yield "Name", service.name
    yield from _update(service)
    for label, at in (("Created", service.created_at), ("Updated", service.updated_at)):
        if at is not None:
            yield label, _moment(at)
    ours = service.spec.get("Labels") or {}
    for label, key in _LABELS:
        if key in ours:
            yield label, str(ours[key])
    for change in diff(None, service.spec, names):
        if change.path != "name":
            yield change.path, change.new or ""


def _update(service: ServiceView) -> Iterator[tuple[str, str]]:
    if service.update_state is not UpdateState.NONE:
        yield "UpdateStatus", service.update_state.value
        if service.update_message:
            yield "Message", service.update_message


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def document(service: ServiceView) -> JsonObject:
    """Return the service as `docker service inspect` has it, values of env and options hidden."""
    found: JsonObject = {
        "ID": service.id,
        "Version": {"Index": service.version},
        "CreatedAt": service.created_at and service.created_at.isoformat(),
        "UpdatedAt": service.updated_at and service.updated_at.isoformat(),
        "Spec": shown(service.spec),
    }
    if service.previous_spec is not None:
        found["PreviousSpec"] = shown(service.previous_spec)
    if service.update_state is not UpdateState.NONE:
        found["UpdateStatus"] = {
            "State": service.update_state.value,
            "Message": service.update_message,
        }
    return found


def shown(spec: Spec) -> Spec:
    """Return a copy of the spec without values that may be secrets."""
    safe = copy.deepcopy(spec)
    template = safe.get("TaskTemplate") or {}
    container = template.get("ContainerSpec") or {}
    for holder in (container, template.get("PluginSpec") or {}):
        if holder.get("Env"):
            names = (str(line).partition("=")[0] for line in holder["Env"])
            holder["Env"] = [f"{name}={HIDDEN}" for name in names]
    _hide_options(template.get("LogDriver"))
    for mount in container.get("Mounts") or []:
        _hide_options((mount.get("VolumeOptions") or {}).get("DriverConfig"))
    return safe


def _hide_options(driver: Any) -> None:
    # Options of a driver may hold a token or the password of a share.
    if isinstance(driver, dict) and driver.get("Options"):
        driver["Options"] = dict.fromkeys(driver["Options"], HIDDEN)
