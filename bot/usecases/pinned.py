"""Who is asked for a yes is asked about an image, not about a tag that may move meanwhile."""

from bot.domain.errors import NotAllowed
from bot.domain.grammar import Command
from bot.domain.plan import Plan
from bot.domain.policy import Decision, Outcome
from bot.domain.spec import images_in


def insist_on_digest(command: Command, plan: Plan, decision: Decision) -> None:
    """Refuse a plan that brings an image by its tag alone, where people must say yes to it.

    Each node would look for the tag by itself, after the last yes. A rollback brings what ran
    before, and names no image.

    Raises:
        NotAllowed: the line names an image, and the desired spec has no digest of it.
    """
    named = images_in(command.edits)
    if decision.outcome is not Outcome.REQUIRE_APPROVAL or not named:
        return
    container = plan.desired["TaskTemplate"]["ContainerSpec"]
    if "@" in str(container["Image"]):
        return
    raise NotAllowed(
        f"Not allowed: {decision.why}, and `{named[-1]}` is a tag: with --no-resolve-image nobody "
        "knows which image they would say yes to.",
        f"Leave --no-resolve-image out, or name the digest: `{named[-1]}@sha256:…`.",
    )
