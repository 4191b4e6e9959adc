"""Lines applied to small specs, for the tests of single rules."""

import copy
from typing import Any

from bot.domain.flags.flag import Edit
from bot.domain.spec import apply_edits, new_spec
from tests.unit.domain.grammar.reading import understood


def edits(line: str) -> tuple[Edit, ...]:
    return understood(line).edits


def spec_of(**container: Any) -> dict[str, Any]:
    return {
        "Name": "web",
        "TaskTemplate": {"ContainerSpec": {"Image": "web:1", **copy.deepcopy(container)}},
        "Mode": {"Replicated": {"Replicas": 2}},
    }


def inside(flags: str, before: dict[str, Any], **ids: Any) -> dict[str, Any]:
    """The container of a service that had these fields, after an update."""
    after = apply_edits(spec_of(**before), edits(f"update {flags} web"), **ids)
    found: dict[str, Any] = after["TaskTemplate"]["ContainerSpec"]
    return found


def made(flags: str, **ids: Any) -> dict[str, Any]:
    """The task template of a new service."""
    spec = new_spec(edits(f"create --name web {flags} shop/web:1"), **ids)
    found: dict[str, Any] = spec["TaskTemplate"]
    return found
