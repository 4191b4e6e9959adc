"""The port `Swarm` on a real Engine."""

import ipaddress
from collections.abc import Sequence

from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.observation import (
    PREDEFINED,
    NetworkView,
    NodeView,
    PieceView,
    ServiceView,
    TaskView,
)
from bot.ports import LogFilter, LogLine, NotFoundError, ResolvedImage
from workers.engine.address import EngineAddress, open_client
from workers.engine.calls import EngineCalls, filters
from workers.engine.credentials import header_for
from workers.engine.images import resolve
from workers.engine.logs import read_logs
from workers.engine.tasks import list_services, list_tasks
from workers.engine.views import network_view, node_view, piece_view, service_view

_KEPT_FAILURES = 5


def connect(address: EngineAddress) -> "DockerSwarm":
    """Return the swarm at `address`. Nothing is sent before the first call."""
    return DockerSwarm(EngineCalls(lambda: open_client(address)))


class DockerSwarm:
    """Implements bot.ports.Swarm; see there for what each method raises.

    One for each thread: the HTTP session beneath is not for sharing.
    """

    def __init__(self, calls: EngineCalls, who: str = "") -> None:
        self._calls = calls
        self._who = who

    def apart(self, who: str) -> "DockerSwarm":
        """Return the same for a second one in this thread who asks for their own list each time.

        On the same connection; but what is remembered of one's last answers is not given up for
        the other's.
        """
        return DockerSwarm(self._calls, who)

    def service(self, ref: str) -> ServiceView:
        """Return one service, by name or id."""
        return service_view(self._calls.get("/services/{0}", ref, kind="service"))

    def services(self, ids: Sequence[str] | None = None) -> list[ServiceView]:
        """Return services: all, or those of these ids that exist."""
        return list_services(self._calls, ids, who=self._who)

    def tasks(
        self, service_ids: Sequence[str] | None = None, *, wanted: bool = True
    ) -> list[TaskView]:
        """Return tasks with the Engine's word on whether they are up to date."""
        return list_tasks(self._calls, service_ids, wanted=wanted, who=self._who)

    def failures(self, service_id: str) -> list[TaskView]:
        """Return the newest failed and rejected tasks of a service."""
        found = list_tasks(self._calls, [service_id], wanted=False, who=self._who)
        bad = [task for task in found if task.state in ("failed", "rejected")]
        bad.sort(key=lambda task: (task.state_at is not None, task.state_at), reverse=True)
        return bad[:_KEPT_FAILURES]

    def nodes(self) -> list[NodeView]:
        """Return all nodes."""
        return [node_view(raw) for raw in self._calls.get("/nodes") or []]

    def node(self, ref: str) -> NodeView:
        """Return one node, by name or id."""
        return node_view(self._calls.get("/nodes/{0}", ref, kind="node"))

    def own_node(self) -> str:
        """Return the id of the Engine's own node."""
        about = self._calls.get("/info").get("Swarm") or {}
        if not about.get("NodeID"):
            raise NotFoundError("node", "self")
        return str(about["NodeID"])

    def networks(self) -> list[NetworkView]:
        """Return the networks that a service can use."""
        found = (network_view(raw) for raw in self._calls.get("/networks") or [])
        return [net for net in found if net.scope == "swarm" or net.name in PREDEFINED]

    def secrets(self, names: Sequence[str] | None = None) -> list[PieceView]:
        """Return secrets: all, or those of these names."""
        return self._pieces("/secrets", names)

    def configs(self, names: Sequence[str] | None = None) -> list[PieceView]:
        """Return configs: all, or those of these names."""
        return self._pieces("/configs", names)

    def _pieces(self, path: str, names: Sequence[str] | None) -> list[PieceView]:
        if names is None:
            return [piece_view(raw) for raw in self._calls.get(path) or []]
        if not names:
            return []
        asked = filters(name=list(names))  # takes prefixes; /configs knows no filter that does not
        found = (piece_view(raw) for raw in self._calls.get(path, filters=asked) or [])
        return [piece for piece in found if piece.name in names]

    def api_version(self) -> str:
        """Return the version of the API that is spoken: the newest that the Engine knows."""
        return str(self._calls.client.api_version)

    def service_logs(self, service_id: str, what: LogFilter) -> list[LogLine]:
        """Return the last log lines of all tasks of a service."""
        return read_logs(self._calls, "/services/{0}/logs", service_id, what, details=True)

    def task_logs(self, task_id: str, what: LogFilter) -> list[LogLine]:
        """Return the last log lines of a task."""
        return read_logs(self._calls, "/tasks/{0}/logs", task_id, what, details=False)

    def resolve_image(self, reference: str) -> ResolvedImage:
        """Resolve tag → digest with the credentials that `docker login` left."""
        return resolve(self._calls, reference)

    def create_service(self, spec: Spec, *, with_registry_auth: bool = False) -> str:
        """Create a service from a raw spec and return its id."""
        _check_placement(spec)
        made = self._calls.post(
            "/services/create",
            kind="service",
            body=spec,
            headers=_auth(spec) if with_registry_auth else None,
        )
        return str(made["ID"])

    def update_service(
        self, service_id: str, version: int, spec: Spec, *, with_registry_auth: bool = False
    ) -> None:
        """Post the whole raw spec by compare-and-swap on `version`."""
        # Without the header the Engine keeps the credentials of the present spec.
        _check_placement(spec)
        self._calls.post(
            "/services/{0}/update",
            service_id,
            kind="service",
            body=spec,
            headers=_auth(spec) if with_registry_auth else None,
            version=version,
        )

    def remove_service(self, service_id: str) -> None:
        """Remove a service."""
        self._calls.delete("/services/{0}", service_id, kind="service")

    def update_node(self, node_id: str, version: int, spec: JsonObject) -> None:
        """Post the whole node spec by compare-and-swap."""
        self._calls.post("/nodes/{0}/update", node_id, kind="node", body=spec, version=version)

    def remove_node(self, node_id: str, *, force: bool = False) -> None:
        """Let a node leave the swarm."""
        self._calls.delete("/nodes/{0}", node_id, kind="node", force=int(force))

    def create_network(self, body: JsonObject) -> str:
        """Create a network and return its id."""
        # Older Engines make a second network of the same name unless told to look.
        asked = {"CheckDuplicate": True, **body}
        return str(self._calls.post("/networks/create", kind="network", body=asked)["Id"])

    def remove_network(self, network_id: str) -> None:
        """Remove a network."""
        self._calls.delete("/networks/{0}", network_id, kind="network")

    def is_insecure_registry(self, host: str) -> bool:
        """Return whether the Engine itself may speak plain HTTP with a registry's host[:port]."""
        config = self._calls.get("/info").get("RegistryConfig") or {}
        known = (config.get("IndexConfigs") or {}).get(host)
        if known is not None:
            return not known.get("Secure", True)
        try:
            address = ipaddress.ip_address(host.rpartition(":")[0] or host)
        except ValueError:
            return host.partition(":")[0] == "localhost"
        ranges = config.get("InsecureRegistryCIDRs") or []
        return any(address in ipaddress.ip_network(text) for text in ranges)


def _check_placement(spec: Spec) -> None:
    # Without it Engines before 29.7 lose all managers, one after the other (moby#37883).
    if not isinstance(spec["TaskTemplate"].get("Placement"), dict):
        raise ValueError(  # noqa: TRY004 - the port names it
            "a posted TaskTemplate must have Placement (moby#37883)"
        )


def _auth(spec: Spec) -> dict[str, str]:
    return header_for(spec["TaskTemplate"]["ContainerSpec"]["Image"].partition("@")[0])
