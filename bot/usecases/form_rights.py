"""Who may be shown which form, and what in it: the one gate decides, on what was last seen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from bot.domain.flags.verb import Verb
from bot.domain.grammar.wish import Wish
from bot.domain.inventory import Inventory, NodeStock, ServiceStock, Sighting
from bot.domain.policy import Decision, Outcome, Resource, VerbGroup
from bot.domain.request import Place, Principal, Request, Source
from bot.ports import Once
from bot.usecases.approval_desk import denied
from bot.usecases.denials import note_denial
from bot.usecases.gate import Circumstance
from bot.usecases.propose import ONCE_FOR, Ack, AckKind, Propose
from bot.usecases.rights import first_sight, group_of_verb
from bot.usecases.which_cluster import StrangerError

Stock = TypeVar("Stock", ServiceStock, NodeStock)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who wants which form, and where.

    Attributes:
        delivery: as of `Typed`.
        nowhere: it was asked for where there is no channel (a global shortcut), and the channel was
            chosen from a list: then what the policy lets people do in a channel does not count.
    """

    wish: Wish
    by: Principal
    place: Place
    delivery: str
    nowhere: bool = False


@dataclass(frozen=True, kw_only=True)
class FormRights:
    """Decides. All may raise StoreUnavailableError: nobody can tell what is locked."""

    propose: Propose

    def objection(self, asked: Asked, cluster: str, seen: Sighting | None) -> Decision | None:
        """Return the decision that keeps a form from somebody, None if none does."""
        wish = asked.wish
        there = seen.inventory if seen else Inventory()
        if not wish.target and self._has_choice(asked, cluster, there):
            return None
        what = _resource(wish, cluster, there)
        needed = [group_of_verb(wish.verb)]
        if wish.verb is not Verb.CREATE:  # it shows what is there now
            needed.append(VerbGroup.READ)
        return self.refused(asked, needed, what)

    def refused(self, asked: Asked, needed: list[VerbGroup], what: Resource) -> Decision | None:
        """Return the decision against any of these rights, None if there is none."""
        for channel in _channels(asked):
            for group in needed:
                said = self.propose.gate.decide(
                    asked.by, group, what, Circumstance(channel=channel)
                )
                if said.outcome is Outcome.DENY:
                    return said
        return None

    def choosable(self, asked: Asked, cluster: str, there: Inventory) -> list[ServiceStock]:
        """Return the services that a person may look at and update, freezes and locks aside."""
        readable = self.readable(asked, cluster, there.services)
        return self._granted(asked, VerbGroup.UPDATE, cluster, readable)

    def choosable_nodes(self, asked: Asked, cluster: str, there: Inventory) -> list[NodeStock]:
        """Return the nodes that a person may look at and change, freezes and locks aside."""
        readable = self.readable(asked, cluster, there.nodes)
        return self._granted(asked, VerbGroup.NODE, cluster, readable)

    def _has_choice(self, asked: Asked, cluster: str, there: Inventory) -> bool:
        if asked.wish.verb is Verb.NODE_UPDATE:
            return bool(self.choosable_nodes(asked, cluster, there))
        is_update = asked.wish.verb is Verb.UPDATE
        return is_update and bool(self.choosable(asked, cluster, there))

    def readable(self, asked: Asked, cluster: str, among: Iterable[Stock]) -> list[Stock]:
        """Return those of some things that a person may look at."""
        return self._granted(asked, VerbGroup.READ, cluster, among)

    def _granted(
        self, asked: Asked, verb: VerbGroup, cluster: str, among: Iterable[Stock]
    ) -> list[Stock]:
        policy, found = self.propose.gate.policy, list(among)
        for channel in _channels(asked):
            said = self.propose.gate.granted(policy, asked.by, verb, channel)
            found = [s for s in found if said(s.resource(cluster)).outcome is not Outcome.DENY]
        return found

    def deny(self, no: Decision, asked: Asked, cluster: str) -> Ack:
        """Say no, and leave that in the audit log, as of a typed line."""
        return self._refuse(no, asked, cluster, asked.wish.target, denied(no))

    def guessed(self, error: StrangerError, asked: Asked) -> Ack:
        """Say that there is no such swarm; that somebody asked of one that there is, is kept."""
        text, verb = error.full_text, asked.wish.verb.value
        if error.denied is None:
            return Ack(kind=AckKind.REFUSED, text=text, verb=verb)
        return self._refuse(error.denied, asked, asked.wish.cluster, "", text)

    def _refuse(self, no: Decision, asked: Asked, cluster: str, target: str, text: str) -> Ack:
        request = Request(
            id=self.propose.ids.new("f"),
            cluster=cluster,
            by=asked.by,
            place=asked.place,
            source=Source.FORM,
            line=asked.wish.line,
            command={},
            accepted_at=self.propose.clock.now(),
        )
        once = Once(key=asked.delivery, value=text, ttl=ONCE_FOR)
        note_denial(self.propose.store, request, target, no, once)
        return Ack(kind=AckKind.REFUSED, text=text, verb=asked.wish.verb.value)


def _channels(asked: Asked) -> Iterator[str]:
    if asked.place.channel:
        yield asked.place.channel
    if asked.nowhere or not asked.place.channel:
        yield ""


def _resource(wish: Wish, cluster: str, there: Inventory) -> Resource:
    """Return what is wished to be changed as it was last seen, else by its name alone."""
    found = there.node if wish.verb is Verb.NODE_UPDATE else there.service
    stock = found(wish.target) if wish.target else None
    return stock.resource(cluster) if stock else first_sight(wish.verb, cluster, wish.target)
