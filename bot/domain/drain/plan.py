"""What a drain will move, and of what one should know before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from enum import IntEnum, auto

from bot.domain.convergence.wanted import mode_of
from bot.domain.drain.homes import Ground, Room, alive_on, homeless, room_for
from bot.domain.drain.record import Moving
from bot.domain.drain.step import moving_of, on_node
from bot.domain.drain.together import crowded
from bot.domain.jsontypes import JsonObject, Spec
from bot.domain.observation import Mode, NodeView, ServiceView, TaskView, UpdateState


class _Gravity(IntEnum):
    """In which order one should hear of it: the list of warnings may be cut."""

    NODE = auto()
    NO_HOME = auto()
    NO_ROOM = auto()
    OUTAGE = auto()
    UPDATE = auto()
    JOB = auto()
    VOLUME = auto()
    BIND = auto()
    REST = auto()


_UPDATING = frozenset({UpdateState.UPDATING, UpdateState.ROLLBACK_STARTED})
_UPDATED = frozenset({Mode.REPLICATED, Mode.GLOBAL})
_Warning = tuple[_Gravity, str]


def planned(
    node: NodeView,
    ground: Ground,
    unread: Collection[str] = (),
    *,
    named: bool = True,
    returns: bool = False,
) -> tuple[tuple[Moving, ...], tuple[str, ...]]:
    """Return the services with tasks on the node, by name, and the warnings, one sentence each.

    The gravest warnings come first; among equals, by the service's name.

    Args:
        node: the one that is to be drained.
        ground: what there is.
        unread: ids of the services that who asked may not read: nothing of what stands in their
            specs is told (constraints, ports, reservations, volumes, directories).
        named: those are listed nevertheless, by name.
        returns: the node is made active again once it is empty.
    """
    tasks = _by_service(ground)
    services: list[Moving] = []
    warnings: list[_Warning] = [(_Gravity.NODE, text) for text in _of_node(node, ground)]
    for service in sorted(ground.services.values(), key=lambda each: each.name):
        is_open = service.id not in unread
        moving = moving_of(service, node.id, tasks[service.id], ground.nodes, ground.failing)
        if returns:
            moving = replace(moving, homeless=homeless(moving, node.id, ground))
        if moving.here and (named or is_open):
            services.append(moving)
            warnings += _of_service(moving, service.spec, node, ground, is_open=is_open)
            warnings += _of_update(service, tasks[service.id])
    readable = [each for each in services if each.service_id not in unread]
    warnings += [(_Gravity.NO_ROOM, text) for text in crowded(readable, node, ground)]
    warnings.sort(key=lambda each: each[0])  # stable
    return tuple(services), tuple(text for _, text in warnings)


def tasks_there(node: NodeView, ground: Ground, of: Collection[str]) -> int:
    """Return how many tasks of these services (ids) are on the node."""
    tasks = _by_service(ground)
    return sum(on_node(tasks[each], node.id, ground.nodes) for each in of)


def _by_service(ground: Ground) -> dict[str, list[TaskView]]:
    tasks: dict[str, list[TaskView]] = defaultdict(list)
    for task in ground.tasks:
        tasks[task.service_id].append(task)
    return tasks


def _of_node(node: NodeView, ground: Ground) -> Iterator[str]:
    name = node.hostname
    others = [n for n in ground.nodes.values() if n.id != node.id]
    takers = [n for n in others if n.status == "ready" and n.availability == "active"]
    if not takers:
        yield f"no other node takes tasks: all that runs on {name} ends, and starts nowhere"
    if node.status == "down":
        yield f"{name} is down: nobody knows whether its containers still run"
    if node.role == "manager":
        what = "the leader" if node.leader else "a manager"
        yield f"{name} is {what} and stays it: a drain moves tasks, no manager's duties"


def _of_service(
    moving: Moving, spec: Spec, node: NodeView, ground: Ground, *, is_open: bool
) -> Iterator[_Warning]:
    name, host = moving.name, node.hostname
    if moving.mode is Mode.GLOBAL:
        yield _Gravity.REST, f"{name} is global: its task on {host} ends and is not replaced"
        return
    if moving.mode is Mode.GLOBAL_JOB:
        text = f"{name} is a global job: its task on {host} is stopped before it is done"
        yield _Gravity.JOB, text
        return
    room = room_for(spec, moving.service_id, node.id, ground)
    alive = alive_on(moving, node.id, ground)
    yield from _of_room(moving, room, host, alive, is_open=is_open)
    if moving.mode is Mode.REPLICATED_JOB:
        text = f"{name} is a job: its task on {host} is stopped and begins anew elsewhere"
        yield _Gravity.JOB, text
    elif which := _all_of_it(moving, alive):
        text = f"{name} is away for a while: {which} will stop before others start"
        if moving.homeless and moving.homeless >= moving.ran + moving.coming:
            text = f"{name} is away until {host} is active again"
        yield _Gravity.OUTAGE, text
    yield from _of_mounts(name, spec, host, is_open=is_open)


def _of_update(service: ServiceView, tasks: Sequence[TaskView]) -> Iterator[_Warning]:
    """Warn of an update under way: Swarm counts each new task that ends, whatever ended it.

    Source: swarmkit orchestrator/update: what is past `running` within the monitor time has failed.
    An update state is wiped by any post, while the updater goes on: then its old tasks tell.
    """
    wiped = service.update_state is UpdateState.NONE and mode_of(service.spec) in _UPDATED
    if service.update_state in _UPDATING or (wiped and not all(t.up_to_date for t in tasks)):
        text = (
            f"{service.name} is being updated: a new task that is moved within the update's "
            "monitor time counts as failed, which may pause the update or roll it back"
        )
        yield _Gravity.UPDATE, text


def _all_of_it(moving: Moving, alive: int) -> str:
    """Return which tasks all stop at once, where all that runs, or else starts, is on the node."""
    if moving.elsewhere or (not moving.ran and alive < moving.coming):
        return ""
    if moving.wanted == 1:
        return "its only task"
    number, word = (moving.ran, "run") if moving.ran else (moving.coming, "start")
    if number == 1:
        return f"its only task that {word}s"
    return f"all {number} tasks that {word}" if number else ""


def _of_room(
    moving: Moving, room: Room, host: str, alive: int, *, is_open: bool
) -> Iterator[_Warning]:
    why = f": {', '.join(room.why)}" if room.why and is_open else ""
    if moving.homeless:
        why += f"; {_which(moving, room, alive)} back with {host}"
    if room.tasks == 0:
        yield _Gravity.NO_HOME, f"{moving.name} has no other home{why}"
    elif room.tasks < moving.here:
        few = f"only {room.tasks} of its {moving.here} tasks fit elsewhere"
        yield _Gravity.NO_ROOM, f"{moving.name}: {few}{why}"


def _which(moving: Moving, room: Room, alive: int) -> str:
    """Say how much of it has no other home; others may wait for a node that is away just now."""
    if room.tasks:
        return f"the rest ({moving.homeless}) comes"
    if moving.homeless >= alive:
        return "it comes"
    return f"{moving.homeless} of its {moving.here} tasks come"


def _of_mounts(name: str, spec: Spec, host: str, *, is_open: bool) -> Iterator[_Warning]:
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    for mount in container.get("Mounts") or ():
        source, kind = mount.get("Source") or "", mount.get("Type")
        if kind == "volume" and source and _is_local(mount):
            which = f"the volume {source}" if is_open else "a volume"
            text = f"{name} keeps data in {which} of {host}: elsewhere it is empty"
            yield _Gravity.VOLUME, text
        if kind == "bind":
            what = source if is_open else "a directory"
            text = f"{name} needs {what} of {host} (bind mount) on whichever node it goes to"
            yield _Gravity.BIND, text


def _is_local(mount: JsonObject) -> bool:
    driver = ((mount.get("VolumeOptions") or {}).get("DriverConfig") or {}).get("Name") or "local"
    options = ((mount.get("VolumeOptions") or {}).get("DriverConfig") or {}).get("Options")
    return driver == "local" and not options  # with options it may be NFS
