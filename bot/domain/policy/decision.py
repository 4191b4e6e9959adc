"""What a decision says, and what it is made from besides the rules."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.policy.model import ApprovalRule, Window


class Outcome(StrEnum):
    """What a decision says."""

    ALLOW = "allow"
    REQUIRE_APPROVAL = "require_approval"
    DENY = "deny"


@dataclass(frozen=True, kw_only=True)
class Context:
    """The circumstances of a request.

    Attributes:
        now: aware UTC.
        channel: where it was typed; empty for the command line.
        groups: those of the policy's user groups that the person is in; None when Slack could not
            be asked: then nobody is in any.
        windows: freezes that are on or known; those that are not on at `now` are ignored.
        locks: why it is locked, one sentence for each lock that holds this thing.
        break_glass: the person asks to pass approvals, freezes, limits and locks.
    """

    now: datetime
    channel: str = ""
    groups: frozenset[str] | None = frozenset()
    windows: tuple[Window, ...] = ()
    locks: tuple[str, ...] = ()
    break_glass: bool = False


@dataclass(frozen=True, kw_only=True)
class Decision:
    """An outcome with its reasons, each a sentence for the person.

    Attributes:
        rule: which line of the policy decided, for instance `grants[1] (operator)`.
        environments: names of those that it was judged by; empty while unknown.
        approval: what must be asked for, when the outcome is REQUIRE_APPROVAL.
        asked_in: the environment whose rule that is.
        glass_broken: rules were passed by because the person broke the glass.
        passed: what was in the way and is passed by for that, a sentence each.
        warnings: what does not stop it and should be known, a sentence each: one's own lock.
        beyond: which limits it goes past, where it is that which must be approved; a sentence each.
        named: Slack ids of the people whom the reasons name: whose lock it is.
        policy: hash of the rules that decided.
    """

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    rule: str = ""
    environments: tuple[str, ...] = ()
    approval: ApprovalRule | None = None
    asked_in: str = ""
    glass_broken: bool = False
    passed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    policy: str = ""

    @property
    def why(self) -> str:
        """The reasons in one line."""
        return "; ".join(self.reasons)
