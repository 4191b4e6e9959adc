"""What comes of a plan: the rollout that it makes, or why it has to wait for another one."""

from dataclasses import replace
from datetime import datetime

from bot.domain.grammar import Command
from bot.domain.plan import Kind
from bot.domain.refusal import Refusal
from bot.domain.rollout.glass import with_breaking
from bot.domain.rollout.posting import first_posting
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.state import move
from bot.domain.rollout.words import held_by
from bot.domain.typed import typed
from bot.usecases.draft import Draft, numbered

_WAYS = ("resume", "rollback", "abort")
_LINE_SHOWN = 200
"""Characters of another's command: what it is about stands before that."""


def planned_rollout(rollout: Rollout, draft: Draft, now: datetime) -> Rollout:
    """Return the rollout with its plan and its first posting, not yet to be carried out."""
    plan = draft.plan
    glass = Command.from_json(rollout.request.command).options.break_glass
    broken = glass if draft.decision.glass_broken else ""
    planned = replace(
        move(rollout, RolloutState.PLANNED),
        plan=plan,
        service=plan.service,
        service_id=plan.service_id,
        from_revision=draft.known.current if draft.known else None,
        to_revision=numbered(draft),
        back_to=draft.back_to,
        environments=draft.decision.environments,
        touched_at=now,
    )
    planned = with_breaking(planned, rollout.request.by.user, broken, now)
    return first_posting(planned, plan.desired, back=rollout.kind is Kind.ROLLBACK)


def taken(holder: Rollout, now: datetime) -> Refusal:
    """Return the refusal of a second change: who is at what since when, and what can be done."""
    since = holder.started_at or holder.request.accepted_at
    minutes = max(0, int((now - since).total_seconds() // 60))
    ago = f"since {minutes}m" if minutes else "since just now"
    ways = (f"`{typed(f'{verb} {holder.service}', holder.cluster)}`" for verb in _WAYS)
    return Refusal(
        why=f"{held_by(holder)}, {ago}: `{_in_short(holder.request.line)}`. Nothing was changed.",
        next_step=(
            f"Wait for it, or act on it: {', '.join(ways)}; "
            "or add --supersede to your command to take over."
        ),
    )


def _in_short(line: str) -> str:
    return line if len(line) <= _LINE_SHOWN else f"{line[: _LINE_SHOWN - 1]}…"
