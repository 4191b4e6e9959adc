"""What Slack does to typed text, undone.

Smart punctuation turns `--` into a dash and quotes curly; `should_escape` wraps links, users and
channels in angle brackets and writes `&amp;`. The dash rule works on unquoted words only: a dash
inside quotes is content. Apply once: `&amp;lt;` means `&lt;`, and a second pass would lose that.
Source: docs.slack.dev (should_escape), and the tables of other chat bots for smart punctuation.
"""

from __future__ import annotations

import re
import unicodedata

from bot.domain.errors import UserError

MAX_LINE = 4000
"""Characters; Slack's own limit for a message's text."""

_CHARS = str.maketrans(
    dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"')
    | dict.fromkeys("\u2018\u2019\u201a", "'")
    | dict.fromkeys("\u00a0\u2007\u202f", " ")
    | dict.fromkeys("\u200b\u2060\ufeff", "")
)
# No "<" inside the brackets: with it, a line of nothing but "<@" would cost quadratic time.
_MENTION = re.compile(r"<([@#!])([^<>|]+)(?:\|[^<>]*)?>")
_LINK = re.compile(r"<(?:mailto:|tel:|(?=https?:))([^<>|]+)(?:\|([^<>]*))?>")
_DASHES = re.compile(
    r"""'[^']*+'|"(?:[^"\\]|\\.)*+"|\\."""  # quoted and escaped text stays
    # a keyboard may make a dash of both hyphens, of each of them, or of one
    r"|(?<!\S)(?P<long>[\u2012-\u2015][\u2012-\u2015-]?|-[\u2012-\u2015])(?=\w)"
    r"|(?<!\S)(?P<short>[\u2010\u2011\u2212]{1,2})(?=\w)",
    re.DOTALL,
)
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)

_UNSEEN = re.compile(
    _REFUSED.pattern[:-1] + "\u00ad\u200b-\u200d\u2060-\u2064\ufeff\U000e0000-\U000e007f]"
)
"""Also what has no width: in a line it is taken out, or stands in a reason's emoji."""


def normalise(text: str) -> str:
    """The line as the person meant to type it, in linear time.

    Raises:
        UserError: over 4,000 characters, or invisible control or text-direction characters
            (they can make a line read otherwise than it works).
    """
    if len(text) > MAX_LINE:
        raise UserError(
            f"This line has {len(text)} characters; {MAX_LINE} is the most that is read.",
            "Split it into several commands.",
        )
    refuse_invisible(text)
    text = _MENTION.sub(r"<\1\2>", text.translate(_CHARS))
    text = _LINK.sub(lambda m: m[2] or m[1], text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _DASHES.sub(_plain_dash, text)


def _plain_dash(match: re.Match[str]) -> str:
    if match["long"]:
        return "--"
    if match["short"]:
        return "-" * len(match["short"])
    return match[0]


def refuse_invisible(text: str, about: str = "") -> None:
    """Refuse control and text-direction characters; `about` is the field they would stand in.

    A field is read literally: there, what has no width is refused as well.

    Raises:
        UserError: there is one.
    """
    found = (_UNSEEN if about else _REFUSED).search(text)
    if found:
        char = found[0]
        name = unicodedata.name(char, "control character")
        raise UserError(
            f"There is an invisible character at position {found.start() + 1} of this "
            f"{'text' if about else 'line'}: U+{ord(char):04X} ({name.lower()}).",
            f"Type {'it' if about else 'the line'} again by hand, or paste it as plain text.",
            about,
        )
