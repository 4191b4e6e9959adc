"""The simulated objects as the port shows them."""

import copy

from bot.domain.observation import (
    NetworkView,
    NodeView,
    PieceView,
    ServiceView,
    TaskView,
    UpdateState,
)
from playground.simulator.api.shapes import node_json
from playground.simulator.model.placement import MEMORY, NANO_CPUS
from playground.simulator.model.state import Network, Node, Piece, Service, Task


def service_view(service: Service) -> ServiceView:
    """Return a view that shares nothing with the simulation."""
    return ServiceView(
        id=service.id,
        name=service.name,
        version=service.version,
        spec=copy.deepcopy(service.spec),
        previous_spec=copy.deepcopy(service.previous),
        update_state=UpdateState(service.update_state or UpdateState.NONE),
        update_message=service.update_message,
        update_started_at=service.update_started,
        created_at=service.created,
        updated_at=service.updated,
    )


def task_view(task: Task, *, up_to_date: bool) -> TaskView:
    """Return the task's view."""
    return TaskView(
        id=task.id,
        service_id=task.service_id,
        slot=task.slot,
        node_id=task.node_id,
        desired=task.desired,
        state=task.state,
        message=task.message,
        error=task.error,
        exit_code=task.exit_code,
        image=task.image,
        up_to_date=up_to_date,
        created_at=task.created,
        state_at=task.state_at,
        job_iteration=task.iteration,
    )


def node_view(node: Node) -> NodeView:
    """Return the node's view with a spec as GET shows it."""
    return NodeView(
        id=node.id,
        hostname=node.hostname,
        status="ready" if node.up else "down",
        availability=node.availability,
        role=node.role,
        version=node.version,
        labels=node.labels,
        spec=copy.deepcopy(node.spec),
        leader=node.leader,
        engine="20.10.24",
        address=node.address,
        os="linux",
        arch="x86_64",
        engine_labels={},
        cpus=NANO_CPUS,
        memory=MEMORY,
        generic={},
        raw=node_json(node) | {"Spec": copy.deepcopy(node.spec)},  # all else in it is new
    )


def network_view(network: Network) -> NetworkView:
    """Return the network's view."""
    return NetworkView(
        id=network.id,
        name=network.name,
        driver=network.driver,
        scope=network.scope,
        attachable=network.attachable,
        internal=network.internal,
        ingress=network.ingress,
        labels=dict(network.labels),
    )


def piece_view(piece: Piece) -> PieceView:
    """Return the view of a secret or a config."""
    return PieceView(
        id=piece.id,
        name=piece.spec["Name"],
        driver=(piece.spec.get("Driver") or {}).get("Name", ""),
        labels=dict(piece.spec["Labels"]),
        created_at=piece.created,
        updated_at=piece.updated,
    )
