"""The words for states and kinds, and the small figures: bar, span, image, time."""

import re
from datetime import datetime, timedelta

from bot.domain.plan import Kind
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.units import format_duration

OPEN_POLICY = "policy: open – everyone may do everything"

_S = RolloutState
EMOJI = {
    _S.AWAITING: ":raised_hand:",
    _S.PROGRESSING: ":large_blue_circle:",
    _S.PAUSED: ":double_vertical_bar:",
    _S.STALLED: ":warning:",
    _S.ROLLING_BACK: ":leftwards_arrow_with_hook:",
    _S.ROLLED_BACK: ":leftwards_arrow_with_hook:",
    _S.COMPLETED: ":white_check_mark:",
    _S.FAILED: ":x:",
    _S.ABORTED: ":octagonal_sign:",
    _S.SUPERSEDED: ":twisted_rightwards_arrows:",
}
_ENDED_UNSEEN = {_S.REFUSED: _S.FAILED, _S.UNCHANGED: _S.COMPLETED, _S.SHOWN: _S.COMPLETED}
_NOUN = {
    Kind.CREATE: "create",
    Kind.UPDATE: "update",
    Kind.SCALE: "scale",
    Kind.ROLLBACK: "rollback of",
}
_DIGEST = re.compile(r"@sha256:([0-9a-f]{12})[0-9a-f]*")
_CELLS = 12


def public_state(rollout: Rollout) -> RolloutState:
    """Return the state that the channel sees.

    The parent is posted while the rollout is still `planned`: it is shown as what it becomes next.
    """
    if rollout.state in (_S.ACCEPTED, _S.PLANNED):
        return _S.ROLLING_BACK if rollout.kind is Kind.ROLLBACK else _S.PROGRESSING
    return _ENDED_UNSEEN.get(rollout.state, rollout.state)


def state_words(state: RolloutState) -> str:
    """Return the state as people say it: `rolling back`."""
    return state.value.replace("_", " ")


def title(rollout: Rollout) -> str:
    """Return `update web`, `rollback of web`, … (raw: escape it)."""
    return f"{_NOUN[rollout.kind]} {rollout.service}"


def titled(rollout: Rollout) -> str:
    """Return the title as it stands after the state's word, which says "rolled back" already."""
    back = public_state(rollout) in (_S.ROLLING_BACK, _S.ROLLED_BACK)
    return rollout.service if back and rollout.kind is Kind.ROLLBACK else title(rollout)


def bar(done: int, total: int) -> str:
    """Return a bar of 12 cells; full only when all is done, empty only when nothing is."""
    if total <= 0:
        return "░" * _CELLS
    share = max(0, min(done, total))
    filled = share * _CELLS // total
    if share and not filled:
        filled = 1
    return "▓" * filled + "░" * (_CELLS - filled)


def span(length: timedelta) -> str:
    """Return a duration in whole seconds, Go style."""
    return format_duration(timedelta(seconds=max(0, round(length.total_seconds()))))


def age(length: timedelta) -> str:
    """Return how long ago in one or two units, as `docker` does: `40s`, `5m`, `3h`, `2d`."""
    seconds = max(0, int(length.total_seconds()))
    for size, unit, least in ((86_400, "d", 172_800), (3_600, "h", 7_200), (60, "m", 120)):
        if seconds >= least:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def moment(at: datetime | None) -> str:
    """Return a time to the second, with its zone."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "–"


def short(text: str) -> str:
    """Shorten every image digest in the text to 12 digits, as the docker CLI shows ids."""
    return _DIGEST.sub(r"@\1", text)


def elapsed(rollout: Rollout) -> timedelta | None:
    """Return how long it has run, by the record's own times."""
    until = rollout.ended_at or rollout.touched_at
    if rollout.started_at is None or until is None:
        return None
    return max(until - rollout.started_at, timedelta())


def counted(number: int, thing: str) -> str:
    """Return `1 task`, `2 tasks`."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
