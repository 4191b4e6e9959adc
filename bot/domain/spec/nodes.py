"""Editing a node's raw spec: it is posted whole, as the Engine replaces all of it."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from bot.domain.errors import UserError
from bot.domain.flags.flag import Edit
from bot.domain.jsontypes import Spec


def apply_node_edits(spec: Spec, edits: Sequence[Edit], *, lenient: bool = False) -> Spec:
    """A changed copy of a node's spec; labels are added first, then removed, as docker does.

    Args:
        spec: the node's, raw; left as it is.
        edits: what was typed, in order.
        lenient: a label to remove may be gone already, as it is once this was done.

    Raises:
        UserError: a label to remove is not there, and `lenient` is not set.
    """
    changed = copy.deepcopy(spec)
    labels = dict(changed.get("Labels") or {})
    for edit in edits:
        if edit.flag in ("availability", "role"):
            changed[edit.flag.capitalize()] = edit.value
        elif edit.flag == "label-add":
            key, _, value = edit.value.partition("=")
            labels[key] = value
    for edit in edits:
        if edit.flag == "label-rm" and labels.pop(edit.value, None) is None and not lenient:
            there = ", ".join(sorted(labels)) or "none"
            raise UserError(f"This node has no label `{edit.value}`.", f"Its labels: {there}.")
    changed["Labels"] = labels
    return changed
