"""Networks of services, and new networks.

A person writes names, the Engine keeps ids. `networks_in` lists the names, the worker resolves
them, and `apply_edits(..., networks={name: id})` or `with_network_ids` puts the ids in.
"""

from __future__ import annotations

import copy
import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.errors import BadFlagValue, UserError
from bot.domain.flags.flag import Edit
from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.spec.tree import Work, branch, leaf, put


def networks_in(edits: Sequence[Edit]) -> tuple[str, ...]:
    """The names (or ids) of networks that the edits mention, each once, in order."""
    names = [
        edit.value if edit.flag == "network-rm" else edit.value["Target"]
        for edit in edits
        if edit.flag in ("network", "network-add", "network-rm")
    ]
    return tuple(dict.fromkeys(names))


def edit_networks(work: Work) -> None:
    """Networks after --network(-add) and --network-rm, sorted by target.

    Raises:
        BadFlagValue: the service is attached already.
    """
    removed = {work.networks.get(name, name) for name in work.values("rm")}
    # The deprecated Networks at the top of a spec are moved to the task template, as the CLI does.
    present = work.old() or work.spec.get("Networks") or []
    work.spec.pop("Networks", None)
    wanted = [net for net in present if net["Target"] not in removed]
    for added in work.values("add"):
        target = work.networks.get(added["Target"], added["Target"])
        if any(net["Target"] == target for net in wanted):
            flag = "network" if work.creating else "network-add"
            raise BadFlagValue(
                flag, added["Target"], "the service is attached to this network already"
            )
        wanted.append({**added, "Target": target})
    work.put(sorted(wanted, key=lambda net: str(net["Target"])))


def with_network_ids(spec: Spec, ids: Mapping[str, str]) -> Spec:
    """A copy of the spec whose attachments name ids instead of names, sorted as the CLI does."""
    changed = copy.deepcopy(spec)
    attached = leaf(changed, "TaskTemplate.Networks")
    if attached:
        for net in attached:
            net["Target"] = ids.get(net["Target"], net["Target"])
        attached.sort(key=lambda net: str(net["Target"]))
    return changed


def new_network(name: str, edits: Sequence[Edit]) -> JsonObject:
    """The body of POST /networks/create; the driver is overlay if none is named.

    Raises:
        UserError: a gateway lies in no subnet, subnets overlap, or there are too many gateways.
    """
    body: JsonObject = {"Name": name, "Driver": "overlay", "Labels": {}, "Options": {}}
    for edit in edits:
        if edit.flag in ("label", "opt"):
            key, _, value = edit.value.partition("=")
            branch(body, "Labels" if edit.flag == "label" else "Options")[key] = value
        elif edit.flag not in ("subnet", "gateway"):
            put(body, _FIELDS[edit.flag], edit.value, keep_zero=True)
    subnets = [subnet for edit in edits if edit.flag == "subnet" for subnet in edit.value]
    gateways = [gateway for edit in edits if edit.flag == "gateway" for gateway in edit.value]
    if subnets or gateways:
        body["IPAM"] = {"Driver": "default", "Config": _pools(subnets, gateways)}
    return body


_FIELDS = {
    "driver": "Driver",
    "attachable": "Attachable",
    "internal": "Internal",
    "ipv6": "EnableIPv6",
}


def _pools(subnets: Sequence[str], gateways: Sequence[str]) -> list[JsonObject]:
    nets: list[Any] = [ipaddress.ip_network(subnet, strict=False) for subnet in subnets]
    for i, net in enumerate(nets):
        if any(net.version == other.version and net.overlaps(other) for other in nets[:i]):
            raise UserError(f"--subnet `{subnets[i]}` overlaps with another one.")
    pools: list[JsonObject] = [{"Subnet": subnet} for subnet in subnets]
    for gateway in gateways:
        address = ipaddress.ip_address(gateway)
        pool = next((p for p, net in zip(pools, nets, strict=True) if address in net), None)
        if pool is None or "Gateway" in pool:
            raise UserError(
                f"--gateway `{gateway}` lies in no subnet that is free.",
                "Give each gateway its own --subnet.",
            )
        pool["Gateway"] = gateway
    return pools
