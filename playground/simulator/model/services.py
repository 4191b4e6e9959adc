"""Services: made, changed by compare-and-swap, rolled back, removed."""

import copy

from playground.simulator.model.echo import as_stored, check_ports
from playground.simulator.model.endpoint import endpoint_of
from playground.simulator.model.lookup import found
from playground.simulator.model.occurrences import differences
from playground.simulator.model.orchestrator import Orchestrator
from playground.simulator.model.refusals import (
    no_leader,
    out_of_sequence,
    precondition,
    taken,
    unimplemented,
)
from playground.simulator.model.state import Json, Service
from playground.simulator.model.tasks import World
from playground.simulator.model.updater import ROLLBACK_STARTED
from playground.simulator.model.vault import Vault


class Services:
    """The services of a world.

    Attributes:
        version: of the API that specs are stored by; newer fields are dropped.
        leaderless: the panic of moby#37883 has happened.
    """

    def __init__(
        self, world: World, orchestrator: Orchestrator, vaults: tuple[Vault, Vault]
    ) -> None:
        self._world = world
        self._orchestrator = orchestrator
        self._vaults = vaults
        self._names: dict[str, str] = {}
        self.leaderless = False

    def find(self, ref: str) -> Service:
        """Return one by id, name or an unambiguous beginning of an id. Raises RefusedError."""
        return found("service", ref, self._world.services, self._names)

    def create(self, posted: Json, version: tuple[int, int] = (1, 41)) -> str:
        """Make a service and return its id. Raises RefusedError."""
        stored = self._stored(posted, version, random_name=True)
        name = stored["Name"]
        if name in self._names:
            words = f"name conflicts with an existing object: service {name} already exists"
            raise taken(words)
        check_ports(stored, self._world.services.values())
        now = self._world.timeline.now
        made = Service(
            id=self._world.new_id("service"),
            name=name,
            version=self._world.next_version(),
            spec=stored,
            created=now,
            updated=now,
            executed=now,
        )
        self._world.services[made.id] = made
        self._names[name] = made.id
        made.endpoint = endpoint_of(made, self._world)
        self._world.told("service", "create", made.id, {"name": name})
        self._orchestrator.reconcile(made)
        return made.id

    def update(
        self, ref: str, index: int, posted: Json, version: tuple[int, int] = (1, 41)
    ) -> None:
        """Store a whole spec if `index` is the service's present version. Raises RefusedError."""
        service = self.find(ref)
        stored = self._stored(posted, version)
        if index != service.version:
            raise out_of_sequence()
        if stored["Name"] != service.name:
            raise unimplemented("renaming services is not supported")
        if set(stored["Mode"]) != set(service.spec["Mode"]):
            raise unimplemented("service mode change is not allowed")
        check_ports(stored, self._world.services.values(), service.id)
        if self._world.kills_leader(service, stored["TaskTemplate"]):
            self.leaderless = True
            raise no_leader()
        self._store(service, stored)

    def roll_back(self, ref: str, index: int) -> None:
        """Let the two specs change places, as `rollback=previous` does. Raises RefusedError."""
        service = self.find(ref)
        if index != service.version:
            raise out_of_sequence()
        if service.previous is None:
            raise precondition(f"service {service.id} does not have a previous spec")
        before, state = service.spec, service.update_state
        service.previous, service.spec = service.spec, service.previous
        service.update_state = ROLLBACK_STARTED
        service.update_message = "manually requested rollback"
        service.update_started, service.update_ended = self._world.timeline.now, None
        told = {"updatestate.new": ROLLBACK_STARTED}
        if state:
            told["updatestate.old"] = state
        self._changed(service, before, told)

    def remove(self, ref: str) -> None:
        """Remove a service and its tasks. Raises RefusedError."""
        service = self.find(ref)
        self._orchestrator.forget(service)
        del self._world.services[service.id], self._names[service.name]
        self._world.told("service", "remove", service.id, {"name": service.name})

    def _stored(self, posted: Json, version: tuple[int, int], *, random_name: bool = False) -> Json:
        if random_name and not posted.get("Name"):
            posted = {**posted, "Name": f"nameless_{self._world.new_id('name')[:6]}"}
        stored = as_stored(posted, self._world.networks.values(), version)
        for vault in self._vaults:
            vault.check_references(stored)
        return stored

    def _store(self, service: Service, stored: Json) -> None:
        before = service.spec
        service.previous, service.spec = service.spec, copy.deepcopy(stored)
        # Every post wipes the status, an equal one too.
        service.update_state, service.update_message = "", ""
        service.update_started = service.update_ended = None
        self._changed(service, before)

    def _changed(self, service: Service, before: Json, also: dict[str, str] | None = None) -> None:
        service.version, service.updated = self._world.next_version(), self._world.timeline.now
        if service.is_job:  # whatever was posted, an equal spec too
            service.iteration += 1
            service.executed = self._world.timeline.now
        service.endpoint = endpoint_of(service, self._world)
        told = {"name": service.name, **differences(before, service.spec), **(also or {})}
        self._world.told("service", "update", service.id, told)
        self._orchestrator.reconcile(service)
