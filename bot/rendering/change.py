"""The one message of a change without supervision: rm, node update, network create and rm."""

from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.message import Content
from bot.rendering import blocks, metadata
from bot.rendering import drain as drains
from bot.rendering.buttons import change_buttons
from bot.rendering.cut import cut_line
from bot.rendering.diffs import diff_lines, shortened
from bot.rendering.escape import clean, code, fence, naming, one_line, person
from bot.rendering.glass import broken
from bot.rendering.phrases import approval, asked_reason
from bot.rendering.words import OPEN_POLICY

_C = ChangeState
_MOST_LINES = 25
_LONGEST_REASON = 500
_WHAT = {
    ChangeKind.RM: ("Remove service", "service"),
    ChangeKind.NODE_UPDATE: ("Update node", "node"),
    ChangeKind.NODE_RM: ("Remove node", "node"),
    ChangeKind.NETWORK_CREATE: ("Create network", "network"),
    ChangeKind.NETWORK_RM: ("Remove network", "network"),
}
_WITH = {ChangeKind.RM: ", with all of its tasks,"}
_DONE = {
    ChangeKind.RM: "removed",
    ChangeKind.NODE_UPDATE: "updated",
    ChangeKind.NODE_RM: "removed",
    ChangeKind.NETWORK_CREATE: "created",
    ChangeKind.NETWORK_RM: "removed",
}
EMOJI = {
    _C.ACCEPTED: ":large_blue_circle:",
    _C.AWAITING: ":raised_hand:",
    _C.APPLYING: ":large_blue_circle:",
    _C.CONFIRMING: ":warning:",
    _C.DRAINING: ":large_blue_circle:",
    _C.STALLED: ":warning:",
    _C.RETURNING: ":large_blue_circle:",
    _C.ABORTED: ":octagonal_sign:",
    _C.APPLIED: ":white_check_mark:",
    _C.FAILED: ":x:",
    _C.REFUSED: ":x:",
    _C.CANCELLED: ":octagonal_sign:",
}


def change(what: Change, command: str, *, open_policy: bool) -> Content:
    """Return text, blocks and metadata for the change as it stands."""
    reason = one_line(cut_line(clean(what.reason), _LONGEST_REASON))
    if what.state in (_C.CANCELLED, _C.ABORTED):  # a sentence of our own: it names who clicked
        reason = naming(reason, None)
    told = (broken(what), _first(what), _state(what), reason, _undo(what, command))
    first = "\n".join(part for part in told if part)
    lines = shortened(diff_lines(what.changes), _MOST_LINES, "are not shown here")
    paragraphs = [first, fence(lines) if lines else "", *_plan(what)]
    small = [_origin(what), *([OPEN_POLICY] if open_policy else [])]
    return Content(
        text="\n".join(part for part in (*paragraphs, *small) if part),
        blocks=(
            *(blocks.section(part) for part in paragraphs if part),
            *(blocks.context([line]) for line in small),
            *change_buttons(what),
        ),
        metadata=metadata.of_change(what),
    )


def _first(what: Change) -> str:
    emoji = EMOJI.get(what.state, ":white_circle:")
    title, _ = _WHAT[what.kind]
    return f"{emoji} *{title}* {code(what.target)} (cluster {one_line(what.cluster)})"


def _state(what: Change) -> str:
    """Say in words where it stands; what failed or was left alone is said so."""
    if what.drain is not None and what.drain.began_at is not None:
        return drains.state(what)
    _, thing = _WHAT[what.kind]
    by = f" Confirmed by {person(what.confirmed_by)}." if what.confirmed_by else ""
    return {
        _C.ACCEPTED: "Accepted, not begun.",
        _C.AWAITING: "Waits for approval.",
        _C.CONFIRMING: f"This goes{_WITH.get(what.kind, '')} once somebody clicks Remove. "
        f"Keep leaves the {thing} as it is.",
        _C.APPLYING: f"Under way.{by}",
        _C.DRAINING: "Under way.",
        _C.STALLED: "Stalled.",
        _C.RETURNING: "Under way.",
        _C.ABORTED: "No longer followed.",
        _C.APPLIED: f"Done: {_DONE[what.kind]}.{by}",
        _C.FAILED: f"Failed.{by}",
        _C.REFUSED: "Refused: nothing was changed.",
        _C.CANCELLED: f"Kept: the {thing} stays as it is.",
        _C.UNCHANGED: "Nothing to do: it is so already.",
        _C.SHOWN: "Dry run: nothing was changed.",
    }[what.state]


def _plan(what: Change) -> list[str]:
    """Return what one should know of before, and what moves."""
    if what.drain is None or what.drain.began_at is not None:  # then its thread shows it
        return [drains.warned(what.warnings)]
    rows = drains.moves(what.drain)
    return [drains.plan(what.drain), fence(rows) if rows else "", drains.warned(what.warnings)]


def _undo(what: Change, command: str) -> str:
    """Return how a drained node takes tasks again, at an end that is known to leave it drained."""
    drain = what.drain
    stays = what.state in (_C.APPLIED, _C.FAILED, _C.ABORTED)
    return drains.undo(what, command) if drain is not None and stays else ""


def _origin(what: Change) -> str:
    reason = asked_reason(what.request)
    parts = [
        f"asked by {person(what.request.by.user)}",
        f"“{reason}”" if reason else "",
        approval(what),
        code(what.id),
    ]
    return " · ".join(part for part in parts if part)
