"""What moved between the plan that was approved and the one that would run now, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.domain.approval.record import Approval
from bot.domain.change import Change
from bot.domain.diff import diff, summarize
from bot.domain.plan import Plan

_SHOWN = 12


def moved_plan(old: Plan, new: Plan) -> tuple[str, ...]:
    """One sentence for each thing that moved; at least one when the fingerprints differ."""
    told = tuple(_of_plan(old, new))
    if told or old.fingerprint == new.fingerprint:
        return told
    return (f"the same command makes another spec of {new.service} now",)


def _of_plan(old: Plan, new: Plan) -> Iterator[str]:
    if old.service_id != new.service_id:
        yield f"{new.service} was removed and made anew"
    elif old.base_hash != new.base_hash:
        yield f"{new.service} was changed meanwhile{_difference(old, new)}"
    if old.digest_new != new.digest_new:
        yield f"the tag moved: it was {_short(old.digest_new)} and is {_short(new.digest_new)} now"
    if old.to_revision != new.to_revision:
        yield f"it would go back to revision {new.to_revision}, not {old.to_revision}"
    if old.policy_hash != new.policy_hash:
        yield policy_moved(old.policy_hash, new.policy_hash)


def _difference(old: Plan, new: Plan) -> str:
    if old.base_spec is None or new.base_spec is None:
        return ""
    return f": {summarize(diff(old.base_spec, new.base_spec, new.network_names))}"


def moved_change(old: Change, new: Change) -> tuple[str, ...]:
    """The same for a change of one step."""
    told = tuple(_of_change(old, new))
    if told or old.fingerprint == new.fingerprint:
        return told
    return (f"the same command means something else for {new.target} now",)


def _of_change(old: Change, new: Change) -> Iterator[str]:
    if old.target_id != new.target_id:
        yield f"{new.target} was removed and made anew"
    elif old.base_hash != new.base_hash:
        yield f"{new.target} was changed meanwhile"
    was, now = _homeless(old), _homeless(new)
    if was != now:
        yield f"what comes back with {new.target} was {was} and is {now} now"
    if old.policy_hash != new.policy_hash:
        yield policy_moved(old.policy_hash, new.policy_hash)


def _homeless(change: Change) -> str:
    drain = change.drain
    names = [each.name for each in drain.homeless] if drain and drain.returns else []
    return ", ".join(names) or "nothing"


def votes_lost(approval: Approval, entitled: Collection[str]) -> str:
    """Say whose yes does not count any more; empty when enough are left."""
    lost = [user for user in approval.yes if user not in entitled]
    left = len(approval.yes) - len(lost)
    if left >= approval.rule.required:
        return ""
    names = ", ".join(f"<@{user}>" for user in lost)
    return f"{names} may not approve it any more: {left} of {approval.rule.required} are left"


def policy_moved(old: str, new: str) -> str:
    """Say that other rules are in force than those of that hash."""
    return f"the policy was changed ({old[:_SHOWN]} → {new[:_SHOWN]})"


def _short(digest: str) -> str:
    return digest.rpartition(":")[2][:_SHOWN] or "not resolved"
