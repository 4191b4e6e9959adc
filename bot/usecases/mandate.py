"""Who may decide on a request for approval, asked anew each time: at the vote and at the start."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.approval import Approval, Vote, still_carried, vote
from bot.domain.approval.voting import cancel
from bot.domain.change import ActionKind
from bot.domain.policy import Outcome, VerbGroup
from bot.domain.refusal import Refusal
from bot.domain.request import Principal
from bot.usecases.gate import Circumstance, Gate


@dataclass(frozen=True, kw_only=True)
class Word:
    """What somebody says to a request: approve, reject (with a reason) or cancel."""

    kind: ActionKind
    by: Principal
    channel: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Mandate:
    """Counts words by the rule that asked and by the rights of this moment."""

    gate: Gate

    def counted(self, approval: Approval, said: Word, now: datetime) -> Approval | Refusal:
        """Return the approval with that word in it, or why it does not count.

        Args:
            approval: as it is recorded now.
            said: by whom, where.
            now: by the clock by which it was asked.
        """
        if said.kind is ActionKind.CANCEL_REQUEST:
            may = self._has_the_right(approval, said.by, said.channel)
            return cancel(approval, said.by.user, now, may=may)
        given = Vote(
            user=said.by.user,
            yes=said.kind is ActionKind.APPROVE,
            at=now,
            reason=said.reason,
            channel=said.channel,
        )
        entitled = self._is_entitled(approval, said.by, said.channel)
        return vote(approval, given, now, entitled=entitled)

    def carriers(self, approval: Approval) -> frozenset[str]:
        """Return who of those that said yes counts at this moment."""
        team = approval.request.by.team
        return frozenset(
            each.user
            for each in approval.votes
            if each.yes
            and self._is_entitled(approval, Principal(team=team, user=each.user), each.channel)
        )

    def holds(self, approval: Approval | None, fingerprint: str) -> bool:
        """Return whether this very plan is approved, by people who count at this moment.

        The rules must be those that it was approved under: their hash is in the fingerprint, and
        what is in force now may ask for more.
        """
        if approval is None or approval.fingerprint != fingerprint:
            return False
        same_rules = approval.policy_hash == self.gate.policy.hash
        return same_rules and still_carried(approval, self.carriers(approval))

    def _is_entitled(self, approval: Approval, who: Principal, channel: str) -> bool:
        rule = approval.rule
        among = all(self.gate.is_among(each, who) for each in (rule.approvers, *rule.also))
        return among and self._has_the_right(approval, who, channel)

    def _has_the_right(self, approval: Approval, who: Principal, channel: str) -> bool:
        how = Circumstance(channel=channel)
        decision = self.gate.decide(who, VerbGroup.APPROVE, approval.resource, how)
        return decision.outcome is not Outcome.DENY
