"""The wires: a bridge, and for each machine of the lab a namespace with one cable into it."""

import ipaddress
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playground.lab.errors import LabError
from playground.lab.shell import attempt, run

_BRIDGE_FILTER = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
_Network = ipaddress.IPv4Network


def subnet(net: str) -> _Network:
    """Return the /24 of a prefix such as `10.88.0`.

    Raises:
        LabError: if it is not three octets of a private network.
    """
    try:
        found = _Network(f"{net}.0/24")
    except ValueError as error:
        raise LabError(f"--net must be three octets, as 10.88.0, or auto: {net!r}") from error
    if not found.is_private or found.is_loopback:
        raise LabError(f"--net must be a private network: {net!r}")
    return found


def _routes() -> list[_Network]:
    shown = json.loads(run(["ip", "-json", "-4", "route", "show"]) or "[]")
    found = [r["dst"] for r in shown if r.get("dst", "default") != "default"]
    return [_Network(dst, strict=False) for dst in found]


def is_free(net: str) -> bool:
    """Tell whether no route of this machine leads into the prefix."""
    wanted = subnet(net)
    return not any(r.subnet_of(wanted) for r in _routes())


def free_net() -> str:
    """Return a prefix that touches no route of this machine.

    Raises:
        LabError: if there is none.
    """
    taken = _routes()
    for net in _candidates():
        if not any(subnet(net).overlaps(r) for r in taken):
            return net
    raise LabError("no free network: routes cover 10.64.0.0/10 and 198.18.0.0/15")


def _candidates() -> Iterator[str]:
    order = random.Random()
    for _ in range(200):
        yield f"10.{order.randrange(64, 128)}.{order.randrange(1, 255)}"
    for third in range(1, 255):  # RFC 2544, for networks of tests
        yield f"198.18.{third}"


@dataclass(frozen=True, slots=True)
class Network:
    """The links and namespaces whose names begin with `tag`, on the prefix `net`.

    A machine is a node's number ("1") or "r", the registry.
    """

    tag: str
    net: str

    def address(self, machine: str) -> str:
        """Return the address of a machine: its number, 254 for the registry."""
        return f"{self.net}.{254 if machine == 'r' else machine}"

    @property
    def gateway(self) -> str:
        """This machine's own address on the bridge."""
        return f"{self.net}.253"

    def namespace(self, machine: str) -> str:
        """Return the path of the machine's network namespace."""
        return f"/run/netns/{self.tag}n{machine}"

    def make_bridge(self) -> None:
        """Make the bridge, with this machine on it."""
        name = f"{self.tag}br"
        _batch(
            f"link add {name} type bridge",
            f"addr add {self.gateway}/24 dev {name}",
            f"link set {name} up",
        )
        # where a system Docker filters bridged traffic, its policy is to drop ours
        if _BRIDGE_FILTER.exists() and _BRIDGE_FILTER.read_text().strip() == "1":
            run(["iptables", "-w", "-I", "FORWARD", *self._accept()])

    def _accept(self) -> list[str]:
        return ["-i", f"{self.tag}br", "-o", f"{self.tag}br", "-j", "ACCEPT"]

    def plug(self, machine: str) -> None:
        """Make a machine's namespace and its cable."""
        name, cable = f"{self.tag}n{machine}", f"{self.tag}v{machine}"
        address = self.address(machine)
        # the same MAC after a restart: else the others keep a dead neighbour entry for a while
        mac = "02:" + ":".join(f"{int(octet):02x}" for octet in f"87.{address}".split("."))
        run(["ip", "netns", "add", name])
        _batch(
            f"link add {cable} type veth peer name eth0 address {mac} netns {name}",
            f"link set {cable} master {self.tag}br up",
        )
        _batch(
            f"addr add {address}/24 dev eth0",
            "link set lo up",
            "link set eth0 up",
            f"route add default via {self.gateway}",
            namespace=name,
        )

    def unplug(self, machine: str) -> None:
        """Remove a machine's cable and namespace, if there."""
        attempt(["ip", "link", "del", f"{self.tag}v{machine}"])
        attempt(["ip", "netns", "del", f"{self.tag}n{machine}"])

    def switch(self, machine: str, *, on: bool) -> None:
        """Take a machine's carrier away, or give it back."""
        run(["ip", "link", "set", f"{self.tag}v{machine}", "up" if on else "down"])

    def has_carrier(self, machine: str) -> bool:
        """Tell whether a machine's cable is plugged in at both ends."""
        state = Path(f"/sys/class/net/{self.tag}v{machine}/operstate")
        return state.exists() and state.read_text().strip() == "up"

    def remove(self) -> None:
        """Remove everything that bears the tag, whatever is there."""
        for link in self.links():
            attempt(["ip", "link", "del", link])
        for name in self.namespaces():
            attempt(["ip", "netns", "del", name])
        if _BRIDGE_FILTER.exists():
            attempt(["iptables", "-w", "-D", "FORWARD", *self._accept()])

    def links(self) -> list[str]:
        """Return the links of this lab."""
        return [p.name for p in Path("/sys/class/net").glob(f"{self.tag}*")]

    def namespaces(self) -> list[str]:
        """Return the network namespaces of this lab."""
        return [p.name for p in Path("/run/netns").glob(f"{self.tag}*")]


def _batch(*lines: str, namespace: str = "") -> None:
    where = ["-n", namespace] if namespace else []
    run(["ip", *where, "-batch", "-"], stdin="\n".join(lines) + "\n")
