"""Networks that services can join. No packet ever goes through one."""

from playground.simulator.model.lookup import found
from playground.simulator.model.refusals import RefusedError, not_found, precondition
from playground.simulator.model.state import Json, Network, Service
from playground.simulator.model.tasks import World

PREDEFINED = (("bridge", "bridge"), ("host", "host"), ("none", "null"))
_LOCAL_ID_LENGTH = 64


class Networks:
    """The networks of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._keep("ingress", "overlay", {"Ingress": True})
        for name, driver in PREDEFINED:
            self._keep(name, driver, {})

    def find(self, ref: str) -> Network:
        """Return one by id, name or an unambiguous beginning of an id. Raises RefusedError."""
        names = {net.name: net.id for net in self._world.networks.values()}
        return found("network", ref, self._world.networks, names)

    def create(self, posted: Json) -> str:
        """Make a network and return its id. Raises RefusedError."""
        name, driver = str(posted.get("Name") or ""), posted.get("Driver") or "bridge"
        if not name:
            raise RefusedError(500, "invalid name: ")
        if any(net.name == name for net in self._world.networks.values()):
            raise RefusedError(409, f"network with name {name} already exists")
        if driver not in ("overlay", "bridge", "macvlan", "ipvlan"):
            raise not_found(f'plugin "{driver}" not found')
        made = self._keep(name, driver, posted)
        self._world.told("network", "create", made.id, {"name": name})
        return made.id

    def remove(self, ref: str) -> None:
        """Remove a network that no service uses. Raises RefusedError."""
        network = self.find(ref)
        if (network.name, network.driver) in PREDEFINED:
            words = "is a pre-defined network and cannot be removed"
            raise RefusedError(403, f"{network.name} {words}")
        user = next((s for s in self._world.services.values() if _uses(s, network)), None)
        if user is not None:
            raise precondition(f"network {network.id} is in use by service {user.id}")
        del self._world.networks[network.id]
        self._world.told("network", "remove", network.id, {"name": network.name})

    def _keep(self, name: str, driver: str, posted: Json) -> Network:
        number = len(self._world.networks)
        swarm = driver == "overlay"
        new_id = self._world.new_id("network")
        made = Network(
            id=new_id if swarm else (new_id * 3)[:_LOCAL_ID_LENGTH],
            name=name,
            created=self._world.timeline.now,
            subnet=f"10.{128 + number // 250}.{number % 250}.0/24" if swarm else "",
            driver=driver,
            scope="swarm" if swarm else "local",
            attachable=bool(posted.get("Attachable")),
            internal=bool(posted.get("Internal")),
            ingress=bool(posted.get("Ingress")),
            options=dict(posted.get("Options") or {}),
            labels=dict(posted.get("Labels") or {}),
        )
        self._world.networks[made.id] = made
        return made


def _uses(service: Service, network: Network) -> bool:
    return any(entry["Target"] == network.id for entry in service.template.get("Networks") or [])
