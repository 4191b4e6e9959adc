"""The fields of what a container may use: sysctls, ulimits, resources of nodes, credential spec."""

from __future__ import annotations

from bot.domain.diff.fields import Fields

_CONTAINER = "TaskTemplate.ContainerSpec."
_CREDENTIAL_SPEC = _CONTAINER + "Privileges.CredentialSpec"


def limits(fields: Fields) -> None:
    """`sysctl KEY`, `ulimit nofile` (soft:hard) and `generic-resource GPU`."""
    for key, value in (fields.take(_CONTAINER + "Sysctls") or {}).items():
        fields.say(f"sysctl {key}", str(value))
    for limit in fields.take(_CONTAINER + "Ulimits") or []:
        fields.say(f"ulimit {limit.get('Name')}", f"{limit.get('Soft', 0)}:{limit.get('Hard', 0)}")
    for resource in fields.take("TaskTemplate.Resources.Reservations.GenericResources") or []:
        for spec in resource.values():
            kind, value = (spec or {}).get("Kind"), (spec or {}).get("Value")
            fields.say(f"generic-resource {kind}", str(value))


def credential_spec(fields: Fields) -> None:
    """`credential-spec`: as it is typed, the config by its name. To be told before the configs."""
    spec = fields.take(_CREDENTIAL_SPEC) or {}
    container = (fields.rest.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    names = {c.get("ConfigID"): c.get("ConfigName") for c in container.get("Configs") or []}
    for sort, value in spec.items():
        if value:
            fields.say("credential-spec", f"{sort.lower()}://{names.get(value, value)}", str(value))
