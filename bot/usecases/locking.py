"""The actions LOCK and UNLOCK: somebody keeps a thing from being changed, and lets it go.

A lock is set in a channel in which the bot can speak (bot.usecases.lock_door).

The lock, its messages and the end of the action are one transaction. A lock by hand claims its
scope in it, so that of two persons one gets it; the lock's id follows from the action's, so that a
repeated job finds it done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.audit import AuditDraft, What, audited
from bot.domain.change import Action, ActionKind
from bot.domain.errors import Conflict, UserError
from bot.domain.grammar import Command, Options
from bot.domain.lock import Lock, Scope
from bot.domain.lock.record import ended, expired
from bot.domain.lock.words import moment, ways_out, why_locked
from bot.domain.policy import Outcome, Resource, VerbGroup
from bot.domain.reply import Refusal, Reply, Said
from bot.domain.request import Principal
from bot.domain.typed import typed
from bot.ports import Clock, ConflictError, Put, RecordStore, Stored, Transaction
from bot.usecases.act import Close
from bot.usecases.answers.sight import sight_of
from bot.usecases.gate import Gate
from bot.usecases.lock_door import LockDoor
from bot.usecases.lock_rows import LockScribe
from bot.usecases.lock_scope import Scopes, scope_typed
from bot.usecases.refusals import Denied, cannot_post, decision_of, refusal, too_late
from bot.usecases.rights import circumstance, first_sight
from bot.usecases.speak import Fault, no_fault
from bot.usecases.steal import is_theirs

_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class _Done:
    """What comes of it: the answer, and what is written with it."""

    reply: Reply
    puts: tuple[Put, ...] = ()
    said: tuple[AuditDraft, ...] = ()
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
    door: LockDoor
    clock: Clock
    fault: Fault = no_fault

    def act(self, action: Action, close: Close) -> None:
        """Lock or unlock, and close the action in the same transaction.

        Raises:
            EngineUnavailableError, StoreUnavailableError, NotHeardError: run again later.
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
                audit=done.said,
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
        try:
            options = Command.from_json(action.request.command).options
            if action.kind is ActionKind.LOCK:
                return self._lock(action, options, now)
            _in_time(action, now)
            return self._unlock(action, options, now)
        except UserError as error:
            return _refused(action, error)

    # -- lock

    def _lock(self, action: Action, options: Options, now: datetime) -> _Done:
        typed_scope = scope_typed(action.cluster, options, action.service)
        lock = _new_lock(action, options, typed_scope, now)
        try:
            _in_time(action, now)
            self._first_sight(action)
            place = self._scopes(action).to_lock(action.cluster, options, action.service)
            lock = replace(lock, scope=place.scope)
            self._allow(action, place.things)
            return self._set(action, lock, options, now)
        except UserError as error:
            return replace(_refused(action, error), puts=self.door.withdrawn(lock, now))

    def _set(self, action: Action, lock: Lock, options: Options, now: datetime) -> _Done:
        held = _by_hand(self._of(action.cluster, lock.scope))
        ends: tuple[Put, ...] = ()
        said: tuple[AuditDraft, ...] = ()
        if held is not None:
            ends, lock = self._instead_of(held, lock, options, now)
            said = self._stolen(action, [held.value] if held.value.holds(now) else [])
        if code := self.door.closed(lock, now):
            return _Done(reply=cannot_post(code))
        rows = (*ends, Put(record=lock, rev=0), self.scribe.begun(lock, now))
        done = _Done(reply=_locked(lock), puts=rows, said=said)
        whose = (lock.scope.key, lock.id)
        return replace(done, take_over=whose) if held else replace(done, claim=whose)

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
                f"`{_line('unlock', old)}` ends that lock; then lock it again.",
            )
        if not options.steal:
            way = f"`{_line('lock --steal --reason WHY', old)}` takes it over, and tells them."
            mine = self.gate.takes_away(new.owner).outcome is Outcome.ALLOW
            why = f"{why_locked(old, now)}. Nothing was changed."
            raise Conflict(why, way if mine else ways_out(old))
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
        place = self._scopes(action).to_unlock(action.cluster, options, action.service)
        self._allow(action, place.things)
        there = [each for each in self._of(action.cluster, place.scope) if each.value.holds(now)]
        if not there:
            why = f"{place.scope.words} is not locked."
            return _Done(
                reply=Refusal(
                    why=why, next_step=f"`{typed('locks', action.cluster)}` lists what is."
                )
            )
        who, by = action.request.by, action.request.by.user
        going = [each for each in there if _ends(each.value, by, options)]
        staying = [each.value for each in there if each not in going]
        if not going:
            raise self._in_the_way(staying[0], who, now)
        said = self._stolen(action, [each.value for each in going])
        puts: list[Put] = []
        for each in going:
            puts += self._end(each, ended(each.value, now, by, options.reason), now)
        hand = _by_hand(going)
        return _Done(
            reply=Said(text=_unlocked([each.value for each in going], staying, now)),
            puts=tuple(puts),
            said=said,
            release=(place.scope.key, hand.value.id) if hand else None,
        )

    def _in_the_way(self, lock: Lock, who: Principal, now: datetime) -> Conflict:
        """Return why a lock does not end, and what would end it."""
        why = f"{why_locked(lock, now)}."
        if lock.automatic:
            return Conflict(why, "Say why it may run again: the reason is kept.")
        if self.gate.takes_away(who).outcome is not Outcome.ALLOW:
            return Conflict(why, ways_out(lock))
        way = f"`{_line('unlock --steal --reason WHY', lock)}`"
        return Conflict(why, f"They can end it; {way} takes it away, and tells them.")

    def _end(self, held: Stored[Lock], over: Lock, now: datetime) -> tuple[Put, ...]:
        return (Put(record=over, rev=held.rev), *self.scribe.ended(over, now))

    # -- both

    def _of(self, cluster: str, scope: Scope) -> list[Stored[Lock]]:
        return [each for each in self.store.open_locks(cluster) if each.value.scope == scope]

    def _stolen(self, action: Action, gone: Sequence[Lock]) -> tuple[AuditDraft, ...]:
        """Decide on those that are somebody else's; return by which rule, for their entries.

        Raises:
            Denied: with the ways that are left.
        """
        who = action.request.by
        theirs = [each for each in gone if is_theirs(each, who)]
        if not theirs:
            return ()
        decision = self.gate.takes_away(who)
        if decision.outcome is not Outcome.ALLOW:
            raise Denied(decision, f"Nothing was changed. {ways_out(theirs[0])}")
        word, request = What.UNLOCKED, action.request
        return tuple(audited(request, word, subject=e.id, decision=decision) for e in theirs)

    def _scopes(self, action: Action) -> Scopes:
        sight = sight_of(self.scopes.swarm, self.gate, action.cluster, action.request)
        return self.scopes.telling(sight.tells, sight.reads_environment)

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
                raise Denied(decision, "Nothing was changed.")


