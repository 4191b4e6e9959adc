"""A drain in words: what moves, how far it is, why it does not get on, how it ended. All mrkdwn."""

from collections.abc import Sequence

from bot.domain.change import Change, ChangeState
from bot.domain.drain import Drain, Moving
from bot.domain.message import Content
from bot.domain.observation import Mode
from bot.domain.rollout.note import NoteKind
from bot.domain.rollout.unseen import UNSEEN
from bot.domain.typed import typed
from bot.rendering import blocks, metadata
from bot.rendering.cut import cut_line
from bot.rendering.diffs import shortened
from bot.rendering.escape import clean, code, fence, naming, one_line, person
from bot.rendering.table import table
from bot.rendering.words import bar, counted, span

_C = ChangeState
_MAY_RUN = "its containers may still run"
_UNSENT = "could not be sent to Docker"
_LATE = f"It was to be active again: that {_UNSENT} yet"
_BY_ITSELF = "It goes on by itself once Docker answers."
_MOST_ROWS, _MOST_WARNINGS, _MOST_STUCK, _LONGEST = 25, 12, 5, 300


def warned(warnings: Sequence[str]) -> str:
    """Return the warnings, a line each; what is too many is counted."""
    lines = [f":warning: {one_line(cut_line(clean(each), _LONGEST))}" for each in warnings]
    more = len(lines) - _MOST_WARNINGS
    return "\n".join(lines[:_MOST_WARNINGS] + ([f"… and {more} more warnings"] if more > 0 else []))


def moves(drain: Drain) -> list[str]:
    """Return what is to move, as raw lines for a code block."""
    rows = [(each.name, each.mode.value, each.here, _fate(each)) for each in drain.services]
    lines = table(("service", "mode", "tasks here", "what becomes of them"), rows)
    return shortened(lines, _MOST_ROWS, "are not shown here") if rows else []


def plan(drain: Drain) -> str:
    """Return the sentence that goes with `moves`."""
    here = sum(each.here for each in drain.services)
    unread = f"{counted(drain.hidden, 'task')} of services that you may not read"
    if not here:
        return f"On it: {unread}." if drain.hidden else "No tasks are on it: nothing moves."
    leave = "leaves" if here == 1 and not drain.hidden else "leave"
    first = f"{counted(here, 'task')} of {counted(len(drain.services), 'service')}"
    more = f" and {unread}" if drain.hidden else ""
    stop_first = "Swarm stops a task before it starts the one that replaces it."
    then = "At the end the node is made active again." if drain.returns else ""
    return " ".join(part for part in (f"{first}{more} {leave} it.", stop_first, then) if part)


def state(what: Change) -> str:
    """Return where a followed drain stands, in a sentence or two."""
    drain = what.drain
    if drain is None:
        return ""
    if what.state is _C.RETURNING:
        then = f"{_LATE}. {_BY_ITSELF}" if drain.unseen else "It is made active again."
        return f"{_emptied(drain, 'The node is empty')} {then}"
    if what.state in (_C.APPLIED, _C.FAILED, _C.ABORTED):
        return _end(what, drain)
    first = f"{_bar(drain)}  {figures(drain)}"
    if what.state is _C.STALLED:
        return "\n".join([*_standstill(drain, first), *_stuck(drain)])
    return first


def note(what: Change, kind: NoteKind, command: str) -> Content:
    """Return one message of the thread; the broadcast ones can be understood alone."""
    paragraphs = {
        NoteKind.PROGRESS: _progress,
        NoteKind.STALLED: _asks_for_people,
        NoteKind.ENDED: _ended,
    }[kind](what, command)
    return Content(
        text="\n".join(part for part in paragraphs if part),
        blocks=tuple(blocks.section(part) for part in paragraphs if part),
        metadata=metadata.of_change_note(what, kind),
    )


