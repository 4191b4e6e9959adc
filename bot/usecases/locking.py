"""The actions LOCK and UNLOCK: somebody keeps a thing from being changed, and lets it go.

The lock, its messages and the end of the action are one transaction. A lock by hand claims its
scope in it, so that of two persons one gets it; the lock's id follows from the action's, so that a
repeated job finds it done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.change import Action, ActionKind
from bot.domain.errors import Conflict, NotAllowed, UserError
from bot.domain.grammar import Command, Options
from bot.domain.lock import Lock, Scope
from bot.domain.lock.record import ended, expired
from bot.domain.lock.words import moment, why_locked
from bot.domain.policy import Outcome, Resource, VerbGroup
from bot.domain.reply import Refusal, Reply, Said
from bot.ports import Clock, ConflictError, Put, RecordStore, Stored, Transaction
from bot.usecases.act import Close
from bot.usecases.gate import Gate
from bot.usecases.lock_rows import LockScribe
from bot.usecases.lock_scope import Scopes
from bot.usecases.refusals import refusal, too_late
from bot.usecases.rights import circumstance, first_sight
from bot.usecases.speak import Fault, no_fault

_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class _Done:
    """What comes of it: the answer, and what is written with it."""

    reply: Reply
    puts: tuple[Put, ...] = ()
    claim: tuple[str, str] | None = None
    take_over: tuple[str, str] | None = None
    release: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Locking:
    """Implements `Handler` for both."""

    store: RecordStore
    scopes: Scopes
    gate: Gate
    scribe: LockScribe
    clock: Clock
    fault: Fault = no_fault

    def act(self, action: Action, close: Close) -> None:
        """Lock or unlock, and close the action in the same transaction.

        Raises:
            EngineUnavailableError, StoreUnavailableError: run again later.
        """
        for _ in range(_TRIES):
            now = self.clock.now()
            done = self._attempt(action, now)
            write = Transaction(
                cluster=action.cluster,
                puts=(*done.puts, *close(done.reply, now)),
                claim=done.claim,
                take_over=done.take_over,
                release=done.release,
            )
            self.fault("lock.before_commit")
            try:
                self.store.commit(write)
            except ConflictError:
                if self._is_closed(action):
                    return
                continue
            self.fault("lock.after_commit")
            return

    def _is_closed(self, action: Action) -> bool:
        stored = self.store.get(Action, action.id)
        return stored is None or stored.value != action

    def _attempt(self, action: Action, now: datetime) -> _Done:
        if late := too_late(action.request, now):
            return _Done(reply=late)
        try:
            options = Command.from_json(action.request.command).options
            if action.kind is ActionKind.LOCK:
                return self._lock(action, options, now)
            return self._unlock(action, options, now)
        except UserError as error:
            return _Done(reply=refusal(error))

    # -- lock

    def _lock(self, action: Action, options: Options, now: datetime) -> _Done:
        self._first_sight(action)
        place = self.scopes.to_lock(action.cluster, options, action.service)
        self._allow(action, place.things)
        lock = _new_lock(action, options, place.scope, now)
        held = _by_hand(self._of(action.cluster, place.scope))
        if held is None:
            rows = (Put(record=lock, rev=0), *self.scribe.begun(lock, now))
            return _Done(reply=_locked(lock), puts=rows, claim=(lock.scope.key, lock.id))
        ends, lock = self._instead_of(held, lock, options, now)
        rows = (*ends, Put(record=lock, rev=0), *self.scribe.begun(lock, now))
        return _Done(reply=_locked(lock), puts=rows, take_over=(lock.scope.key, lock.id))

    def _instead_of(
        self, held: Stored[Lock], new: Lock, options: Options, now: datetime
    ) -> tuple[tuple[Put, ...], Lock]:
        """End the lock that is there: its time is up, or it is taken away with those who wait."""
        old = held.value
        if not old.holds(now):
            return self._end(held, expired(old), now), new
        if old.owner.user == new.owner.user:
            raise Conflict(
                f"You have locked {old.scope.words} already.",
                f"`unlock {old.scope.argument}` ends that lock; then lock it again.",
            )
        if not options.steal:
            raise Conflict(
                f"{why_locked(old, now)}. Nothing was changed.",
                f"`lock --steal --reason WHY {old.scope.argument}` takes it over, and tells them.",
            )
        over = ended(old, now, new.owner.user, options.reason)
        waiting = tuple(each for each in old.waiters if each.user != new.owner.user)
        puts = (
            Put(record=over, rev=held.rev),
            *self.scribe.ended(over, now, is_free=False),
        )
        return puts, replace(new, waiters=waiting)

    # -- unlock

    def _unlock(self, action: Action, options: Options, now: datetime) -> _Done:
        self._first_sight(action)
        place = self.scopes.to_unlock(action.cluster, options, action.service)
        self._allow(action, place.things)
        there = [each for each in self._of(action.cluster, place.scope) if each.value.holds(now)]
        if not there:
            why = f"{place.scope.words} is not locked."
            return _Done(reply=Refusal(why=why, next_step="`locks` lists what is."))
        by = action.request.by.user
        going = [each for each in there if _may_end(each.value, by, options)]
        staying = [each.value for each in there if each not in going]
        if not going:
            raise Conflict(*_in_the_way(staying[0], now))
        puts: list[Put] = []
        for each in going:
            puts += self._end(each, ended(each.value, now, by, options.reason), now)
        hand = _by_hand(going)
        return _Done(
            reply=Said(text=_unlocked([each.value for each in going], staying, now)),
            puts=tuple(puts),
            release=(place.scope.key, hand.value.id) if hand else None,
        )

    def _end(self, held: Stored[Lock], over: Lock, now: datetime) -> tuple[Put, ...]:
        return (Put(record=over, rev=held.rev), *self.scribe.ended(over, now))

    # -- both

    def _of(self, cluster: str, scope: Scope) -> list[Stored[Lock]]:
        return [each for each in self.store.open_locks(cluster) if each.value.scope == scope]

    def _first_sight(self, action: Action) -> None:
        """Decide before looking: who may not, is not told what there is."""
        verb = Command.from_json(action.request.command).verb
        self._allow(action, (first_sight(verb, action.cluster, action.service),))

    def _allow(self, action: Action, things: Sequence[Resource]) -> None:
        for what in things:
            decision = self.gate.decide(
                action.request.by, VerbGroup.LOCK, what, circumstance(action.request)
            )
            if decision.outcome is not Outcome.ALLOW:
                raise NotAllowed(f"Not allowed: {decision.why}.", "Nothing was changed.")


def _new_lock(action: Action, options: Options, scope: Scope, now: datetime) -> Lock:
    return Lock(
        id=f"l-{action.id}",
        cluster=action.cluster,
        scope=scope,
        owner=action.request.by,
        reason=options.reason,
        since=now,
        until=now + options.lasting if options.lasting is not None else None,
        channel=action.request.place.channel,
    )


def _by_hand(locks: Sequence[Stored[Lock]]) -> Stored[Lock] | None:
    """Return the lock that somebody set by hand: a scope has one at most."""
    return next((each for each in locks if not each.value.automatic), None)


def _may_end(lock: Lock, user: str, options: Options) -> bool:
    if lock.automatic:
        return bool(options.reason)
    return lock.owner.user == user or options.steal


def _in_the_way(lock: Lock, now: datetime) -> tuple[str, str]:
    """Return why a lock does not end, and what would end it."""
    if lock.automatic:
        why = f"{why_locked(lock, now)}."
        return why, "Say why it may run again: the reason is kept."
    way = f"`unlock --steal --reason WHY {lock.scope.argument}`"
    return f"{why_locked(lock, now)}.", f"They can end it; {way} takes it away, and tells them."


def _locked(lock: Lock) -> Said:
    until = f"until {moment(lock.until)}" if lock.until is not None else "until you unlock it"
    return Said(
        text=f"{lock.scope.words} is locked {until}: others cannot change it, you can. "
        f"`unlock {lock.scope.argument}` ends it."
    )


def _unlocked(gone: Sequence[Lock], staying: Sequence[Lock], now: datetime) -> str:
    told = [_passes(lock) for lock in gone]
    told += [f"Still: {why_locked(lock, now)}." for lock in staying]
    return " ".join(told)


def _passes(lock: Lock) -> str:
    if lock.bad is not None:
        return f"{lock.scope.words} can be updated to revision {lock.bad.number} again."
    return f"{lock.scope.words} is unlocked."
