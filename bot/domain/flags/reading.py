"""Rows of THE table that long or wide answers need: which page, which lines, how wide."""

from __future__ import annotations

import re

from bot.domain.finding import ANY, MOST
from bot.domain.flags.flag import Flag
from bot.domain.flags.kinds import BOOL, BadValue, Kind
from bot.domain.flags.verb import Verb

PAGED = (
    Verb.SERVICES,
    Verb.PS,
    Verb.NODES,
    Verb.NODE_PS,
    Verb.NETWORK_LS,
    Verb.SECRET_LS,
    Verb.CONFIG_LS,
    Verb.STACK_LS,
    Verb.STACK_SERVICES,
    Verb.STACK_PS,
    Verb.HISTORY,
    Verb.TAGS,
)
"""Verbs whose answers have pages."""


def _page(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise BadValue("this is not the number of a page", "Pages are counted from 1.")
    return int(text)


def _pattern(text: str) -> str:
    if not text.strip().strip(ANY):
        raise BadValue("there is nothing to look for", "For example `--grep 'connection refused'`.")
    if len(text) > MOST:
        raise BadValue(f"it has {len(text)} characters; {MOST} is the most")
    return text


PAGE = Kind("N", _page)
PATTERN = Kind("TEXT", _pattern)

READING = (
    Flag("page", PAGE, PAGED, "Which page of a long list", option="page"),
    Flag("grep", PATTERN, (Verb.LOGS,), "Only lines with this text; * is anything", option="grep"),
    Flag(
        "no-trunc",
        BOOL,
        (Verb.PS, Verb.NODE_PS, Verb.STACK_PS),
        "Whole ids, images and errors",
        option="no_trunc",
    ),
)
