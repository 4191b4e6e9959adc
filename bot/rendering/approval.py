"""The one message of a request for approval, edited at every vote, and what its thread says."""

from collections.abc import Iterator
from datetime import datetime

from bot.domain.approval import Approval, ApprovalNote, ApprovalState
from bot.domain.approval.note import SHOWN_CHANGES, SHOWN_VALUE, is_cut
from bot.domain.message import Content
from bot.domain.policy import ApprovalRule, Members
from bot.domain.typed import typed
from bot.rendering import blocks, metadata
from bot.rendering import drain as drains
from bot.rendering.buttons import approval_buttons
from bot.rendering.cut import cut_line
from bot.rendering.diffs import diff_lines, headline, shortened, whole_lines
from bot.rendering.escape import (
    clean,
    code,
    fence,
    group,
    link,
    naming,
    one_line,
    person,
)
from bot.rendering.longtext import with_block
from bot.rendering.phrases import asked_reason, under
from bot.rendering.words import counted, moment, short

_S = ApprovalState
_IN_LINE = 3
_LONGEST_REASON = 500
_NOTHING = "Nothing was changed."
_MOVED = "Void: what was approved is not what would run now."
_BARRED = "Void: it was approved, but it cannot run now."
_MORE = "Not all of it fits here: the thread has it in full."
_HEAD = {
    _S.PENDING: ":raised_hand: approval wanted",
    _S.APPROVED: ":white_check_mark: approved",
    _S.REJECTED: ":no_entry: rejected",
    _S.EXPIRED: ":hourglass: expired",
    _S.CANCELLED: ":octagonal_sign: cancelled",
    _S.VOID: ":twisted_rightwards_arrows: void",
}
_WHAT = {
    "rollback": "rollback of",
    "rm": "remove service",
    "node_update": "update node",
    "node_rm": "remove node",
    "network_create": "create network",
    "network_rm": "remove network",
}


def request(approval: Approval, command: str) -> Content:
    """Return text, blocks and metadata for the request as it stands."""
    first, diff = _change(approval)
    paragraphs = [
        _asks(approval),
        "\n".join(part for part in (first, _digests(approval)) if part),
        drains.warned(approval.warnings),
        _blast(approval),
        "\n".join(f"Past a limit: {one_line(each)}" for each in approval.beyond),
        _votes(approval),
        _end(approval),
    ]
    head = f"{_HEAD[approval.state]} · {one_line(title(approval))}"
    small = _small(approval)
    said = [part for part in (*paragraphs, diff) if part]
    return Content(
        text="\n".join([head, *said, small, *_advice(approval, command)]),
        blocks=(
            blocks.header(head),
            *(blocks.section(part) for part in said),
            blocks.context([small]),
            *approval_buttons(approval),
        ),
        metadata=metadata.of_approval(approval),
    )


def note(approval: Approval, kind: ApprovalNote) -> Content:
    """Return a message for its thread."""
    data = metadata.of_approval_note(approval, kind)
    if kind is ApprovalNote.DETAILS:
        name = f"{approval.id}-diff.txt"
        top = f"All of it: {_title(approval)}"
        return with_block(top, _details(approval), [], name, metadata=data)
    text = _reminder(approval) if kind is ApprovalNote.REMINDER else _ended(approval)
    return Content(text=text, blocks=(blocks.section(text),), metadata=data)


def _details(approval: Approval) -> list[str]:
    line = clean(approval.request.line)
    typed = [f"typed: {line}"] if len(line) > SHOWN_VALUE else []
    return [*typed, *whole_lines(approval.changes)]


def title(approval: Approval) -> str:
    """Return `update web`, `remove service web`, … (raw: escape it)."""
    return f"{_WHAT.get(approval.kind, approval.kind)} {approval.target}"


def _title(approval: Approval) -> str:
    return f"*{one_line(title(approval))}* (cluster {one_line(approval.cluster)})"


def _asks(approval: Approval) -> str:
    asked = approval.request
    reason = asked_reason(asked)
    asks = "asks" if approval.state is _S.PENDING else "asked"
    first = f"{person(asked.by.user)} {asks} to {_title(approval)}"
    first += f" in {one_line(approval.environment)}"
    return f"{first}{f': “{reason}”' if reason else ''}\n{code(asked.line)}"


def _change(approval: Approval) -> tuple[str, str]:
    """Old → new in a line, or the diff when a line cannot hold it."""
    more = _MORE if is_cut(approval) else ""
    if len(approval.changes) <= _IN_LINE:
        return "\n".join(part for part in (headline(approval.changes), more) if part), ""
    lines = diff_lines(approval.changes)
    return more, fence(shortened(lines, SHOWN_CHANGES, "in the thread"))


def _digests(approval: Approval) -> str:
    old, new = approval.digest_old, approval.digest_new
    if not new or old == new:
        return ""
    return f"digest {code(_figure(old))} → {code(_figure(new))}"


def _figure(digest: str) -> str:
    return digest.rpartition(":")[2][:12] or "unknown"


