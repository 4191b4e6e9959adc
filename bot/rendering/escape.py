"""Values by third parties made harmless: shown as they are, obeyed never.

Slack reads `<!channel>`, `<@U…>` and links in every mrkdwn text, the top-level `text` included;
escaping `&`, `<`, `>` in that order switches all of it off (docs.slack.dev, formatting message
text). Log lines bring terminal colours and control characters besides.
"""

import re
from collections.abc import Collection, Iterable

FENCE = "```"

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_TICKS = re.compile(r"`(?=`)")
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{1,30}")
_GROUP = re.compile(r"S[A-Z0-9]{1,30}")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:-]{1,200}/[A-Za-z0-9/?=&._~-]{0,500}")
_WRITTEN_CHANNEL = re.compile(r"&lt;#([CGD][A-Z0-9]{1,30})&gt;")
_WRITTEN_MENTION = re.compile(r"&lt;@([UW][A-Z0-9]{1,30})&gt;")


def clean(value: object) -> str:
    """Drop what no reader sees or should: colours, control and bidi characters, lone surrogates."""
    text = _ANSI.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("\ufffd", text)


def escape(value: object) -> str:
    """Return the value for a mrkdwn text; line breaks stay.

    Runs of back-ticks are broken up by zero-width spaces: none of them opens or closes a code
    block, here or in a text that this becomes a part of.
    """
    text = clean(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _TICKS.sub("`\u200b", text)


def unescaped(text: str) -> str:
    """Return an escaped text as it is read, for a file."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def one_line(value: object) -> str:
    """As `escape`, on one line."""
    return " ".join(escape(value).split())


def naming(text: str, people: Collection[str] | None) -> str:
    """Draw the mentions in an escaped sentence of our own as names; channels, too, for one person.

    Args:
        text: escaped.
        people: the user ids that may be named; None: anybody, for what one person alone sees
            (nobody is notified by it). Other mentions stay text.
    """
    if people is None:
        text = _WRITTEN_CHANNEL.sub(r"<#\1>", text)
    return _WRITTEN_MENTION.sub(
        lambda m: f"<@{m[1]}>" if people is None or m[1] in people else m[0], text
    )


def code(value: object) -> str:
    """Return the value as inline code; empty stays empty. A back-tick in it cannot end the code."""
    inner = one_line(clean(value).replace("`", "\u02cb"))
    return f"`{inner}`" if inner else ""


def fence(lines: Iterable[object]) -> str:
    """Return the lines as a code block; back-ticks in them cannot close it."""
    return fenced(escape(line) for line in lines)


def fenced(escaped: Iterable[str]) -> str:
    """Return lines that are escaped already as a code block."""
    inner = "\n".join(escaped)
    return f"{FENCE}\n{inner}\n{FENCE}"


def channel(channel_id: str) -> str:
    """Return our own mention of a channel; what is no channel id is shown as text."""
    return f"<#{channel_id}>" if _CHANNEL.fullmatch(channel_id) else code(channel_id)


def link(address: str, words: str) -> str:
    """Return a link of ours with plain words; without a proper address the words alone."""
    if not _ADDRESS.fullmatch(address):
        return escape(words)
    return f"<{escape(address)}|{one_line(words).replace('|', '¦')}>"


def person(user: str | None) -> str:
    """Return our own mention of a person: the only mark-up that is not escaped.

    It is how Slack shows a name for an id. What is no user id is shown as text.
    """
    if not user:
        return "somebody"
    return f"<@{user}>" if _USER.fullmatch(user) else code(user)


def group(group_id: str) -> str:
    """Return our own mention of a user group, as `person` does of a person."""
    return f"<!subteam^{group_id}>" if _GROUP.fullmatch(group_id) else code(group_id)
