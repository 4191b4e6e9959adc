"""Lists whose items stay and come in another order: to Swarm, another spec all the same.

Programs rarely mind the order; Swarm replaces every task for it. What is told are names, never
values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.domain.jsontypes import Spec
from bot.domain.plan import FieldChange

_CONTAINER = "TaskTemplate.ContainerSpec."


def _key(pair: Any) -> str:
    return str(pair).partition("=")[0]


def _target(mount: Any) -> str:
    return str(mount.get("Target", ""))


def _file(entry: Any) -> str:
    name = entry.get("SecretName") or entry.get("ConfigName") or ""
    return str((entry.get("File") or {}).get("Name") or name)


def _port(port: Any) -> str:
    return f"{port.get('PublishedPort', '')}:{port.get('TargetPort', '')}"


def _resource(entry: Any) -> str:
    kinds = (entry.get("DiscreteResourceSpec"), entry.get("NamedResourceSpec"))
    return next((str(kind.get("Kind", "")) for kind in kinds if kind), "")


_LISTS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("env", _CONTAINER + "Env", _key),
    ("mount", _CONTAINER + "Mounts", _target),
    ("secret", _CONTAINER + "Secrets", _file),
    ("config", _CONTAINER + "Configs", _file),
    ("constraint", "TaskTemplate.Placement.Constraints", str),
    ("network", "TaskTemplate.Networks", _target),
    ("generic-resource", "TaskTemplate.Resources.Reservations.GenericResources", _resource),
    ("publish", "EndpointSpec.Ports", _port),
)
"""How the change is called, where the list is, and the name of an item.

The lists that are told whole, such as --dns, show their order by themselves.
"""


def orders(old: Spec, new: Spec, network_names: Mapping[str, str]) -> Iterator[FieldChange]:
    """`env-order A B → B A`: what both have, when it comes in another order (or number)."""
    for title, path, name in _LISTS:
        before, after = ([name(item) for item in _at(spec, path)] for spec in (old, new))
        common = set(before) & set(after)
        was, is_now = ([each for each in items if each in common] for items in (before, after))
        if was != is_now:
            told = [
                " ".join(network_names.get(each, each) for each in one) for one in (was, is_now)
            ]
            yield FieldChange(path=f"{title}-order", old=told[0], new=told[1])


def _at(spec: Spec, path: str) -> list[Any]:
    node: Any = spec
    for part in path.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node if isinstance(node, list) else []
