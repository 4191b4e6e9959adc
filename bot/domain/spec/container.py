"""Rules for what is inside a container: names, groups, rights, limits and its log driver.

Order and precedence are the docker CLI's, removals beating additions where they do there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.domain.errors import BadFlagValue
from bot.domain.flags.limits import full_name
from bot.domain.jsontypes import JsonObject
from bot.domain.spec.tree import Work, branch, put

_DNS = "TaskTemplate.ContainerSpec.DNSConfig"
_RESOURCES = "TaskTemplate.Resources"
ALL = "ALL"
RESET = "RESET"


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def edit_hosts(work: Work) -> None:
    """Entries of /etc/hosts, kept as `IP name [alias…]`; removals first, by name or `name:IP`."""
    added = [
        f"{address} {name}" for name, _, address in (v.partition(":") for v in work.values("add"))
    ]
    if work.creating:
        work.put(added)
        return
    removed = [(name, ip) for name, _, ip in (v.partition(":") for v in work.values("rm"))]
    kept = (_without(entry.split(), removed) for entry in work.old() or [])
    work.put(_once([*(entry for entry in kept if entry), *added]))


def _without(words: Sequence[str], removed: Sequence[tuple[str, str]]) -> str:
    if not words:
        return ""
    address, *names = words
    gone = {name for name, ip in removed if ip in ("", address)}
    left = [name for name in names if name not in gone]
    return " ".join([address, *left]) if left else ""


def edit_dns(work: Work) -> None:
    """DNS servers, search domains or options; removals beat additions.

    One of the three flags makes the docker CLI sort all three lists, and each entry is there once.
    """
    branch(work.spec, _DNS)
    if work.creating:
        work.put(work.values("add"))
        return
    removed = set(work.values("rm"))
    wanted = _once([*(work.old() or []), *work.values("add")])
    work.put([value for value in wanted if value not in removed])
    for name in ("Nameservers", "Search", "Options"):
        path = f"{_DNS}.{name}"
        put(work.spec, path, sorted(_once(branch(work.spec, _DNS).get(name) or [])))


def edit_groups(work: Work) -> None:
    """Groups of the container's user; additions first, then removals; sorted on update."""
    removed = set(work.values("rm"))
    wanted = [g for g in [*(work.old() or []), *work.values("add")] if g not in removed]
    work.put(wanted if work.creating else sorted(wanted))


def edit_sysctls(work: Work) -> None:
    """Sysctls: removals by key first, then additions."""
    settings = dict(work.old() or {})
    for key in work.values("rm"):
        settings.pop(key.partition("=")[0], None)
    for pair in work.values("add"):
        key, _, value = pair.partition("=")
        settings[key] = value
    work.put(settings)


def edit_ulimits(work: Work) -> None:
    """Limits by name: removals first, then additions; sorted by name."""
    limits = {limit["Name"]: limit for limit in work.old() or []}
    for name in work.values("rm"):
        limits.pop(name.partition("=")[0], None)
    limits |= {limit["Name"]: limit for limit in work.values("add")}
    work.put([limits[name] for name in sorted(limits)])


def edit_generic(work: Work) -> None:
    """Resources of nodes that are reserved: additions first, then removals by kind.

    The docker CLI's order is random; here the old order stays and new ones go to the end.

    Raises:
        BadFlagValue: one kind twice, or a kind to remove that is not there.
    """
    branch(work.spec, f"{_RESOURCES}.Reservations")
    added = work.values("add")
    kinds = [_kind(resource) for resource in added]
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    if twice is not None:
        flag = "generic-resource" if work.creating else "generic-resource-add"
        raise BadFlagValue(flag, twice, "this kind is there twice", "Say one number for it.")
    resources = {_kind(resource): resource for resource in [*(work.old() or []), *added]}
    for kind in work.values("rm"):
        if resources.pop(kind, None) is None:
            there = ", ".join(sorted(resources)) or "none"
            raise BadFlagValue(
                "generic-resource-rm", kind, "the service reserves none of it", f"There: {there}."
            )
    work.put(list(resources.values()))


def _kind(resource: JsonObject) -> str:
    spec = resource.get("DiscreteResourceSpec") or resource.get("NamedResourceSpec") or {}
    return str(spec.get("Kind", ""))


def edit_log_driver(work: Work) -> None:
    """--log-driver replaces the driver and all its options; without it, --log-opt does nothing."""
    name = (work.values("name") or [""])[-1]
    if not name:
        return
    pairs = (option.partition("=") for option in work.values("option"))
    options = {key: value for key, _, value in pairs}
    work.put({"Name": name, "Options": options} if options else {"Name": name})


def edit_capabilities(work: Work) -> None:
    """Capabilities added and dropped, each list sorted, ALL alone in its list.

    An addition beats a drop. Of a service that is there, each is one of three: to add what was
    dropped only takes the drop away, and the other way round; RESET empties the list first.
    """
    add, drop = (set(work.values(role)) for role in ("add", "drop"))
    if work.creating:
        add, drop = (names - {RESET} for names in _new_capabilities(add, drop))
    else:
        add, drop = _changed_capabilities(work, add, drop)
    for key, names in (("CapabilityAdd", add), ("CapabilityDrop", drop)):
        put(work.spec, f"{work.path}.{key}", [ALL] if ALL in names else sorted(names))


def _new_capabilities(add: set[str], drop: set[str]) -> tuple[set[str], set[str]]:
    add, drop = ({ALL} if ALL in names else names for names in (add, drop))
    return add, drop - add


def _changed_capabilities(work: Work, add: set[str], drop: set[str]) -> tuple[set[str], set[str]]:
    container = branch(work.spec, work.path)
    added = set() if RESET in add else _full_names(container.get("CapabilityAdd"))
    dropped = set() if RESET in drop else _full_names(container.get("CapabilityDrop"))
    add, drop = add - {RESET}, drop - {RESET}
    for name in drop - add:
        added, dropped = _moved(name, added, dropped)
    for name in add:
        dropped, added = _moved(name, dropped, added)
    return added, dropped


def _full_names(words: Sequence[str] | None) -> set[str]:
    return {full_name(word) for word in words or ()}


def _moved(name: str, other: set[str], own: set[str]) -> tuple[set[str], set[str]]:
    """Take `name` out of the other list if it is there, and else put it into its own."""
    return (other - {name}, own) if name in other else (other, own | {name})


def ignored(work: Work) -> None:
    """What the docker CLI takes and does nothing with; the plan says so."""
