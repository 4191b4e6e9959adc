"""Blocks as plain lines: what a person reads, without colours or markup."""

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from playground.workspace.terminal.names import Names

Block = dict[str, Any]
RULE = "─" * 24
TASK_MARKS = {"pending": "○", "in_progress": "◐", "complete": "●", "error": "✗"}


def message_lines(text: str, blocks: list[Block], names: Names) -> list[str]:
    """Return the lines of a message: its blocks, or its text when it has none."""
    if not blocks:
        return names.plain(text).splitlines()
    lines: list[str] = []
    for block in blocks:
        lines += block_lines(block, names)
    return lines


def block_lines(block: Block, names: Names) -> list[str]:
    """Return the lines of one block; of an unknown one its type in brackets."""
    draw = DRAWERS.get(str(block.get("type")))
    return draw(block, names) if draw else [f"[{block.get('type')}]"]


def _text(value: Any, names: Names) -> str:
    if isinstance(value, str):
        return names.plain(value)
    if not isinstance(value, dict):
        return ""
    text = str(value.get("text", ""))
    return names.plain(text)


def _section(block: Block, names: Names) -> list[str]:
    lines = _text(block.get("text"), names).splitlines()
    lines += _fields([_text(field, names) for field in block.get("fields") or []])
    accessory = block.get("accessory")
    if isinstance(accessory, dict):
        lines.append(_element(accessory, names))
    return lines


def _fields(fields: list[str]) -> list[str]:
    """Set fields in two columns, as Slack does."""
    lines = []
    for left, right in zip_longest(fields[::2], fields[1::2], fillvalue=""):
        pairs = zip_longest(left.splitlines(), right.splitlines(), fillvalue="")
        lines += [f"{one:<34}  {two}".rstrip() for one, two in pairs]
    return lines


def _header(block: Block, names: Names) -> list[str]:
    return [_text(block.get("text"), names)]


def _context(block: Block, names: Names) -> list[str]:
    parts = [
        f"({item.get('alt_text', 'image')})" if item.get("type") == "image" else _text(item, names)
        for item in block.get("elements", [])
    ]
    return [f"· {line}" for line in "  ".join(parts).splitlines()]


def _actions(block: Block, names: Names) -> list[str]:
    return ["  ".join(_element(element, names) for element in block.get("elements", []))]


def _element(element: Block, names: Names) -> str:
    kind = str(element.get("type"))
    if kind in ("button", "workflow_button"):
        return f"[ {_text(element.get('text'), names)} ]"
    if kind == "image":
        return f"(image: {element.get('alt_text', '')})"
    if "select" in kind or kind == "overflow":
        return f"( {_text(element.get('placeholder'), names) or '…'} ▾ )"
    if kind.endswith("input"):
        return f"[ {_text(element.get('placeholder'), names) or '_' * 16} ]"
    if kind in ("radio_buttons", "checkboxes"):
        mark = "( )" if kind == "radio_buttons" else "[ ]"
        return "  ".join(f"{mark} {_text(o['text'], names)}" for o in element.get("options", []))
    return f"[{kind}]"


def _input(block: Block, names: Names) -> list[str]:
    return [f"{_text(block.get('label'), names)}: {_element(block.get('element', {}), names)}"]


def _table(block: Block, names: Names) -> list[str]:
    rows = [[_rich(cell, names) for cell in row] for row in block.get("rows", [])]
    columns = list(zip_longest(*rows, fillvalue=""))
    widths = [max((len(cell) for cell in column), default=0) for column in columns]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]


def _rich(value: Any, names: Names) -> str:
    """Return the words of rich text, however deeply it is nested."""
    if not isinstance(value, dict):
        return ""
    kind = str(value.get("type"))
    if kind == "user":
        return "@" + names.people.get(str(value.get("user_id")), "somebody")
    if kind == "emoji":
        return f":{value.get('name')}:"
    if "elements" in value:
        joint = "\n" if kind in ("rich_text", "rich_text_list") else ""
        return joint.join(_rich(item, names) for item in value["elements"])
    return str(value.get("text", value.get("url", value.get("value", ""))))


def _rich_text(block: Block, names: Names) -> list[str]:
    return _rich(block, names).splitlines()


def _markdown(block: Block, names: Names) -> list[str]:
    del names
    return str(block.get("text", "")).splitlines()


def _plan(block: Block, names: Names) -> list[str]:
    lines = [str(block.get("title", ""))]
    for task in block.get("tasks", []):
        lines += _task_card(task, names)
    return lines


def _task_card(block: Block, names: Names) -> list[str]:
    mark = TASK_MARKS.get(str(block.get("status")), "?")
    notes = [_rich(block.get(part), names) for part in ("details", "output")]
    indented = [f"    {line}" for note in notes for line in note.splitlines()]
    return [f"{mark} {block.get('title', '')}", *indented]


def _container(block: Block, names: Names) -> list[str]:
    lines = [f"▾ {_text(block.get('title'), names) or _rich(block.get('rich_text_title'), names)}"]
    for child in block.get("child_blocks", []):
        lines += [f"  {line}" for line in block_lines(child, names)]
    return lines


def _image(block: Block, names: Names) -> list[str]:
    del names
    return [f"(image: {block.get('alt_text', '')})"]


def _divider(block: Block, names: Names) -> list[str]:
    del block, names
    return [RULE]


DRAWERS: dict[str, Callable[[Block, Names], list[str]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "table": _table,
    "rich_text": _rich_text,
    "markdown": _markdown,
    "plan": _plan,
    "task_card": _task_card,
    "container": _container,
    "image": _image,
    "divider": _divider,
    "alert": _section,
}
