"""Reads of the locks, and the wish to be told of their end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.change import Query
from bot.domain.grammar import Command
from bot.domain.lock import Lock, Scope, ScopeKind, Waiter
from bot.domain.lock.record import waited_for
from bot.domain.lock.words import why_locked
from bot.domain.policy import Resource, VerbGroup
from bot.domain.reply import LockList, Reply, Said
from bot.ports import ConflictError, Put, RecordStore, Stored, Transaction
from bot.usecases.answers.sight import Sight
from bot.usecases.lock_scope import Scopes

_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class Locked:
    """Answers `locks`. All may raise a UserError, EngineUnavailableError, StoreUnavailableError."""

    store: RecordStore
    scopes: Scopes
    sight: Sight

    def answer(self, query: Query, command: Command, now: datetime) -> Reply:
        """Answer `locks`, of one service if one is named; with `--notify` remember who asks."""
        if not command.targets:
            found, hidden = self._seen(one.value for one in self._open(query.cluster, now))
            return LockList(locks=tuple(found), hidden=hidden)
        if command.options.notify:
            return self._remember(query, command.targets[0], now)
        service, held = self._of(query.cluster, command.targets[0], now)
        return LockList(locks=tuple(one.value for one in held), service=service)

    def _seen(self, locks: Iterable[Lock]) -> tuple[list[Lock], int]:
        """Leave out locks of what the person may not read; the whole swarm is theirs, too."""
        known = list(locks)
        shown = [
            one
            for one in known
            if one.scope.kind is ScopeKind.CLUSTER or self.sight.may(one, self.sight.lock)
        ]
        return shown, len(known) - len(shown)

    def _open(self, cluster: str, now: datetime) -> list[Stored[Lock]]:
        return [one for one in self.store.readable_locks(cluster) if one.value.holds(now)]

    def _of(self, cluster: str, ref: str, now: datetime) -> tuple[str, list[Stored[Lock]]]:
        """Return what holds a service, the locks against one revision included."""
        what = self.scopes.to_unlock_service(cluster, ref)
        named = Resource(cluster=cluster, service=what.service)
        self.sight.allow(named, self.sight.record)
        wider = {lock.id for lock in self.scopes.gate.holding(what, VerbGroup.UPDATE)}
        own = Scope(kind=ScopeKind.SERVICE, name=what.service)
        found = [
            one
            for one in self._open(cluster, now)
            if one.value.id in wider or one.value.scope == own
        ]
        return what.service, found

    def _remember(self, query: Query, ref: str, now: datetime) -> Reply:
        """Put the person on the list of each lock by hand that is in their way."""
        user = query.request.by.user
        waiter = Waiter(user=user, channel=query.request.place.channel, asked_at=now)
        for _ in range(_TRIES):
            service, found = self._of(query.cluster, ref, now)
            held = [
                one for one in found if not one.value.automatic and one.value.owner.user != user
            ]
            if not held:
                return Said(text=f"Nobody else has locked {service}.")
            if self._written(held, waiter):
                reasons = "; ".join(why_locked(one.value, now) for one in held)
                return Said(text=f"{reasons}. You are told when it is free.")
        raise ConflictError("rev", query.id)

    def _written(self, held: Sequence[Stored[Lock]], waiter: Waiter) -> bool:
        puts = [Put(record=waited_for(one.value, waiter), rev=one.rev) for one in held]
        cluster = held[0].value.cluster
        try:
            self.store.commit(Transaction(cluster=cluster, puts=tuple(puts)))
        except ConflictError:
            return False
        return True
