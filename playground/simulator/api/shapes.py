"""The simulated objects as the API's JSON; shapes as measured on Engine 20.10."""

import copy
from datetime import datetime

from playground.simulator.model.placement import MEMORY, NANO_CPUS
from playground.simulator.model.state import Json, Network, Node, Piece, Service, Task
from playground.simulator.model.tasks import World

ENGINE = "20.10.24"
_LOG_PLUGINS = ("json-file", "local", "none", "syslog")
_NETWORK_PLUGINS = ("bridge", "host", "ipvlan", "macvlan", "null", "overlay")
_VXLAN = "com.docker.network.driver.overlay.vxlanid_list"
_DEFAULT_UPDATE = {
    "Parallelism": 1,
    "FailureAction": "pause",
    "Monitor": 5_000_000_000,
    "MaxFailureRatio": 0,
    "Order": "stop-first",
}


def moment(at: datetime) -> str:
    """Return a time as RFC 3339."""
    return at.isoformat().replace("+00:00", "Z")


def _stamps(item: Service | Node | Piece) -> Json:
    return {
        "ID": item.id,
        "Version": {"Index": item.version},
        "CreatedAt": moment(item.created),
        "UpdatedAt": moment(item.updated),
    }


def service_json(service: Service, *, defaults: bool = False) -> Json:
    """Return a service; `defaults` fills in what SwarmKit takes when nothing is said."""
    shown = _stamps(service)
    shown["Spec"] = with_defaults(service.spec) if defaults else service.spec
    if service.previous is not None:
        previous = service.previous
        shown["PreviousSpec"] = with_defaults(previous) if defaults else previous
    shown["Endpoint"] = service.endpoint
    if service.update_state:
        shown["UpdateStatus"] = _status(service)
    if service.is_job:
        iteration = {"Index": service.iteration} if service.iteration else {}
        executed = service.executed or service.created
        shown["JobStatus"] = {"JobIteration": iteration, "LastExecution": moment(executed)}
    return shown


def _status(service: Service) -> Json:
    status: Json = {"State": service.update_state}
    if service.update_started is not None:
        status["StartedAt"] = moment(service.update_started)
    if service.update_ended is not None:
        status["CompletedAt"] = moment(service.update_ended)
    status["Message"] = service.update_message
    return status


def with_defaults(spec: Json) -> Json:
    """Return a spec as GET …?insertDefaults=true shows it."""
    full = copy.deepcopy(spec)
    template = full["TaskTemplate"]
    container = template["ContainerSpec"]
    container.setdefault("StopGracePeriod", 10_000_000_000)
    container.setdefault("DNSConfig", {})
    template.setdefault("Resources", {})
    template.setdefault("Placement", {})
    restart = template.setdefault("RestartPolicy", {"Condition": "any", "MaxAttempts": 0})
    restart.setdefault("Delay", 5_000_000_000)
    if not {"ReplicatedJob", "GlobalJob"} & set(full["Mode"]):
        for key in ("UpdateConfig", "RollbackConfig"):
            full[key] = _DEFAULT_UPDATE | full.get(key, {})
    return full


def service_status(service: Service, world: World) -> Json:
    """Return what `docker service ls` counts; ghosts on lost nodes are counted, too."""
    tasks = world.of(service)
    running = sum(task.state == "running" for task in tasks)
    done = sum(task.state == "complete" for task in tasks) if service.is_job else 0
    desired = sum(task.wanted for task in tasks) if service.is_global else service.replicas
    return {"RunningTasks": running, "DesiredTasks": desired, "CompletedTasks": done}


def task_json(task: Task, networks: list[Json]) -> Json:
    """Return a task without its `Spec`, which is large and shared by many."""
    shown: Json = {
        "ID": task.id,
        "Version": {"Index": task.version},
        "CreatedAt": moment(task.created),
        "UpdatedAt": moment(task.state_at),
        "Labels": {},
        "ServiceID": task.service_id,
    }
    if task.slot:
        shown["Slot"] = task.slot
    if task.node_id:
        shown["NodeID"] = task.node_id
    shown |= {"Status": _task_status(task), "DesiredState": task.desired}
    if networks:
        shown["NetworksAttachments"] = networks
    if task.iteration is not None:
        shown["JobIteration"] = {"Index": task.iteration} if task.iteration else {}
    return shown


def _task_status(task: Task) -> Json:
    status: Json = {
        "Timestamp": moment(task.state_at),
        "State": task.state,
        "Message": task.message,
    }
    if task.error:
        status["Err"] = task.error
    if task.container:
        pid = 1000 + task.version if task.state == "running" else 0
        code = 137 if task.state == "shutdown" else 0
        status["ContainerStatus"] = {
            "ContainerID": task.container,
            "PID": pid,
            "ExitCode": task.exit_code if task.exit_code is not None else code,
        }
    status["PortStatus"] = {}
    return status


def task_spec(task: Task) -> Json:
    """Return the task's own template, as GET /tasks shows it."""
    return {key: value for key, value in task.template.items() if key != "Runtime"}


def task_name(task: Task, world: World) -> str:
    """Return `service.slot.id`, as logs and filters call it."""
    service = world.services.get(task.service_id)
    return f"{service.name if service else ''}.{task.place}.{task.id}"


def node_json(node: Node) -> Json:
    """Return a node."""
    shown = _stamps(node)
    plugins = [{"Type": "Log", "Name": name} for name in _LOG_PLUGINS]
    plugins += [{"Type": "Network", "Name": name} for name in _NETWORK_PLUGINS]
    plugins.append({"Type": "Volume", "Name": "local"})
    shown |= {
        "Spec": node.spec,
        "Description": {
            "Hostname": node.hostname,
            "Platform": {"Architecture": "x86_64", "OS": "linux"},
            "Resources": {"NanoCPUs": NANO_CPUS, "MemoryBytes": MEMORY},
            "Engine": {"EngineVersion": ENGINE, "Plugins": plugins},
            "TLSInfo": {},
        },
        "Status": {"State": "ready" if node.up else "down", "Addr": node.address},
    }
    if not node.up:
        shown["Status"]["Message"] = "heartbeat failure"
    if node.role == "manager":
        shown["ManagerStatus"] = {
            **({"Leader": True} if node.leader else {}),
            "Reachability": "reachable" if node.up else "unreachable",
            "Addr": f"{node.address}:2377",
        }
    return shown


def network_json(network: Network) -> Json:
    """Return a network."""
    swarm = network.scope == "swarm"
    gateway = network.subnet.replace(".0/24", ".1")
    config = [{"Subnet": network.subnet, "Gateway": gateway}] if network.subnet else []
    options = dict(network.options or {})
    if swarm:
        options.setdefault(_VXLAN, str(4096 + sum(map(ord, network.id)) % 4096))
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": moment(network.created),
        "Scope": network.scope,
        "Driver": network.driver,
        "EnableIPv6": False,
        "IPAM": {"Driver": "default", "Options": None, "Config": config},
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Ingress": network.ingress,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": None if swarm else {},
        "Options": options,
        "Labels": network.labels or (None if swarm else {}),
    }


def piece_json(piece: Piece) -> Json:
    """Return a secret (never its data) or a config."""
    return {**_stamps(piece), "Spec": piece.spec}
