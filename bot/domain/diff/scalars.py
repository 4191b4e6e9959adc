"""The fields that hold one value each: a table of where they are and how they are said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.domain.diff.fields import Fields
from bot.domain.grammar.tokens import quote
from bot.domain.images import familiar
from bot.domain.units import format_cpus, format_duration_ns, format_memory

_CONTAINER = "TaskTemplate.ContainerSpec."
_RESOURCES = "TaskTemplate.Resources."
_RESTART = "TaskTemplate.RestartPolicy."

Show = Callable[[Any], str]


def plain(value: Any) -> str:
    """`true`, `3`, or the text itself."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def words(value: Any) -> str:
    """A list as it would be typed."""
    return " ".join(quote(plain(item)) for item in value) if isinstance(value, list) else str(value)


def _ratio(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _health_command(value: Any) -> str:
    kind, *rest = value if isinstance(value, list) and value else [str(value)]
    if kind == "NONE":
        return "none"
    return " ".join(map(str, rest)) if kind in ("CMD-SHELL", "CMD") else words(value)


def _change_config(block: str, prefix: str) -> tuple[tuple[str, str, Show], ...]:
    return (
        (f"{block}.Parallelism", f"{prefix}-parallelism", plain),
        (f"{block}.Delay", f"{prefix}-delay", format_duration_ns),
        (f"{block}.Monitor", f"{prefix}-monitor", format_duration_ns),
        (f"{block}.FailureAction", f"{prefix}-failure-action", plain),
        (f"{block}.MaxFailureRatio", f"{prefix}-max-failure-ratio", _ratio),
        (f"{block}.Order", f"{prefix}-order", plain),
    )


_IMAGE: tuple[tuple[str, str, Show], ...] = (
    ("Name", "name", plain),
    (_CONTAINER + "Command", "command", words),
    (_CONTAINER + "Args", "args", words),
    ("Mode.Replicated.Replicas", "replicas", plain),
    ("Mode.ReplicatedJob.TotalCompletions", "replicas", plain),
    ("Mode.ReplicatedJob.MaxConcurrent", "max-concurrent", plain),
)

_CONTAINER_FIELDS: tuple[tuple[str, str, Show], ...] = (
    (_CONTAINER + "Hostname", "hostname", plain),
    (_CONTAINER + "Dir", "workdir", plain),
    (_CONTAINER + "User", "user", plain),
    (_CONTAINER + "Groups", "group", words),
    (_CONTAINER + "TTY", "tty", plain),
    (_CONTAINER + "ReadOnly", "read-only", plain),
    (_CONTAINER + "Init", "init", plain),
    (_CONTAINER + "Isolation", "isolation", plain),
    (_CONTAINER + "StopSignal", "stop-signal", plain),
    (_CONTAINER + "StopGracePeriod", "stop-grace-period", format_duration_ns),
    (_CONTAINER + "Hosts", "host", words),
    (_CONTAINER + "DNSConfig.Nameservers", "dns", words),
    (_CONTAINER + "DNSConfig.Search", "dns-search", words),
    (_CONTAINER + "DNSConfig.Options", "dns-option", words),
    (_CONTAINER + "CapabilityAdd", "cap-add", words),
    (_CONTAINER + "CapabilityDrop", "cap-drop", words),
    (_CONTAINER + "OomScoreAdj", "oom-score-adj", plain),
    (_CONTAINER + "Healthcheck.Test", "health-cmd", _health_command),
    (_CONTAINER + "Healthcheck.Interval", "health-interval", format_duration_ns),
    (_CONTAINER + "Healthcheck.Timeout", "health-timeout", format_duration_ns),
    (_CONTAINER + "Healthcheck.StartPeriod", "health-start-period", format_duration_ns),
    (_CONTAINER + "Healthcheck.StartInterval", "health-start-interval", format_duration_ns),
    (_CONTAINER + "Healthcheck.Retries", "health-retries", plain),
)

_OTHER: tuple[tuple[str, str, Show], ...] = (
    (_RESOURCES + "Limits.NanoCPUs", "limit-cpu", format_cpus),
    (_RESOURCES + "Limits.MemoryBytes", "limit-memory", format_memory),
    (_RESOURCES + "Limits.Pids", "limit-pids", plain),
    (_RESOURCES + "Reservations.NanoCPUs", "reserve-cpu", format_cpus),
    (_RESOURCES + "Reservations.MemoryBytes", "reserve-memory", format_memory),
    (_RESTART + "Condition", "restart-condition", plain),
    (_RESTART + "Delay", "restart-delay", format_duration_ns),
    (_RESTART + "MaxAttempts", "restart-max-attempts", plain),
    (_RESTART + "Window", "restart-window", format_duration_ns),
    *_change_config("UpdateConfig", "update"),
    *_change_config("RollbackConfig", "rollback"),
    ("EndpointSpec.Mode", "endpoint-mode", plain),
    ("TaskTemplate.Placement.MaxReplicas", "replicas-max-per-node", plain),
    ("TaskTemplate.ForceUpdate", "force", plain),
    ("TaskTemplate.Runtime", "runtime", plain),
)

_MODES = {
    "Replicated": "replicated",
    "Global": "global",
    "ReplicatedJob": "replicated-job",
    "GlobalJob": "global-job",
}


def first_things(fields: Fields) -> None:
    """Image, command, mode and replicas: what most changes are about."""
    image = fields.take(_CONTAINER + "Image")
    if image:
        fields.say("image", familiar(image), image)
    for name, word in _MODES.items():
        if name in (fields.rest.get("Mode") or {}):
            fields.say("mode", word)
    _tell(fields, _IMAGE)


def container_things(fields: Fields) -> None:
    """The container's single values."""
    _tell(fields, _CONTAINER_FIELDS)


def other_things(fields: Fields) -> None:
    """Resources, restarts, updates and the rest of the single values."""
    _tell(fields, _OTHER)


def _tell(fields: Fields, table: tuple[tuple[str, str, Show], ...]) -> None:
    for source, path, show in table:
        fields.tell(source, path, show)
