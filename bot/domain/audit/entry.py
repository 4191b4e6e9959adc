"""One entry, before it is in the log (a draft) and after, and its canonical JSON.

An entry holds ids and sentences that others may read: no env values, no secrets, and of typed text
only the line as it is shown to others.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from bot.domain.policy import Decision
from bot.domain.request import Principal, Request

LONGEST = 500
"""Characters of a rule's name or of one of its reasons; what is longer is cut and ends in `…`."""

LONGEST_LINE = 8_000
"""The same of a typed line, which stands whole: it has 4,000, and more when it is quoted anew."""

LONGEST_RESULT = 4_000
"""The same of what came of it: the reason of a no is a part of the line."""

STEWARD = "steward"
"""As `source`: nobody typed or clicked; Waggle saw it, on behalf of who asked."""

FILE = "file"
"""As `source`: the policy file is another one now; nobody knows who has written it."""

CLI = "cli"
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_GLASS_BROKEN = "the glass is broken: approvals, freezes, limits and locks are passed by"


class What(StrEnum):
    """What happened. A state of a record that is not here is its own word."""

    ACCEPTED = "accepted"
    DENIED = "denied"
    REFUSED = "refused"
    PLANNED = "planned"
    SHOWN = "shown"
    UNCHANGED = "unchanged"
    STARTED = "started"
    POSTING = "posting"
    POSTED = "posted"
    PAUSED = "paused"
    STALLED = "stalled"
    RESUMED = "resumed"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    COMPLETED = "completed"
    FAILED = "failed"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"
    CONFIRMED = "confirmed"
    DONE = "done"
    REQUESTED = "requested"
    VOTED = "voted"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    VOID = "void"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    GLASS_BROKEN = "glass_broken"
    REVIEWED = "reviewed"
    REMOVED = "removed"
    NODE_CHANGED = "node_changed"
    DRAINED = "drained"
    NODE_REMOVED = "node_removed"
    NETWORK_CREATED = "network_created"
    NETWORK_REMOVED = "network_removed"
    POLICY_CHANGED = "policy_changed"
    POLICY_REFUSED = "policy_refused"


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What the rules said.

    Attributes:
        outcome: `allow`, `require_approval` or `deny`.
        rule: the line of the policy that decided.
        policy: hash of the rules that decided; empty in entries from before it was kept.
    """

    outcome: str
    rule: str = ""
    reasons: tuple[str, ...] = ()
    policy: str = ""


@dataclass(frozen=True, kw_only=True)
class AuditDraft:
    """An entry without its place in the log.

    Attributes:
        what: a word of `What`, or a record's state.
        source: how it came in: slash, mention, button, modal, cli, steward, or file.
        place: the channel's id.
        subject: the record's id; empty where there is none.
        target: service, node, network, or what else it is about.
        line: what was typed, as it may be shown to others.
        fingerprint: of the plan.
        result: what came of it, in words.
    """

    what: str
    cluster: str
    who: Principal
    source: str
    place: str = ""
    subject: str = ""
    target: str = ""
    line: str = ""
    decision: Ruling | None = None
    fingerprint: str = ""
    result: str = ""


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """An entry in its place.

    Attributes:
        seq: from 1, without gaps.
        at: when it was written, aware UTC.
        key: which key made the hash (see `Keys`).
        prev_hash: the hash of the entry before; empty for the first.
    """

    draft: AuditDraft
    seq: int
    at: datetime
    key: str
    prev_hash: str
    hash: str = ""


def ruling(decision: Decision) -> Ruling:
    """Return a decision as it stands in an entry."""
    reasons = (*decision.reasons, _GLASS_BROKEN) if decision.glass_broken else decision.reasons
    return Ruling(
        outcome=decision.outcome.value,
        rule=decision.rule,
        reasons=reasons,
        policy=decision.policy,
    )


def audited(
    request: Request,
    what: str,
    *,
    subject: str = "",
    target: str = "",
    decision: Decision | None = None,
    result: str = "",
) -> AuditDraft:
    """Return an entry about what a person asked for; `subject` is the request's id unless given."""
    return AuditDraft(
        what=what,
        cluster=request.cluster,
        who=request.by,
        source=request.source.value,
        place=request.place.channel,
        subject=subject or request.id,
        target=target,
        line=request.line,
        decision=ruling(decision) if decision else None,
        result=result,
    )


def body(entry: AuditEntry) -> bytes:
    """Return the canonical JSON of all but the hash: sorted keys, no blanks, ASCII."""
    draft = entry.draft
    document = {
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "cluster": draft.cluster,
        "who": {"team": draft.who.team, "user": draft.who.user},
        "source": draft.source,
        "place": draft.place,
        "what": draft.what,
        "subject": draft.subject,
        "target": draft.target,
        "line": _cut(draft.line, LONGEST_LINE),
        "decision": _decision(draft.decision),
        "fingerprint": draft.fingerprint,
        "result": _cut(draft.result, LONGEST_RESULT),
        "key": entry.key,
        "prev_hash": entry.prev_hash,
    }
    return _CANONICAL.encode(document).encode()


def _decision(said: Ruling | None) -> dict[str, Any] | None:
    if said is None:
        return None
    return {
        "outcome": said.outcome,
        "rule": _cut(said.rule, LONGEST),
        "reasons": [_cut(reason, LONGEST) for reason in said.reasons],
        "policy": said.policy,
    }


def _cut(text: str, most: int) -> str:
    """Bound a text, so that no entry can fill the log; a cut one says that it is."""
    return text if len(text) <= most else text[: most - 1] + "…"


def from_line(line: bytes) -> AuditEntry:
    """Return the entry of a line of the log; whether it is genuine is `verify`'s business.

    Raises:
        ValueError: it is no entry.
    """
    try:
        return _read(json.loads(line))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no entry: {error}") from error


def _read(found: dict[str, Any]) -> AuditEntry:
    said = found["decision"]
    draft = AuditDraft(
        what=str(found["what"]),
        cluster=str(found["cluster"]),
        who=Principal(team=str(found["who"]["team"]), user=str(found["who"]["user"])),
        source=str(found["source"]),
        place=str(found["place"]),
        subject=str(found["subject"]),
        target=str(found["target"]),
        line=str(found["line"]),
        decision=said
        and Ruling(
            outcome=str(said["outcome"]),
            rule=str(said["rule"]),
            reasons=tuple(map(str, said["reasons"])),
            policy=str(said.get("policy", "")),
        ),
        fingerprint=str(found["fingerprint"]),
        result=str(found["result"]),
    )
    return AuditEntry(
        draft=draft,
        seq=int(found["seq"]),
        at=datetime.fromisoformat(found["at"]),
        key=str(found["key"]),
        prev_hash=str(found["prev_hash"]),
        hash=str(found["hash"]),
    )
