"""Finding what a person named, or saying what they may have meant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.errors import NotFound
from bot.domain.grammar.suggest import Suggest
from bot.domain.observation import NodeView, ServiceView
from bot.ports import EngineUnavailableError, NotFoundError, SwarmReader


class Unknown(NotFound):
    """No such service, node or network.

    Attributes:
        meant: a known name that is near, or empty.
    """

    def __init__(self, kind: str, name: str, meant: str, next_step: str) -> None:
        super().__init__(f"There is no {kind} `{name}`.", next_step)
        self.meant = meant


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """Names to views; raises Unknown."""

    swarm: SwarmReader
    suggest: Suggest

    def service(self, ref: str) -> ServiceView:
        """Return the service of that name or id.

        Raises:
            Unknown: there is none.
        """
        try:
            return self.swarm.service(ref)
        except NotFoundError as error:
            raise self.no_service(ref) from error

    def node(self, ref: str) -> NodeView:
        """Return the node of that name or id.

        Raises:
            Unknown: there is none.
        """
        try:
            return self.swarm.node(ref)
        except NotFoundError as error:
            known = self._names(lambda: [node.hostname for node in self.swarm.nodes()])
            meant = self.suggest(ref, known) or ""
            raise Unknown("node", ref, meant, "`nodes` lists them.") from error

    def no_service(self, ref: str) -> Unknown:
        """Return the error that says so, with the name that is nearest."""
        known = self._names(lambda: [service.name for service in self.swarm.services()])
        return Unknown("service", ref, self.suggest(ref, known) or "", "`services` lists them.")

    def _names(self, read: Callable[[], Sequence[str]]) -> Sequence[str]:
        try:
            return read()
        except EngineUnavailableError:
            return ()  # a suggestion is not worth an error
