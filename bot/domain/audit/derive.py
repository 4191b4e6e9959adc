"""Which entries the records of one transaction owe: every transition has its word.

A record's state says what happened; who did it is whoever's request is in the same transaction (the
action that is carried out with it, the rollout that takes over), else who asked for the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.domain.approval.record import Approval, ApprovalState
from bot.domain.audit.entry import STEWARD, AuditDraft, What, audited
from bot.domain.audit.of_lock import of_lock
from bot.domain.audit.of_policy import of_policy
from bot.domain.change import Action, Change, ChangeKind, ChangeState
from bot.domain.lock.record import Lock
from bot.domain.policy_version import PolicyVersion
from bot.domain.request import Principal, Request
from bot.domain.rollout.glass import REVIEWERS, breakings_of
from bot.domain.rollout.record import Posting, Rollout, RolloutState
from bot.domain.rollout.standing import makes_current

_ASKED_FOR = (Rollout, Change, Action, Approval)
AUDITED = (*_ASKED_FOR, Lock, PolicyVersion)
"""The records whose transitions are audited; reads and messages are not."""

Record = Rollout | Change | Action | Approval

_R, _C = RolloutState, ChangeState
_WORDS = {_C.CONFIRMING: What.PLANNED, _C.APPLYING: What.STARTED, _C.RETURNING: What.DRAINED}
_DONE_WORDS = {
    (_C.APPLIED, ChangeKind.RM): What.REMOVED,
    (_C.APPLIED, ChangeKind.NODE_UPDATE): What.NODE_CHANGED,
    (_C.APPLIED, ChangeKind.NODE_RM): What.NODE_REMOVED,
    (_C.APPLIED, ChangeKind.NETWORK_CREATE): What.NETWORK_CREATED,
    (_C.APPLIED, ChangeKind.NETWORK_RM): What.NETWORK_REMOVED,
}


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A record as it was, None if it is new, and as it will be."""

    before: object | None
    after: object


def owed(
    moves: Sequence[Moved], said: Sequence[AuditDraft] = (), *, by_steward: bool = False
) -> tuple[AuditDraft, ...]:
    """Return the entries of a transaction.

    Args:
        moves: its records.
        said: what the use case says itself: merged with what is owed by the same record and word,
            else put first.
        by_steward: it is the steward that writes: what no person asked for in it, it saw itself.
    """
    requests = [r.after.request for r in moves if isinstance(r.after, _ASKED_FOR)]
    drafts = [draft for each in moves for draft in _of(each, requests, by_steward=by_steward)]
    theirs = {(draft.subject, draft.what): draft for draft in said}
    made = {(draft.subject, draft.what) for draft in drafts}
    alone = (draft for key, draft in theirs.items() if key not in made)
    return (*alone, *(_merged(d, theirs.get((d.subject, d.what))) for d in drafts))


def _merged(made: AuditDraft, said: AuditDraft | None) -> AuditDraft:
    if said is None:
        return made
    return replace(
        made,
        decision=said.decision or made.decision,
        result=said.result or made.result,
        target=said.target or made.target,
    )


def _of(moved: Moved, requests: Sequence[Request], *, by_steward: bool) -> Iterable[AuditDraft]:
    before, after = moved.before, moved.after
    if isinstance(after, Lock):
        yield from of_lock(before if isinstance(before, Lock) else None, after, requests)
    if isinstance(after, PolicyVersion):
        yield from of_policy(before if isinstance(before, PolicyVersion) else None, after)
    if not isinstance(after, _ASKED_FOR):
        return
    if before is not None and not isinstance(before, _ASKED_FOR):
        return
    others = [each for each in requests if each.id != after.request.id]
    for word, who in _words(before, after, others):
        asker = next((each for each in others if each.by.user == who), after.request)
        draft = audited(
            asker, word, subject=after.id, target=_target(after), result=_result(after, word)
        )
        draft = replace(draft, fingerprint=_fingerprint(after))
        if who:
            draft = replace(draft, who=Principal(team=draft.who.team, user=who))
        elif word == What.EXPIRED or (by_steward and before is not None):
            draft = replace(draft, source=STEWARD)
        yield draft


def _words(
    before: Record | None, after: Record, others: Sequence[Request]
) -> Iterable[tuple[str, str]]:
    """Yield what happened, with the user who did it; an empty one is who asked for the record."""
    if isinstance(after, Rollout):
        rollout = before if isinstance(before, Rollout) else None
        yield from _of_rollout(rollout, after, others)
        yield from _of_glass(rollout, after)
    elif isinstance(after, Change):
        change = before if isinstance(before, Change) else None
        yield from _of_change(change, after, others)
        yield from _of_glass(change, after)
    elif isinstance(after, Approval):
        yield from _of_approval(before if isinstance(before, Approval) else None, after)
    elif before is None or (isinstance(before, Action) and before.state is not after.state):
        yield after.state.value, ""


