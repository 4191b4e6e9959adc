"""`subscriptions`: what the channel hears of, and why."""

from bot.domain.notice import rules_of
from bot.domain.policy import Policy
from bot.domain.reply import SubscriptionList
from bot.domain.request import Request
from bot.ports import RecordStore


def subscriptions(store: RecordStore, policy: Policy, request: Request) -> SubscriptionList:
    """Return the channel's own subscriptions, and what the policy has it told."""
    channel = request.place.channel
    held = store.subscriptions(request.cluster)
    return SubscriptionList(
        channel=channel,
        cluster=request.cluster,
        own=tuple(each.value for each in held if each.value.channel == channel),
        rules=rules_of(policy, channel),
    )
