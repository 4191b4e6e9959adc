"""A node: dockerd in network, UTS, mount and PID namespaces of its own."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from playground.lab import disk, processes
from playground.lab.engine_api import answers, call
from playground.lab.network import Network

# - /run/docker and /run/containerd hold sockets of plugins and shims: those of two nodes, or of a
#   system Docker, must not meet.
# - A copied mount of a network namespace would keep it alive when its lab is long gone.
# - The shell stays as PID 1 and reaps the shims, which dockerd as PID 1 leaves as zombies.
_INIT = """
hostname "$1"; shift
umount -l /run/netns 2>/dev/null
for d in /run/docker /run/containerd; do mkdir -p $d && mount -t tmpfs lab $d; done
containerd --config "$1" & shift
dockerd "$@" & wait $!
"""
# That which dockerd would start looks a hundred times a second whether there is garbage: by default
# it looks after fifty times as long as the last collection took, which is a fifth of a millisecond.
_CONTAINERD = """
version = 2
root = "{dir}/data/containerd/daemon"
state = "{dir}/exec/containerd/daemon"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{dir}/containerd.sock"
[plugins."io.containerd.gc.v1.scheduler"]
pause_threshold = 0.0002
"""
_GOGC = 400
"""Go's default of 100 collects garbage while a program of that size begins, and two begin for each
container (dockerd runs itself to set up a network namespace): a sixth of what a container costs."""
MARK = "--data-root"  # of our processes: followed by a path below the lab


@dataclass(frozen=True, slots=True)
class Engine:
    """One node of the lab, number `i` (from 1), below the lab's directory."""

    i: int
    lab: Path
    network: Network

    @property
    def name(self) -> str:
        """Its hostname, and so its name in the swarm."""
        return f"n{self.i}"

    @property
    def dir(self) -> Path:
        """Its disk."""
        return self.lab / self.name

    @property
    def socket(self) -> Path:
        """The engine's unix socket."""
        return self.dir / "docker.sock"

    @property
    def log(self) -> Path:
        """What dockerd said."""
        return self.dir / "log"

    @property
    def address(self) -> str:
        """Its address on the bridge."""
        return self.network.address(str(self.i))

    def power_on(self) -> None:
        """Start the machine from its disk; it answers a second or so later."""
        disk.insert(self.dir, self.network.tag)
        for lost in (
            "docker.pid",
            "docker.sock",
            "containerd.sock",
            "containerd.sock.ttrpc",
        ):  # what a reboot loses
            (self.dir / lost).unlink(missing_ok=True)
        shutil.rmtree(self.dir / "exec", ignore_errors=True)
        self._containerd.write_text(_CONTAINERD.format(dir=self.dir), encoding="utf-8")
        self.network.plug(str(self.i))
        processes.spawn(
            [
                "nsenter",
                f"--net={self.network.namespace(str(self.i))}",
                *("unshare", "--uts", "--mount", "--pid", "--fork", "--kill-child=KILL"),
                *("--mount-proc", "--propagation", "private"),
                *("env", f"TMPDIR={self.dir}"),  # containerd leaves stacks there when it is slow
                f"GOGC={_GOGC}",
                *("sh", "-c", _INIT, "sh", self.name, str(self._containerd), *self._dockerd()),
            ],
            self.log,
        )

    @property
    def _containerd(self) -> Path:
        return self.dir / "containerd.toml"

    def _dockerd(self) -> list[str]:
        return [
            *("--host", f"unix://{self.socket}", MARK, str(self.dir / "data")),
            *("--exec-root", str(self.dir / "exec"), "--pidfile", str(self.dir / "docker.pid")),
            *("--containerd", str(self.dir / "containerd.sock")),
            *("--cgroup-parent", f"/{self.network.tag}"),
            *("--exec-opt", "native.cgroupdriver=cgroupfs"),
            *("--insecure-registry", f"{self.network.net}.0/24"),
        ]

    def power_off(self) -> None:
        """Cut the power: every process of the node, its containers among them, is gone at once."""
        processes.end(MARK, self.dir)
        self.network.unplug(str(self.i))

    def is_on(self) -> bool:
        """Tell whether it has power."""
        return bool(processes.owned(MARK, self.dir))

    def answers(self) -> bool:
        """Tell whether dockerd answers."""
        return answers(self.socket)

    def is_cut(self) -> bool:
        """Tell whether it has no network."""
        return not self.network.has_carrier(str(self.i))

    def swarm_init(self, pool: str) -> None:
        """Make a swarm of one; a lost node is Down after 3 s (Swarm's default: 11 to 13 s)."""
        body = {
            "ListenAddr": f"{self.address}:2377",
            "AdvertiseAddr": self.address,
            "DefaultAddrPool": [pool],
            "SubnetSize": 24,
            "Spec": {"Dispatcher": {"HeartbeatPeriod": 1_000_000_000}},
        }
        call(self.socket, "POST", "/swarm/init", body)

    def swarm_join(self, first: "Engine", *, manager: bool) -> None:
        """Join the swarm of the first node."""
        tokens = call(first.socket, "GET", "/swarm")["JoinTokens"]
        body = {
            "ListenAddr": f"{self.address}:2377",
            "AdvertiseAddr": self.address,
            "RemoteAddrs": [f"{first.address}:2377"],
            "JoinToken": tokens["Manager" if manager else "Worker"],
        }
        call(self.socket, "POST", "/swarm/join", body)

    def swarm_state(self) -> str:
        """Return the node's own view: active, pending, inactive, error."""
        return str(call(self.socket, "GET", "/info")["Swarm"]["LocalNodeState"])

    def swarm_nodes(self) -> dict[str, str]:
        """Return name → state (ready, down, ...) of every node; asks a manager."""
        nodes = call(self.socket, "GET", "/nodes")
        return {n["Description"].get("Hostname", "?"): n["Status"]["State"] for n in nodes}
