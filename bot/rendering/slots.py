"""Tasks by slot, as the thread shows them."""

from collections.abc import Sequence

from bot.domain.rollout.record import SlotProgress
from bot.rendering.cut import cut_line
from bot.rendering.table import table
from bot.rendering.words import short

_MOST_ROWS = 25
_LONGEST_ERROR = 60
_QUIET = frozenset({"running", "complete"})


def slot_lines(slots: Sequence[SlotProgress], target: str = "") -> list[str]:
    """Return an aligned table; of a big service the slots that are under way, the rest counted.

    Args:
        slots: in the order to be shown.
        target: the image being rolled out; shown as old → new beside a slot that runs another.
    """
    shown = _chosen(slots)
    rows = [
        (_mark(slot), slot.label, slot.node, slot.state, _version(slot, target), _error(slot))
        for slot in shown
    ]
    lines = table(("", "slot", "node", "state", "image", "error"), rows)
    hidden = [slot for slot in slots if slot not in shown]
    if hidden:
        done = sum(slot.updated for slot in hidden)
        lines.append(f"… {len(hidden)} more: {done} updated, {len(hidden) - done} not yet")
    return lines


def _chosen(slots: Sequence[SlotProgress]) -> list[SlotProgress]:
    """Keep the order; when there are too many, those that stir come before those at rest."""
    if len(slots) <= _MOST_ROWS:
        return list(slots)
    ranked = sorted(range(len(slots)), key=lambda n: (_rank(slots[n]), n))
    return [slots[n] for n in sorted(ranked[:_MOST_ROWS])]


def _rank(slot: SlotProgress) -> int:
    if slot.error or slot.state not in _QUIET:
        return 0
    return 2 if slot.updated else 1


def _mark(slot: SlotProgress) -> str:
    return "✓" if slot.updated and slot.state in _QUIET else "·"


def _version(slot: SlotProgress, target: str) -> str:
    old, new = _tag(slot.image), _tag(target)
    if slot.updated or not old or not new:
        return old or (new if slot.updated else "")
    plain_old, plain_new = old.split("@")[0], new.split("@")[0]
    if plain_old != plain_new:
        return f"{plain_old} → {plain_new}"
    # the same tag: a task of the new spec that does not run yet, or a tag that was moved
    return f"{old} → {new}" if "@" in new and old != new else old


def _tag(image: str) -> str:
    """Return the last part of a reference: `web:2.4@0123456789ab`."""
    return short(image).rsplit("/", 1)[-1]


def _error(slot: SlotProgress) -> str:
    return cut_line(slot.error, _LONGEST_ERROR)
