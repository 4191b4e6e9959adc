"""Names for ids, and Slack's formatted text as plain words."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from rich.emoji import Emoji

_MARK = re.compile(r"<([@#!]?)([^<>|]+)(?:\|([^<>]*))?>")
# One pattern a mark: in `*create web_http*` the other marks are letters.
_STYLES = tuple(
    re.compile(rf"(?<![\w{mark}`]){mark}(\S(?:[^{mark}\n]*?\S)?){mark}(?![\w{mark}`])")
    for mark in (r"\*", "_", "~")
)
_ALIASES = {":octagonal_sign:": ":stop_sign:"}
"""What Slack calls by another name than rich."""
_FENCED = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)


@dataclass(frozen=True)
class Names:
    """Who and what the ids of a workspace are."""

    people: Mapping[str, str]
    channels: Mapping[str, str]
    groups: Mapping[str, str]

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """Read the names from the control API's state."""
        return cls(
            people={person["id"]: person["name"] for person in state["people"]},
            channels={channel["id"]: channel["name"] for channel in state["channels"]},
            groups={group["id"]: group["handle"] for group in state["groups"]},
        )

    def plain(self, text: str) -> str:
        """Return mrkdwn as it reads on screen, without its marks.

        >>> Names({"U1": "ann"}, {}, {}).plain("*web* by <@U1> &amp; co")
        'web by @ann & co'
        """
        parts = _FENCED.split(text)
        parts[::2] = [_unstyled(part) for part in parts[::2]]
        parts[1::2] = [part.strip("`") for part in parts[1::2]]
        joined = _MARK.sub(self._mark, "".join(parts))
        for alias, name in _ALIASES.items():
            joined = joined.replace(alias, name)
        return Emoji.replace(html.unescape(joined))

    def _mark(self, found: re.Match[str]) -> str:
        sign, target, label = found[1], found[2], found[3]
        if sign == "@":
            return "@" + self.people.get(target, label or target)
        if sign == "#":
            return "#" + (label or self.channels.get(target, target))
        if sign == "!":
            group = self.groups.get(target.partition("^")[2])
            return label or ("@" + (group or target))
        return label or target


def _unstyled(text: str) -> str:
    for style in _STYLES:
        text = style.sub(r"\1", text)
    return text
