"""The job ANSWER: a read becomes one private answer.

The answer and the query's end are one transaction, so a repeated job says nothing twice. An Engine
that does not answer is said at once: a person who asked to see something would rather ask again.

An error that nobody foresaw is an answer, too, and so is too long a wait: a query that stayed open
would be enqueued for ever, and keep the others waiting.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.domain.change import DoneState, Query
from bot.domain.errors import UserError
from bot.domain.flags.verb import Verb
from bot.domain.grammar import Command
from bot.domain.grammar.suggest import Suggest, nearest
from bot.domain.page import Asked
from bot.domain.reply import Paged, Refusal, Reply
from bot.ports import (
    AuditLog,
    Clock,
    ConflictError,
    EngineError,
    EngineUnavailableError,
    ImageRegistry,
    Put,
    RecordStore,
    Stored,
    StoreUnavailableError,
    SwarmReader,
    Transaction,
)
from bot.usecases.answers.audit import looked_up
from bot.usecases.answers.freezes import freezes
from bot.usecases.answers.hearing import subscriptions
from bot.usecases.answers.lists import Lists
from bot.usecases.answers.locked import Locked
from bot.usecases.answers.look import Look
from bot.usecases.answers.recall import Recall
from bot.usecases.answers.sight import sight_of
from bot.usecases.answers.tags import Tags
from bot.usecases.gate import Gate
from bot.usecases.lock_scope import Scopes
from bot.usecases.lookup import Lookup
from bot.usecases.refusals import refusal, too_late
from bot.usecases.report import Report, no_report
from bot.usecases.speak import Mouth, Scribe, private_id

_FAILED = Refusal(
    why="Waggle failed inside and has logged why.",
    next_step="Nothing was changed. Ask again; if it stays so, the worker's log tells where.",
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Answer a query.

    Attributes:
        report: told of what nobody foresaw.
        again: what besides an unavailable store ends the job so that it runs again: its timeout.
    """

    store: RecordStore
    swarm: SwarmReader
    registry: ImageRegistry
    scribe: Scribe
    speaker: Mouth
    clock: Clock
    gate: Gate
    audit: AuditLog
    suggest: Suggest = nearest
    report: Report = no_report
    again: tuple[type[Exception], ...] = ()

    def run(self, query_id: str) -> None:
        """Find the answer, record it, send it.

        Raises:
            StoreUnavailableError, ConflictError: run again later.
            Exception: the answer could not be made, nor that be said; run again, and at last the
                query ends without a word.
        """
        stored = self.store.get(Query, query_id)
        if stored is None:
            return
        if stored.value.state is DoneState.ACCEPTED and not self._end(stored):
            return
        # The row of an answer that was recorded before is sent, too: the last run may have died.
        self.speaker.flush_one(private_id(query_id))

    def _end(self, stored: Stored[Query]) -> bool:
        """Give the query its answer; return whether it has one."""
        late = too_late(stored.value.request, self.clock.now())
        again: tuple[type[Exception], ...] = (StoreUnavailableError, ConflictError, *self.again)
        try:
            self._record(stored, late or self._reply(stored.value))
        except again:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, the query has to end
            self.report(stored.value.id, error)
            if late:
                self._commit(stored, ())
                return False
            self._record(stored, _FAILED)
        return True

    def _record(self, stored: Stored[Query], reply: Reply) -> None:
        self._commit(stored, self.scribe.private(stored.value.request, reply, self.clock.now()))

    def _commit(self, stored: Stored[Query], rows: Sequence[Put]) -> None:
        now = self.clock.now()
        done = replace(stored.value, state=DoneState.DONE, touched_at=now)
        puts = (Put(record=done, rev=stored.rev), *rows)
        try:
            self.store.commit(Transaction(cluster=done.cluster, puts=puts))
        except ConflictError:
            return  # another run of this job was first

    def _reply(self, query: Query) -> Reply:
        command = Command.from_json(query.request.command)
        try:
            return self._answer(query, command)
        except UserError as error:
            return refusal(error)
        except EngineUnavailableError:
            return Refusal(
                why="The Docker Engine does not answer, or the swarm has no leader just now.",
                next_step="Nothing was changed. Ask again in a moment.",
            )
        except EngineError as error:
            return Refusal(why=f"Docker refused: {error}")

    def _answer(self, query: Query, command: Command) -> Reply:
        cluster, now = query.cluster, self.clock.now()
        # the bot has decided on a name alone
        sight = sight_of(self.swarm, self.gate, cluster, query.request)
        lookup = Lookup(swarm=self.swarm, suggest=self.suggest, cluster=cluster, tells=sight.tells)
        look = Look(swarm=self.swarm, store=self.store, lookup=lookup, sight=sight, gate=self.gate)
        tags = Tags(swarm=self.swarm, registry=self.registry, lookup=lookup, sight=sight)
        lists = Lists(swarm=self.swarm, lookup=lookup, sight=sight, store=self.store)
        recall = Recall(swarm=self.swarm, store=self.store, lookup=lookup, sight=sight)
        scopes = Scopes(swarm=self.swarm, lookup=lookup, gate=self.gate)
        locked = Locked(store=self.store, scopes=scopes, sight=sight)
        ways: dict[Verb, Callable[[], Reply]] = {
            Verb.SERVICES: lambda: look.services(cluster, command, now),
            Verb.PS: lambda: look.tasks(command),
            Verb.INSPECT: lambda: look.inspect(cluster, command, now),
            Verb.LOGS: lambda: look.logs(command, now),
            Verb.TAGS: lambda: tags.of(command, now),
            Verb.NODES: lambda: look.nodes(command),
            Verb.NODE_INSPECT: lambda: look.node(command),
            Verb.NODE_PS: lambda: lists.node_tasks(command),
            Verb.SECRET_LS: lambda: lists.pieces(command, now),
            Verb.CONFIG_LS: lambda: lists.pieces(command, now),
            Verb.STACK_LS: lists.stacks,
            Verb.STACK_SERVICES: lambda: lists.stack_services(cluster, command, now),
            Verb.STACK_PS: lambda: lists.stack_tasks(command),
            Verb.NETWORK_LS: lambda: look.networks(command),
            Verb.HISTORY: lambda: recall.history(cluster, command),
            Verb.DIFF: lambda: recall.difference(cluster, command),
            Verb.AUDIT: lambda: looked_up(self.audit, cluster, command, now, sight),
            Verb.APPROVALS: lambda: recall.approvals(cluster),
            Verb.ROLLOUTS: lambda: recall.rollouts(cluster, command),
            Verb.LOCKS: lambda: locked.answer(query, command, now),
            Verb.FREEZES: lambda: freezes(self.gate),
            Verb.SUBSCRIPTIONS: lambda: subscriptions(self.store, self.gate.policy, query.request),
        }
        way = ways.get(command.verb)
        if way is None:
            return Refusal(why=f"`{command.verb.value}` cannot be answered here.")
        reply = way()
        return replace(reply, asked=_asked(command)) if isinstance(reply, Paged) else reply


def _asked(command: Command) -> Asked:
    """Return what any page of the answer is asked for with."""
    unpaged = replace(command, options=replace(command.options, page=None))
    return Asked(line=unpaged.canonical, page=command.options.page or 1)
