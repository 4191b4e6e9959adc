"""What was approved is worked out anew, and goes on only if it is the very same."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.approval import ApprovalState, Hurdle
from bot.domain.change import Change
from bot.domain.errors import UserError
from bot.domain.rollout.record import Rollout
from bot.domain.rollout.words import held_by
from bot.ports import EngineRefusedError
from bot.usecases.approvals import Approvals
from bot.usecases.change_draft import ChangeDrafter
from bot.usecases.draft import Draft, Drafter
from bot.usecases.refusals import decision_of, too_late

_NOT_APPROVED = "it is not approved (any more)"
_TOO_LATE = "it could not begin in time after the last yes."


@dataclass(frozen=True, kw_only=True)
class PlanApproved:
    """Draws the plan up again, and compares."""

    approvals: Approvals
    drafter: Drafter

    def draft(self, rollout: Rollout, holder: Rollout | None, now: datetime) -> Draft | Hurdle:
        """Return the plan as it is now, or what speaks against carrying it out.

        Args:
            rollout: with the plan that was approved.
            holder: the rollout that must be out of the way first, None if there is none.
            now: aware UTC.

        Raises:
            EngineUnavailableError: nobody knows; run again later.
        """
        stored = self.approvals.get(rollout.approval_id)
        if stored is None or stored.value.state is not ApprovalState.APPROVED:
            return Hurdle(reasons=(_NOT_APPROVED,))
        approval = stored.value
        if late := too_late(rollout.request, self.approvals.clock.now(), approval.ended_at):
            return Hurdle(reasons=(f"{_TOO_LATE} {late.why}",))
        if holder is not None:
            return Hurdle(reasons=(held_by(holder),), named=(holder.request.by.user,))
        try:
            draft = self.drafter.draft(rollout, now)
        except UserError as error:
            return _refused(error)
        except EngineRefusedError as no:
            return Hurdle(reasons=(f"Docker refused: {no}",))
        if rollout.plan is None:  # pragma: no cover - it is asked once there is a plan
            raise AssertionError(rollout.id)
        return self.approvals.moved_plan(approval, rollout.plan, draft.plan) or draft


@dataclass(frozen=True, kw_only=True)
class DraftApproved:
    """The same for a one-step change."""

    approvals: Approvals
    drafter: ChangeDrafter

    def draft(self, change: Change) -> Change | Hurdle:
        """Return the change worked out anew, or what speaks against it; raises as above."""
        stored = self.approvals.get(change.approval_id)
        if stored is None or stored.value.state is not ApprovalState.APPROVED:
            return Hurdle(reasons=(_NOT_APPROVED,))
        approval = stored.value
        if late := too_late(change.request, self.approvals.clock.now(), approval.ended_at):
            return Hurdle(reasons=(f"{_TOO_LATE} {late.why}",))
        try:
            drafted = self.drafter.draft(change)
        except UserError as error:
            return _refused(error)
        except EngineRefusedError as no:
            return Hurdle(reasons=(f"Docker refused: {no}",))
        return self.approvals.moved_change(approval, change, drafted) or drafted


def _refused(error: UserError) -> Hurdle:
    decision = decision_of(error)
    return Hurdle(reasons=(error.message.rstrip("."),), named=decision.named if decision else ())