def _in_time(action: Action, now: datetime) -> None:
    """Raise Conflict where the line has waited too long."""
    if late := too_late(action.request, now):
        raise Conflict(late.why, late.next_step)


def _refused(action: Action, error: UserError) -> _Done:
    no = decision_of(error)
    said = (audited(action.request, What.REFUSED, decision=no),) if no else ()
    return _Done(reply=refusal(error), said=said)


def _line(words: str, lock: Lock) -> str:
    return typed(f"{words} {lock.scope.argument}", lock.cluster)


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


def _ends(lock: Lock, user: str, options: Options) -> bool:
    """Return whether a line is meant to end it; who may take away others' is decided apart."""
    if lock.automatic:
        return bool(options.reason)
    return lock.owner.user == user or options.steal


def _locked(lock: Lock) -> Said:
    until = f"until {moment(lock.until)}" if lock.until is not None else "until you unlock it"
    return Said(
        text=f"{lock.scope.words} is locked {until}: others cannot change it, you can. "
        f"`{_line('unlock', lock)}` ends it."
    )


def _unlocked(gone: Sequence[Lock], staying: Sequence[Lock], now: datetime) -> str:
    told = [_passes(lock) for lock in gone]
    told += [f"Still: {why_locked(lock, now)}." for lock in staying]
    return " ".join(told)


def _passes(lock: Lock) -> str:
    if lock.bad is not None:
        return f"{lock.scope.words} can be updated to revision {lock.bad.number} again."
    return f"{lock.scope.words} is unlocked."
