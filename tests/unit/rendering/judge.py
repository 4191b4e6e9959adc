"""slackblocks as an independent judge: it rebuilds our blocks, and refuses what Slack would."""

from collections.abc import Sequence
from typing import Any

import slackblocks

from bot.domain.jsontypes import JsonObject

sb: Any = slackblocks  # untyped


def judge(blocks: Sequence[JsonObject]) -> None:
    """Rebuild each block and the message, and compare.

    Raises:
        slackblocks.InvalidUsageError: a limit is broken.
        AssertionError: the rebuilt block is another one.
    """
    rebuilt = [_BLOCKS[block["type"]](block) for block in blocks]
    sb.Message(channel="C1", text="t", blocks=rebuilt)
    for ours, theirs in zip(blocks, rebuilt, strict=True):
        assert _without_ids(theirs._resolve()) == ours


def _text(text: JsonObject) -> Any:
    if text["type"] == "mrkdwn":
        return sb.Text(text["text"], verbatim=text["verbatim"])
    return sb.Text(text["text"], type_=sb.TextType.PLAINTEXT, emoji=text["emoji"])


def _button(button: JsonObject) -> Any:
    question = button.get("confirm")
    return sb.Button(
        text=_text(button["text"]),
        action_id=button["action_id"],
        value=button["value"],
        style=button.get("style"),
        confirm=_confirm(question) if question else None,
    )


def _confirm(question: JsonObject) -> Any:
    texts = {key: _text(question[key]) for key in ("title", "text", "confirm", "deny")}
    return sb.Confirm(**texts, style=question["style"])


_BLOCKS = {
    "header": lambda block: sb.HeaderBlock(_text(block["text"])),
    "section": lambda block: sb.SectionBlock(_text(block["text"])),
    "context": lambda block: sb.ContextBlock([_text(one) for one in block["elements"]]),
    "actions": lambda block: sb.ActionsBlock([_button(one) for one in block["elements"]]),
}


def _without_ids(block: JsonObject) -> JsonObject:
    return {key: value for key, value in block.items() if key != "block_id"}