def _blast(approval: Approval) -> str:
    """Say what it touches, as it was when people were asked."""
    blast = approval.blast
    parts = []
    if blast.tasks:
        on = f" on {', '.join(map(code, blast.nodes))}" if blast.nodes else ""
        parts.append(f"{counted(blast.tasks, 'task')}{on}")
    parts += [f"shared {one_line(each)}" for each in blast.shared]
    return f"Touches {'; '.join(parts)}" if parts else ""


def _votes(approval: Approval) -> str:
    lines = [f"✓ {person(vote.user)}" for vote in approval.votes if vote.yes]
    told = f"{len(lines)} of {approval.rule.required} have said yes"
    if lines:
        told += f": {', '.join(lines)}"
    if approval.state is not _S.PENDING:
        return told
    required, called = approval.rule.required, approval.called_in
    whom = f"those whom {code(called)} has called" if called else ""
    people = _approvers(approval.rule, calls=not called)
    return f"Needs the yes of {required} of{f' {whom}' if whom else ''}: {people}\n{told}"


def _approvers(rule: ApprovalRule, *, calls: bool = True) -> str:
    """Name who may say yes; of a change between environments, who counts in each.

    Args:
        rule: the one that asks.
        calls: by mentions, which notify; else by ids, which call nobody.
    """
    lists = (rule.approvers, *rule.also)
    return ", each also one of: ".join(_people(each, calls=calls) for each in lists)


def _people(members: Members, *, calls: bool) -> str:
    if members.everyone:
        return "everybody but who asks"
    of_group, of_person = (group, person) if calls else (code, code)
    named = [of_person(user) for user in sorted(members.users)]
    return ", ".join([*(of_group(each) for each in sorted(members.groups)), *named])


def _end(approval: Approval) -> str:
    """Say how it ended, and what that means; nothing while it is pending."""
    end = _ENDS.get(approval.state)
    return end(approval) if end else ""


def _approved(approval: Approval) -> str:
    return f"Approved: it runs as {_subject(approval)}."


def _rejected(approval: Approval) -> str:
    return f"{person(approval.ended_by)} said no{_why(approval)} {_NOTHING}"


def _expired(approval: Approval) -> str:
    del approval
    return f"The time is over, and not enough people have said yes. {_NOTHING}"


def _subject(approval: Approval) -> str:
    return (
        link(approval.subject_link, approval.subject)
        if approval.subject_link
        else code(approval.subject)
    )


def _why(approval: Approval) -> str:
    reason = one_line(cut_line(clean(approval.reason), _LONGEST_REASON))
    return f": “{reason}”." if reason else "."


def _cancelled(approval: Approval) -> str:
    if approval.ended_by is None:
        return f"Called off{_why(approval)} {_NOTHING}"
    return f"Cancelled by {person(approval.ended_by)}. {_NOTHING}"


def _void(approval: Approval) -> str:
    """Say what has moved or is in the way, and what became of it since."""
    lines = [f"• {hurdle(approval, each)}" for each in approval.moved]
    name = approval.again_asked or approval.again
    again = f"Planned again as {code(name)}." if name else ""
    first = _BARRED if approval.barred else _MOVED
    return "\n".join(part for part in (first, *lines, _NOTHING, again) if part)


def hurdle(approval: Approval, sentence: str) -> str:
    """Return one of the reasons why it is void; whom the sentence is about stands by name."""
    people = {approval.request.by.user, *approval.yes, *approval.named}
    return naming(one_line(sentence), people)


_ENDS = {
    _S.APPROVED: _approved,
    _S.REJECTED: _rejected,
    _S.EXPIRED: _expired,
    _S.CANCELLED: _cancelled,
    _S.VOID: _void,
}


def _small(approval: Approval) -> str:
    pending = approval.state is _S.PENDING
    parts = [
        f"expires {when(approval.expires_at)}" if pending else f"ended {when(approval.ended_at)}",
        f"asked for by {code(approval.rule_name)}",
        f"plan {code(approval.fingerprint[:12])}",
        under(approval.policy_hash),
        code(approval.id),
    ]
    if not pending or approval.subject_link:
        parts.append(_subject(approval))
    return " · ".join(part for part in parts if part)


def when(at: datetime | None) -> str:
    """Return a time as each reader's clock shows it, with UTC for who cannot see that."""
    if at is None:
        return "–"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time_secs}}|{moment(at)}>"


def _advice(approval: Approval, command: str) -> Iterator[str]:
    if approval.state is not _S.PENDING:
        return
    ways = (
        (f"approve {approval.id}", "say yes"),
        (f"reject {approval.id} REASON", "say no"),
        (f"cancel {approval.id}", "withdraw it"),
    )
    for line, what in ways:
        yield f"{code(typed(f'{command} {line}', approval.cluster))} – {what}"


def _reminder(approval: Approval) -> str:
    missing = approval.rule.required - len(approval.yes)
    return (
        f"{_approvers(approval.rule)}: {_title(approval)} still waits for "
        f"{missing} yes, until {when(approval.expires_at)}."
    )


def _ended(approval: Approval) -> str:
    """Mention who asked: edits of the request notify nobody."""
    who = person(approval.request.by.user)
    return f"{who} {_title(approval)}: {short(_end(approval))}"
