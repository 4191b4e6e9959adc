"""Rules for the lists and maps of a spec: environment, labels, constraints, preferences.

Order and precedence are the docker CLI's. Where it iterates over a Go map (the environment after
--env-add), its order is random; here the old order stays and new variables go to the end.
"""

from __future__ import annotations

from bot.domain.spec.tree import Work


def _key(pair: str) -> str:
    return pair.partition("=")[0]


def edit_env(work: Work) -> None:
    """--env-rm first, then --env-add; on create the last of two equal names counts.

    On create the docker CLI keeps what is said twice word for word, and so do we.
    """
    removed = set(work.values("rm"))
    added = work.values("add")
    kept = [pair for pair in work.old() or [] if _key(pair) not in removed]
    if work.creating:
        for pair in added:
            kept = [one for one in kept if one == pair or _key(one) != _key(pair)]
            kept.append(pair)
        work.put(kept)
        return
    by_key: dict[str, str] = {_key(pair): pair for pair in kept} if added else {}
    by_key |= {_key(pair): pair for pair in added}
    work.put(list(by_key.values()) if added else kept)


def edit_labels(work: Work) -> None:
    """Removals first, then additions; a label without `=` has an empty value."""
    labels = dict(work.old() or {})
    for key in work.values("rm"):
        labels.pop(key, None)
    for pair in work.values("add"):
        key, _, value = pair.partition("=")
        labels[key] = value
    # The service's own labels are never left out by the CLI, those of the container are if empty.
    work.put(labels, keep_zero=work.path == "Labels")


def edit_constraints(work: Work) -> None:
    """Additions first (twice is twice), then removals of the very same text; sorted on update."""
    removed = set(work.values("rm"))
    wanted = [c for c in [*(work.old() or []), *work.values("add")] if c not in removed]
    work.put(wanted if work.creating else sorted(wanted))


def edit_preferences(work: Work) -> None:
    """Removals first; then additions go to the end, as their order is their meaning."""
    removed = [pref["Spread"]["SpreadDescriptor"] for pref in work.values("rm")]
    kept = [
        pref
        for pref in work.old() or []
        if (pref.get("Spread") or {}).get("SpreadDescriptor") not in removed
    ]
    work.put([*kept, *work.values("add")])
