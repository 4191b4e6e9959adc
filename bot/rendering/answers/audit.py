"""The audit log: entries, newest first; and its head, said once a day."""

from collections.abc import Sequence

from bot.domain.audit import STEWARD, AuditEntry, Head
from bot.domain.message import Content
from bot.domain.reply import AuditList
from bot.rendering import blocks
from bot.rendering.cut import cut_line
from bot.rendering.escape import clean, code, escape, naming, one_line, person
from bot.rendering.table import table
from bot.rendering.words import moment, short

_MOST = 12
_SHOWN_RESULT = 200
_SHOWN_LINE = 300
AUDIT = "waggle_audit"


def entries(reply: AuditList) -> Content:
    """Answer `audit`; what is too long comes as a file."""
    of = f" {naming(escape(reply.of), None)}" if reply.of else ""
    if not reply.entries:
        return _listed(f"No audit entries{of}.", [], reply.head)
    top = f"*Audit log*{of}, newest first"
    lines = [_entry(each) for each in reply.entries[:_MOST]]
    left = len(reply.entries) - len(lines)
    is_cut = any(len(each.draft.line) > _SHOWN_LINE for each in reply.entries)
    if not left and not is_cut:
        return _listed(top, lines, reply.head)
    more = "; there are more: `waggle audit export` has all" if reply.more else ""
    rest = f"… {left:,} older ones in the file{more}" if left else "the file has long lines whole"
    content = _listed(top, [*lines, rest], reply.head)
    return Content(
        text=content.text,
        blocks=content.blocks,
        file_name="audit.txt",
        file_text=_file(reply.entries),
    )


def head(at: Head, day: str) -> Content:
    """Return the message that makes a cut end of the log visible.

    Args:
        at: the last entry.
        day: the day on which it is said, as 2026-11-23.
    """
    verify = f"waggle audit verify --head {at.hash}"
    lines = (
        f"*Audit log* on {day}: entry *{at.seq:,}* is the last one.",
        f"Its hash is {code(at.hash)}.",
        f"{code(verify)} tells later whether anything up to here was changed, removed or cut.",
    )
    return Content(
        text="\n".join(lines),
        blocks=(blocks.section("\n".join(lines)),),
        metadata={"event_type": AUDIT, "event_payload": {"seq": at.seq, "hash": at.hash}},
    )


def _listed(top: str, lines: Sequence[str], at: Head) -> Content:
    small = f"last entry {at.seq:,}, {code(at.hash[:12])}" if at.seq else "the log is empty"
    parts = (top, *lines)
    made = (*(blocks.section(part) for part in parts), blocks.context([small]))
    return Content(text="\n".join([*parts, small]), blocks=made)


def _entry(entry: AuditEntry) -> str:
    draft = entry.draft
    said = draft.decision
    rule = f"{said.outcome.replace('_', ' ')} by {one_line(said.rule)}" if said else ""
    parts = (
        f"{entry.seq}",
        moment(entry.at),
        f"*{one_line(draft.what.replace('_', ' '))}*",
        code(draft.target),
        _who(entry),
        code(cut_line(draft.line, _SHOWN_LINE)),
        naming(one_line(short(draft.result))[:_SHOWN_RESULT], None),
        rule if said and said.rule else "",
        code(draft.subject),
    )
    return " · ".join(part for part in parts if part)


def _who(entry: AuditEntry) -> str:
    draft = entry.draft
    if not draft.who.user:
        return one_line(draft.source)
    if draft.source == STEWARD:
        return f"seen by the steward, for {person(draft.who.user)}"
    return f"by {person(draft.who.user)} ({one_line(draft.source)})"


def _file(all_of_them: Sequence[AuditEntry]) -> str:
    rows = [
        (
            each.seq,
            moment(each.at),
            each.draft.what,
            each.draft.target,
            each.draft.who.user,
            each.draft.source,
            each.draft.place,
            each.draft.subject,
            clean(each.draft.line),
            clean(each.draft.result),
            each.draft.decision.rule if each.draft.decision else "",
        )
        for each in all_of_them
    ]
    columns = ("ENTRY", "AT", "WHAT", "TARGET", "BY", "SOURCE", "CHANNEL", "RECORD", "LINE")
    return "\n".join(table((*columns, "RESULT", "RULE"), rows)) + "\n"
