"""The history of a service as the use cases keep it: found on first touch, appended, made current.

Nothing here writes by itself: the rows go into the transaction of what they belong to.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain import history as past
from bot.domain.diff import summarize
from bot.domain.grammar import Command
from bot.domain.jsontypes import Spec
from bot.domain.observation import ServiceView
from bot.domain.revision import Author, History, Mark, RevisionEntry, RevisionSpec
from bot.domain.rollout.record import Purpose, Rollout, RolloutState
from bot.domain.spec import spec_hash, without_waggle_labels
from bot.ports import Put, RecordStore, Stored


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Reads histories, and prepares their next state."""

    store: RecordStore

    def read(self, cluster: str, service_id: str, service: str) -> Stored[History]:
        """Return the history; an empty one at revision 0 when there is none yet."""
        empty = History(cluster=cluster, service_id=service_id, service=service)
        return self.store.get(History, empty.id) or Stored(value=empty, rev=0)

    def spec_of(self, history: History, number: int) -> RevisionSpec | None:
        """Return the whole spec of one revision."""
        stored = self.store.get(RevisionSpec, f"{history.id}:{number}")
        return stored.value if stored else None

    def on_posted(
        self, rollout: Rollout, spec: Spec, live_hash: str, now: datetime
    ) -> tuple[Rollout, tuple[Put, ...]]:
        """Return the rows for a posting that is live now: a new revision, or the one gone back to.

        Args:
            rollout: with its service's id.
            spec: as the Engine echoed it; that is what is kept.
            live_hash: its hash.
            now: aware UTC.
        """
        if rollout.service_id is None or rollout.posting is None:
            return rollout, ()
        stored = self.read(rollout.cluster, rollout.service_id, rollout.service)
        history = stored.value
        if rollout.posting.purpose in (Purpose.BACK, Purpose.RESTORE):
            return rollout, self._gone_back(stored, rollout, rollout.posting.restore or spec)
        if rollout.posting.purpose is not Purpose.FORWARD:
            return rollout, ()
        if any(entry.rollout_id == rollout.id for entry in history.entries):
            return rollout, ()
        entry = _entry(rollout, past.next_number(history), live_hash, now)
        known = past.made_current(past.appended(history, entry), entry.number)
        known = replace(known, author=_author(rollout))
        names = rollout.plan.network_names if rollout.plan else None
        kept = _kept(history, entry.number, spec, names or {})
        rollout = replace(rollout, to_revision=entry.number)
        return rollout, (*_puts(stored, known), Put(record=kept, rev=0))

    def _gone_back(self, stored: Stored[History], rollout: Rollout, spec: Spec) -> tuple[Put, ...]:
        """Return the rows that make the revision current which `spec` stands for in the end."""
        number = rollout.back_to
        entry = past.entry_of(stored.value, number) if number is not None else None
        if number is None or entry is None:
            return ()
        after = past.gone_back(stored.value, number, spec_hash(spec))
        rows = _puts(stored, replace(after, author=_author(rollout)))
        kept = self.store.get(RevisionSpec, f"{stored.value.id}:{number}")
        if kept is None:
            return rows
        differs = spec_hash(spec) != entry.spec_hash
        posted = without_waggle_labels(spec) if differs else None
        now = replace(_with_names(kept.value, spec), posted=posted)
        return rows if now == kept.value else (*rows, Put(record=now, rev=kept.rev))

    def on_end(self, rollout: Rollout) -> tuple[Put, ...]:
        """Return the row that marks revisions by how a rollout ended.

        Completed: what it made is good. Rolled back: what was left is bad, where it went is good.
        """
        if rollout.service_id is None:
            return ()
        stored = self.read(rollout.cluster, rollout.service_id, rollout.service)
        return _puts(stored, _judged(stored.value, rollout))

    def on_reopened(self, rollout: Rollout) -> tuple[Put, ...]:
        """Return the row that takes back `good`: what was told as completed has yet to prove it."""
        if rollout.service_id is None or rollout.to_revision is None:
            return ()
        stored = self.read(rollout.cluster, rollout.service_id, rollout.service)
        return _puts(stored, past.marked(stored.value, rollout.to_revision, Mark.UNKNOWN))


def with_found(
    history: History, view: ServiceView, names: dict[str, str], now: datetime
) -> tuple[History, tuple[RevisionSpec, ...]]:
    """Return the history in which what is live is the current revision.

    On first touch, and when another tool has changed the service since, that is a new entry marked
    as found, whose spec comes with it.
    """
    image = str(_container(view.spec).get("Image", ""))
    known = past.found(history, spec_hash(view.spec), image, now)
    if len(known.entries) == len(history.entries):
        return known, ()
    return known, (_kept(history, known.current, view.spec, names),)


def _judged(history: History, rollout: Rollout) -> History:
    to = rollout.to_revision
    if rollout.state is RolloutState.COMPLETED and to is not None and _has(history, to):
        return past.completed(history, to)
    back = rollout.back_to
    if rollout.state is RolloutState.ROLLED_BACK and back is not None and _has(history, back):
        bad = past.left_by(rollout.kind, rollout.from_revision, to)
        return past.rolled_back(history, bad, back)
    return history


def _has(history: History, number: int) -> bool:
    return past.entry_of(history, number) is not None


def _puts(stored: Stored[History], after: History) -> tuple[Put, ...]:
    return () if after == stored.value else (Put(record=after, rev=stored.rev),)


def _author(rollout: Rollout) -> Author:
    at = rollout.started_at or rollout.request.accepted_at
    return Author(rollout_id=rollout.id, user=rollout.request.by.user, at=at)


def _entry(rollout: Rollout, number: int, live_hash: str, now: datetime) -> RevisionEntry:
    plan = rollout.plan
    created = rollout.from_revision is None
    return RevisionEntry(
        number=number,
        spec_hash=live_hash,
        image=str(_container(plan.desired if plan else {}).get("Image", "")),
        at=now,
        summary="created" if created else summarize(plan.changes if plan else ()),
        actor=rollout.request.by.user,
        rollout_id=rollout.id,
        reason=Command.from_json(rollout.request.command).options.reason,
    )


def _with_names(revision: RevisionSpec, spec: Spec) -> RevisionSpec:
    """Name the networks of a spec that was restored from the revision: they are in its order."""
    pairs = zip(_networks(revision.posted or revision.spec), _networks(spec), strict=False)
    known = revision.network_names
    fresh = {new: known[old] for old, new in pairs if old in known}
    return replace(revision, network_names={**known, **fresh})


def _networks(spec: Spec) -> list[str]:
    attached = (spec.get("TaskTemplate") or {}).get("Networks") or ()
    return [network.get("Target", "") for network in attached]


def _kept(history: History, number: int, spec: Spec, names: dict[str, str]) -> RevisionSpec:
    return RevisionSpec(
        cluster=history.cluster,
        service_id=history.service_id,
        number=number,
        spec=without_waggle_labels(spec),
        network_names={key: name for key, name in names.items() if key in _networks(spec)},
    )


def _container(spec: Spec) -> Spec:
    container: Spec = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    return container
