"""The one check at the send point: what Slack would refuse is made to fit, and says so."""

import json
import re
from dataclasses import replace

from bot.domain.jsontypes import JsonObject
from bot.domain.message import Content
from bot.rendering import metadata
from bot.rendering.cut import cut
from bot.rendering.escape import unescaped
from bot.rendering.limits import fit, texts

TEXT_MAX = 4_000
"""chat.update refuses more (`msg_too_long`, docs.slack.dev)."""
FILE_MAX = 1_000_000
"""Characters of a file: it stands in Redis until it is sent."""
METADATA_MAX = 8_000
"""Characters of the metadata's JSON. Slack's own limit (`metadata_too_large`) is undocumented."""
_VALUE_MAX = 200
_UNSAFE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def guard(content: Content) -> Content:
    """Return content that Slack accepts. Never raises.

    Too long for a message: a private answer and the thread's first message get a file with all of
    it; any other message is shortened, for it must stay editable and broadcastable.
    """
    try:
        return _guarded(content)
    except Exception:  # noqa: BLE001 - a word that cannot be drawn must still be said
        whole = str(content.text)
        text = cut(whole, TEXT_MAX, "in the file") if whole.strip() else "(no text)"
        rest = (whole[:FILE_MAX], "message.txt") if len(whole) > TEXT_MAX else (None, None)
        return Content(text=text, file_text=rest[0], file_name=rest[1])


def _guarded(content: Content) -> Content:
    if not content.text.strip():
        content = replace(content, text="(no text)")
    filed = content.file_name is not None and content.file_text is not None
    may_file = filed or _may_become_a_file(content.metadata)
    where = "in the file" if may_file else _elsewhere(content.metadata)
    made = replace(
        content,
        text=cut(content.text, TEXT_MAX, where),
        blocks=fit(content.blocks, where),
        metadata=_fit_metadata(content.metadata),
    )
    if filed:
        return _with_file(made, str(content.file_name), str(content.file_text))
    if may_file and _is_shorter(made, content):
        return _with_file(made, "message.txt", _whole(content))
    return replace(made, file_name=None, file_text=None)


def _may_become_a_file(data: JsonObject | None) -> bool:
    if data is None:
        return True
    payload = data.get("event_payload") or {}
    return data.get("event_type") == metadata.NOTE and payload.get("note") in {"started", "details"}


def _elsewhere(data: JsonObject | None) -> str:
    threads = {metadata.ROLLOUT, metadata.APPROVAL}
    return "in the thread" if data and data.get("event_type") in threads else "left out"


def is_too_long(content: Content) -> bool:
    """Return whether some of it would be cut at the send point."""
    return _is_shorter(replace(content, blocks=fit(content.blocks, "")), content)


def _is_shorter(made: Content, content: Content) -> bool:
    if len(content.text) > TEXT_MAX:
        return True
    return list(texts(list(made.blocks))) != list(texts(list(content.blocks)))


def _whole(content: Content) -> str:
    """Return all that the message says: its text, or its blocks when they say more."""
    drawn = "\n".join(texts(list(content.blocks)))
    return unescaped(max(content.text, drawn, key=len))


def _with_file(content: Content, name: str, text: str) -> Content:
    return replace(
        content,
        file_name=_UNSAFE_NAME.sub("-", name)[-100:].strip("-.") or "message.txt",
        file_text=cut(text, FILE_MAX, "left out: too long even for a file") or "\n",
    )


def _fit_metadata(data: JsonObject | None) -> JsonObject | None:
    """Shorten overlong values; the keys stay, for others script against them."""
    if data is None or len(json.dumps(data, default=str)) <= METADATA_MAX:
        return data
    payload = data.get("event_payload") or {}
    short = {
        str(key)[:_VALUE_MAX]: value[:_VALUE_MAX] if isinstance(value, str) else value
        for key, value in payload.items()
        if value is None or isinstance(value, (str, int, float))
    }
    made = {"event_type": str(data.get("event_type", ""))[:_VALUE_MAX], "event_payload": short}
    return made if len(json.dumps(made)) <= METADATA_MAX else None
