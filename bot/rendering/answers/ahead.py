"""What is to come: the freezes."""

from datetime import datetime

from bot.domain.message import Content
from bot.domain.policy import Window
from bot.domain.reply import FreezeList
from bot.rendering import blocks
from bot.rendering.escape import code, one_line
from bot.rendering.words import OPEN_POLICY, counted

_ON, _TO_COME = ":snowflake:", ":calendar:"


def freezes(reply: FreezeList) -> Content:
    """Answer `freezes`: two lines a window, by when they begin."""
    days = counted(reply.ahead.days, "day")
    if reply.open_policy:
        return _listed([f"Nothing is frozen ({OPEN_POLICY})."])
    if not reply.windows:
        return _listed([f"Nothing is frozen, now or in the next {days}."])
    on = sum(window.holds(reply.at) for window in reply.windows)
    top = f"*Freezes* in the next {days}, {on or 'none'} on now"
    lines = [_window(window, reply.at) for window in reply.windows]
    rest = [f"… and {reply.more:,} more"] if reply.more else []
    return _listed([top, *lines, *rest])


def _listed(lines: list[str]) -> Content:
    return Content(text="\n".join(lines), blocks=tuple(blocks.section(line) for line in lines))


def _window(window: Window, now: datetime) -> str:
    mark, state = (_ON, " *on now*") if window.holds(now) else (_TO_COME, "")
    there = window.there
    local = f" ({_day(there.begins)} – {_day(there.ends)} {one_line(there.zone)})" if there else ""
    passes = ", ".join(sorted(window.passes)) or "nothing"
    parts = [
        f"{mark} {code(window.environment)}{state}",
        f"“{one_line(window.reason)}”" if window.reason else "",
        f"passes: {passes}",
    ]
    first = " · ".join(part for part in parts if part)
    return f"{first}\n{_day(window.begins)} – {_day(window.ends)} UTC{local}"


def _day(at: datetime) -> str:
    return f"{at:%a %Y-%m-%d %H:%M}"
