"""The one message of a rollout, edited as it goes."""

from bot.domain.message import Content
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.state import LIVE
from bot.rendering import blocks, metadata, phrases
from bot.rendering.buttons import rollout_buttons
from bot.rendering.diffs import diff_lines, shortened
from bot.rendering.endings import ending
from bot.rendering.escape import code, fence, one_line, person
from bot.rendering.glass import broken
from bot.rendering.words import (
    EMOJI,
    OPEN_POLICY,
    bar,
    public_state,
    state_words,
    titled,
)

_DIFF_LINES = 8
_IN_HEADLINE = 3
_TROUBLED = frozenset(
    {
        RolloutState.PROGRESSING,  # of a create: there Swarm tries for ever and never pauses
        RolloutState.PAUSED,
        RolloutState.STALLED,
        RolloutState.ROLLING_BACK,
        RolloutState.FAILED,
        RolloutState.ROLLED_BACK,
    }
)


def parent(rollout: Rollout, command: str, *, open_policy: bool) -> Content:
    """Return text, blocks and metadata for the rollout as it stands."""
    what, diff = _change(rollout)
    paragraphs = [broken(rollout), what, _how_far(rollout), *_end(rollout), *_trouble(rollout)]
    small = [_origin(rollout), *([OPEN_POLICY] if open_policy else [])]
    body = [blocks.section(text) for text in (*paragraphs, diff) if text]
    return Content(
        text=_text(rollout, [*paragraphs, *small, *phrases.advice(rollout, command)]),
        blocks=(
            blocks.header(_first_line(rollout)),
            *body,
            *(blocks.context([line]) for line in small),
            *rollout_buttons(rollout),
        ),
        metadata=metadata.of_rollout(rollout),
    )


def _first_line(rollout: Rollout) -> str:
    """Emoji and word of the state, what is done to which service, how far."""
    state = public_state(rollout)
    parts = [f"{EMOJI[state]} {state_words(state)}", one_line(titled(rollout))]
    if state in LIVE and rollout.progress:
        parts.append(f"{rollout.progress.updated}/{rollout.progress.total}")
    return " · ".join(parts)


def _text(rollout: Rollout, lines: list[str]) -> str:
    return "\n".join(line for line in (_first_line(rollout), *lines) if line)


def _change(rollout: Rollout) -> tuple[str, str]:
    """Old → new in a line, and the diff when the line cannot hold it."""
    changes = rollout.plan.changes if rollout.plan else ()
    if len(changes) <= _IN_HEADLINE:
        return phrases.change(rollout), ""
    lines = shortened(diff_lines(changes), _DIFF_LINES, "in the thread")
    return phrases.change(rollout), fence(lines)


def _how_far(rollout: Rollout) -> str:
    progress = rollout.progress
    live = public_state(rollout) in LIVE
    drawn = f"{bar(progress.updated, progress.total)}  " if progress else ""
    parts = [
        drawn + phrases.count(rollout),
        phrases.waiting(rollout) if live else "",
        phrases.timing(rollout),
    ]
    return "\n".join(part for part in parts if part)


def _trouble(rollout: Rollout) -> list[str]:
    """What went wrong, while it matters: the reason and the failing task's own words."""
    state = public_state(rollout)
    lines = []
    if state is RolloutState.ROLLING_BACK:
        lines.append(f"It {phrases.going_back(rollout)}.")
    if state in LIVE:
        lines.append(phrases.why(rollout))
    if rollout.failure and state in _TROUBLED:
        lines.append(phrases.failing(rollout.failure))
    told = "\n".join(line for line in lines if line)
    return [told] if told else []


def _end(rollout: Rollout) -> list[str]:
    """How it ended and what it leaves behind; nothing while it lives."""
    return [] if public_state(rollout) in LIVE else ["\n".join(ending(rollout))]


def _origin(rollout: Rollout) -> str:
    """Who, why, and the ids. The person's name is Slack's drawing of the mention."""
    reason = phrases.asked_reason(rollout.request)
    parts = [
        f"asked by {person(rollout.request.by.user)}",
        f"“{reason}”" if reason else "",
        phrases.approval(rollout),
        phrases.revisions(rollout),
        f"cluster {one_line(rollout.cluster)}",
        code(rollout.id),
    ]
    return " · ".join(part for part in parts if part)
