"""Who may decide on a request for approval, asked anew each time: at the vote and at the start.

At the vote by what is known of the user groups, at the start by what Slack says at that moment.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.approval import Approval, Vote, still_carried, vote, votes_lost
from bot.domain.approval.voting import cancel
from bot.domain.change import ActionKind
from bot.domain.policy import Outcome, VerbGroup, groups_granted
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
            may = _has_the_right(self.gate, approval, said.by, said.channel)
            return cancel(approval, said.by.user, now, may=may)
        given = Vote(
            user=said.by.user,
            yes=said.kind is ActionKind.APPROVE,
            at=now,
            reason=said.reason,
            channel=said.channel,
        )
        entitled = _is_entitled(self.gate, approval, said.by, said.channel)
        return vote(approval, given, now, entitled=entitled)

    def carriers(self, approval: Approval) -> frozenset[str]:
        """Return who of those that said yes counts at this moment; asks Slack, and waits for it."""
        gate = self.gate.asking_now(self._groups(approval))
        team = approval.request.by.team
        return frozenset(
            each.user
            for each in approval.votes
            if each.yes
            and _is_entitled(gate, approval, Principal(team=team, user=each.user), each.channel)
        )

    def lapse(self, approval: Approval | None, fingerprint: str) -> str | None:
        """Return None if this very plan is approved, by people who count at this moment.

        Else why not, if it is that somebody's yes does not count any more; or nothing.

        The rules must be those that it was approved under: their hash is in the fingerprint, and
        what is in force now may ask for more.
        """
        if approval is None or approval.fingerprint != fingerprint:
            return ""
        if approval.policy_hash != self.gate.policy.hash:
            return ""
        carriers = self.carriers(approval)
        return None if still_carried(approval, carriers) else votes_lost(approval, carriers)

    def _groups(self, approval: Approval) -> frozenset[str]:
        """Return the user groups on which it can depend whether a vote counts."""
        rule = approval.rule
        named = (group for each in (rule.approvers, *rule.also) for group in each.groups)
        return groups_granted(self.gate.policy, VerbGroup.APPROVE).union(named)


def _is_entitled(gate: Gate, approval: Approval, who: Principal, channel: str) -> bool:
    rule = approval.rule
    among = all(gate.is_among(each, who) for each in (rule.approvers, *rule.also))
    return among and _has_the_right(gate, approval, who, channel)


def _has_the_right(gate: Gate, approval: Approval, who: Principal, channel: str) -> bool:
    how = Circumstance(channel=channel)
    decision = gate.decide(who, VerbGroup.APPROVE, approval.resource, how)
    return decision.outcome is not Outcome.DENY
