"""What other channels are told of a rollout, and which.

    a change of state             → an event, or nothing that channels hear of
    the policy, the subscriptions → who hears of that event; the rollout's own channel knows already

Nothing here is said to anybody: the herald (bot.usecases.herald) writes the rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.domain.approval.record import Approval, ApprovalState
from bot.domain.change import Change
from bot.domain.policy import NotifyOn, NotifyRule, Policy, fits
from bot.domain.policy.events import TROUBLE
from bot.domain.rollout.glass import is_to_be_reviewed
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.state import LIVE
from bot.domain.subscription import Subscription

_S = RolloutState
_ON = NotifyOn

ASKS_FOR_PEOPLE = TROUBLE | {_ON.REQUESTED}
"""What is shown in the channel though it stands in a thread."""

_BY_STATE = {
    _S.PAUSED: _ON.PAUSED,
    _S.STALLED: _ON.STALLED,
    _S.FAILED: _ON.FAILED,
    _S.COMPLETED: _ON.COMPLETED,
    _S.ROLLED_BACK: _ON.ROLLED_BACK,
    _S.ABORTED: _ON.ABORTED,
    _S.SUPERSEDED: _ON.SUPERSEDED,
}
_BY_APPROVAL = {
    ApprovalState.PENDING: _ON.REQUESTED,
    ApprovalState.APPROVED: _ON.APPROVED,
    ApprovalState.REJECTED: _ON.REJECTED,
    ApprovalState.EXPIRED: _ON.EXPIRED,
}
_WAS_SEEN = LIVE | {_S.COMPLETED}


@dataclass(frozen=True, kw_only=True)
class Topic:
    """What an event is about, as far as it decides who hears of it.

    Attributes:
        service: empty for what is no service: no subscription fits it.
        environments: names of those that it was judged by, now and as it will be.
        own: the channel that has the rollout's or the request's own message.
        glass_broken: rules were passed by: every channel of the environments hears of it.
    """

    service: str
    environments: tuple[str, ...]
    own: str
    glass_broken: bool = False


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What one message in such a channel shows.

    Attributes:
        subject: the rollout, or the one-step change that waits for approvals.
        approval: the request for approvals, where its state is what there is to tell.
        event: what happened, for a message in the thread; None for its parent, which shows how
            things stand.
        link: address of the subject's own message, empty while unknown.
        request_link: the same of the request for approvals.
        approved_by: Slack ids of those who said yes.
    """

    subject: Rollout | Change
    approval: Approval | None = None
    event: NotifyOn | None = None
    link: str = ""
    request_link: str = ""
    approved_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Circulation:
    """Which channels have heard of a rollout or a change.

    Attributes:
        id: of the rollout or change.
        replies: channel → how many messages stand in its thread.
        approved_by: Slack ids of those who said yes, told from then on.
        approval_id: of the request for approvals.
        environment: whose rule asked for them.
    """

    id: str
    cluster: str
    replies: Mapping[str, int] = field(default_factory=dict)
    approved_by: tuple[str, ...] = ()
    approval_id: str = ""
    environment: str = ""


def of_rollout(before: RolloutState, after: RolloutState) -> NotifyOn | None:
    """Return the event that a change of a rollout's state means; None: channels hear of none.

    What ends before it has begun (refused, shown, a planned one that is aborted) is not told.
    """
    if before is after:
        return None
    if before not in _WAS_SEEN:
        return _ON.STARTED if after in LIVE else None
    return _BY_STATE.get(after)


def of_approval(state: ApprovalState) -> NotifyOn | None:
    """Return the event that a request's new state means; None: it is only shown, not told."""
    return _BY_APPROVAL.get(state)


def has_begun(before: RolloutState, after: RolloutState) -> bool:
    """Return whether the channels see this rollout: it lives, or has lived."""
    return before in _WAS_SEEN or after in LIVE


def is_loud(notice: Notice) -> bool:
    """Return whether a message in the thread is shown in the channel, too: it asks for people.

    Broken glass does so twice: when it is broken, and at the end, when people are to look at it.
    """
    broken = notice.event is _ON.STARTED and bool(notice.subject.glass)
    ended = notice.event is not None and is_to_be_reviewed(notice.subject)
    return notice.event in ASKS_FOR_PEOPLE or broken or ended


def hearers(
    policy: Policy, subscriptions: Iterable[Subscription], topic: Topic, event: NotifyOn
) -> tuple[str, ...]:
    """Return the channels that hear of an event, each once; never the topic's own."""
    found = [
        *_by_policy(policy, topic, event),
        *(each.channel for each in subscriptions if wants(each, topic.service, event)),
    ]
    return tuple(dict.fromkeys(channel for channel in found if channel != topic.own))


def _by_policy(policy: Policy, topic: Topic, event: NotifyOn) -> Iterator[str]:
    for environment in policy.environments:
        if environment.name in topic.environments:
            rule = environment.notify
            if topic.glass_broken or event in rule.on:
                yield from rule.channels


def wants(subscription: Subscription, service: str, event: NotifyOn) -> bool:
    """Return whether a subscription is for that event of that service."""
    holds = subscription.ended_at is None and event in subscription.on
    return holds and bool(service) and fits(service, [subscription.pattern])


def rules_of(policy: Policy, channel: str) -> tuple[tuple[str, NotifyRule], ...]:
    """Return the environments whose rules tell a channel, each with its rule."""
    return tuple(
        (each.name, each.notify) for each in policy.environments if channel in each.notify.channels
    )


def root_id(subject: str, channel: str) -> str:
    """Return the outbox id of the message that a channel's thread about a subject hangs on."""
    return f"{subject}.n.{channel}"


def reply_id(subject: str, channel: str, number: int) -> str:
    """Return the outbox id of the number-th message in that thread, from 1."""
    return f"{root_id(subject, channel)}.{number}"
