"""Block Kit as plain dicts, only the few shapes that are used here."""

from collections.abc import Iterable

from bot.domain.jsontypes import JsonObject


def mrkdwn(text: str) -> JsonObject:
    """A mrkdwn text, already escaped; verbatim, so that Slack links no URL or channel by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain(text: str) -> JsonObject:
    """A plain text; `:emoji:` names are drawn."""
    return {"type": "plain_text", "text": text, "emoji": True}


def header(text: str) -> JsonObject:
    """The first line of a message, at most 150 characters."""
    return {"type": "header", "text": plain(text)}


def section(text: str) -> JsonObject:
    """A paragraph, at most 3,000 characters."""
    return {"type": "section", "text": mrkdwn(text)}


def context(lines: Iterable[str]) -> JsonObject:
    """Small print, one text for all the lines."""
    return {"type": "context", "elements": [mrkdwn("\n".join(lines))]}


def actions(buttons: Iterable[JsonObject]) -> JsonObject:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def button(label: str, action_id: str, value: str) -> JsonObject:
    """A button; `value` is an opaque id, for it is readable by whoever sees the message."""
    return {"type": "button", "text": plain(label), "action_id": action_id, "value": value}


def confirm(title: str, text: str, yes: str) -> JsonObject:
    """The dialog that a button asks for; its text is plain, so that nothing in it is obeyed."""
    return {
        "title": plain(title),
        "text": plain(text),
        "confirm": plain(yes),
        "deny": plain("Leave it"),
        "style": "danger",
    }
