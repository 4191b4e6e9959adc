"""The chain: each entry's hash covers the entry and the hash before it, under a secret key.

    hash = HMAC-SHA256(key, prev_hash + canonical JSON of the entry without its hash)

The key is not in Redis, so who can write there can neither change an entry nor make one. What is
hashed is the bytes themselves: a blank more is a change, too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.domain.audit.entry import AuditDraft, AuditEntry, body, from_line

_HASH = b',"hash":"'
_TAIL = len(_HASH) + 64 + len(b'"}')
_KEY_ID = 8


@dataclass(frozen=True, kw_only=True)
class Head:
    """The last entry of a log; `seq` 0 with an empty hash is the beginning."""

    seq: int
    hash: str


GENESIS = Head(seq=0, hash="")


class Keys:
    """The keys by which entries are judged, by their names; the first one signs.

    A name is made from the key and tells nothing of it: after a change of the secret, old entries
    can still say which key they need.
    """

    def __init__(self, *keys: bytes) -> None:
        self._by_name: Mapping[str, bytes] = {name_of(key): key for key in keys}
        self.signing = keys[0]
        self.name = name_of(keys[0])

    def get(self, name: str) -> bytes | None:
        """Return the key of that name."""
        return self._by_name.get(name)


def name_of(key: bytes) -> str:
    """Return a key's name."""
    return hashlib.sha256(b"waggle: name of an audit key" + key).hexdigest()[:_KEY_ID]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Where a log is broken first, in words.

    Attributes:
        seq: the entry that is changed, missing or in the wrong place.
    """

    seq: int
    why: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a look at a whole log found.

    Attributes:
        head: the last genuine entry before the fault, or the last one of all.
        fault: None: unbroken.
    """

    head: Head
    fault: Fault | None = None


class _Claim(NamedTuple):
    """What an entry says of itself; `genuine` is None for a key that is not known."""

    seq: int = 0
    prev_hash: str = ""
    key: str = ""
    genuine: bool | None = False


def linked(
    drafts: Sequence[AuditDraft], head: Head, at: datetime, keys: Keys
) -> tuple[list[bytes], Head]:
    """Return the lines that continue a log, and its new head."""
    lines = []
    for draft in drafts:
        entry = AuditEntry(draft=draft, seq=head.seq + 1, at=at, key=keys.name, prev_hash=head.hash)
        text = body(entry)
        digest = _mac(keys.signing, head.hash, text)
        lines.append(text[:-1] + _HASH + digest.encode() + b'"}')
        head = Head(seq=entry.seq, hash=digest)
    return lines, head


def verify(lines: Iterable[bytes], keys: Keys, known: Iterable[Head] = ()) -> Verdict:
    """Return whether a log is whole, from its first entry on.

    Args:
        lines: oldest first.
        keys: those that entries may be signed with.
        known: entries that the log must contain; `seq` 0 where only the hash is known. Without any
            a cut end is a shorter log, and nothing shows it.
    """
    missing = {each.hash: each for each in known}
    rest, seq, last = iter(lines), 0, ""
    for line in rest:
        claim = _claim(line, keys)
        if not claim.genuine or claim.seq != seq + 1 or claim.prev_hash != last:
            head = Head(seq=seq, hash=last)
            return Verdict(head=head, fault=_fault(line, claim, head, rest))
        seq, last = seq + 1, _hash_in(line)
        if last in missing and missing[last].seq in {0, seq}:
            del missing[last]
    head = Head(seq=seq, hash=last)
    return Verdict(head=head, fault=next((_cut(head, each) for each in missing.values()), None))


def difference(copy: Iterable[bytes], log: Iterable[bytes]) -> Fault | None:
    """Return where a copy is not the log's beginning."""
    theirs = iter(log)
    for number, line in enumerate(copy, start=1):
        other = next(theirs, None)
        if other is None:
            why = f"the log ends at entry {number - 1}, but the copy has entry {number}"
            return Fault(seq=number, why=f"{why}{line_named(line)}: the log's end was cut")
        if other != line:
            named = line_named(line) or line_named(other)
            return Fault(seq=number, why=f"entry {number}{named} is not the same in the log")
    return None


def line_named(line: bytes) -> str:
    """Return what an entry says that it is, in parentheses; nothing when it cannot be read."""
    try:
        entry = from_line(line)
    except ValueError:
        return ""
    draft = entry.draft
    parts = (f"{entry.at:%Y-%m-%d %H:%M:%S} UTC", draft.what, draft.target, draft.subject)
    return f" ({', '.join(part for part in parts if part)})"


def _fault(line: bytes, claim: _Claim, head: Head, rest: Iterator[bytes]) -> Fault:
    due, named = head.seq + 1, line_named(line)
    if claim.genuine is None:
        why = f"entry {due}{named} is signed with another key ({claim.key}), which is not given"
    elif not claim.genuine:
        why = f"entry {due}{named} was changed"
    elif claim.seq > due:
        return _gap(due, claim.seq, rest)
    elif claim.seq < due:
        why = f"entry {claim.seq}{named} stands again after entry {head.seq}"
    else:
        why = f"entry {due}{named} does not continue entry {head.seq}: one of them was replaced"
    return Fault(seq=claim.seq if claim.genuine and claim.seq < due else due, why=why)


def _gap(due: int, found: int, rest: Iterable[bytes]) -> Fault:
    """Entries are missing here; whether they stand further on tells removed from reordered."""
    if any(_seq_in(line) == due for line in rest):
        return Fault(seq=due, why=f"entry {due} was moved: entry {found} stands in its place")
    if found == due + 1:
        return Fault(seq=due, why=f"entry {due} was removed")
    return Fault(seq=due, why=f"entries {due} to {found - 1} were removed")


def _cut(head: Head, known: Head) -> Fault:
    if known.seq > head.seq:
        why = f"the end was cut: entry {head.seq} is the last, but entry {known.seq} is known"
        return Fault(seq=head.seq + 1, why=why)
    if known.seq == 0:
        why = f"no entry has the hash {known.hash[:12]}…: the end was cut, or the log replaced"
        return Fault(seq=head.seq + 1, why=f"{why}; entry {head.seq} is the last")
    return Fault(seq=known.seq, why=f"entry {known.seq} has another hash than is known of it")


def _claim(line: bytes, keys: Keys) -> _Claim:
    try:
        found = json.loads(line)
        seq, prev, name = int(found["seq"]), str(found["prev_hash"]), str(found["key"])
    except (ValueError, KeyError, TypeError):
        return _Claim()
    key = keys.get(name)
    if key is None:
        return _Claim(seq, prev, name, None)
    made = _mac(key, prev, line[:-_TAIL] + b"}").encode()
    genuine = hmac.compare_digest(line[-_TAIL:], _HASH + made + b'"}')
    return _Claim(seq, prev, name, genuine)


def _hash_in(line: bytes) -> str:
    return line[-66:-2].decode("ascii", "replace")


def _seq_in(line: bytes) -> int:
    try:
        return int(json.loads(line)["seq"])
    except (ValueError, KeyError, TypeError):
        return 0


def _mac(key: bytes, prev_hash: str, text: bytes) -> str:
    return hmac.digest(key, prev_hash.encode() + text, "sha256").hex()
