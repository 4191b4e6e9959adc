"""How a rollout ended, told honestly. All return mrkdwn."""

from bot.domain.convergence.wanted import mode_of
from bot.domain.observation import Mode
from bot.domain.plan import Kind
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.standing import makes_current
from bot.domain.typed import typed
from bot.rendering.escape import code, one_line, person
from bot.rendering.phrases import why
from bot.rendering.words import public_state


def ending(rollout: Rollout) -> list[str]:
    """Say how it ended, honestly (going back is never told as a success), and what it leaves."""
    end = _ENDINGS.get(public_state(rollout))
    told = [*(end(rollout) if end else ()), one_line(rollout.left_behind)]
    return [line for line in told if line]


def _completed(rollout: Rollout) -> list[str]:
    if rollout.progress is None:
        return ["Done."]
    total = rollout.progress.total
    if rollout.plan and mode_of(rollout.plan.desired) in (Mode.REPLICATED_JOB, Mode.GLOBAL_JOB):
        return ["Its one task is done." if total == 1 else f"All {total} tasks are done."]
    few = {0: "No tasks are wanted now.", 1: "Its one task has the new spec."}
    return [few.get(total, f"All {total} tasks have the new spec.")]


def _rolled_back(rollout: Rollout) -> list[str]:
    number = makes_current(rollout)
    place = f"revision {number}" if number is not None else "what was there before"
    if rollout.kind is Kind.ROLLBACK:
        return [f"Back at {place}, as asked.", why(rollout), _locked(rollout)]
    service = one_line(rollout.service)
    first = f"The {rollout.kind.value} did not stay: {service} is back at {place}."
    return [first, why(rollout), _locked(rollout)]


def _locked(rollout: Rollout) -> str:
    """Say to which revision updates are locked now, and how they pass again."""
    if rollout.locked_revision is None:
        return ""
    line = code(typed(f"unlock --reason WHY {rollout.service}", rollout.cluster))
    number = rollout.locked_revision
    return f"Updates to revision {number} are locked until somebody unlocks with a reason: {line}"


def _failed(rollout: Rollout) -> list[str]:
    return [f"The {rollout.kind.value} failed.", why(rollout)]


def _aborted(rollout: Rollout) -> list[str]:
    return [why(rollout) or f"{person(rollout.blame)} stopped following it."]


def _superseded(rollout: Rollout) -> list[str]:
    if rollout.superseded_by:
        return [why(rollout) or f"Taken over by {code(rollout.superseded_by)}."]
    told = why(rollout) or f"{one_line(rollout.service)} was changed by somebody else meanwhile."
    return [told, "Nothing was overwritten."]


_ENDINGS = {
    RolloutState.COMPLETED: _completed,
    RolloutState.ROLLED_BACK: _rolled_back,
    RolloutState.FAILED: _failed,
    RolloutState.ABORTED: _aborted,
    RolloutState.SUPERSEDED: _superseded,
}
