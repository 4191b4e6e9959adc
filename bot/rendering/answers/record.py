"""What Waggle keeps: a service's revisions, what differs between two, the rollouts."""

from collections.abc import Sequence

from bot.domain.change import Change
from bot.domain.message import Content
from bot.domain.page import ROWS
from bot.domain.reply import HistoryList, RevisionDiff, RolloutList
from bot.domain.revision import History, Mark, RevisionEntry
from bot.domain.rollout.record import Rollout
from bot.domain.rollout.state import LIVE
from bot.domain.typed import typed
from bot.rendering import blocks
from bot.rendering.answers.pages import page_in, with_pages
from bot.rendering.change import EMOJI as STATES
from bot.rendering.diffs import diff_lines
from bot.rendering.drain import figures
from bot.rendering.escape import clean, code, one_line, person
from bot.rendering.longtext import with_block
from bot.rendering.phrases import count, timing
from bot.rendering.table import table
from bot.rendering.words import EMOJI, counted, moment, public_state, short, state_words, titled

_MOST = 12
MARKS = {Mark.GOOD: "good", Mark.BAD: "bad", Mark.UNKNOWN: "not judged"}


def history(reply: HistoryList) -> Content:
    """Answer `history`: newest first. Lines, not a table: names are drawn in lines only."""
    entries = list(reversed(reply.history.entries))
    if not entries:
        return _listed(f"No revisions of {code(reply.history.service)} yet.", [])
    current = reply.history.current
    top = f"*Revisions of* {code(reply.history.service)}, newest first; current is {current or '–'}"
    top = "\n".join([top, *([_drift(reply.history)] if reply.drift else [])])
    page = page_in(len(entries), reply.asked)
    lines = [_revision(entry, current) for entry in (page.of(entries) if page else entries)]
    if len(lines) <= ROWS:
        return with_pages(_listed(top, lines), page, reply.asked)
    content = _listed(top, [*lines[:ROWS], f"… {len(lines) - ROWS} older ones in the file"])
    return Content(
        text=content.text,
        blocks=content.blocks,
        file_name=f"{reply.history.service}-history.txt",
        file_text=_history_file(entries, current),
    )


def difference(reply: RevisionDiff) -> Content:
    """Answer `diff A B`; the number 0 stands for what runs now."""
    new = reply.new or "what runs now"
    top = f"{code(reply.service)}: revision {reply.old} → {new}"
    if not reply.changes:
        return with_block(f"{top}: no difference.", [], [], "diff.txt")
    name = f"{reply.service}-{reply.old}-{reply.new or 'live'}.diff.txt"
    return with_block(top, diff_lines(reply.changes), [], name)


def rollouts(reply: RolloutList) -> Content:
    """Answer `rollouts`: the live ones first, as they come."""
    if not reply.rollouts and not reply.drains:
        return _listed("No rollouts yet.", [])
    live = sum(public_state(one) in LIVE for one in reply.rollouts)
    drains = [_drain(one) for one in reply.drains[:_MOST]]
    if more := len(reply.drains) - len(drains):
        drains.append(f"… and {counted(more, 'node')} more that are being emptied")
    top = f"*Rollouts*, {live} live." if reply.rollouts else "No rollouts yet."
    top += f" *Drains* under way: {len(reply.drains)}." if drains else ""
    lines = [*drains, *(_rollout(one) for one in reply.rollouts[:_MOST])]
    left = len(reply.rollouts[_MOST:])
    if not left:
        return _listed(top, lines)
    content = _listed(top, [*lines, f"… {left} more in the file"])
    return Content(
        text=content.text,
        blocks=content.blocks,
        file_name="rollouts.txt",
        file_text=_rollouts_file(reply.rollouts),
    )


def _listed(top: str, lines: Sequence[str]) -> Content:
    """One section a line: a line may be long, and a section holds 3,000 characters."""
    return Content(
        text="\n".join([top, *lines]), blocks=tuple(blocks.section(part) for part in (top, *lines))
    )


def _drift(history: History) -> str:
    compare = code(typed(f"diff {history.service} {history.current}", history.cluster))
    return f":warning: What runs now is not the current revision: {compare} shows what differs."


def _revision(entry: RevisionEntry, current: int) -> str:
    who = "found, made by another tool" if entry.found else f"by {person(entry.actor)}"
    parts = [
        f"{'→ ' if entry.number == current else ''}*{entry.number}* {MARKS[entry.mark]}",
        code(short(entry.image)),
        one_line(short(entry.summary)),
        who,
        moment(entry.at),
        f"“{one_line(entry.reason)}”" if entry.reason else "",
    ]
    return " · ".join(part for part in parts if part)


def _history_file(entries: Sequence[RevisionEntry], current: int) -> str:
    rows = [
        (
            "→" if entry.number == current else "",
            entry.number,
            MARKS[entry.mark],
            moment(entry.at),
            entry.actor or "found",
            entry.image,
            entry.summary,
            entry.reason,
        )
        for entry in entries
    ]
    head = ("", "REVISION", "MARK", "AT", "BY", "IMAGE", "SUMMARY", "REASON")
    return "\n".join(table(head, rows)) + "\n"


def _rollout(one: Rollout) -> str:
    state = public_state(one)
    parts = [
        f"{EMOJI[state]} *{state_words(state)}* {one_line(titled(one))}",
        count(one) if one.progress else "",
        timing(one),
        f"by {person(one.request.by.user)}",
        moment(one.started_at or one.request.accepted_at),
        code(one.id),
    ]
    return " · ".join(part for part in parts if part)


def _drain(one: Change) -> str:
    """Tell of a node that is being emptied: how far, by whom, since when."""
    drain = one.drain
    began = (drain.began_at if drain else None) or one.request.accepted_at
    parts = [
        f"{STATES[one.state]} *{one.state.value}* node {code(one.target)}",
        figures(drain) if drain else "",
        f"by {person(one.request.by.user)}",
        f"since {moment(began)}",
        code(one.id),
    ]
    return " · ".join(part for part in parts if part)


def _rollouts_file(all_of_them: Sequence[Rollout]) -> str:
    rows = [
        (
            one.id,
            public_state(one).value,
            one.kind.value,
            one.service,
            count(one) if one.progress else "",
            one.request.by.user,
            moment(one.started_at or one.request.accepted_at),
            clean(one.reason),
        )
        for one in all_of_them
    ]
    head = ("ROLLOUT", "STATE", "KIND", "SERVICE", "PROGRESS", "BY", "AT", "REASON")
    return "\n".join(table(head, rows)) + "\n"
