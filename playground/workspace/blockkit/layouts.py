"""Limits of the layout blocks, one small check per type."""

from collections.abc import Callable
from typing import Any

from playground.workspace.blockkit.elements import check_element
from playground.workspace.blockkit.report import Report

Block = dict[str, Any]
Check = Callable[[Block, str, Report], None]
NO_INPUT = ("button", "workflow_button", "image", "overflow", "feedback_buttons", "icon_button")
TASK_STATES = ("pending", "in_progress", "complete", "error")


def _section(block: Block, pointer: str, report: Report) -> None:
    fields = block.get("fields")
    if block.get("text") is None and not fields:
        report.add(pointer, "text or fields is required")
    report.optional_text(block.get("text"), f"{pointer}/text", 3000, plain=False)
    if fields is not None:
        for number, field in enumerate(report.size(fields, f"{pointer}/fields", 10)):
            report.text(field, f"{pointer}/fields/{number}", 2000)
    if block.get("accessory") is not None:
        check_element(block["accessory"], f"{pointer}/accessory", report)


def _header(block: Block, pointer: str, report: Report) -> None:
    report.text(block.get("text"), f"{pointer}/text", 150, plain=True)


def _context(block: Block, pointer: str, report: Report) -> None:
    for number, element in enumerate(
        report.size(block.get("elements"), f"{pointer}/elements", 10),
    ):
        place = f"{pointer}/elements/{number}"
        if isinstance(element, dict) and element.get("type") == "image":
            check_element(element, place, report)
        else:
            report.text(element, place, 3000)


def _actions(block: Block, pointer: str, report: Report) -> None:
    seen: set[str] = set()
    elements = report.size(block.get("elements"), f"{pointer}/elements", 25)
    for number, element in enumerate(elements):
        place = f"{pointer}/elements/{number}"
        check_element(element, place, report)
        action = element.get("action_id") if isinstance(element, dict) else None
        if action and action in seen:
            report.add(f"{place}/action_id", f'`action_id` "{action}" already exists')
        seen.add(str(action))


def _context_actions(block: Block, pointer: str, report: Report) -> None:
    report.size(block.get("elements"), f"{pointer}/elements", 5)


def _image(block: Block, pointer: str, report: Report) -> None:
    check_element(block, pointer, report)
    report.optional_text(block.get("title"), f"{pointer}/title", 2000)


def _input(block: Block, pointer: str, report: Report) -> None:
    report.text(block.get("label"), f"{pointer}/label", 2000, plain=True)
    report.optional_text(block.get("hint"), f"{pointer}/hint", 2000)
    element = block.get("element")
    check_element(element, f"{pointer}/element", report)
    if isinstance(element, dict) and element.get("type") in NO_INPUT:
        report.add(f"{pointer}/element/type", f"unsupported in an input: {element['type']}")


def _markdown(block: Block, pointer: str, report: Report) -> None:
    report.length(block.get("text"), f"{pointer}/text", 12_000)


def _table(block: Block, pointer: str, report: Report) -> None:
    characters = 0
    for number, row in enumerate(report.size(block.get("rows"), f"{pointer}/rows", 100)):
        place = f"{pointer}/rows/{number}"
        for column, cell in enumerate(report.size(row, place, 20)):
            inner = cell if isinstance(cell, dict) else {}
            if inner.get("type") not in ("raw_text", "raw_number", "rich_text"):
                report.add(f"{place}/{column}", "must be raw_text, raw_number or rich_text")
            if inner.get("type") == "raw_text":
                report.length(inner.get("text"), f"{place}/{column}/text", 10_000)
            characters += text_size(cell)
    if characters > 10_000:
        report.add(pointer, "table exceeds 10000 characters")


def _plan(block: Block, pointer: str, report: Report) -> None:
    report.length(block.get("title"), f"{pointer}/title", 256)
    for number, task in enumerate(
        report.size(block.get("tasks", []), f"{pointer}/tasks", 50, least=0),
    ):
        _task_card(task if isinstance(task, dict) else {}, f"{pointer}/tasks/{number}", report)


def _task_card(block: Block, pointer: str, report: Report) -> None:
    for name in ("task_id", "title"):
        report.length(block.get(name), f"{pointer}/{name}", 256)
    if block.get("status") not in TASK_STATES:
        report.add(f"{pointer}/status", f"must be one of {', '.join(TASK_STATES)}")


def _container(block: Block, pointer: str, report: Report) -> None:
    if block.get("title") is None and block.get("rich_text_title") is None:
        report.add(pointer, "title or rich_text_title is required")
    report.optional_text(block.get("title"), f"{pointer}/title", 150)
    report.optional_text(block.get("subtitle"), f"{pointer}/subtitle", 150, plain=False)
    for number, child in enumerate(
        report.size(block.get("child_blocks"), f"{pointer}/child_blocks", 10),
    ):
        check_block(child, f"{pointer}/child_blocks/{number}", report)


def _data_table(block: Block, pointer: str, report: Report) -> None:
    report.size(block.get("rows"), f"{pointer}/rows", 201)


def _rich_text(block: Block, pointer: str, report: Report) -> None:
    report.size(block.get("elements"), f"{pointer}/elements", 1000)


def _alert(block: Block, pointer: str, report: Report) -> None:
    report.optional_text(block.get("text"), f"{pointer}/text", 200, plain=False)


def _anything(block: Block, pointer: str, report: Report) -> None:
    """Accept blocks whose own limits are not modelled."""
    del block, pointer, report


LAYOUTS: dict[str, Check] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "table": _table,
    "plan": _plan,
    "task_card": _task_card,
    "container": _container,
    "data_table": _data_table,
    "rich_text": _rich_text,
    "alert": _alert,
}
LAYOUTS |= dict.fromkeys(
    ("divider", "file", "video", "call", "card", "carousel", "data_visualization"),
    _anything,
)


def check_block(block: Any, pointer: str, report: Report) -> None:
    """Check one layout block; an unknown type is an error, as it is at Slack."""
    kind = block.get("type") if isinstance(block, dict) else None
    check = LAYOUTS.get(str(kind))
    if check is None:
        report.add(f"{pointer}/type", f"unsupported type: {kind}")
        return
    check(block, pointer, report)


def text_size(value: Any) -> int:
    """Count the characters of every `text` string in a block, however deep."""
    if isinstance(value, list):
        return sum(text_size(item) for item in value)
    if not isinstance(value, dict):
        return 0
    own = value.get("text")
    here = len(own) if isinstance(own, str) else 0
    return here + sum(text_size(item) for item in value.values())
