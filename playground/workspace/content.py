"""What a message says: read from arguments, checked against Slack's limits, ready to store."""

import json
from dataclasses import dataclass
from typing import Any

from playground.workspace.arguments import Arguments
from playground.workspace.blockkit import check_message_blocks
from playground.workspace.errors import SlackError
from playground.workspace.records import Json
from playground.workspace.world import World

TEXT_MAX = 40_000  # longer text is cut, with the warning message_truncated
UPDATE_TEXT_MAX = 4_000
ATTACHMENTS_MAX = 100
METADATA_MAX = 8_000  # characters of JSON; Slack gives no number
TRUNCATED = (
    "[WARN] Your message was truncated but still posted. "
    "The `text` field accepts up to 40,000 characters."
)


@dataclass(frozen=True)
class Content:
    """Checked content. None means that the caller did not say, which matters to chat.update."""

    text: str | None
    blocks: list[Json] | None
    attachments: list[Json] | None
    metadata: Json | None
    truncated: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.text or self.blocks or self.attachments)


def read_content(args: Arguments) -> Content:
    """Read text, blocks, attachments and metadata.

    Raises:
        SlackError: invalid_blocks, invalid_blocks_format, msg_blocks_too_long,
            too_many_attachments, invalid_metadata_format, metadata_too_large,
            markdown_text_conflict.
    """
    blocks = _blocks(args)
    attachments = args.parsed("attachments", "invalid_attachments")
    if attachments is not None and len(attachments) > ATTACHMENTS_MAX:
        raise SlackError("too_many_attachments")
    text = args.text("text") if args.has("text") else None
    truncated = text is not None and len(text) > TEXT_MAX
    if truncated and text is not None:
        text = text[:TEXT_MAX]
    return Content(text, blocks, attachments, _metadata(args), truncated)


def _blocks(args: Arguments) -> list[Json] | None:
    blocks = args.parsed("blocks", "invalid_blocks_format")
    if args.has("markdown_text"):
        if blocks or args.has("text"):
            raise SlackError("markdown_text_conflict")
        blocks = [{"type": "markdown", "text": args.text("markdown_text")}]
    if blocks is not None:
        check_message_blocks(blocks)
    return blocks  # type: ignore[no-any-return]  # a checked list of objects


def _metadata(args: Arguments) -> Json | None:
    metadata = args.parsed("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not _is_metadata(metadata):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata)) > METADATA_MAX:
        raise SlackError("metadata_too_large")
    return {
        "event_type": metadata["event_type"],
        "event_payload": metadata.get("event_payload", {}),
    }


def _is_metadata(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("event_type"), str)
        and bool(value["event_type"])
        and isinstance(value.get("event_payload", {}), dict)
    )


def with_ids(blocks: list[Json] | None, world: World) -> list[Json]:
    """Give each block and button the id that Slack makes up when the app gave none."""
    filled: list[Json] = []
    for block in blocks or []:
        full = dict(block)
        full.setdefault("block_id", world.new_id("blk"))
        if isinstance(full.get("elements"), list) and full.get("type") == "actions":
            full["elements"] = [_with_action(element, world) for element in full["elements"]]
        if isinstance(full.get("accessory"), dict):
            full["accessory"] = _with_action(full["accessory"], world)
        filled.append(full)
    return filled


def _with_action(element: Json, world: World) -> Json:
    if element.get("type") == "image":
        return element
    return element if element.get("action_id") else element | {"action_id": world.new_id("act")}
