"""What a channel hears of, and what it could not be told."""

from bot.domain.message import Content
from bot.domain.policy.events import words_for
from bot.domain.reply import SubscriptionList, Unheard
from bot.domain.subscription import Subscription
from bot.domain.typed import typed
from bot.rendering import blocks
from bot.rendering.escape import channel, code, escape, one_line, person
from bot.rendering.words import moment


def subscriptions(reply: SubscriptionList) -> Content:
    """Answer `subscriptions`: the channel's own, then what the policy has it told."""
    where = f"{channel(reply.channel)} (cluster {one_line(reply.cluster)})"
    if not reply.own and not reply.rules:
        return _said(
            f"{where} hears of no rollout that runs elsewhere.\n"
            f"For example {code(typed('subscribe web* --on trouble', reply.cluster))}."
        )
    lines = [f"*What {where} hears of*"]
    lines += [_own(each) for each in reply.own]
    lines += [
        f"• environment {code(name)} on {words_for(rule.on) or 'nothing'} · by the policy"
        for name, rule in reply.rules
    ]
    return _said("\n".join(lines))


def _own(each: Subscription) -> str:
    since = f"by {person(each.by)} since {moment(each.since)}"
    return f"• {code(each.pattern)} on {words_for(each.on)} · {since}"


def subscribed(made: Subscription, command: str) -> Content:
    """Say to a channel what it hears of from now on, or not after all, and who has seen to that."""
    which = f"{code(made.pattern)} (cluster {one_line(made.cluster)})"
    if made.ended_at is not None:
        return _said(
            f"{person(made.by)} did not subscribe this channel to {which} after all: "
            "what it hears of stays as it was."
        )
    what = f"{which}: {words_for(made.on)}"
    back = code(typed(f"{command} unsubscribe {made.pattern}", made.cluster))
    return _said(
        f"From now on this channel hears of {what}.\n"
        f"Asked for by {person(made.by)}; {back} takes it back."
    )


def unheard(reply: Unheard) -> Content:
    """Say which channel was not told, why, and what helps."""
    why = f"{channel(reply.channel)} could not be told of {code(reply.subject)}"
    return _said(f"{why}: Slack says {code(reply.code)}.\n{escape(reply.next_step)}")


def _said(text: str) -> Content:
    return Content(text=text, blocks=(blocks.section(text),))
