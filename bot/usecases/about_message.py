"""Which rollout a message of the channel is of, as message shortcuts ask.

Every app of a workspace writes what metadata it likes: that of our own messages alone is believed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.errors import NotFound, UserError
from bot.domain.flags.verb import Verb
from bot.domain.grammar import Command, Options
from bot.domain.message import Message
from bot.domain.policy import Decision, Outcome, Resource, VerbGroup
from bot.domain.request import Principal
from bot.domain.rollout.record import Rollout
from bot.domain.typed import typed
from bot.ports import RecordStore
from bot.usecases.gate import Circumstance
from bot.usecases.propose import Propose
from bot.usecases.refusals import Denied
from bot.usecases.rights import place_of
from bot.usecases.speak import parent_id

_LOOKED_AT = 50
"""Of the newest rollouts of each cluster, where a message does not say which it is of."""

_NO_ROLLOUT = "This message is not of a rollout that Waggle still knows."
_WHERE = "`rollouts` lists them, `history SERVICE` the revisions of a service."


@dataclass(frozen=True, kw_only=True)
class Pointed:
    """A message at which somebody points.

    Attributes:
        channel, ts: where it stands; of an answer in a thread, where the thread begins.
        rollout_id, cluster, service: what our own message of a rollout says of itself; empty for
            every other message.
    """

    channel: str
    ts: str
    rollout_id: str = ""
    cluster: str = ""
    service: str = ""


@dataclass(frozen=True, kw_only=True)
class AboutMessage:
    """Finds rollouts, and the lines that are meant about them.

    All may raise a UserError, of which Denied is one, and StoreUnavailableError. Whoever may not
    read what a message is of is told so before anything is looked up.
    """

    store: RecordStore
    propose: Propose

    def history(self, by: Principal, at: Pointed) -> Command:
        """Return the line that lists the revisions of the message's service."""
        rollout = self._rollout(by, at)
        options = Options(cluster=self._named(rollout))
        return Command(Verb.HISTORY, (rollout.service,), (), options)

    def rollback(self, by: Principal, at: Pointed) -> Command:
        """Return the line that goes back to where the message's rollout began.

        Raises:
            UserError: it began with nothing.
        """
        rollout = self._rollout(by, at)
        if rollout.from_revision is None:
            raise UserError(
                f"Before {rollout.id} there was no {rollout.service} that could be gone back to.",
                f"`{typed(f'rm {rollout.service}', rollout.cluster)}` removes it; "
                f"`{typed(f'history {rollout.service}', rollout.cluster)}` lists what was.",
            )
        options = Options(to_revision=rollout.from_revision, cluster=self._named(rollout))
        return Command(Verb.ROLLBACK, (rollout.service,), (), options)

    def _rollout(self, by: Principal, at: Pointed) -> Rollout:
        found = self._by_id(by, at) if at.rollout_id else self._by_place(by, at)
        if found is None:
            raise NotFound(_NO_ROLLOUT, _WHERE)
        self._allow(by, at, place_of(found))  # as it was planned, its environments are known
        return found

    def _by_id(self, by: Principal, at: Pointed) -> Rollout | None:
        self._allow(by, at, Resource(cluster=at.cluster, service=at.service))
        stored = self.store.get(Rollout, at.rollout_id)
        return stored.value if stored else None

    def _by_place(self, by: Principal, at: Pointed) -> Rollout | None:
        """Find it by where its own message stands, in the clusters that the person may read."""
        judged = {name: self._read(by, at, Resource(cluster=name)) for name in self._clusters()}
        no = [each for each in judged.values() if each.outcome is Outcome.DENY]
        if no and len(no) == len(judged):
            raise Denied(no[0])
        mine = (name for name, each in judged.items() if each not in no)
        found = self._standing(mine, at)
        stored = self.store.get(Rollout, found) if found else None
        return stored.value if stored else None

    def _standing(self, clusters: Iterable[str], at: Pointed) -> str | None:
        """Return the rollout whose message stands there: messages are looked at, one round trip."""
        for cluster in clusters:
            ids = self.store.recent_rollout_ids(cluster, _LOOKED_AT)
            recent = {parent_id(each): each for each in ids}
            for row in self.store.get_many(Message, list(recent)):
                sent = row.value.sent
                if sent is not None and (sent.channel, sent.ts) == (at.channel, at.ts):
                    return recent[row.value.id]
        return None

    def _allow(self, by: Principal, at: Pointed, what: Resource) -> None:
        decision = self._read(by, at, what)
        if decision.outcome is Outcome.DENY:
            raise Denied(decision)

    def _read(self, by: Principal, at: Pointed, what: Resource) -> Decision:
        how = Circumstance(channel=at.channel)
        return self.propose.gate.decide(by, VerbGroup.READ, what, how)

    def _clusters(self) -> list[str]:
        return sorted(self.propose.clusters.beats())

    def _named(self, rollout: Rollout) -> str:
        return rollout.cluster if len(self._clusters()) > 1 else ""
