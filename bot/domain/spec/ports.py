"""The rule for published ports: the docker CLI's, with its surprises.

--publish-rm looks at target, protocol and mode only, never at the published port, and it beats an
--publish-add of a port that is there now. That ports clash is the Engine's to say.
"""

from __future__ import annotations

from bot.domain.jsontypes import JsonObject
from bot.domain.spec.tree import Work


def edit_ports(work: Work) -> None:
    """Published ports after --publish(-add) and --publish-rm."""
    if work.creating:
        work.put([port for ports in work.values("add") for port in ports])
        return
    present = {port_key(port): port for port in reversed(work.old() or [])}
    removed = {inside(port) for ports in work.values("rm") for port in ports}
    kept = [port for port in present.values() if inside(port) not in removed]
    added = [
        port for ports in work.values("add") for port in ports if port_key(port) not in present
    ]
    work.put(sorted([*kept, *added], key=port_key))


def port_key(port: JsonObject) -> str:
    """The key that the CLI sorts by: `8080:80/tcp/ingress`."""
    return (
        f"{port.get('PublishedPort', 0)}:{port.get('TargetPort', 0)}"
        f"/{port.get('Protocol', '')}/{port.get('PublishMode', '')}"
    )


def inside(port: JsonObject) -> tuple[int, str, str]:
    """What --publish-rm goes by: target, protocol and mode."""
    protocol = port.get("Protocol") or "tcp"
    return port.get("TargetPort", 0), protocol, port.get("PublishMode") or "ingress"
