"""The request for other people's yes to one plan, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.plan import FieldChange
from bot.domain.policy import ApprovalRule, Resource
from bot.domain.request import Request


class ApprovalState(StrEnum):
    """Where a request stands; all but `pending` end it, and `approved` may still become `void`."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    VOID = "void"


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One person's word; never changed once it is given.

    Attributes:
        yes: False is a veto, which ends the request.
        reason: why not (third-party text: escape it).
        channel: where it was given; a right may hold in some channels only.
    """

    user: str
    yes: bool
    at: datetime
    reason: str = ""
    channel: str = ""


@dataclass(frozen=True, kw_only=True)
class Blast:
    """What a change touches.

    Attributes:
        tasks: how many run now or will run.
        nodes: host names of the nodes that they run on.
        shared: what else is on the same networks or ports, one phrase each.
    """

    tasks: int = 0
    nodes: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Hurdle:
    """Why what was approved does not run.

    Attributes:
        reasons: one sentence each.
        moved: what would run is not what was approved; otherwise it only may not, or cannot.
        named: Slack ids of the people whom the reasons name.
    """

    reasons: tuple[str, ...]
    moved: bool = False
    named: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Approval:
    """One request. Bound to one plan by its fingerprint.

    Attributes:
        subject: id of the rollout or one-step change that waits for it.
        target: service, node or network.
        kind: the subject's kind (`update`, `rm` …).
        request: who wants what and why, and where; its command holds the reason alone, no values.
        fingerprint: of the plan; base, desired spec, digests and policy are in it.
        resource: what it acts on, as it is and as it will be: whoever votes needs the right there.
        environment: whose rule asks.
        rule_name: the line of the policy that asks.
        rule: how many of whom, as it was when it was asked.
        warnings: of the plan or the one-step change: what the person may not expect of it, one
            sentence each.
        beyond: which limits it goes past, where that is why it asks; one sentence each.
        votes: in the order in which they came; one a person.
        expires_at: from then on no vote counts.
        moved: for `void`: what has moved, or is in the way of it, one sentence each.
        barred: for `void`: nothing has moved; it only may not, or cannot, run now.
        named: Slack ids of the people whom those sentences name, besides who asked and who voted.
        ended_by: who ended it, where a person did.
        reason: why it was rejected, or could not be asked (third-party text: escape it).
        subject_link: address of the subject's own message, once there is one.
        again: what was planned in place of a void one.
        again_asked: id of the request for that one's approval, once people are asked.
        called_in: id of the request that mentions its approvers; empty if it does so itself.
    """

    id: str
    cluster: str
    subject: str
    target: str
    kind: str
    request: Request
    fingerprint: str
    resource: Resource
    environment: str
    rule_name: str
    rule: ApprovalRule
    asked_at: datetime
    expires_at: datetime
    changes: tuple[FieldChange, ...] = ()
    digest_old: str = ""
    digest_new: str = ""
    policy_hash: str = ""
    blast: Blast = Blast()
    state: ApprovalState = ApprovalState.PENDING
    votes: tuple[Vote, ...] = ()
    reminded: bool = False
    touched_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    reason: str = ""
    moved: tuple[str, ...] = ()
    barred: bool = False
    named: tuple[str, ...] = ()
    subject_link: str = ""
    again: str = ""
    again_asked: str = ""
    called_in: str = ""
    beyond: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def yes(self) -> tuple[str, ...]:
        """Who said yes, in that order."""
        return tuple(vote.user for vote in self.votes if vote.yes)


def approval_id(subject: str) -> str:
    """Return the id of the one approval that a rollout or a change can have: `p-7k…` of `r-7k…`."""
    return f"p-{subject.partition('-')[2]}"
