"""The states of a rollout, as one table; what is not in it is refused and changes nothing.

`python -m bot.domain.rollout.state` prints it as a Mermaid diagram for the documentation.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from bot.domain.rollout.record import Rollout, RolloutState

_S = RolloutState

TRANSITIONS: dict[RolloutState, frozenset[RolloutState]] = {
    _S.ACCEPTED: frozenset({_S.AWAITING, _S.PLANNED, _S.REFUSED, _S.UNCHANGED, _S.SHOWN}),
    _S.AWAITING: frozenset({_S.ACCEPTED, _S.REFUSED}),
    _S.PLANNED: frozenset({_S.PROGRESSING, _S.ROLLING_BACK, _S.REFUSED, _S.ABORTED, _S.SUPERSEDED}),
    _S.PROGRESSING: frozenset(
        {
            _S.PAUSED,
            _S.STALLED,
            _S.ROLLING_BACK,
            _S.COMPLETED,
            _S.FAILED,
            _S.ABORTED,
            _S.SUPERSEDED,
        }
    ),
    _S.PAUSED: frozenset({_S.PROGRESSING, _S.ROLLING_BACK, _S.FAILED, _S.ABORTED, _S.SUPERSEDED}),
    _S.STALLED: frozenset(
        {_S.PROGRESSING, _S.PAUSED, _S.ROLLING_BACK, _S.FAILED, _S.ABORTED, _S.SUPERSEDED}
    ),
    _S.ROLLING_BACK: frozenset(
        {_S.ROLLED_BACK, _S.PAUSED, _S.STALLED, _S.FAILED, _S.ABORTED, _S.SUPERSEDED}
    ),
    # Swarm may pause or roll back after all tasks had been right: the same rollout reopens.
    _S.COMPLETED: frozenset({_S.PAUSED, _S.ROLLING_BACK}),
    _S.ROLLED_BACK: frozenset(),
    _S.FAILED: frozenset(),
    _S.ABORTED: frozenset(),
    _S.SUPERSEDED: frozenset(),
    _S.REFUSED: frozenset(),
    _S.UNCHANGED: frozenset(),
    _S.SHOWN: frozenset(),
}
"""From each state to the next ones."""

LIVE = frozenset({_S.PROGRESSING, _S.PAUSED, _S.STALLED, _S.ROLLING_BACK})
"""Under supervision: the steward looks at it at every tick."""

FINAL = frozenset(
    {
        _S.COMPLETED,
        _S.ROLLED_BACK,
        _S.FAILED,
        _S.ABORTED,
        _S.SUPERSEDED,
        _S.REFUSED,
        _S.UNCHANGED,
        _S.SHOWN,
    }
)
"""Ended; only COMPLETED may reopen."""

PUBLIC = LIVE | {_S.COMPLETED, _S.ROLLED_BACK, _S.FAILED, _S.ABORTED, _S.SUPERSEDED}
"""Visible in the channel, and in the parent message's metadata."""


class IllegalTransitionError(ValueError):
    """A move that the table does not have: a mistake in this program, not a person's."""


def move(rollout: Rollout, to: RolloutState) -> Rollout:
    """The same rollout in another state.

    Beside the table, one law: what goes back ends `rolled_back` and never `completed`, and what
    does not go back never ends `rolled_back`.

    Raises:
        IllegalTransitionError: the table or the law forbids it.
    """
    if to not in TRANSITIONS[rollout.state]:
        raise IllegalTransitionError(f"{rollout.id}: {rollout.state} cannot become {to}")
    wrong = (_S.PROGRESSING, _S.COMPLETED) if rollout.going_back else (_S.ROLLED_BACK,)
    if to in wrong:
        way = "goes back" if rollout.going_back else "does not go back"
        raise IllegalTransitionError(f"{rollout.id} {way}: it cannot become {to}")
    return replace(rollout, state=to)


def running_state(rollout: Rollout) -> RolloutState:
    """The state of a rollout that gets on: `rolling_back` once it goes back."""
    return _S.ROLLING_BACK if rollout.going_back else _S.PROGRESSING


def mermaid() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {_S.ACCEPTED}"]
    for state, nexts in TRANSITIONS.items():
        ordered = [one for one in RolloutState if one in nexts]
        lines += [f"    {state} --> {one}" for one in ordered]
        if state in FINAL:
            lines.append(f"    {state} --> [*]")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(mermaid())
