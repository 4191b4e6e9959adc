"""/_ping, /version, /info, /swarm, and empty lists of what a node has of its own."""

from aiohttp import web

from playground.simulator.api.call import Call, ok
from playground.simulator.api.shapes import ENGINE, moment
from playground.simulator.hub import OLDEST_API
from playground.simulator.model.placement import MEMORY, NANO_CPUS
from playground.simulator.model.state import Json, Node, new_id

OLDEST = f"{OLDEST_API[0]}.{OLDEST_API[1]}"


async def ping(_call: Call) -> web.Response:
    """GET and HEAD /_ping."""
    fresh = {"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache"}
    return web.Response(text="OK", headers=fresh)


async def version(call: Call) -> web.Response:
    """GET /version."""
    api = call.hub.options.api
    about = {"Os": "linux", "Arch": "amd64", "KernelVersion": "simulated"}
    details = {"ApiVersion": api, "MinAPIVersion": OLDEST, "Experimental": "false", **about}
    return ok(
        {
            "Platform": {"Name": "Waggle's simulated swarm"},
            "Components": [{"Name": "Engine", "Version": ENGINE, "Details": details}],
            "Version": ENGINE,
            "ApiVersion": api,
            "MinAPIVersion": OLDEST,
            "GitCommit": "simulated",
            "GoVersion": "none",
            **about,
            "BuildTime": "2026-01-01T00:00:00.000000000+00:00",
        }
    )


async def info(call: Call) -> web.Response:
    """GET /info."""
    nodes = list(call.simulation.world.nodes.values())
    first = nodes[0]
    return ok(
        {
            "ID": first.id,
            "Name": first.hostname,
            "Containers": 0,
            "Images": 0,
            "Driver": "none",
            "Plugins": {"Volume": ["local"], "Network": ["overlay"], "Log": ["json-file"]},
            "SystemTime": moment(call.hub.clock.now()),
            "LoggingDriver": "json-file",
            "KernelVersion": "simulated",
            "OperatingSystem": "Waggle's simulated swarm",
            "OSType": "linux",
            "Architecture": "x86_64",
            "IndexServerAddress": "https://index.docker.io/v1/",
            "RegistryConfig": {
                "InsecureRegistryCIDRs": ["127.0.0.0/8"],
                "IndexConfigs": {},
                "Mirrors": [],
            },
            "NCPU": NANO_CPUS // 10**9,
            "MemTotal": MEMORY,
            "Labels": [],
            "ServerVersion": ENGINE,
            "Swarm": _swarm(first, nodes),
            "SecurityOptions": [],
            "Warnings": ["This is a simulation: no container runs."],
        }
    )


def _swarm(first: Node, nodes: list[Node]) -> Json:
    managers = [node for node in nodes if node.role == "manager"]
    remote = [{"NodeID": node.id, "Addr": f"{node.address}:2377"} for node in managers]
    return {
        "NodeID": first.id,
        "NodeAddr": first.address,
        "LocalNodeState": "active",
        "ControlAvailable": True,
        "Error": "",
        "RemoteManagers": remote,
        "Nodes": len(nodes),
        "Managers": len(managers),
        "Cluster": _cluster(first),
    }


def _cluster(first: Node) -> Json:
    return {
        "ID": new_id(1, "cluster"),
        "Version": {"Index": 10},
        "CreatedAt": moment(first.created),
        "UpdatedAt": moment(first.created),
        "Spec": {
            "Name": "default",
            "Labels": {},
            "Orchestration": {"TaskHistoryRetentionLimit": 5},
            "Raft": {"SnapshotInterval": 10000, "ElectionTick": 10, "HeartbeatTick": 1},
            "Dispatcher": {"HeartbeatPeriod": 5_000_000_000},
            "CAConfig": {"NodeCertExpiry": 7_776_000_000_000_000},
            "TaskDefaults": {},
            "EncryptionConfig": {"AutoLockManagers": False},
        },
        "TLSInfo": {},
        "RootRotationInProgress": False,
        "DefaultAddrPool": ["10.128.0.0/16"],
        "SubnetSize": 24,
        "DataPathPort": 4789,
    }


async def swarm(call: Call) -> web.Response:
    """GET /swarm. Nobody can join: the tokens are none."""
    first = next(iter(call.simulation.world.nodes.values()))
    tokens = {"Worker": "SWMTKN-1-simulated-worker", "Manager": "SWMTKN-1-simulated-manager"}
    return ok({**_cluster(first), "JoinTokens": tokens})


async def nothing(_call: Call) -> web.Response:
    """GET /containers/json and /images/json: a simulated node has none to show."""
    return ok([])


async def no_volumes(_call: Call) -> web.Response:
    """GET /volumes."""
    return ok({"Volumes": [], "Warnings": None})
