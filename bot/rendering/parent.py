"""The one message of a rollout, edited as it goes."""

from bot.domain.message import Content
from bot.domain.rollout.record import Rollout, RolloutState
from bot.rendering import blocks, metadata, phrases
from bot.rendering.buttons import rollout_buttons
from bot.rendering.diffs import diff_lines, headline, shortened
from bot.rendering.escape import code, fence, one_line, person
from bot.rendering.words import (
    EMOJI,
    LIVE,
    OPEN_POLICY,
    bar,
    public_state,
    state_words,
    title,
)

_DIFF_LINES = 8
_IN_HEADLINE = 3
_TROUBLED = frozenset(
    {RolloutState.PAUSED, RolloutState.STALLED, RolloutState.FAILED, RolloutState.ROLLING_BACK}
)


def parent(rollout: Rollout, command: str, *, open_policy: bool) -> Content:
    """Return text, blocks and metadata for the rollout as it stands."""
    what, diff = _change(rollout)
    paragraphs = [what, _how_far(rollout), *_end(rollout), *_trouble(rollout)]
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
    parts = [f"{EMOJI[state]} {state_words(state)}", one_line(title(rollout))]
    if state in LIVE and rollout.progress:
        parts.append(f"{rollout.progress.updated}/{rollout.progress.total}")
    return " · ".join(parts)


def _text(rollout: Rollout, lines: list[str]) -> str:
    return "\n".join(line for line in (_first_line(rollout), *lines) if line)


def _change(rollout: Rollout) -> tuple[str, str]:
    """Old → new in a line, and the diff when the line cannot hold it."""
    changes = rollout.plan.changes if rollout.plan else ()
    if len(changes) <= _IN_HEADLINE:
        return headline(changes), ""
    lines = shortened(diff_lines(changes), _DIFF_LINES, "in the thread")
    return headline(changes), fence(lines)


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
    """What went wrong, while it matters: reason and the failing task's own words."""
    if public_state(rollout) not in _TROUBLED:
        return []
    lines = [phrases.why(rollout)] if rollout.reason else []
    if rollout.state is RolloutState.ROLLING_BACK:
        lines.insert(0, f"It {phrases.going_back(rollout)}.")
    if rollout.failure:
        lines.append(phrases.failing(rollout.failure))
    return ["\n".join(lines)] if lines else []


def _end(rollout: Rollout) -> list[str]:
    """How it ended and what it leaves behind; nothing while it lives."""
    state = public_state(rollout)
    if state in LIVE:
        return []
    lines = [phrases.outcome(rollout)]
    if rollout.reason and state not in _TROUBLED:
        lines.append(phrases.why(rollout))
    if rollout.left_behind:
        lines.append(f"What is live now: {one_line(rollout.left_behind)}")
    return ["\n".join(lines)]


def _origin(rollout: Rollout) -> str:
    """Who, why, and the ids. The person's name is Slack's drawing of the mention."""
    reason = phrases.asked_reason(rollout.request)
    parts = [
        f"asked by {person(rollout.request.by.user)}",
        f"“{reason}”" if reason else "",
        phrases.revisions(rollout),
        f"cluster {one_line(rollout.cluster)}",
        code(rollout.id),
    ]
    return " · ".join(part for part in parts if part)
