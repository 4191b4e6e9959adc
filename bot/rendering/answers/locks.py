"""The answer to `locks`."""

from bot.domain.lock import Lock
from bot.domain.message import Content
from bot.domain.reply import LockList
from bot.rendering import blocks
from bot.rendering.escape import clean, code, one_line, person
from bot.rendering.locks import named, reason
from bot.rendering.table import table
from bot.rendering.words import counted, moment

_MOST = 12


def locks(reply: LockList) -> Content:
    """List them, the oldest first: what, who, since and until when, why, who waits."""
    if not reply.locks:
        what = f"{code(reply.service)} is not locked." if reply.service else "Nothing is locked."
        return Content(text=what, blocks=(blocks.section(what),))
    of = f" on {code(reply.service)}" if reply.service else ""
    top = f"*{counted(len(reply.locks), 'lock')}*{of}"
    lines = [_line(one) for one in reply.locks[:_MOST]]
    left = len(reply.locks) - len(lines)
    told = [top, *lines, *([f"… {left} more in the file"] if left else [])]
    content = Content(text="\n".join(told), blocks=tuple(blocks.section(part) for part in told))
    if not left:
        return content
    return Content(
        text=content.text,
        blocks=content.blocks,
        file_name="locks.txt",
        file_text=_file(reply.locks),
    )


def _line(one: Lock) -> str:
    waiting = " ".join(person(each.user) for each in one.waiters)
    parts = [
        f":lock: {named(one)}",
        f"updates to revision {one.bad.number}" if one.bad else f"by {person(one.owner.user)}",
        f"since {moment(one.since)}",
        f"until {moment(one.until)}" if one.until else "",
        one_line(one.reason) if one.automatic else reason(one.reason),
        f"waiting: {waiting}" if waiting else "",
    ]
    return " · ".join(part for part in parts if part)


def _file(all_of_them: tuple[Lock, ...]) -> str:
    rows = [
        (
            one.id,
            one.scope.words,
            one.bad.number if one.bad else "",
            one.owner.user,
            moment(one.since),
            moment(one.until),
            clean(one.reason),
            " ".join(each.user for each in one.waiters),
        )
        for one in all_of_them
    ]
    head = ("LOCK", "OF", "REVISION", "BY", "SINCE", "UNTIL", "REASON", "WAITING")
    return "\n".join(table(head, rows)) + "\n"
