"""What SwarmKit's allocator gives a service: published ports and virtual addresses."""

import copy
import ipaddress

from playground.simulator.model.state import Json, Service
from playground.simulator.model.tasks import World

_FIRST_PORT = 30_000


def endpoint_of(service: Service, world: World) -> Json:
    """Return the Endpoint as GET shows it."""
    spec = copy.deepcopy(service.spec.get("EndpointSpec") or {})
    ports = [_published(port, service, world) for port in spec.get("Ports") or []]
    shown: Json = {"Spec": spec}
    if ports:
        shown["Ports"] = ports
    addresses = _addresses(service, world, spec)
    if addresses:
        shown["VirtualIPs"] = addresses
    return shown


def _published(port: Json, service: Service, world: World) -> Json:
    if port.get("PublishedPort") or port.get("PublishMode") == "host":
        return dict(port)
    before = [p for p in service.endpoint.get("Ports") or [] if _same(p, port)]
    if before:
        return dict(before[0])
    taken = {
        p.get("PublishedPort")
        for other in world.services.values()
        for p in other.endpoint.get("Ports") or []
    }
    free = next(n for n in range(_FIRST_PORT, _FIRST_PORT * 2) if n not in taken)
    return {**port, "PublishedPort": free}


def _same(one: Json, other: Json) -> bool:
    return all(one.get(key) == other.get(key) for key in ("Protocol", "TargetPort"))


def _addresses(service: Service, world: World, spec: Json) -> list[Json]:
    if spec.get("Mode", "vip") != "vip":
        return []
    wanted = [entry["Target"] for entry in service.template.get("Networks") or []]
    if any(p.get("PublishMode") == "ingress" for p in spec.get("Ports") or []):
        wanted = [net.id for net in world.networks.values() if net.ingress] + wanted
    known = {a["NetworkID"]: a for a in service.endpoint.get("VirtualIPs") or []}
    made = []
    for network_id in wanted:
        network = world.networks.get(network_id)
        if network is not None and network.subnet:
            fresh = {"NetworkID": network_id, "Addr": _address(network.subnet, world)}
            made.append(known.get(network_id, fresh))
    return made


def _address(subnet: str, world: World) -> str:
    net = ipaddress.ip_network(subnet)
    return f"{net[2 + world.next_version() % 250]}/{net.prefixlen}"
