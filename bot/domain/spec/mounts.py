"""The rule for mounts: a mount is known by its target, and --mount-rm beats --mount-add."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.errors import BadFlagValue
from bot.domain.jsontypes import JsonObject
from bot.domain.spec.tree import Work


def edit_mounts(work: Work) -> None:
    """Mounts after --mount(-add) and --mount-rm.

    Raises:
        BadFlagValue: two mounts with one target.
    """
    added = work.values("add")
    targets = [mount["Target"] for mount in added]
    twice = next((target for target in targets if targets.count(target) > 1), None)
    if twice is not None:
        flag = "mount" if work.creating else "mount-add"
        raise BadFlagValue(flag, twice, "two mounts have this target")
    if work.creating:
        work.put(added)
        return
    old = {mount["Target"]: mount for mount in reversed(work.old() or [])}
    removed = set(work.values("rm"))
    merged = old | {mount["Target"]: mount for mount in added}
    work.put(_sorted(mount for target, mount in merged.items() if target not in removed))


def _sorted(mounts: Iterable[JsonObject]) -> list[JsonObject]:
    return sorted(mounts, key=lambda m: (m.get("Source", ""), m["Target"]))
