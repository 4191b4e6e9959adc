"""Sentences about a rollout that need what only the domain knows."""

from __future__ import annotations

from bot.domain.diff import diff, summarize
from bot.domain.images import familiar
from bot.domain.jsontypes import Spec
from bot.domain.plan import FieldChange, Kind
from bot.domain.rollout.record import Purpose, Rollout, RolloutState
from bot.domain.typed import typed

_STILL = {
    RolloutState.PAUSED: "Swarm's update stays paused.",
    RolloutState.STALLED: "Swarm's update is still under way, and stuck.",
}

_ROLLBACK_PACE = (
    " Its update settings are those of its rollback until the next change through Waggle, which "
    "puts its own back."
)


def left_behind(rollout: Rollout, *, refused: bool = False) -> str:
    """What a rollout that is no longer followed leaves: what runs, and what Swarm still does.

    Args:
        rollout: as it stands.
        refused: its posting was answered with a refusal.
    """
    posting, progress = rollout.posting, rollout.progress
    if refused:
        return _untouched(rollout)
    if posting is None or posting.posted_at is None:
        if rollout.attempts <= 1:
            return f"{rollout.service} is as it was: the change had not been sent."
        pace = _ROLLBACK_PACE if posting and posting.purpose is Purpose.RESTORE else ""
        return (
            f"{rollout.service} stays as it was last seen: the last step had not been sent.{pace}"
        )
    pace = _ROLLBACK_PACE if posting.restore is not None else ""
    if progress is None:
        return f"The change of {rollout.service} has been sent, and Swarm goes on with it.{pace}"
    count = f"{rollout.service} runs {progress.updated} of {progress.total} tasks on {_on(rollout)}"
    if progress.updated == progress.total:
        return f"{count}.{pace}"
    still = _STILL.get(rollout.state, "Swarm goes on with the update by itself.")
    return f"{count}. {still}{pace}"


def may_have_been_sent(rollout: Rollout) -> str:
    """What is left when a step was about to be sent, and Docker does not answer whether it was."""
    return (
        "Docker does not answer, so nobody knows whether the last step was sent: "
        f"`{typed(f'ps {rollout.service}', rollout.cluster)}` tells once it does."
    )


def _untouched(rollout: Rollout) -> str:
    if rollout.attempts > 1:
        return f"{rollout.service} stays as it was last seen."
    if rollout.kind is Kind.CREATE:
        return f"Nothing was changed: {rollout.service} was not created."
    return f"Nothing was changed: {rollout.service} is as it was."


def _on(rollout: Rollout) -> str:
    if rollout.going_back:
        return f"revision {rollout.back_to}" if rollout.back_to else "the earlier spec"
    changes = rollout.plan.changes if rollout.plan else ()
    return "the new image" if any(one.path == "image" for one in changes) else "the new spec"


def changed_outside(rollout: Rollout, expected: Spec, live: Spec) -> str:
    """Why a rollout is superseded by a change that did not come from here."""
    return f"{rollout.service} was changed outside Waggle meanwhile{_what(expected, live)}."


def restored(rollout: Rollout) -> str:
    """Why a rollout is superseded when the swarm is older than its post."""
    return (
        f"Docker shows {rollout.service} as it was before this change: its managers look restored "
        "from an older backup. Type it again to plan it from what is there now."
    )


def changed_by(rollout: Rollout, other: Rollout, expected: Spec, live: Spec) -> str:
    """Why a rollout is superseded by what another one of ours has posted since its plan."""
    what = _what(expected, live)
    return (
        f"{rollout.service} was changed by {other.id} ({other.kind.value}) after this was "
        f"planned{what}. Type it again to start from there."
    )


def _what(expected: Spec, live: Spec) -> str:
    changes = [one for one in diff(expected, live) if not _filled_in(one)]
    return f": {summarize(changes)}" if changes else ""


def _filled_in(change: FieldChange) -> bool:
    # The Engine writes zero values and defaults into what was posted: that is nobody's change.
    return change.old is None and change.new in ("", "0", "0s", "false", "default", "container")


def live_words(name: str, live: Spec) -> str:
    """What is live, for a rollout that was superseded."""
    container = (live.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    image = familiar(str(container.get("Image") or ""))
    return f"{name} is left as it is now, on {image}." if image else f"{name} is left as it is now."


def held_by(rollout: Rollout) -> str:
    """Who is doing what to a service: `web is being updated by <@U1> (r-1, paused)`."""
    doing = {
        "create": "created",
        "update": "updated",
        "scale": "scaled",
        "rollback": "rolled back",
    }[rollout.kind.value]
    by = f"<@{rollout.request.by.user}>"
    state = rollout.state.value.replace("_", " ")
    return f"{rollout.service} is being {doing} by {by} ({rollout.id}, {state})"
