"""Block Kit's limits, and blocks made to fit them.

Sources: docs.slack.dev (block reference) and slackblocks 3.0's `_limits.py`; the sum of all text is
undocumented, about 13,200 characters (`msg_blocks_too_long`, slackapi/bolt-js#2509).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.domain.jsontypes import JsonObject
from bot.rendering import blocks as make
from bot.rendering.cut import cut

BLOCKS_MAX = 50
TEXT_MAX = 3_000
FIELDS_MAX, FIELD_MAX = 10, 2_000
HEADER_MAX = 150
CONTEXT_MAX = 10
ACTIONS_MAX = 25
BUTTON_MAX, VALUE_MAX = 75, 2_000
CONFIRM_MAX = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
ID_MAX = 255
TABLE_ROWS_MAX, TABLE_COLUMNS_MAX, TABLE_TEXT_MAX = 100, 20, 10_000
TOTAL_MAX = 13_000

_CAPS = (TEXT_MAX, 2_000, 1_500, 1_000, 700, 500, 300, 200, 100)


@dataclass
class _Seen:
    """Ids and tables met so far in one message."""

    ids: set[str] = field(default_factory=set)
    tables: int = 0

    def take(self, name: object) -> bool:
        """Return whether the id is usable: a text, not too long, not used before."""
        if not isinstance(name, str) or not 0 < len(name) <= ID_MAX or name in self.ids:
            return False
        self.ids.add(name)
        return True


def fit(blocks: Sequence[JsonObject], where: str) -> tuple[JsonObject, ...]:
    """Return blocks that Slack accepts; what is shortened says so, and `where` the rest is.

    When all together is too much, the longest texts give way first, then whole blocks from the
    end; rows of buttons last of all.
    """
    made: list[JsonObject] = []
    for cap in _CAPS:
        seen = _Seen()
        made = [kept for block in blocks if (kept := _fit_block(block, cap, where, seen))]
        if total_text(made) <= TOTAL_MAX:
            break
    return tuple(_few_enough(made, where))


def total_text(blocks: Sequence[JsonObject]) -> int:
    """Return the characters of all texts in the blocks."""
    return sum(len(text) for text in texts(blocks))


def texts(value: object) -> Iterator[str]:
    """Yield every text in a Block Kit value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts(inner)


def _few_enough(blocks: list[JsonObject], where: str) -> list[JsonObject]:
    if len(blocks) <= BLOCKS_MAX and total_text(blocks) <= TOTAL_MAX:
        return blocks
    kept = list(blocks)
    tail = f"… 0000 more parts {where}"
    while len(kept) >= BLOCKS_MAX or total_text(kept) + len(tail) > TOTAL_MAX:
        plain = [n for n, block in enumerate(kept) if block.get("type") != "actions"]
        del kept[plain[-1] if plain else -1]
    left = f"… {len(blocks) - len(kept)} more parts {where}".rstrip()
    at = next((n for n, block in enumerate(kept) if block.get("type") == "actions"), len(kept))
    return [*kept[:at], make.context([left]), *kept[at:]]


def _fit_block(block: JsonObject, cap: int, where: str, seen: _Seen) -> JsonObject | None:
    """Return the block within its own limits, or None when nothing is left of it."""
    made = dict(block)
    if "block_id" in made and not seen.take(made["block_id"]):
        del made["block_id"]  # Slack makes one
    kind = made.get("type")
    if kind == "header":
        return _with_text(made, min(cap, HEADER_MAX), "")
    if kind == "section":
        return _fit_section(made, cap, where)
    if kind == "context":
        made["elements"] = _fit_texts(made.get("elements"), CONTEXT_MAX, cap, where)
        return made if made["elements"] else None
    if kind == "actions":
        fitted = [_fit_button(one, seen) for one in _dicts(made.get("elements"))]
        made["elements"] = [one for one in fitted if one][:ACTIONS_MAX]
        return made if made["elements"] else None
    return _fit_table(made, where, seen) if kind == "table" else made


def _fit_section(made: JsonObject, cap: int, where: str) -> JsonObject | None:
    if "fields" in made:
        made["fields"] = _fit_texts(made["fields"], FIELDS_MAX, min(cap, FIELD_MAX), where)
        if not made["fields"]:
            del made["fields"]
    if fitted := _with_text(made, cap, where):
        return fitted
    made.pop("text", None)
    return made if "fields" in made else None


def _with_text(made: JsonObject, cap: int, where: str) -> JsonObject | None:
    text = _fit_text(made.get("text"), cap, where)
    return {**made, "text": text} if text else None


def _fit_text(text: object, cap: int, where: str = "") -> JsonObject | None:
    """Return a text object within `cap`, or None when it says nothing."""
    if not isinstance(text, dict) or not str(text.get("text", "")).strip():
        return None
    return {**text, "text": cut(str(text["text"]), cap, where)}


def _fit_texts(elements: object, most: int, cap: int, where: str) -> list[JsonObject]:
    """Return at most so many; the last of them counts those that are left out."""
    fitted = [_fit_element(one, cap, where) for one in _dicts(elements)]
    kept = [one for one in fitted if one]
    if len(kept) <= most:
        return kept
    left = make.mrkdwn(f"… {len(kept) - most + 1} more {where}".rstrip())
    return [*kept[: most - 1], left]


def _fit_element(element: JsonObject, cap: int, where: str) -> JsonObject | None:
    return element if element.get("type") == "image" else _fit_text(element, cap, where)


def _fit_button(element: JsonObject, seen: _Seen) -> JsonObject | None:
    """Return the button, or None: a shortened value would name something else."""
    too_long = len(str(element.get("value", ""))) > VALUE_MAX
    if too_long or ("action_id" in element and not seen.take(element["action_id"])):
        return None
    made = dict(element)
    if "text" in made:
        made["text"] = _fit_text(made["text"], BUTTON_MAX)
        if made["text"] is None:
            return None
    if isinstance(made.get("confirm"), dict):
        made["confirm"] = _fit_confirm(made["confirm"])
    return made


def _fit_confirm(question: JsonObject) -> JsonObject:
    """Keep the dialog, whatever it says: a click that asks first must go on asking."""
    parts = {
        key: _fit_text(question.get(key), most) or make.plain("…")
        for key, most in CONFIRM_MAX.items()
    }
    return {**question, **parts}


def _fit_table(made: JsonObject, where: str, seen: _Seen) -> JsonObject:
    """Return the table if it is the first and small enough, else words in its place."""
    found = made.get("rows")
    rows = [row for row in found if isinstance(row, list)] if isinstance(found, list) else []
    fits = (
        len(rows) <= TABLE_ROWS_MAX
        and all(len(row) <= TABLE_COLUMNS_MAX for row in rows)
        and len(json.dumps(rows, default=str)) <= TABLE_TEXT_MAX
    )
    seen.tables += fits
    if fits and seen.tables == 1:
        return made
    return make.section(f"… a table of {len(rows)} more rows {where}".rstrip())


def _dicts(value: object) -> list[JsonObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
