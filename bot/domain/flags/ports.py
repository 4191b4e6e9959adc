"""`--publish`: `8080:80`, `8000-8002:80-82/udp`, or `published=8080,target=80,mode=host`."""

from __future__ import annotations

import re

from bot.domain.flags.csvfields import csv_fields
from bot.domain.flags.kinds import BadValue, Kind
from bot.domain.jsontypes import JsonObject

_MAX_PORT = 65535
_MOST = 500
_PROTOCOLS = ("tcp", "udp", "sctp")
_MODES = ("ingress", "host")
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_HINT = "For example `8080:80`, `53:53/udp` or `published=8080,target=80,mode=host`."


def parse_ports(text: str) -> list[JsonObject]:
    """The Engine's port objects of one value; a range gives several.

    Raises:
        BadValue: no such port, protocol or mode, or ranges of different length.
    """
    return [_long(text)] if "=" in text else _short(text)


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > _MAX_PORT:
        raise BadValue("a port is a number from 1 to 65535", _HINT)
    return int(text)


def _long(text: str) -> JsonObject:
    given = {}
    for key, value, has_value in csv_fields(text.lower()):
        if not has_value or key not in ("target", "published", "protocol", "mode"):
            raise BadValue(f"`{key}` is not known here", _HINT)
        given[key] = value
    protocol, mode = given.get("protocol", "tcp"), given.get("mode", "ingress")
    if protocol not in _PROTOCOLS or mode not in _MODES:
        raise BadValue("protocol is tcp, udp or sctp, and mode ingress or host", _HINT)
    target = _port(given.get("target", "0"))
    return _object(protocol, target, _port(given.get("published", "0")), mode)


def _object(protocol: str, target: int, published: int, mode: str) -> JsonObject:
    if target == 0:
        raise BadValue("the port inside the container is missing", _HINT)
    port: JsonObject = {"Protocol": protocol, "TargetPort": target}
    if published:
        port["PublishedPort"] = published
    return {**port, "PublishMode": mode}


def _short(text: str) -> list[JsonObject]:
    ports, _, protocol = text.partition("/")
    published, _, target = ports.rpartition(":")
    protocol = protocol.lower() or "tcp"
    if ":" in published:
        raise BadValue("a service is published on all addresses; an IP is not possible", _HINT)
    if protocol not in _PROTOCOLS:
        raise BadValue("the protocol is tcp, udp or sctp", _HINT)
    return [_object(protocol, t, p, "ingress") for p, t in _pairs(published, target)]


def _pairs(published: str, target: str) -> list[tuple[int, int]]:
    targets = _range(target)
    if not published:
        return [(0, t) for t in targets]
    outside = _range(published)
    if len(targets) == 1:  # the docker CLI opens every published port to the one target
        return [(p, targets[0]) for p in outside]
    if len(outside) != len(targets):
        raise BadValue("the two port ranges differ in length", _HINT)
    return list(zip(outside, targets, strict=True))


def _range(text: str) -> range:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise BadValue("this is not a port", _HINT)
    first, last = _port(match[1]), _port(match[2] or match[1])
    if last < first:
        raise BadValue("the port range ends before it starts", _HINT)
    if last - first >= _MOST:
        raise BadValue(f"more than {_MOST} ports in one range are hardly meant", _HINT)
    return range(first, last + 1)


PORT = Kind("PORT", parse_ports)
