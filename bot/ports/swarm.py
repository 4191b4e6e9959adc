"""The Engine API and the image registry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.observation import NetworkView, NodeView, PieceView, ServiceView, TagView, TaskView


class EngineError(Exception):
    """Root of what the Engine's port raises.

    NotFoundError, OutOfSequenceError, EngineRefusedError, EngineUnavailableError.
    """


class NotFoundError(EngineError):
    """No such service, node, network, task or image. `kind` and `ref` say which."""

    def __init__(self, kind: str, ref: str) -> None:
        super().__init__(f"no such {kind}: {ref}")
        self.kind = kind
        self.ref = ref


class OutOfSequenceError(EngineError):
    """`update out of sequence`: the version moved; a lost race. Observe again."""


class EngineRefusedError(EngineError):
    """The Engine understood and said no (400, 403, 409, 501, and some 500).

    Its own words, escaped before they are shown.
    """


class EngineUnavailableError(EngineError):
    """No answer, no leader, a timeout: the call may or may not have taken effect."""


class RegistryUnavailableError(Exception):
    """The registry did not answer, or the image is only local."""


@dataclass(frozen=True, kw_only=True)
class ResolvedImage:
    """`reference` is `name:tag@sha256:…`.

    `platforms` are the raw entries for `Placement.Platforms`.
    """

    reference: str
    digest: str
    platforms: tuple[JsonObject, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TagNames:
    """The names of a repository's tags, in the registry's order.

    Attributes:
        is_cut: there are more than were read: which, nobody knows.
    """

    names: tuple[str, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One line of a service's or task's log."""

    text: str
    stream: str = "stdout"
    task_id: str = ""
    node_id: str = ""
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """Which lines: the last `tail`, not older than `since`."""

    tail: int = 50
    since: datetime | None = None


class SwarmReader(Protocol):
    """Reads of the Engine API on a manager. All may raise EngineUnavailableError."""

    def service(self, ref: str) -> ServiceView:
        """Return the service of that name or id (an unambiguous id prefix too).

        Raises NotFoundError.
        """
        ...

    def services(self, ids: Sequence[str] | None = None) -> list[ServiceView]:
        """Return all services, or those of these ids that exist."""
        ...

    def tasks(
        self, service_ids: Sequence[str] | None = None, *, wanted: bool = True
    ) -> list[TaskView]:
        """Return tasks, with `up_to_date` judged by the Engine; `wanted`.

        Only those whose desired state is not terminal
        (for job-mode services also the complete ones). Ids of services that are gone are skipped.
        """
        ...

    def failures(self, service_id: str) -> list[TaskView]:
        """Return recent failed and rejected tasks of one service, newest first."""
        ...

    def nodes(self) -> list[NodeView]:
        """Return all nodes."""
        ...

    def node(self, ref: str) -> NodeView:
        """Return the node of that name or id. Raises NotFoundError."""
        ...

    def own_node(self) -> str:
        """Return the id of the node whose Engine answers: the docker CLI's `self`.

        Raises NotFoundError: that Engine is in no swarm.
        """
        ...

    def networks(self) -> list[NetworkView]:
        """Return the swarm-scoped networks (and the predefined ones)."""
        ...

    def secrets(self, names: Sequence[str] | None = None) -> list[PieceView]:
        """Return all secrets, or those of exactly these names; their values are never read."""
        ...

    def configs(self, names: Sequence[str] | None = None) -> list[PieceView]:
        """Return all configs, or those of exactly these names, without what they hold."""
        ...

    def api_version(self) -> str:
        """Return the newest version of the API that the Engine speaks, for instance `1.41`.

        It is the one that is spoken with it. An Engine drops fields that are newer, and says
        nothing.
        """
        ...

    def service_logs(self, service_id: str, what: LogFilter) -> list[LogLine]:
        """Return log lines of all tasks of a service, oldest first."""
        ...

    def task_logs(self, task_id: str, what: LogFilter) -> list[LogLine]:
        """Return log lines of one task."""
        ...

    def resolve_image(self, reference: str) -> ResolvedImage:
        """Resolve tag → digest by the Engine's /distribution, with the worker's credentials.

        Raises:
            NotFoundError: kind `image`: the registry knows no such tag.
            RegistryUnavailableError: no answer, or no rights, or the image is only local.
        """
        ...


class SwarmWriter(Protocol):
    """Writes. All may raise EngineUnavailableError (outcome unknown) and EngineRefusedError."""

    def create_service(self, spec: Spec, *, with_registry_auth: bool = False) -> str:
        """Create a service, return its id. Raises EngineRefusedError when the name is taken."""
        ...

    def update_service(
        self, service_id: str, version: int, spec: Spec, *, with_registry_auth: bool = False
    ) -> None:
        """Post the whole spec by compare-and-swap on `version`.

        Raises:
            OutOfSequenceError: the version moved.
            NotFoundError: the service is gone.
            ValueError: the spec has no TaskTemplate.Placement (it could lose every manager,
                moby#37883): a bug of ours.
        """
        ...

    def remove_service(self, service_id: str) -> None:
        """Remove a service. Raises NotFoundError."""
        ...

    def update_node(self, node_id: str, version: int, spec: JsonObject) -> None:
        """Post the whole node spec by compare-and-swap.

        Raises OutOfSequenceError, NotFoundError.
        """
        ...

    def remove_node(self, node_id: str, *, force: bool = False) -> None:
        """Let a node leave the swarm.

        Raises:
            NotFoundError: there is none.
            EngineRefusedError: it is a manager, or it is not down and `force` is not set.
        """
        ...

    def create_network(self, body: JsonObject) -> str:
        """Create a network (body as POST /networks/create), return its id."""
        ...

    def remove_network(self, network_id: str) -> None:
        """Remove a network. Raises NotFoundError, EngineRefusedError when it is in use."""
        ...


class Swarm(SwarmReader, SwarmWriter, Protocol):
    """Both."""


class ImageRegistry(Protocol):
    """Tags, by the registry's HTTP API."""

    def tags(self, reference: str) -> TagNames:
        """Return the tags of the repository of `reference`, as far as they were read.

        Raises RegistryUnavailableError, NotFoundError.
        """
        ...

    def look(self, reference: str, tags: Sequence[str]) -> list[TagView]:
        """Return what these tags of the repository of `reference` are now, in their order.

        What could not be learned within some seconds is left out of a view; a tag that there is
        not is left out whole.

        Raises RegistryUnavailableError, NotFoundError.
        """
        ...
