"""Finding what a person named, or saying what they may have meant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.errors import NotAllowed, NotFound
from bot.domain.grammar.suggest import Suggest, did_you_mean
from bot.domain.observation import NetworkView, NodeView, PieceView, ServiceView
from bot.domain.typed import UNNAMED, typed
from bot.ports import EngineUnavailableError, NotFoundError, SwarmReader

SELF = "self"
"""The docker CLI's name for the node of the Engine that it talks to, in `node ps`, `node inspect`
and nothing else (docker/cli cli/command/node, `Reference`)."""

_MOST_NAMED = 5
_NOT_HERE = (
    "`self` is understood by `node ps` and `node inspect` alone, as in the docker CLI. A change "
    "names its node: `node inspect self` shows the name."
)
_SELF_UNREAD = "Not allowed: you may not read `self`, the node that the worker talks to."


View = ServiceView | NodeView | NetworkView | PieceView


def _of_any(_: View) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """Names and ids to views.

    All raise NotFound, with a did-you-mean, for what there is not, and EngineUnavailableError.

    Attributes:
        cluster: what that swarm is called.
        tells: whether the person may know of a thing that they did not name.
    """

    swarm: SwarmReader
    suggest: Suggest
    cluster: str = UNNAMED
    tells: Callable[[View], bool] = _of_any

    def service(self, ref: str) -> ServiceView:
        """Return the service of that name or id."""
        try:
            return self.swarm.service(ref)
        except NotFoundError:
            raise self.no_service(ref) from None

    def node(self, ref: str) -> NodeView:
        """Return the node of that name or id."""
        try:
            return self.swarm.node(ref)
        except NotFoundError:
            if ref == SELF:
                raise NotFound(f"There is no node `{SELF}`.", _NOT_HERE, "node") from None
            known = self._names(
                lambda: [each.hostname for each in self.swarm.nodes() if self.tells(each)]
            )
            raise self._unknown("node", ref, known) from None

    def node_or_self(self, ref: str) -> NodeView:
        """Return the node of that name or id; `self` is the one whose Engine answers.

        Raises:
            NotAllowed: `self` may not be read; nobody typed its name, so that names it not either.
        """
        if ref != SELF:
            return self.node(ref)
        try:
            node = self.swarm.node(self.swarm.own_node())
        except NotFoundError:
            why = "The Engine that the worker talks to is in no swarm."
            raise NotFound(why, f"{self._nodes} lists the nodes.", "node") from None
        if not self.tells(node):
            raise NotAllowed(_SELF_UNREAD, f"{self._nodes} lists those that you may read.", "node")
        return node

    @property
    def _nodes(self) -> str:
        return f"`{typed('nodes', self.cluster)}`"

    def network(self, ref: str) -> NetworkView:
        """Return the network of that name or id."""
        networks = self.swarm.networks()
        found = next((one for one in networks if ref in {one.name, one.id}), None)
        if found is None:
            # what Docker makes itself is no network to choose, and `none` is near to anything
            made = [one for one in networks if one.scope == "swarm" and not one.ingress]
            raise self._unknown("network", ref, [one.name for one in made if self.tells(one)])
        return found

    def secrets(self, names: Sequence[str]) -> dict[str, PieceView]:
        """Return these secrets by their names."""
        return self._pieces("secret", names, self.swarm.secrets)

    def configs(self, names: Sequence[str]) -> dict[str, PieceView]:
        """Return these configs by their names."""
        return self._pieces("config", names, self.swarm.configs)

    def _pieces(
        self,
        what: str,
        names: Sequence[str],
        read: Callable[[Sequence[str] | None], list[PieceView]],
    ) -> dict[str, PieceView]:
        found = {piece.name: piece for piece in read(names)} if names else {}
        unknown = next((name for name in names if name not in found), None)
        if unknown is not None:
            known = self._names(lambda: [piece.name for piece in read(None) if self.tells(piece)])
            raise self._unknown(what, unknown, known)
        return found

    def no_service(self, ref: str) -> NotFound:
        """Return the error that says so, with the name that is nearest."""
        known = self._names(
            lambda: [each.name for each in self.swarm.services() if self.tells(each)]
        )
        return self._unknown("service", ref, known)

    def _unknown(self, what: str, ref: str, known: Sequence[str]) -> NotFound:
        hint = did_you_mean(ref, known, self.suggest)
        if not hint and known:
            named = ", ".join(f"`{one}`" for one in sorted(known)[:_MOST_NAMED])
            more = ", …" if len(known) > _MOST_NAMED else "."
            hint = f"There are: {named}{more}"
        return NotFound(f"There is no {what} `{ref}`.", hint, what)

    def _names(self, read: Callable[[], Sequence[str]]) -> Sequence[str]:
        try:
            return read()
        except EngineUnavailableError:
            return ()  # a suggestion is not worth an error
