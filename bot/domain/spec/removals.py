"""Cautions of removals: what finds nothing, and what takes away more than it seems to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.domain.jsontypes import JsonObject, JsonValue
from bot.domain.spec.ports import inside, port_key
from bot.domain.spec.said import Said, brief, listed

_CONTAINER = "TaskTemplate.ContainerSpec"


def _keys(value: JsonValue) -> list[str]:
    return [str(entry).partition("=")[0] for entry in value or []]


def _texts(value: JsonValue) -> list[str]:
    return [str(entry) for entry in value or []]


def _field(name: str) -> Callable[[JsonValue], list[str]]:
    return lambda value: [str(entry.get(name, "")) for entry in value or []]


def _spreads(value: JsonValue) -> list[str]:
    return [str((entry.get("Spread") or {}).get("SpreadDescriptor", "")) for entry in value or []]


def _hosts(value: JsonValue) -> list[str]:
    pairs = [str(entry).split() for entry in value or []]
    return [known for ip, *names in pairs for name in names for known in (name, f"{name}:{ip}")]


_DNS = f"{_CONTAINER}.DNSConfig"
_REMOVED: Mapping[str, tuple[str, Callable[[JsonValue], list[str]]]] = {
    "env": (f"{_CONTAINER}.Env", _keys),
    "label": ("Labels", _texts),
    "container-label": (f"{_CONTAINER}.Labels", _texts),
    "constraint": ("TaskTemplate.Placement.Constraints", _texts),
    "placement-pref": ("TaskTemplate.Placement.Preferences", _spreads),
    "mount": (f"{_CONTAINER}.Mounts", _field("Target")),
    "secret": (f"{_CONTAINER}.Secrets", _field("SecretName")),
    "config": (f"{_CONTAINER}.Configs", _field("ConfigName")),
    "host": (f"{_CONTAINER}.Hosts", _hosts),
    "dns": (f"{_DNS}.Nameservers", _texts),
    "dns-search": (f"{_DNS}.Search", _texts),
    "dns-option": (f"{_DNS}.Options", _texts),
    "group": (f"{_CONTAINER}.Groups", _texts),
    "sysctl": (f"{_CONTAINER}.Sysctls", _texts),
    "ulimit": (f"{_CONTAINER}.Ulimits", _field("Name")),
}
"""Where each X-rm looks, and what it can find there."""


_RM_WINS = ("mount", "constraint", "group", "dns", "dns-search", "dns-option")
"""Where a removal is done last; elsewhere it is done first, and finds nothing that is added."""


def nothing_to_remove(said: Said) -> Iterator[str]:
    """Removals of what is not there."""
    for stem, (path, names) in _REMOVED.items():
        there = names(said.old(path))
        added = [_name(value) for value in said.values(f"{stem}-add") if stem in _RM_WINS]
        for value in said.values(f"{stem}-rm"):
            wanted = _name(value)
            if wanted not in there and wanted not in added:
                yield f"--{stem}-rm `{brief(wanted)}` finds nothing{_hint(said, wanted, there)}"


def _hint(said: Said, wanted: str, there: Sequence[str]) -> str:
    tight = "".join(wanted.split())
    meant = next((one for one in there if "".join(one.split()) == tight), None)
    if meant is None:
        lower = {one.lower(): one for one in there}
        meant = lower.get(said.suggest(wanted.lower(), list(lower)) or "")
    return f"; did you mean `{brief(meant)}`?" if meant else ""


def _name(value: JsonValue) -> str:
    """What --X-rm would have to say to mean what --X-add brings, or what it says."""
    if not isinstance(value, dict):
        return str(value)
    if "Spread" in value:
        return str(value["Spread"]["SpreadDescriptor"])
    return str(value.get("Source") if "File" in value else value.get("Target", ""))


def removals_that_win(said: Said) -> Iterator[str]:
    """Additions that a removal undoes."""
    for stem in _RM_WINS:
        removed = {_name(value) for value in said.values(f"{stem}-rm")}
        for value in said.values(f"{stem}-add"):
            if _name(value) in removed:
                what = f"`{brief(_name(value))}`"
                yield f"--{stem}-rm beats --{stem}-add, as in docker: {what} will not be there"


def ports(said: Said) -> Iterator[str]:
    """Removals of ports, which go by the target alone."""
    present: list[JsonObject] = said.old("EndpointSpec.Ports") or []
    removed = [port for ports in said.values("publish-rm") for port in ports]
    for port in removed:
        hit = [one for one in present if inside(one) == inside(port)]
        if not hit:
            yield _no_port(port, present)
        elif others := [_short(one) for one in hit if _is_another(one, port)]:
            yield (
                f"--publish-rm goes by the target port alone, as in docker: {listed(others)} goes"
            )
    gone = {inside(port) for port in removed}
    known = {port_key(port) for port in present}
    for port in (port for ports in said.values("publish-add") for port in ports):
        if inside(port) in gone and port_key(port) in known:
            yield (
                f"--publish-rm beats --publish-add of a port that is there, as in docker: "
                f"`{_short(port)}` will not be published"
            )


def _is_another(there: JsonObject, said: JsonObject) -> bool:
    asked = said.get("PublishedPort", 0)
    return bool(asked) and asked != there.get("PublishedPort", 0)


def _no_port(port: JsonObject, present: Sequence[JsonObject]) -> str:
    words = f"--publish-rm `{_short(port)}` finds nothing: it goes by the target port"
    outside = [one for one in present if one.get("PublishedPort") == port.get("TargetPort")]
    if not outside:
        return words
    target = outside[0]["TargetPort"]
    return f"{words}; `--publish-rm {target}` would take `{_short(outside[0])}` away"


def _short(port: JsonObject) -> str:
    published = port.get("PublishedPort")
    text = f"{published}:{port['TargetPort']}" if published else str(port["TargetPort"])
    return text if port.get("Protocol", "tcp") == "tcp" else f"{text}/{port['Protocol']}"
