"""`subscribe` and `unsubscribe`: a channel's own wish to hear of rollouts that run elsewhere.

That a channel subscribes is said in it, before it does: a channel in which the bot cannot speak, as
long as nobody has invited it, would hear of nothing, and the command is refused. While Slack does
not answer nobody can know; then it is taken, and said in the channel as soon as Slack is back.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.change import Action, ActionKind, DoneState
from bot.domain.grammar import Command
from bot.domain.message import Address, Message
from bot.domain.policy import NotifyOn, Outcome, Resource, VerbGroup
from bot.domain.policy.events import LEVELS, as_events, words_for
from bot.domain.reply import Refusal, Reply, Said
from bot.domain.subscription import Subscription, subscription_id
from bot.domain.typed import typed
from bot.ports import Clock, ConflictError, Put, RecordStore, Stored, Transaction, Voice
from bot.usecases.act import Close
from bot.usecases.door import Door, NotHeardError
from bot.usecases.gate import Gate
from bot.usecases.refusals import cannot_post, not_allowed, too_late
from bot.usecases.rights import circumstance, in_each_environment
from bot.usecases.speak import Fault, new_row, no_fault, parent_id

_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class Subscribe:
    """Handler of both kinds of action. The channel is the one in which it was typed."""

    store: RecordStore
    gate: Gate
    clock: Clock
    voice: Voice
    door: Door
    fault: Fault = no_fault

    def act(self, action: Action, close: Close) -> None:
        """Decide, change the subscription, close the action: one transaction.

        Raises:
            ConflictError: others kept changing the same subscription.
            NotHeardError: it is not known yet whether the channel is open: run again later.
            StoreUnavailableError: Redis is away; run again.
        """
        for _ in range(_TRIES):
            now = self.clock.now()
            reply, puts = self._done(action, now)
            write = Transaction(cluster=action.cluster, puts=(*puts, *close(reply, now)))
            try:
                self.store.commit(write)
            except ConflictError:
                again = self.store.get(Action, action.id)
                if again is None or again.value.state is not DoneState.ACCEPTED:
                    return  # another run of this job was first
                continue
            return
        raise ConflictError("rev", action.id)

    def _done(self, action: Action, now: datetime) -> tuple[Reply, tuple[Put, ...]]:
        what = Resource(cluster=action.cluster, service=action.service)
        how = circumstance(action.request)
        if late := too_late(action.request, now):
            return late, self._withdrawn(action, now)
        # whoever may change these services may let a channel hear of them
        decision = self.gate.decide(action.request.by, VerbGroup.UPDATE, what, how)
        if decision.outcome is Outcome.DENY:
            return not_allowed(decision.why), self._withdrawn(action, now)
        if action.kind is ActionKind.SUBSCRIBE and (unread := self._unread(action, what)):
            return unread, self._withdrawn(action, now)
        name = subscription_id(action.cluster, action.request.place.channel, action.service)
        stored = self.store.get(Subscription, name)
        if action.kind is ActionKind.UNSUBSCRIBE:
            return _taken_back(action, stored, now)
        made = _made(action, name, now)
        if code := self._closed(action, made, now):
            return cannot_post(code), ()
        return _wished(made), (Put(record=made, rev=stored.rev if stored else 0),)

    def _closed(self, action: Action, made: Subscription, now: datetime) -> str | None:
        """Say it in the channel, once; return why it cannot be said, if so."""
        name = parent_id(action.id)
        if self.store.get(Message, name) is None:
            address = Address(channel=made.channel)
            told = new_row(name, action.request, self.voice.subscribed(made), address, now)
            put = Put(record=replace(told, final=True), rev=0)
            self.store.commit(Transaction(cluster=action.cluster, puts=(put,)))
            self.fault("subscribe.before_post")
        heard = self.door.ask(name, "subscribe.after_post", in_line=True)
        if heard.asking:
            raise NotHeardError
        return heard.closed

    def _withdrawn(self, action: Action, now: datetime) -> tuple[Put, ...]:
        """Return the row that says it was not made after all, if the channel read that it was."""
        name = subscription_id(action.cluster, action.request.place.channel, action.service)
        content = self.voice.subscribed(replace(_made(action, name, now), ended_at=now))
        return self.door.taken_back(parent_id(action.id), content)

    def _unread(self, action: Action, what: Resource) -> Refusal | None:
        """Refuse who may not read wherever a service that fits may be, now or later."""
        policy, by = self.gate.policy, action.request.by
        read = self.gate.reader(policy, by, action.request.place.channel)
        for decision in map(read, in_each_environment(policy, what)):
            if decision.outcome is Outcome.DENY:
                where = ", ".join(decision.environments)
                why = f"what fits `{action.service}` may be in {where}, and you may not read there"
                return not_allowed(why)
        return None


def _made(action: Action, name: str, now: datetime) -> Subscription:
    return Subscription(
        id=name,
        cluster=action.cluster,
        channel=action.request.place.channel,
        pattern=action.service,
        on=_events(action),
        by=action.request.by.user,
        since=now,
    )


def _wished(made: Subscription) -> Said:
    return Said(
        text=f"From now on this channel hears of {made.pattern}: {words_for(made.on)}. "
        f"Take it back with `{typed(f'unsubscribe {made.pattern}', made.cluster)}`."
    )


def _taken_back(
    action: Action, stored: Stored[Subscription] | None, now: datetime
) -> tuple[Reply, tuple[Put, ...]]:
    if stored is None or stored.value.ended_at is not None:
        return Refusal(
            why=f"This channel has no subscription to `{action.service}`.",
            next_step=f"`{typed('subscriptions', action.cluster)}` lists what it hears of.",
        ), ()
    ended = replace(stored.value, ended_at=now)
    reply = Said(text=f"This channel no longer hears of {action.service} by a subscription.")
    return reply, (Put(record=ended, rev=stored.rev),)


def _events(action: Action) -> frozenset[NotifyOn]:
    words = Command.from_json(action.request.command).options.on
    return as_events(words) if words else LEVELS["all"]
