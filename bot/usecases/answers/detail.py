"""`inspect`: what runs and what is wanted, whose revision that is, and what is in the way."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain import images
from bot.domain.diff import diff
from bot.domain.history import live_entry
from bot.domain.lock import Lock, Scope, ScopeKind
from bot.domain.observation import ServiceView, TaskView, UpdateState
from bot.domain.plan import FieldChange
from bot.domain.policy import VerbGroup, Window, environments_of
from bot.domain.reads import ServiceDetail, Tag, UpdateWords
from bot.domain.revision import History, RevisionSpec
from bot.domain.spec import spec_hash
from bot.ports import (
    NotFoundError,
    RecordStore,
    RegistryUnavailableError,
    SwarmReader,
    UnreadableRecordError,
)
from bot.usecases.answers.overview import Overview, image_of, look_over
from bot.usecases.answers.sight import Sight
from bot.usecases.gate import Gate
from bot.usecases.redact import redacted


@dataclass(frozen=True, kw_only=True)
class Detail:
    """Looks at one service from all sides. May raise EngineUnavailableError, StoreUnavailableError.

    The caller has made sure that the person may read it.
    """

    swarm: SwarmReader
    store: RecordStore
    sight: Sight
    gate: Gate

    def of(self, cluster: str, service: ServiceView, now: datetime) -> ServiceDetail:
        """Return what there is to say; the registry is asked what the image's tag is now."""
        seen = look_over(self.swarm, self.store, cluster, [service], now)
        history = seen.histories.get(service.id)
        last, names = seen.last_change(service), self._networks()
        locks, unknown = self._locks(cluster, service, now)
        tag = self._tag(service)
        return ServiceDetail(
            row=seen.row(service),
            cluster=cluster,
            at=now,
            id=service.id,
            created_at=service.created_at,
            update=_update(service),
            runs=_runs(seen.wanted.get(service.id, ())),
            revision=live_entry(history, spec_hash(service.spec)) if history else None,
            current=history.current if history else 0,
            drift=self._drift(seen, service, history, names),
            rollout=last.rollout.id if last.rollout else "",
            locks=locks,
            freezes=self._freezes(service, now),
            unknown=(*unknown, *_untold(tag)),
            tag=tag,
            fields=tuple(
                (change.path, change.new or "")
                for change in diff(None, service.spec, names)
                if change.path != "name"
            ),
        )

    def _networks(self) -> dict[str, str]:
        return {net.id: net.name for net in self.swarm.networks()}

    def _drift(
        self,
        seen: Overview,
        service: ServiceView,
        history: History | None,
        names: dict[str, str],
    ) -> tuple[FieldChange, ...]:
        """Return what differs from the current revision, as it was last posted."""
        if history is None or not seen.is_drifted(service):
            return ()
        stored = self.store.get(RevisionSpec, f"{history.id}:{history.current}")
        if stored is None:
            return ()
        current = stored.value
        if not self.sight.may(current, lambda one: self.sight.revisions(service.name, one)):
            return ()  # it was somewhere where the person may not look
        spec = current.posted or current.spec
        return diff(spec, service.spec, {**current.network_names, **names})

    def _locks(
        self, cluster: str, service: ServiceView, now: datetime
    ) -> tuple[tuple[Lock, ...], tuple[str, ...]]:
        """Return what `locks SERVICE` lists, the locks against one revision included."""
        own = Scope(kind=ScopeKind.SERVICE, name=service.name)
        try:
            held = self.gate.holding(self.sight.service(service), VerbGroup.UPDATE)
        except UnreadableRecordError as error:
            return (), (f"A lock cannot be read ({error.key}), so it counts as locked.",)
        wider = {lock.id for lock in held}
        known = (each.value for each in self.store.readable_locks(cluster))
        return tuple(
            one for one in known if one.holds(now) and (one.id in wider or one.scope == own)
        ), ()

    def _freezes(self, service: ServiceView, now: datetime) -> tuple[Window, ...]:
        policy = self.gate.policy
        there = {each.name for each in environments_of(policy, self.sight.service(service))}
        on = self.gate.calendar.windows(policy, now, now)
        return tuple(each for each in on if each.environment in there and each.holds(now))

    def _tag(self, service: ServiceView) -> Tag | None:
        """Return what the tag is now; None: the image names none."""
        image = image_of(service.spec)
        named, _, digest = image.partition("@")
        if not named or (digest and ":" not in named.rpartition("/")[2]):
            return None
        try:
            now: str | None = self.swarm.resolve_image(images.canonical(named)).digest
        except NotFoundError:
            now = ""
        except RegistryUnavailableError:
            now = None
        return Tag(image=named, digest=digest, now=now)


def _untold(tag: Tag | None) -> tuple[str, ...]:
    if tag is None or tag.now is not None:
        return ()
    return ("The registry does not answer: nobody can tell whether the tag has moved.",)


def _update(service: ServiceView) -> UpdateWords | None:
    if service.update_state is UpdateState.NONE:
        return None
    return UpdateWords(
        state=service.update_state,
        message=redacted(service.update_message, service.spec, service.previous_spec),
        began_at=service.update_started_at,
    )


def _runs(tasks: Iterable[TaskView]) -> tuple[tuple[str, int], ...]:
    counted = Counter(task.image for task in tasks if task.state == "running")
    return tuple(counted.most_common())
