"""`inspect --format json`: a service without what must not be shown."""

import copy
from typing import Any

from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.observation import ServiceView, UpdateState
from bot.usecases.redact import HIDDEN


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
