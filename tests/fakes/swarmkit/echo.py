"""The checks and the small additions of the daemon between a POST and the next GET."""

import copy
import re
from collections.abc import Iterable
from typing import Any

from bot.domain.jsontypes import Spec
from bot.ports import EngineRefusedError
from tests.fakes.swarmkit.state import Network, Service

_NAME = re.compile(r"[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*")


def as_stored(posted: Spec, networks: Iterable[Network]) -> Spec:
    """Return the spec as GET would show it.

    Raises:
        EngineRefusedError: with the daemon's words.
    """
    spec = copy.deepcopy(posted)
    name = spec.get("Name", "")
    if not _NAME.fullmatch(name) or len(name) > 63:
        raise _invalid("name must be valid as a DNS name component")
    spec.setdefault("Labels", {})
    template = spec["TaskTemplate"]
    template.setdefault("ForceUpdate", 0)
    template.setdefault("Runtime", "container")
    template["ContainerSpec"].setdefault("Isolation", "default")
    spec.setdefault("Mode", {"Replicated": {"Replicas": 1}})
    _check_updates(spec)
    _resolve_networks(template, networks)
    _fill_ports(spec.get("EndpointSpec"))
    return spec


def _invalid(words: str) -> EngineRefusedError:
    return EngineRefusedError(f"rpc error: code = InvalidArgument desc = {words}")


def _check_updates(spec: Spec) -> None:
    for key in ("UpdateConfig", "RollbackConfig"):
        config = spec.get(key) or {}
        ratio = config.get("MaxFailureRatio") or 0
        if not 0 <= ratio <= 1:
            raise _invalid("update-maxfailureratio cannot be less than 0 or bigger than 1")


def _resolve_networks(template: dict[str, Any], networks: Iterable[Network]) -> None:
    known = {n.name: n.id for n in networks} | {n.id: n.id for n in networks}
    for entry in template.get("Networks") or []:
        target = entry["Target"]
        if target not in known:
            raise EngineRefusedError(f"network {target} not found")
        entry["Target"] = known[target]


def _fill_ports(endpoint: dict[str, Any] | None) -> None:
    if endpoint is None:
        return
    endpoint.setdefault("Mode", "vip")
    for port in endpoint.get("Ports") or []:
        port.setdefault("Protocol", "tcp")
        port.setdefault("PublishMode", "ingress")


def check_ports(spec: Spec, services: Iterable[Service], own_id: str = "") -> None:
    """Refuse an ingress port that another service has.

    Raises:
        EngineRefusedError: with the daemon's words.
    """
    wanted = _ingress(spec)
    for other in services:
        for port in wanted & _ingress(other.spec) if other.id != own_id else ():
            raise _invalid(
                f"port '{port}' is already in use by service '{other.name}' ({other.id})"
                " as an ingress port"
            )


def _ingress(spec: Spec) -> set[int]:
    ports = (spec.get("EndpointSpec") or {}).get("Ports") or []
    return {
        p["PublishedPort"]
        for p in ports
        if p.get("PublishedPort") and p.get("PublishMode", "ingress") == "ingress"
    }
