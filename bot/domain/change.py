"""The smaller records: a one-step change (rm, node, network), an action on a rollout, a query."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.breaking import Breaking
from bot.domain.drain.record import Drain
from bot.domain.plan import FieldChange
from bot.domain.policy import Resource
from bot.domain.request import Request


class ChangeKind(StrEnum):
    """`kind` in the metadata of a `waggle_change` message."""

    RM = "rm"
    NODE_UPDATE = "node_update"
    NODE_RM = "node_rm"
    NETWORK_CREATE = "network_create"
    NETWORK_RM = "network_rm"


ASKS_FIRST = frozenset({ChangeKind.RM, ChangeKind.NODE_RM})
"""What is gone for good waits for a click."""


class ChangeState(StrEnum):
    """Where a one-step change stands: accepted → (confirming →) applying → applied | failed.

    Or refused, cancelled, unchanged. One that needs other people's yes goes to `awaiting` and comes
    back to accepted with it. A drain goes on: applying → draining (⇄ stalled) → (returning →)
    applied | failed | aborted.
    """

    ACCEPTED = "accepted"
    AWAITING = "awaiting"
    CONFIRMING = "confirming"
    APPLYING = "applying"
    DRAINING = "draining"
    STALLED = "stalled"
    RETURNING = "returning"
    APPLIED = "applied"
    FAILED = "failed"
    ABORTED = "aborted"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    UNCHANGED = "unchanged"
    SHOWN = "shown"


FOLLOWED = frozenset({ChangeState.DRAINING, ChangeState.STALLED})
"""The node takes no tasks any more, and the steward looks on at every tick."""


UNDER_WAY = FOLLOWED | {ChangeState.RETURNING}
"""The node has not come to the end of it: being emptied, or made active again."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change that needs no supervision.

    Attributes:
        target: name of the service, node or network.
        target_id: the Engine's id, once resolved.
        base_hash: hash of what it starts from (rm: the service's spec; node: the node's spec), re-
            checked before it runs.
        changes: the diff as shown.
        resource: what it acts on, as it was and as it will be, once that was looked at; what is
            gone by then is still judged by it.
        fingerprint: sha256 over all that an approval would bind; see `fingerprint()` here.
        confirmed_by: who clicked the confirming button (rm).
        reason: why it was refused or failed.
        approval_id, approval_link: of the approval that it waits for, or runs by.
        glass: why rules were passed by; empty when they were not.
        breakings: who did so and when; see `breakings_of` in bot.domain.rollout.glass.
        reviews: who has reviewed that since.
        drain: what moves, of a drain.
        warnings: what one should know of before, one sentence each; third-party words in them.
        doubted_since: since when its target has not been seen, and may be gone (bot.domain.lag).
        announced: other channels have been told that it begins, with a link to its own message.
    """

    id: str
    cluster: str
    kind: ChangeKind
    request: Request
    target: str
    state: ChangeState = ChangeState.ACCEPTED
    target_id: str | None = None
    base_hash: str | None = None
    changes: tuple[FieldChange, ...] = ()
    resource: Resource | None = None
    fingerprint: str = ""
    policy_hash: str = ""
    confirmed_by: str | None = None
    reason: str = ""
    touched_at: datetime | None = None
    ended_at: datetime | None = None
    approval_id: str | None = None
    approval_link: str = ""
    glass: str = ""
    breakings: tuple[Breaking, ...] = ()
    reviews: tuple[str, ...] = ()
    announced: bool = False
    drain: Drain | None = None
    warnings: tuple[str, ...] = ()
    doubted_since: datetime | None = None


def fingerprint(change: Change) -> str:
    """The SHA-256 over what is changed, how, and from what; 64 hexadecimal digits.

    What is shown follows from these and is left out, as with a plan's.
    """
    bound = {
        "cluster": change.cluster,
        "kind": change.kind.value,
        "target": change.target,
        "target_id": change.target_id,
        "base_hash": change.base_hash,
        "edits": change.request.command.get("edits"),
        "policy_hash": change.policy_hash,
    }
    if change.drain is not None and change.drain.returns:
        bound["then"] = "active"
        # what is away until then: told in the request, and no one's to add to
        if change.drain.homeless:
            bound["homeless"] = sorted(each.service_id for each in change.drain.homeless)
    text = json.dumps(bound, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class ActionKind(StrEnum):
    """What a person can do to a live rollout, a change that asks for confirmation, an approval.

    Or to what Waggle itself keeps: locks and subscriptions are typed only.
    """

    RESUME = "resume"
    ROLLBACK = "rollback"
    ABORT = "abort"
    KEEP_WAITING = "keep_waiting"
    UNSTICK = "unstick"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    LOCK = "lock"
    UNLOCK = "unlock"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL_REQUEST = "cancel_request"
    PLAN_AGAIN = "plan_again"
    REVIEW = "review"


TYPED_ONLY = frozenset(
    {ActionKind.LOCK, ActionKind.UNLOCK, ActionKind.SUBSCRIBE, ActionKind.UNSUBSCRIBE}
)
"""What no button does: the typed line says what is meant."""


class DoneState(StrEnum):
    """An action or a query is open until it is done or refused."""

    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Action:
    """One act on a live rollout, a change or an approval, by button or command.

    Attributes:
        subject: id of the rollout, change or approval; empty when the person named a service
            (`resume web`): then `service` says which.
        words: what the person says with it, for instance why not (escape it).
    """

    id: str
    cluster: str
    kind: ActionKind
    request: Request
    subject: str = ""
    service: str = ""
    words: str = ""
    state: DoneState = DoneState.ACCEPTED
    reason: str = ""
    touched_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Query:
    """A read; answered privately."""

    id: str
    cluster: str
    request: Request
    state: DoneState = DoneState.ACCEPTED
    touched_at: datetime | None = None
