"""Kinds of how a container finds others: DNS servers, search domains, entries of /etc/hosts."""

from __future__ import annotations

import ipaddress
import re

from bot.domain.flags.kinds import BadValue, Kind

_PART = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
# the docker CLI's own pattern lets a colon stand before any label; nobody means that
_DOMAIN = re.compile(rf"({_PART}(?:\.{_PART})*)\.?\s*")
_LONGEST = 254
_BRACKETED = re.compile(r"\[(.+)\]")
_GATEWAY = "host-gateway"
_HOST_HINT = "For example `db.local:10.0.0.5`."


def parse_address(text: str) -> str:
    """An IP address in its shortest form, as Go writes it.

    Raises:
        BadValue: it is none.
    """
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError as error:
        raise BadValue("this is not an IP address") from error
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise BadValue("an address with a zone is not possible here")
        return str(address.ipv4_mapped or address)
    return str(address)


def parse_search(text: str) -> str:
    """A search domain without its last dot; `.` alone switches the search off.

    Raises:
        BadValue: it is no domain.
    """
    word = text.strip(" ")
    if word == ".":
        return word
    match = _DOMAIN.fullmatch(word) if re.search("[a-zA-Z]", word) else None
    if match is None or len(match[1]) > _LONGEST:
        raise BadValue("this is not a domain", "For example `shop.internal`.")
    return match[1]


def parse_host(text: str) -> str:
    """`name:address`; `name=address` and brackets around the address are understood, too.

    Raises:
        BadValue: no name, or no address.
    """
    name, found, address = text.partition("=")
    if not found:
        name, found, address = text.partition(":")
    if not found or not name or ":" in name or any(c.isspace() for c in name):
        raise BadValue("a name and an address are needed", _HOST_HINT)
    bracketed = _BRACKETED.fullmatch(address)
    bare = bracketed[1] if bracketed else address
    if bare != _GATEWAY:
        try:
            parse_address(bare)
        except BadValue as bad:
            raise BadValue("what follows the name is not an IP address", _HOST_HINT) from bad
    return f"{name}:{bare}"


NAMESERVER = Kind("IP", parse_address)
SEARCH = Kind("DOMAIN", parse_search)
HOST = Kind("NAME:IP", parse_host)
