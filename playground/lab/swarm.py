"""The lab as a whole: a swarm of engines and a registry with images."""

import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from playground.lab import leftovers, packages
from playground.lab.engines import Engine
from playground.lab.errors import LabError
from playground.lab.formation import form, start
from playground.lab.health import ailing, dark, last_words, power, swarm_view
from playground.lab.network import Network, free_net, is_free, subnet
from playground.lab.registry import OPEN, PRIVATE, Registry
from playground.lab.shell import wait_until
from playground.lab.signals import Deferred
from playground.lab.state import State, alone, check_dir, load, me, tag_of

DEFAULT_DIR = Path("/var/lib/waggle-lab")  # root's alone, unlike /tmp, and a short path
DEFAULT_NET = "10.88.0"
AUTO = "auto"
_MOST = 50


@dataclass
class Lab:
    """A swarm in a directory, on the private /24 with the prefix `net` ("10.88.0", or "auto").

    Several can be up at once, each in a directory and on a net of its own. With `owned`, the lab
    is a leftover when this process has ended, and `sweep` may take it.
    """

    dir: Path = DEFAULT_DIR
    net: str = DEFAULT_NET
    owned: bool = False
    _killed: set[int] = field(default_factory=set, init=False, repr=False)

    def __post_init__(self) -> None:
        self.dir = self.dir.resolve()
        found = load(self.dir)
        if found is not None:
            self.net = found.net

    @classmethod
    def auto(cls) -> "Lab":
        """Return a lab in a new directory on a free net, owned by this process."""
        return cls(Path(f"{DEFAULT_DIR}-{secrets.token_hex(4)}"), AUTO, owned=True)

    @property
    def registry(self) -> str:
        """Where the images are, without a password: `httpd:v1` and its like."""
        return f"{self._network.address('r')}:{OPEN}"

    @property
    def private_registry(self) -> str:
        """The same images behind a password (`registry.USER`, `registry.PASSWORD`)."""
        return f"{self._network.address('r')}:{PRIVATE}"

    @property
    def nodes(self) -> list[str]:
        """The names of the nodes, the managers first; empty if no lab is up."""
        return [engine.name for engine in self._engines()]

    def address(self, i: int) -> str:
        """Return the address of node i, where its ports of mode host are."""
        return self._network.address(str(i))

    @property
    def gateway(self) -> str:
        """Where the nodes, and containers on them, reach what listens on this machine."""
        return self._network.gateway

    def docker_host(self, i: int = 1) -> str:
        """Return the DOCKER_HOST of node i."""
        return f"unix://{self.dir}/n{i}/docker.sock"

    @property
    def _network(self) -> Network:
        return Network(tag_of(self.dir), self.net)

    def _engine(self, i: int) -> Engine:
        return Engine(i, self.dir, self._network)

    def _engines(self) -> list[Engine]:
        state = load(self.dir)
        return [self._engine(i) for i in range(1, state.nodes + 1)] if state else []

    def _registry(self) -> Registry:
        return Registry(self.dir, self._network)

    def up(self, nodes: int = 3, managers: int = 1) -> bool:
        """Bring the lab up; over a half-dead one, from scratch. Return False if it was up.

        A signal to end, and any failure, first removes what was made.

        Raises:
            LabError: if it cannot be done; CannotRunError, if not on this machine.
        """
        if not 1 <= managers <= nodes <= _MOST:
            raise LabError(f"1 <= managers <= nodes <= {_MOST}, not {managers} and {nodes}")
        check_dir(self.dir)
        with Deferred() as signals, alone(str(self.dir), seconds=1):
            packages.install()
            signals.check()
            if self._is_up(nodes, managers):
                return False
            self._clean()
            try:
                self._build(nodes, managers, signals)
            except BaseException:
                self._clean()
                raise
        return True

    def _is_up(self, nodes: int, managers: int) -> bool:
        state = load(self.dir)
        if state is None or self.trouble():
            return False
        if (state.nodes, state.managers) != (nodes, managers):
            shape = f"{state.nodes} nodes, {state.managers} of them managers"
            raise LabError(f"a lab with {shape} is up in {self.dir}: take it down first")
        return True

    def trouble(self) -> str | None:
        """Tell what is wrong with the lab, None if it is up and well."""
        state = load(self.dir)
        if state is None:
            return f"no lab in {self.dir}"
        if not state.ready:
            return "it never came up"
        if not self._registry().answers():
            return "the registry does not answer"
        engines = self._engines()
        return dark(engines) or ailing(swarm_view(engines[: state.managers]), engines)

    def _build(self, nodes: int, managers: int, signals: Deferred) -> None:
        owner, birth = me() if self.owned else (0, "")
        self.dir.mkdir(mode=0o700, exist_ok=True)
        with alone("the choice of a net", seconds=30):
            self._choose_net()
            state = State(self.net, nodes, managers, owner=owner, owner_birth=birth)
            state.save(self.dir)
            self._network.make_bridge()
        signals.check()
        start(self._registry(), self._engines(), signals.check)
        form(self._engines(), managers, signals.check)
        replace(state, ready=True).save(self.dir)

    def _choose_net(self) -> None:
        if self.net == AUTO:
            self.net = free_net()
        elif not is_free(self.net):
            raise LabError(f"{subnet(self.net)} is in use: choose another, or auto")

    def down(self) -> bool:
        """Remove the lab, or what is left of one. Return False if there was nothing.

        Raises:
            LabError: if something could not be removed; it names it.
        """
        with Deferred(), alone(str(self.dir), seconds=60):
            nothing = load(self.dir) is None and not leftovers.left(self.dir, self._network)
            self._clean()
        return not nothing

    def _clean(self) -> None:
        leftovers.clean(self.dir, self._network)

    def kill(self, i: int) -> None:
        """Cut the power of node i: engine and containers are gone at once, its disk stays."""
        engine = self._known(i)
        self._killed.add(i)
        engine.power_off()

    def start(self, i: int) -> None:
        """Boot node i again and wait until it is back in the swarm."""
        engine = self._known(i)
        if engine.is_on():
            raise LabError(f"{engine.name} is running")
        engine.power_off()  # what is left of it
        engine.power_on()
        self._killed.discard(i)
        wait_until(engine.answers, f"{engine.name} to answer, see {engine.log}", seconds=60)
        wait_until(lambda: engine.swarm_state() == "active", f"{engine.name} to join", seconds=90)

    def cut(self, i: int) -> None:
        """Pull the network cable of node i; its containers run on."""
        self._network.switch(str(self._known(i).i), on=False)

    def heal(self, i: int) -> None:
        """Plug the network cable of node i in again."""
        self._network.switch(str(self._known(i).i), on=True)

    def _known(self, i: int) -> Engine:
        if f"n{i}" not in self.nodes:
            raise LabError(f"no node {i} in {self.dir}, only: {' '.join(self.nodes) or 'none'}")
        return self._engine(i)

    def off(self) -> list[int]:
        """Return the numbers of the nodes without power."""
        return [engine.i for engine in self._engines() if not engine.is_on()]

    def crashed(self) -> list[int]:
        """Return the numbers of the nodes that lost their power by nobody's `kill`."""
        return [i for i in self.off() if i not in self._killed]

    def last_words(self, i: int) -> str:
        """Return the end of what dockerd said on node i; of a crash, its beginning."""
        return last_words(self._known(i).log)

    def status(self) -> list[str]:
        """Return a line per node: name, address, power, state in the swarm, DOCKER_HOST."""
        state = load(self.dir)
        known = swarm_view(self._engines()[: state.managers]) if state else {}
        return [
            f"{e.name}  {e.address}  {power(e)}  "
            f"{known.get(e.name, 'unknown')}  {self.docker_host(e.i)}"
            for e in self._engines()
        ]


def sweep() -> list[Path]:
    """Take down the owned labs whose process has ended without doing so; return where they were."""
    swept = []
    for directory in DEFAULT_DIR.parent.glob(f"{DEFAULT_DIR.name}-*"):
        with suppress(LabError):
            state = load(directory)
            if state is not None and state.abandoned and Lab(directory).down():
                swept.append(directory)
    return swept
