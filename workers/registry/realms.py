"""Where a registry may send Waggle: else its answer would aim the worker's requests.

A registry names its token service and where its blobs are. The worker stands where others cannot
reach: beside the Engine, the cloud's metadata, the machines of its network.
"""

import ipaddress
import socket

import requests
from urllib3.util import parse_url

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def may_ask(there: str, registry: str) -> bool:
    """Return whether a place that a registry named may be asked.

    By TLS; by plain HTTP only on the registry's own host, when it is itself spoken to like that.
    No address of this machine or of a private network, unless the registry is at such a one: its
    own host is its own affair.

    Args:
        there: the place, an absolute URL.
        registry: the URL at which the registry was asked.
    """
    scheme, host = _read(there)
    its_scheme, its_host = _read(registry)
    if host == its_host:
        return scheme in {"https", its_scheme}
    return scheme == "https" and (not _is_inside(host) or _is_inside(its_host))


def _read(url: str) -> tuple[str, str]:
    """Return scheme and host as they will be connected to, "" for what is none."""
    try:
        prepared = requests.Request("GET", url).prepare().url
        parts = parse_url(prepared or "")
    except ValueError:
        return "", ""
    return parts.scheme or "", (parts.host or "").strip("[]").rstrip(".").lower()


def _is_inside(host: str) -> bool:
    """Return whether a host is written as an address that is not everybody's."""
    if not host or host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and (not address.is_global or address.is_multicast)


def _address(host: str) -> _Address | None:
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))  # 127.1 and 0x7f000001 as well
    except OSError:
        pass
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address