def _of_rollout(
    before: Rollout | None, after: Rollout, others: Sequence[Request]
) -> Iterable[tuple[str, str]]:
    if before is None:
        yield after.state.value, ""
        return
    # the blame stays in the record: it is about this transition if that person asks for it here
    who = next((each.by.user for each in others if each.by.user == after.blame), "")
    if before.state is not after.state:
        yield _step(before.state, after.state), who
    elif after.attempts > before.attempts:
        yield What.POSTING, who
    if _is_posted_now(before.posting, after.posting):
        yield What.POSTED, ""


def _is_posted_now(old: Posting | None, new: Posting | None) -> bool:
    """Return whether it became known that a posting was made; one put back in force was before."""
    if new is None or new.posted_at is None:
        return False
    return old is None or (old.posted_at is None and old.attempt == new.attempt)


def _step(old: RolloutState, new: RolloutState) -> str:
    if old is _R.PLANNED and new in {_R.PROGRESSING, _R.ROLLING_BACK}:
        return What.STARTED
    return What.RESUMED if new is _R.PROGRESSING else new.value


def _of_change(
    before: Change | None, after: Change, others: Sequence[Request]
) -> Iterable[tuple[str, str]]:
    state = after.state
    if before is None or state is not before.state:
        who = others[0].by.user if others else ""
        if state is _C.CANCELLED:
            yield (What.CANCELLED if who else What.EXPIRED), who
        elif before is not None and state is _C.APPLYING:
            confirmed = before.state is _C.CONFIRMING
            yield (What.CONFIRMED if confirmed else What.STARTED), who if confirmed else ""
        elif before is not None and (word := _of_drain(before, after)):
            acted = state in (_C.ABORTED, _C.DRAINING) and before.state is not _C.APPLYING
            yield word, who if acted else ""
        else:
            yield _WORDS.get(state) or _DONE_WORDS.get((state, after.kind)) or state.value, ""


def _of_drain(before: Change, after: Change) -> str:
    """Return the word of a drain's step: its node changes as it begins, and as it returns."""
    if after.state is _C.DRAINING:
        return What.RESUMED if before.state is _C.STALLED else What.NODE_CHANGED
    if after.state is _C.APPLIED and before.state in (_C.DRAINING, _C.STALLED):
        return What.DRAINED
    return What.ABORTED if after.state is _C.ABORTED else ""


def _of_glass(
    before: Rollout | Change | None, after: Rollout | Change
) -> Iterable[tuple[str, str]]:
    """Yield each time that rules were passed by, and who has looked at it since."""
    for broken in breakings_of(after)[len(breakings_of(before)) if before else 0 :]:
        yield What.GLASS_BROKEN, broken.by
    for user in after.reviews[len(before.reviews) if before else 0 :]:
        yield What.REVIEWED, user


def _of_approval(before: Approval | None, after: Approval) -> Iterable[tuple[str, str]]:
    if before is None:
        yield What.REQUESTED, ""
    for vote in after.votes[len(before.votes) if before else 0 :]:
        yield What.VOTED, vote.user
    if after.state is not (before.state if before else ApprovalState.PENDING):
        yield after.state.value, after.ended_by or ""


def _target(after: Record) -> str:
    return after.service if isinstance(after, Rollout | Action) else after.target


def _fingerprint(after: Record) -> str:
    if isinstance(after, Rollout):
        return after.plan.fingerprint if after.plan else ""
    return "" if isinstance(after, Action) else after.fingerprint


def _result(after: Record, word: str) -> str:
    if isinstance(after, Rollout | Change) and word in {What.GLASS_BROKEN, What.REVIEWED}:
        return breakings_of(after)[-1].reason if word == What.GLASS_BROKEN else _reviews(after)
    if isinstance(after, Rollout):
        return _result_of_rollout(after, word)
    if isinstance(after, Approval) and word == What.VOTED:
        vote = after.votes[-1]
        return "yes" if vote.yes else f"no: {vote.reason}"
    return after.reason


def _reviews(after: Rollout | Change) -> str:
    return f"{len(after.reviews)} of {REVIEWERS}"


def _result_of_rollout(after: Rollout, word: str) -> str:
    posting = after.posting
    if word in {What.POSTED, What.POSTING} and posting is not None:
        return f"{posting.purpose.value}, attempt {posting.attempt}"
    revision = makes_current(after)
    named = word in {What.PLANNED, What.COMPLETED, What.ROLLED_BACK} and revision is not None
    parts = (f"revision {revision}" if named else "", after.reason, after.left_behind)
    return "; ".join(part for part in parts if part)
