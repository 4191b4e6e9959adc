"""`services`: how all of them do, at a glance."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.domain.message import Content
from bot.domain.reads import ServiceList, ServiceRow
from bot.rendering.answers.pages import Grid, listed
from bot.rendering.cut import cut_line
from bot.rendering.escape import clean, code, one_line, person
from bot.rendering.longtext import with_block
from bot.rendering.words import age, counted, short

_HEAD = ("NAME", "HEALTH", "MODE", "REPLICAS", "IMAGE", "PORTS", "CHANGED", "ROLLOUT")
_LONGEST_ERROR = 160


def services(reply: ServiceList) -> Content:
    """Answer `services`. Who changed what stands below the columns: names are drawn there only."""
    if not reply.rows:
        return with_block("No services run here.", [], [], "services.txt")
    grid = Grid(head=_HEAD, rows=[_cells(row, reply.at) for row in reply.rows])

    def small(part: slice) -> list[str]:
        return [*_errors(reply.rows[part]), *_changes(reply.rows[part])]

    return listed(_top(reply.rows), grid, reply.asked, "services.txt", small)


def _top(rows: Sequence[ServiceRow]) -> str:
    looked_for = sum(row.health.needs_a_look for row in rows)
    drifted = sum(row.drift for row in rows)
    parts = [
        f"*{counted(len(rows), 'service')}*",
        f":warning: {looked_for} to look at" if looked_for else "",
        f"{drifted} drifted" if drifted else "",
    ]
    return ", ".join(part for part in parts if part)


def _cells(row: ServiceRow, at: datetime | None) -> tuple[object, ...]:
    words = row.health.words
    health = f"! {words}" if row.health.needs_a_look else words
    return (
        row.name,
        f"{health}, drift" if row.drift else health,
        row.mode,
        f"{row.running}/{row.wanted}",
        short(row.image),
        row.ports,
        f"{age(at - row.changed_at)} ago" if at and row.changed_at else "",
        row.rollout,
    )


def _errors(rows: Iterable[ServiceRow]) -> list[str]:
    return [
        f":warning: {code(row.name)} {one_line(row.health.words)}: "
        f"{code(cut_line(clean(row.health.why), _LONGEST_ERROR))}"
        for row in rows
        if row.health.needs_a_look and row.health.why
    ]


def _changes(rows: Iterable[ServiceRow]) -> list[str]:
    """Return who made what the services are now, one line for all."""
    by: dict[str, list[str]] = {}
    for row in rows:
        if row.changed_at is not None:
            by.setdefault(row.changed_by, []).append(code(row.name))
    told = [
        f"{person(who) if who else 'another tool'}: {', '.join(names)}" for who, names in by.items()
    ]
    return [f"Changed last by {' · '.join(told)}"] if told else []
