"""Who may decide on a request for approval, asked anew each time: at the vote and at the start.

At the vote by what is known of the user groups, at the start by what Slack says at that moment.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.approval import Approval, ApprovalState, Vote, still_carried, vote, votes_lost
from bot.domain.approval.voting import cancel
from bot.domain.change import ActionKind
from bot.domain.policy import Decision, Outcome, VerbGroup, voters
from bot.domain.refusal import Refusal
from bot.domain.request import Principal
from bot.usecases.gate import Circumstance, Gate
from bot.usecases.rights import group_on

_VOTES = frozenset({ActionKind.APPROVE, ActionKind.REJECT})


@dataclass(frozen=True, kw_only=True)
class Word:
    """What somebody says to a request: approve, reject (with a reason) or cancel."""

    kind: ActionKind
    by: Principal
    channel: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Mandate:
    """Counts words by the rule that asked and by the rules in force."""

    gate: Gate

    def judged(self, approval: Approval, said: Word) -> Decision:
        """Decide by the rules in force whether somebody may say that at all.

        A vote needs no grant: whom the rule lists has the right. Who asked, and of what has ended
        whoever may read it, is told by `counted` why a vote is none.
        """
        how = Circumstance(channel=said.channel)
        if said.kind not in _VOTES:
            right = group_on(said.kind, approval, said.by)
            return self.gate.decide(said.by, right, approval.resource, how)
        decision = _may_vote(self.gate, approval, said.by)
        ended = approval.state is not ApprovalState.PENDING
        if decision.outcome is Outcome.DENY and (ended or said.by.user == approval.request.by.user):
            return self.gate.decide(said.by, VerbGroup.READ, approval.resource, how)
        return decision

    def counted(self, approval: Approval, said: Word, now: datetime) -> Approval | Refusal:
        """Return the approval with that word in it, or why it does not count.

        Args:
            approval: as it is recorded now.
            said: by whom, where.
            now: by the clock by which it was asked.
        """
        if said.kind is ActionKind.CANCEL_REQUEST:
            how = Circumstance(channel=said.channel)
            right = self.gate.decide(said.by, VerbGroup.APPROVE, approval.resource, how)
            return cancel(approval, said.by.user, now, may=right.outcome is not Outcome.DENY)
        given = Vote(
            user=said.by.user,
            yes=said.kind is ActionKind.APPROVE,
            at=now,
            reason=said.reason,
            channel=said.channel,
        )
        return vote(approval, given, now, entitled=_is_entitled(self.gate, approval, said.by))

    def carriers(self, approval: Approval) -> frozenset[str]:
        """Return who of those that said yes counts at this moment; asks Slack, and waits for it."""
        gate = self.gate.asking_now(self._groups(approval))
        team = approval.request.by.team
        return frozenset(
            each.user
            for each in approval.votes
            if each.yes and _is_entitled(gate, approval, Principal(team=team, user=each.user))
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
        lists = voters(self.gate.policy, approval.environment, approval.rule)
        return frozenset(group for each in lists for group in each.groups)


def _may_vote(gate: Gate, approval: Approval, who: Principal) -> Decision:
    return gate.may_vote(who, approval.environment, approval.rule)


def _is_entitled(gate: Gate, approval: Approval, who: Principal) -> bool:
    return _may_vote(gate, approval, who).outcome is not Outcome.DENY
