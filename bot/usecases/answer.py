"""The job ANSWER: a read becomes one private answer.

The answer and the query's end are one transaction, so a repeated job says nothing twice. An Engine
that does not answer is said at once: a person who asked to see something would rather ask again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain.change import DoneState, Query
from bot.domain.errors import UserError
from bot.domain.flags.verb import Verb
from bot.domain.grammar import Command
from bot.domain.grammar.suggest import Suggest, nearest
from bot.domain.reply import Refusal, Reply
from bot.ports import (
    AuditLog,
    Clock,
    ConflictError,
    EngineError,
    EngineUnavailableError,
    Put,
    RecordStore,
    Stored,
    SwarmReader,
    Transaction,
)
from bot.usecases.answers.audit import looked_up
from bot.usecases.answers.freezes import freezes
from bot.usecases.answers.hearing import subscriptions
from bot.usecases.answers.locked import Locked
from bot.usecases.answers.look import Look
from bot.usecases.answers.recall import Recall
from bot.usecases.answers.sight import Sight
from bot.usecases.gate import Gate
from bot.usecases.lock_scope import Scopes
from bot.usecases.lookup import Lookup
from bot.usecases.refusals import refusal
from bot.usecases.speak import Mouth, Scribe, private_id


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Answer a query."""

    store: RecordStore
    swarm: SwarmReader
    scribe: Scribe
    speaker: Mouth
    clock: Clock
    gate: Gate
    audit: AuditLog
    suggest: Suggest = nearest

    def run(self, query_id: str) -> None:
        """Find the answer, record it, send it.

        Raises:
            StoreUnavailableError: run again later.
        """
        stored = self.store.get(Query, query_id)
        if stored is None:
            return
        if stored.value.state is DoneState.ACCEPTED:
            self._record(stored, self._reply(stored.value))
        # The row of an answer that was recorded before is sent, too: the last run may have died.
        self.speaker.flush_one(private_id(query_id))

    def _record(self, stored: Stored[Query], reply: Reply) -> None:
        now = self.clock.now()
        done = replace(stored.value, state=DoneState.DONE, touched_at=now)
        puts = (
            Put(record=done, rev=stored.rev),
            *self.scribe.private(done.request, reply, now),
        )
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

    def _sight(self, query: Query) -> Sight:
        """Return what the person may read: the bot has decided on a name alone."""
        policy, request = self.gate.policy, query.request
        return Sight(
            swarm=self.swarm,
            cluster=query.cluster,
            policy=policy,
            decide=self.gate.reader(policy, request.by, request.place.channel),
        )

    def _answer(self, query: Query, command: Command) -> Reply:
        cluster, now = query.cluster, self.clock.now()
        sight = self._sight(query)
        lookup = Lookup(swarm=self.swarm, suggest=self.suggest, tells=sight.tells)
        look = Look(swarm=self.swarm, store=self.store, lookup=lookup, sight=sight)
        recall = Recall(swarm=self.swarm, store=self.store, lookup=lookup, sight=sight)
        scopes = Scopes(swarm=self.swarm, lookup=lookup, gate=self.gate)
        locked = Locked(store=self.store, scopes=scopes, sight=sight)
        ways: dict[Verb, Callable[[], Reply]] = {
            Verb.SERVICES: lambda: look.services(cluster, command),
            Verb.PS: lambda: look.tasks(command),
            Verb.INSPECT: lambda: look.inspect(command),
            Verb.LOGS: lambda: look.logs(command, now),
            Verb.NODES: lambda: look.nodes(command),
            Verb.NODE_INSPECT: lambda: look.node(command),
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
        return way() if way else Refusal(why=f"`{command.verb.value}` cannot be answered here.")
