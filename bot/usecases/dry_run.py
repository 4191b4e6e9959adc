"""What a line would do, told to who typed it and to nobody else."""

from bot.domain.change import Change
from bot.domain.plan import Plan
from bot.domain.policy import Decision, Outcome
from bot.domain.reply import DryRun
from bot.domain.request import Request


def dry_run(
    request: Request,
    decision: Decision,
    *,
    plan: Plan | None = None,
    change: Change | None = None,
) -> DryRun:
    """Return the answer: the plan or the changes, and what the rules would say to them."""
    return DryRun(
        what=request.line,
        plan=plan,
        changes=change.changes if change else (),
        warnings=change.warnings if change else (),
        drain=change.drain if change else None,
        asks=decision.why if decision.outcome is Outcome.REQUIRE_APPROVAL else "",
        glass=decision.glass_broken,
        passes=decision.passed,
    )
