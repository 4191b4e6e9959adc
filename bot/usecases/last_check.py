"""What speaks against a change right before it is made: rights may have gone since the plan.

Where other people had to say yes, they must have said it to this very plan under these very rules,
and their word must still count; also where the rules of this moment would ask nobody.
"""

from dataclasses import dataclass

from bot.domain.approval import Hurdle
from bot.domain.policy import Decision, Outcome
from bot.usecases.approvals import TOO_FEW, Approvals

_NO_LONGER = "not allowed any more"
_NOT_APPROVED = "it is not approved (any more)"


@dataclass(frozen=True, kw_only=True)
class Barred:
    """Why a change may not be made now.

    Attributes:
        why: as its own message says it.
        hurdle: as the request for approvals says it.
        decision: the policy's, where it is that which says no.
    """

    why: str
    hurdle: Hurdle
    decision: Decision | None = None


def barred(
    approvals: Approvals, decision: Decision, approval_id: str | None, fingerprint: str
) -> Barred | None:
    """Return why it may not be made; None: it may.

    Args:
        approvals: to look the approval up, and to count.
        decision: what the rules say of it at this moment.
        approval_id: of the approval by which it runs; None: it needed none when it was planned.
        fingerprint: of what would be done.
    """
    if decision.outcome is Outcome.DENY or approval_id is None:
        return None if decision.outcome is Outcome.ALLOW else _denied(decision)
    if moved := approvals.policy_moved(approval_id):
        return Barred(why=f"{_NO_LONGER}: {moved}", hurdle=Hurdle(reasons=(moved,), moved=True))
    lapse = approvals.lapse(approval_id, fingerprint)
    if lapse is None:
        return None
    if not lapse:
        return _denied(decision)
    hurdle = Hurdle(reasons=(lapse,), named=decision.named)
    return Barred(why=f"{_NO_LONGER}: {TOO_FEW}", hurdle=hurdle, decision=_no(decision))


def _denied(decision: Decision) -> Barred:
    allowed = decision.outcome is Outcome.ALLOW  # then it is the approval that is gone
    why = f"{_NO_LONGER}: {_NOT_APPROVED if allowed else decision.why}"
    hurdle = Hurdle(reasons=(why,), named=decision.named)
    return Barred(why=why, hurdle=hurdle, decision=_no(decision))


def _no(decision: Decision) -> Decision | None:
    return None if decision.outcome is Outcome.ALLOW else decision