def undo(what: Change, command: str) -> str:
    """Return how the node takes tasks again, where it is known not to; else nothing."""
    drain = what.drain
    if drain is None or drain.lost or not _was_set(what, drain):
        return ""
    line = code(typed(f"{command} node update --availability active {what.target}", what.cluster))
    return f"{line} lets {code(what.target)} take tasks again."


def _was_set(what: Change, drain: Drain) -> bool:
    """Whether Docker has set the node to drain, and it was not made active again."""
    if what.state is _C.APPLIED:
        return not drain.returns
    return drain.began_at is not None


def _progress(what: Change, command: str) -> list[str]:
    del command
    drain = what.drain
    if drain is None or not drain.services:
        return ["No tasks are on it."]
    rows = [
        (
            "✓" if _in_place(each) else "·",
            each.name,
            f"{each.left} of {each.here}",
            _elsewhere(each),
            "the node, to come back with it" if _comes_back(each) else _cut(each.waits),
        )
        for each in drain.services
    ]
    lines = table(("", "service", "left here", "running elsewhere", "waits for"), rows)
    return [f"{_bar(drain)}  {figures(drain)}", fence(shortened(lines, _MOST_ROWS, "more"))]


def _asks_for_people(what: Change, command: str) -> list[str]:
    drain = what.drain
    if drain is None:
        return []
    if what.state is _C.RETURNING:
        late = f"{code(what.target)} was to be active again, and that {_UNSENT}"
        return [f":warning: {late} for {span(drain.deadline)}. {_BY_ITSELF}", undo(what, command)]
    why = f"{UNSEEN}. When it was last seen, {figures(drain)}" if drain.unseen else figures(drain)
    first = f":warning: The drain of {code(what.target)} is stalled: {why}."
    wait, abort = (typed(f"{command} {verb} {what.id}", what.cluster) for verb in ("wait", "abort"))
    ways = [
        f"• {code(wait)}: give it another {span(drain.deadline)}",
        f"• {code(abort)}: stop following it; the node stays drained",
        f"• {by_hand}" if (by_hand := undo(what, command)) else "",
    ]
    told = "\n".join([first, *_stuck(drain)])
    return [told, "\n".join(["Buttons are on its message; or type:", *filter(None, ways)])]


def _ended(what: Change, command: str) -> list[str]:
    drain = what.drain
    if drain is None:
        return []
    mark = {_C.APPLIED: ":white_check_mark:", _C.FAILED: ":x:"}.get(what.state, ":octagonal_sign:")
    who = person(what.request.by.user)
    reason = naming(one_line(cut_line(clean(what.reason), _LONGEST)), None)
    head = f"{who} {mark} Drain of {code(what.target)}: {_end(what, drain)}"
    return ["\n".join(part for part in (head, reason, undo(what, command)) if part)]


def _standstill(drain: Drain, known: str) -> list[str]:
    """Say why people are called; of what cannot be seen, that what follows is from before."""
    first = f"Stalled, no progress for {span(drain.deadline)}"
    if not drain.unseen:
        return [f"{first}. {known}"]
    then = "It goes on by itself once Docker answers. When it was last seen:"
    return [f"{first}: {UNSEEN}. {then}", known]


def _end(what: Change, drain: Drain) -> str:
    if what.state is _C.ABORTED:
        return f"No longer followed: {figures(drain)}."
    if drain.emptied_at is None:
        return "Failed."
    took = f" after {span(drain.emptied_at - drain.began_at)}" if drain.began_at else ""
    lines = [_emptied(drain, "Empty", took)]
    back = what.state is _C.APPLIED and drain.returns
    lines += [_kept(each) for each in drain.services if _is_told(each)]
    lines += [_returning(each, what.target, back=back) for each in drain.services]
    lines.append(_left(what, drain, back=back))
    return "\n".join(line for line in lines if line)


def _left(what: Change, drain: Drain, *, back: bool) -> str:
    """Say what the node is at the end, where that is not just drained."""
    if back:
        return "It is active again."
    if not drain.returns:
        return "It has left the swarm." if drain.lost and what.state is _C.APPLIED else ""
    if drain.lost:
        return "It was to be active, and is left as it is."
    return "It stays drained, and was to be active."


