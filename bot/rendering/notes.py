"""The thread of a rollout: one message an event."""

from bot.domain.message import Content
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.record import Rollout, RolloutState
from bot.rendering import blocks, metadata, phrases
from bot.rendering.diffs import diff_lines
from bot.rendering.endings import ending
from bot.rendering.escape import code, fence, one_line, person
from bot.rendering.glass import broken
from bot.rendering.longtext import with_block
from bot.rendering.slots import slot_lines
from bot.rendering.words import EMOJI, OPEN_POLICY, bar, public_state, span, state_words

_WITH_FAILURE = frozenset({RolloutState.FAILED, RolloutState.ROLLED_BACK})


def note(rollout: Rollout, what: Note, command: str, *, open_policy: bool) -> Content:
    """Return one thread message; the broadcast ones can be understood alone."""
    data = metadata.of_note(rollout, what)
    if what.kind is NoteKind.STARTED:
        return with_block(*_started(rollout, open_policy=open_policy), metadata=data)
    paragraphs = _TELL[what.kind](rollout, command)
    text = "\n".join(part for part in paragraphs if part)
    sections = tuple(blocks.section(part) for part in paragraphs if part)
    return Content(text=text, blocks=sections, metadata=data)


def _started(rollout: Rollout, *, open_policy: bool) -> tuple[str, list[str], list[str], str]:
    """Return what is done, the whole diff, the small print, and a name for a file of it."""
    plan = rollout.plan
    reason = phrases.asked_reason(rollout.request)
    top = [
        broken(rollout),
        f"{subject_with_requester(rollout)}" + (f": “{reason}”" if reason else ""),
        code(rollout.request.line),
    ]
    small = [f":warning: {one_line(warning)}" for warning in (plan.warnings if plan else ())]
    print_ = [
        f"plan {code(plan.fingerprint[:12])}" if plan and plan.fingerprint else "",
        phrases.under(plan.policy_hash) if plan else "",
        phrases.revisions(rollout),
        f"stalled after {span(rollout.deadline)} without progress",
    ]
    small.append(" · ".join(part for part in print_ if part))
    small += [OPEN_POLICY] if open_policy else []
    lines = diff_lines(plan.changes) if plan else []
    return "\n".join(part for part in top if part), lines, small, f"{rollout.id}-diff.txt"


def subject_with_requester(rollout: Rollout) -> str:
    """Return `update web (cluster default), asked by @ann`."""
    return f"{phrases.subject(rollout)}, asked by {person(rollout.request.by.user)}"


def _progress(rollout: Rollout, command: str) -> list[str]:
    del command
    progress = rollout.progress
    if progress is None:
        return ["Nothing to see yet."]
    facts = [
        f"{bar(progress.updated, progress.total)}  {phrases.count(rollout)}",
        phrases.waiting(rollout),
        phrases.timing(rollout),
    ]
    target = _target_image(rollout)
    rows = [fence(slot_lines(progress.slots, target))] if progress.slots else []
    return [" · ".join(fact for fact in facts if fact), *rows]


def _target_image(rollout: Rollout) -> str:
    changes = rollout.plan.changes if rollout.plan else ()
    return next((change.new or "" for change in changes if change.path == "image"), "")


def _asks_for_people(rollout: Rollout, command: str) -> list[str]:
    """Paused or stalled: what, why, its own words, what one can do."""
    state = public_state(rollout)
    first = f"{EMOJI[state]} {phrases.subject(rollout)} is {state_words(state)}"
    first += f" at {phrases.count(rollout)}."
    trouble = [phrases.why(rollout)]
    if state is RolloutState.STALLED:
        trouble.append(phrases.waiting(rollout))
    if rollout.failure:
        trouble.append(phrases.failing(rollout.failure))
    ways = phrases.advice(rollout, command)
    return [
        "\n".join([first, *(line for line in trouble if line)]),
        *phrases.last_words(rollout, command),
        "\n".join(["Buttons are on the rollout's message; or type:", *ways]) if ways else "",
    ]


def _failing(rollout: Rollout, command: str) -> list[str]:
    if rollout.failure is None:
        return [f"A task of {phrases.subject(rollout)} failed."]
    stalls = f"Swarm tries on; stalled after {span(rollout.deadline)} without progress."
    return [
        f"{EMOJI[RolloutState.STALLED]} {phrases.failing(rollout.failure)}\n{stalls}",
        *phrases.last_words(rollout, command),
    ]


def _resumed(rollout: Rollout, command: str) -> list[str]:
    del command
    if rollout.posting and rollout.posting.posted_at:  # nothing of ours waits to be posted
        return [f"{phrases.subject(rollout)} was resumed from outside Waggle, and goes on."]
    return [f"Resumed by {person(rollout.blame)}: the same spec is posted again{_try(rollout)}."]


def _unstuck(rollout: Rollout, command: str) -> list[str]:
    del command
    again = f"the same spec is posted again, so that Swarm looks anew{_try(rollout)}"
    return [f"Un-stuck by {person(rollout.blame)}: {again}."]


def _try(rollout: Rollout) -> str:
    return f" (attempt {rollout.attempts})" if rollout.attempts > 1 else ""


def _kept_waiting(rollout: Rollout, command: str) -> list[str]:
    del command
    return [f"{person(rollout.blame)} keeps waiting, for another {span(rollout.deadline)}."]


def _rollback_started(rollout: Rollout, command: str) -> list[str]:
    emoji = EMOJI[RolloutState.ROLLING_BACK]
    lines = [
        broken(rollout),
        f"{emoji} {phrases.subject(rollout)} {phrases.going_back(rollout)}.",
        phrases.why(rollout),
        phrases.failing(rollout.failure) if rollout.failure else "",
    ]
    return ["\n".join(line for line in lines if line), *phrases.last_words(rollout, command)]


def _reopened(rollout: Rollout, command: str) -> list[str]:
    first = f"{phrases.subject(rollout)} had been reported as completed. Since then:"
    if rollout.state is RolloutState.ROLLING_BACK:
        return [first, *_rollback_started(rollout, command)]
    return [first, *_asks_for_people(rollout, command)]


def _ended(rollout: Rollout, command: str) -> list[str]:
    """Mention who asked: this is the message that calls them back."""
    state = public_state(rollout)
    took = phrases.timing(rollout)
    first = f"{person(rollout.request.by.user)} {EMOJI[state]} {phrases.subject(rollout)}: "
    lines = [
        first + state_words(state) + (f", {took}." if took else "."),
        broken(rollout),
        phrases.change(rollout),
        *ending(rollout),
        f"{phrases.revisions(rollout)} · {phrases.count(rollout)} · {code(rollout.id)}",
    ]
    failed = rollout.failure if state in _WITH_FAILURE else None
    return [
        "\n".join(line for line in lines if line),
        phrases.failing(failed) if failed else "",
        *(phrases.last_words(rollout, command) if failed else ()),
    ]


_TELL = {
    NoteKind.PROGRESS: _progress,
    NoteKind.FAILING: _failing,
    NoteKind.PAUSED: _asks_for_people,
    NoteKind.STALLED: _asks_for_people,
    NoteKind.RESUMED: _resumed,
    NoteKind.UNSTUCK: _unstuck,
    NoteKind.KEPT_WAITING: _kept_waiting,
    NoteKind.ROLLBACK_STARTED: _rollback_started,
    NoteKind.REOPENED: _reopened,
    NoteKind.ENDED: _ended,
}
