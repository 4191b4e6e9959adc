"""Somebody has looked at a change for which the glass was broken."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.change import Action, Change
from bot.domain.policy import Outcome
from bot.domain.reply import Refusal, Said
from bot.domain.rollout.glass import review
from bot.domain.rollout.record import Rollout
from bot.ports import Clock, ConflictError, Put, RecordStore, Stored, Transaction
from bot.usecases.act import Close
from bot.usecases.gate import Circumstance, Gate
from bot.usecases.herald import Herald
from bot.usecases.refusals import not_allowed
from bot.usecases.rights import group_of_action, resource_of_subject
from bot.usecases.speak import Mouth, Scribe, review_id, try_now
from bot.usecases.vote import is_open

_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class Reviewing:
    """Implements `Handler`: two people other than who broke it, by the right to approve."""

    store: RecordStore
    scribe: Scribe
    herald: Herald
    speaker: Mouth
    gate: Gate
    clock: Clock

    def act(self, action: Action, close: Close) -> None:
        """Record the review, and close the action in the same transaction."""
        for _ in range(_TRIES):
            try:
                self._once(action, close)
            except ConflictError:
                if not is_open(self.store, action):
                    return
                continue
            try_now(self.store, self.speaker, review_id(action.subject))
            return
        raise ConflictError("rev", action.subject)

    def _once(self, action: Action, close: Close) -> None:
        now = self.clock.now()
        stored: Stored[Rollout] | Stored[Change] | None
        stored = self.store.get(Rollout, action.subject) or self.store.get(Change, action.subject)
        if stored is None:
            puts = close(Refusal(why="There is nothing to review."), now)
        else:
            puts = self._reviewed(stored, action, close, now)
        self.store.commit(Transaction(cluster=action.cluster, puts=puts))

    def _reviewed(
        self,
        stored: Stored[Rollout] | Stored[Change],
        action: Action,
        close: Close,
        now: datetime,
    ) -> tuple[Put, ...]:
        subject, who = stored.value, action.request.by
        how = Circumstance(channel=action.request.place.channel)
        what = replace(resource_of_subject(subject), extent=None)
        decision = self.gate.decide(who, group_of_action(action.kind), what, how)
        if decision.outcome is Outcome.DENY:
            return close(not_allowed(decision.why), now)
        after = review(subject, who.user)
        if isinstance(after, Refusal):
            return close(after, now)
        rows = (*self.scribe.review(after, now), *self.herald.reviewed(after, now))
        done = close(Said(text=f"Thank you: {subject.id} is reviewed by you."), now)
        return (Put(record=after, rev=stored.rev), *rows, *done)
