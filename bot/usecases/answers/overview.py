"""Lines of `services`: how each does, and who changed it last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.convergence.measure import measure
from bot.domain.convergence.progress import Progress
from bot.domain.convergence.wanted import mode_of, wanted_of
from bot.domain.health import Health, Standing, health_of
from bot.domain.history import is_drifted, live_entry
from bot.domain.images import familiar
from bot.domain.jsontypes import Spec
from bot.domain.observation import NodeView, Observation, ServiceView, TaskView
from bot.domain.reads import ServiceRow
from bot.domain.revision import Author, History
from bot.domain.rollout.record import Rollout
from bot.domain.rollout.state import LIVE
from bot.domain.spec import spec_hash
from bot.ports import RecordStore, SwarmReader
from bot.usecases.redact import redacted

_FAILED = ("failed", "rejected")
_ROLLOUT = "waggle.rollout"


@dataclass(frozen=True, kw_only=True)
class LastChange:
    """Who changed a service last, and when; nobody is named where another tool did."""

    by: str
    at: datetime | None
    rollout: Rollout | None = None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What was seen of the swarm, and what Waggle's records say of its services.

    Attributes:
        wanted, failed: tasks by service id.
        live: the rollout that holds a service, by its name.
        made: rollouts by id, of those that the services' labels name and no history tells of.
    """

    now: datetime
    nodes: Mapping[str, NodeView]
    wanted: Mapping[str, Sequence[TaskView]]
    failed: Mapping[str, Sequence[TaskView]]
    live: Mapping[str, Rollout]
    histories: Mapping[str, History]
    made: Mapping[str, Rollout]

    def row(self, service: ServiceView) -> ServiceRow:
        """Return a service's line."""
        progress, health = self.judged(service)
        rollout, last = self.live.get(service.name), self.last_change(service)
        return ServiceRow(
            name=service.name,
            mode=mode_of(service.spec).value,
            running=progress.running,
            wanted=progress.total,
            image=familiar(image_of(service.spec)),
            ports=", ".join(published(service.spec)),
            rollout=f"{rollout.id} {rollout.state.value}" if rollout is not None else "",
            health=health,
            drift=self.is_drifted(service),
            changed_at=last.at,
            changed_by=last.by,
        )

    def judged(self, service: ServiceView) -> tuple[Progress, Health]:
        """Return how far its tasks are, and how it does; env values hidden."""
        seen = Observation(
            service=service,
            tasks=tuple(self.wanted.get(service.id, ())),
            nodes=dict(self.nodes),
        )
        progress = measure(service, seen, self.now).progress
        health = health_of(service, progress, self.failed.get(service.id, ()), self.now)
        return progress, replace(
            health, why=redacted(health.why, service.spec, service.previous_spec)
        )

    def is_drifted(self, service: ServiceView) -> bool:
        """Return whether it runs something else than its current revision, and nobody is at it."""
        history = self.histories.get(service.id)
        if history is None or service.name in self.live:
            return False
        return is_drifted(history, spec_hash(service.spec))

    def last_change(self, service: ServiceView) -> LastChange:
        """Return who made what it is now.

        Its label names the rollout, and outlives what other tools do; so it counts only where the
        live spec is a revision.
        """
        history = self.histories.get(service.id)
        entry = live_entry(history, spec_hash(service.spec)) if history else None
        name = _named(service)
        rollout = self.live.get(service.name) or self.made.get(name)
        ours = service.name in self.live or entry is not None
        if rollout is not None and rollout.service == service.name and ours:
            at = rollout.started_at or rollout.request.accepted_at
            return LastChange(by=rollout.request.by.user, at=at, rollout=rollout)
        if ours and history is not None and (author := _author(service, history)):
            return LastChange(by=author.user, at=author.at)
        if entry is not None and not entry.found:
            return LastChange(by=entry.actor or "", at=entry.at)
        return LastChange(by="", at=service.updated_at)


def look_over(
    swarm: SwarmReader,
    store: RecordStore,
    cluster: str,
    services: Sequence[ServiceView],
    now: datetime,
) -> Overview:
    """Look at the swarm and the records: a fixed number of calls, however many services.

    Raises:
        EngineUnavailableError, StoreUnavailableError: somebody does not answer.
    """
    ids = [service.id for service in services]
    one = ids if len(ids) == 1 else None
    found = store.get_many(History, [f"{cluster}:{each}" for each in ids])
    histories = {each.value.service_id: each.value for each in found}
    # a rollout has whole specs in it: a thousand of them take longer to read than all the rest
    untold = (each for each in services if one or not _author(each, histories.get(each.id)))
    names = {_named(each) for each in untold} - {""}
    tasks = swarm.tasks(one, wanted=False)
    return Overview(
        now=now,
        nodes={node.id: node for node in swarm.nodes()},
        wanted=_by_service(wanted_of(tasks)),
        failed=_by_service(task for task in tasks if task.state in _FAILED),
        live=live_rollouts(store, cluster),
        histories=histories,
        made={each.value.id: each.value for each in store.get_many(Rollout, sorted(names))},
    )


def _named(service: ServiceView) -> str:
    """Return the id of the rollout that the service's label names; empty: none."""
    return str((service.spec.get("Labels") or {}).get(_ROLLOUT, ""))


def _author(service: ServiceView, history: History | None) -> Author | None:
    """Return who posted it last, where the history tells of the rollout that its label names."""
    author = history.author if history else None
    return author if author and author.rollout_id == _named(service) else None


def live_rollouts(store: RecordStore, cluster: str) -> dict[str, Rollout]:
    """Return the rollouts under way by the names of their services."""
    ids = store.open_ids(cluster, Rollout)
    rollouts = (stored.value for stored in store.get_many(Rollout, ids))
    return {one.service: one for one in rollouts if one.state in LIVE}


def worst_first(row: ServiceRow) -> tuple[int, bool, str]:
    """Return the place of a line: what needs a look, then drift, then by name."""
    rank = row.health.rank if row.health.needs_a_look else len(Standing)
    return rank, not row.drift, row.name


def image_of(spec: Spec) -> str:
    """Return the image of a service, with its digest if it has one; empty for a plugin."""
    container = spec["TaskTemplate"].get("ContainerSpec") or {}
    return str(container.get("Image", ""))


def published(spec: Spec) -> list[str]:
    """Return the ports as `docker service ls` shows them: `*:8080->80/tcp`."""
    ports = (spec.get("EndpointSpec") or {}).get("Ports") or []
    return [_port(port) for port in ports]


def _port(port: dict[str, Any]) -> str:
    protocol = port.get("Protocol", "tcp")
    if not port.get("PublishedPort"):
        return f"{port.get('TargetPort')}/{protocol}"
    where = "host:" if port.get("PublishMode") == "host" else "*:"
    return f"{where}{port['PublishedPort']}->{port.get('TargetPort')}/{protocol}"


def _by_service(tasks: Iterable[TaskView]) -> dict[str, list[TaskView]]:
    of: dict[str, list[TaskView]] = {}
    for task in tasks:
        of.setdefault(task.service_id, []).append(task)
    return of
