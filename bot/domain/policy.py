"""Who may do what.

Every change passes one `decide()`, in the bot and again in the worker right before it acts.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.request import Principal


class VerbGroup(StrEnum):
    """The groups of verbs that a policy grants."""

    READ = "read"
    SCALE = "scale"
    UPDATE = "update"
    ROLLBACK = "rollback"
    CREATE = "create"
    REMOVE = "remove"
    NODE = "node"
    NETWORK = "network"


class Outcome(StrEnum):
    """What a decision says."""

    ALLOW = "allow"
    REQUIRE_APPROVAL = "require_approval"
    DENY = "deny"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """What is acted on. Labels and constraints are of the present AND the desired spec.

    Empty before the plan knows them.
    """

    cluster: str
    service: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Decision:
    """An outcome with its reasons, each a sentence for the person."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The rules in force. `open_to_all` is the word `open` (for trying out).

    Otherwise nobody may do anything.

    Attributes:
        hash: stands in every plan.
    """

    open_to_all: bool = False
    hash: str = "none"


OPEN = Policy(open_to_all=True, hash="open")
NOBODY = Policy()


def decide(policy: Policy, who: Principal, verb: VerbGroup, resource: Resource) -> Decision:
    """Decide whether `who` may do `verb` to `resource`.

    Fail closed (an unknown, empty or unreadable policy lets nobody).
    """
    if policy.open_to_all:
        return Decision(
            outcome=Outcome.ALLOW, reasons=("WAGGLE_POLICY=open: everyone may do everything",)
        )
    del who  # rules by person come with the policy file
    what = resource.service or f"cluster {resource.cluster}"
    return Decision(
        outcome=Outcome.DENY,
        reasons=(f"no rule lets you {verb.value} {what}; ask whoever keeps WAGGLE_POLICY",),
    )
