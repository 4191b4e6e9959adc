"""Finding what a person named, or saying what they may have meant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.errors import NotFound
from bot.domain.grammar.suggest import Suggest, did_you_mean
from bot.domain.observation import NetworkView, NodeView, ServiceView
from bot.ports import EngineUnavailableError, NotFoundError, SwarmReader

_MOST_NAMED = 5


def _of_any(_: ServiceView | NodeView) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """Names and ids to views.

    All raise NotFound, with a did-you-mean, for what there is not, and EngineUnavailableError.

    Attributes:
        tells: whether the person may know of a thing that they did not name.
    """

    swarm: SwarmReader
    suggest: Suggest
    tells: Callable[[ServiceView | NodeView], bool] = _of_any

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
            known = self._names(
                lambda: [each.hostname for each in self.swarm.nodes() if self.tells(each)]
            )
            raise self._unknown("node", ref, known) from None

    def network(self, ref: str) -> NetworkView:
        """Return the network of that name or id."""
        networks = self.swarm.networks()
        found = next((one for one in networks if ref in {one.name, one.id}), None)
        if found is None:
            # what Docker makes itself is no network to choose, and `none` is near to anything
            made = [one.name for one in networks if one.scope == "swarm" and not one.ingress]
            raise self._unknown("network", ref, made)
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
        return NotFound(f"There is no {what} `{ref}`.", hint)

    def _names(self, read: Callable[[], Sequence[str]]) -> Sequence[str]:
        try:
            return read()
        except EngineUnavailableError:
            return ()  # a suggestion is not worth an error