def _emptied(drain: Drain, word: str, took: str = "") -> str:
    """Say that the drain is over; of a node that is down nobody knows what runs there."""
    moved = ", and what moves runs elsewhere" if drain.services else ""
    if drain.down:
        return f"Nothing is wanted on it any more{took}{moved}. It is down: {_MAY_RUN}."
    return f"{word}{took}{moved}." if drain.services else f"{word}."


def _kept(moving: Moving) -> str:
    """Say how few ran at worst: a drain is stop-first, and nobody should have to guess."""
    if moving.is_gone:
        return f"{code(moving.name)} was removed meanwhile."
    if moving.least >= moving.needs:
        return f"{code(moving.name)}: {moving.elsewhere} run, never fewer than {moving.needs} seen."
    return (
        f"{code(moving.name)}: {moving.elsewhere} run; at worst {moving.least} of {moving.needs} "
        "were seen running."
    )


def _is_told(moving: Moving) -> bool:
    """Whether there is something to say of what ran; of what all comes back that is said."""
    return moving.mode is Mode.REPLICATED and (moving.needs > 0 or not moving.returning)


def _returning(moving: Moving, node: str, *, back: bool) -> str:
    """Say what had no other home: it starts again with the node, once that takes tasks."""
    if not moving.returning:
        return ""
    which = "" if not moving.needs else f"{counted(moving.returning, 'task')} "
    comes = "comes" if moving.returning == 1 or not moving.needs else "come"
    word = f"{comes} back with" if back else "had no other home than"
    return f"{code(moving.name)}: {which}{word} {code(node)}."


def _fate(moving: Moving) -> str:
    if moving.mode is Mode.GLOBAL:
        return "end"
    if moving.mode is Mode.GLOBAL_JOB:
        return "are stopped"
    if moving.mode is Mode.REPLICATED_JOB:
        return "begin anew elsewhere"
    word = "move"
    if moving.homeless:
        all_of_it = moving.homeless >= moving.here
        word = "come back with it" if all_of_it else f"move, {moving.homeless} come back with it"
    starts = f", {moving.coming} {'starts' if moving.coming == 1 else 'start'}"
    return f"{word}; {moving.ran} of {moving.wanted} run now{starts if moving.coming else ''}"


def _elsewhere(moving: Moving) -> str:
    return f"{moving.elsewhere} of {moving.needs}" if moving.mode is Mode.REPLICATED else ""


def _in_place(moving: Moving) -> bool:
    """Whether all of it that ran before runs again; what comes back with the node is away."""
    return moving.is_done and not moving.returning


def _comes_back(moving: Moving) -> bool:
    return moving.is_done and bool(moving.returning)


def _bar(drain: Drain) -> str:
    done = sum(map(_in_place, drain.services))
    return bar(done, len(drain.services)) if drain.services else bar(1, 1)


def figures(drain: Drain) -> str:
    """Return how many tasks are left on the node, and how many services are in place or away."""
    done, away = sum(map(_in_place, drain.services)), sum(map(_comes_back, drain.services))
    empty = f"the node is down, {_MAY_RUN}" if drain.down else "the node is empty"
    left = f"{counted(drain.left, 'task')} left on the node" if drain.left else empty
    back = f", {away} {'comes' if away == 1 else 'come'} back with the node" if away else ""
    return f"{left}; {done} of {counted(len(drain.services), 'service')} in place{back}"


def _stuck(drain: Drain) -> list[str]:
    stuck = drain.stuck
    lines = [
        f"• {code(each.name)} ({each.elsewhere} of {each.needs} run elsewhere, {each.left} left): "
        f"{_cut(each.waits)}"
        for each in stuck[:_MOST_STUCK]
    ]
    more = len(stuck) - len(lines)
    return [*lines, *([f"… and {counted(more, 'service')} more"] if more else [])]


def _cut(text: str) -> str:
    return one_line(cut_line(clean(text), _LONGEST))
