"""Limits of the blocks of one message together."""

from typing import Any

from playground.workspace.blockkit.layouts import check_block, text_size
from playground.workspace.blockkit.report import ID_MAX, Report
from playground.workspace.errors import SlackError

MESSAGE_BLOCKS = 50
TOTAL_CHARACTERS = 13_200  # bolt-js#2509 saw 13,200 to 13,297
MARKDOWN_CHARACTERS = 12_000  # over the whole message


def check_message_blocks(blocks: Any) -> None:
    """Check the `blocks` of a message.

    Raises:
        SlackError: invalid_blocks with the places, invalid_blocks_format if it is no list of
            objects, msg_blocks_too_long when all text together is too much.
    """
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    report = Report()
    report.size(blocks, "/blocks", MESSAGE_BLOCKS, least=0)
    check_layouts(blocks, report)
    for number, block in enumerate(blocks):
        if isinstance(block, dict) and block.get("type") == "alert":
            report.add(f"/blocks/{number}/type", "alert is not supported in messages")
    _check_together(blocks, report)
    if report.lines:
        raise SlackError("invalid_blocks", report.lines)
    if text_size(blocks) > TOTAL_CHARACTERS:
        raise SlackError("msg_blocks_too_long")


def check_layouts(blocks: list[Any], report: Report) -> None:
    """Check each block and that no block_id stands twice."""
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        pointer = f"/blocks/{number}"
        check_block(block, pointer, report)
        name = block.get("block_id") if isinstance(block, dict) else None
        if name is None:
            continue
        report.length(name, f"{pointer}/block_id", ID_MAX)
        if str(name) in seen:
            report.add(f"{pointer}/block_id", f'`block_id` "{name}" already exists')
        seen.add(str(name))


def _check_together(blocks: list[Any], report: Report) -> None:
    objects = [block for block in blocks if isinstance(block, dict)]
    kinds = [block.get("type") for block in objects]
    if kinds.count("table") > 1:
        report.add("/blocks", "only_one_table_allowed")
    markdown = sum(text_size(b) for b in objects if b.get("type") == "markdown")
    if markdown > MARKDOWN_CHARACTERS:
        report.add("/blocks", f"markdown blocks exceed {MARKDOWN_CHARACTERS} characters")
