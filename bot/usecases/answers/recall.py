"""Reads of our own records."""

from dataclasses import dataclass

from bot.domain.approval import ApprovalState
from bot.domain.change import Change
from bot.domain.diff import diff
from bot.domain.errors import NotFound
from bot.domain.grammar import Command
from bot.domain.history import is_drifted
from bot.domain.policy import Resource
from bot.domain.reply import ApprovalList, HistoryList, Refusal, Reply, RevisionDiff, RolloutList
from bot.domain.revision import History, RevisionSpec
from bot.domain.rollout.state import LIVE
from bot.domain.spec import spec_hash
from bot.ports import EngineUnavailableError, NotFoundError, RecordStore, SwarmReader
from bot.usecases.answers.sight import Sight
from bot.usecases.drains import drains_under_way
from bot.usecases.lookup import Lookup
from bot.usecases.rights import place_of, resource_of_subject

_ROLLOUTS = 20
_LOOKED_AT = 200


@dataclass(frozen=True, kw_only=True)
class Recall:
    """One method a verb. All may raise a UserError and StoreUnavailableError."""

    swarm: SwarmReader
    store: RecordStore
    lookup: Lookup
    sight: Sight

    def history(self, cluster: str, command: Command) -> Reply:
        """Answer `history`."""
        found = self._history(cluster, command.targets[0])
        if isinstance(found, Refusal):
            return found
        return HistoryList(history=found, drift=self._is_drifted(cluster, found))

    def _is_drifted(self, cluster: str, history: History) -> bool:
        """Return whether what runs is not the current revision, where anybody can tell."""
        try:
            spec = self.swarm.service(history.service_id).spec
        except (NotFoundError, EngineUnavailableError):
            return False
        held = self.store.live_rollout(cluster, history.service) is not None
        return not held and is_drifted(history, spec_hash(spec))

    def _history(self, cluster: str, ref: str) -> History | Refusal:
        stored = self.store.history_by_name(cluster, ref)
        if stored is not None:
            self.sight.allow(stored.value, self._resource)
            return stored.value
        service = self.lookup.service(ref)
        self.sight.allow(service, self.sight.service)
        stored = self.store.history_by_name(cluster, service.name)
        if stored is not None:
            return stored.value
        return Refusal(
            why=f"There are no revisions of `{service.name}` yet.",
            next_step="Its first change here records what it is now as revision 1.",
        )

    def _resource(self, history: History) -> Resource:
        """Return the service as it is, or, where it is gone, as its last revision was."""
        try:
            return self.sight.service(self.swarm.service(history.service))
        except NotFoundError:
            number = history.entries[-1].number if history.entries else 0
            last = self.store.get(RevisionSpec, f"{history.id}:{number}")
            return self.sight.revisions(history.service, *([last.value] if last else []))

    def difference(self, cluster: str, command: Command) -> Reply:
        """Answer `diff A B`; with one number: from that revision to what is live."""
        history = self._history(cluster, command.targets[0])
        if isinstance(history, Refusal):
            return history
        numbers = command.options.revisions
        old = self._revision(history, numbers[0])
        if len(numbers) > 1:
            new, to = self._revision(history, numbers[1]), numbers[1]
        else:
            new, to = self._live(history)
        self.sight.allow((old, new), lambda two: self.sight.revisions(history.service, *two))
        names = {**self._network_names(), **old.network_names, **new.network_names}
        changes = diff(old.spec, new.spec, names)
        return RevisionDiff(service=history.service, old=old.number, new=to, changes=changes)

    def _revision(self, history: History, number: int) -> RevisionSpec:
        name = f"{history.id}:{number}"
        stored = self.store.get(RevisionSpec, name)
        if stored is not None:
            return stored.value
        known = [entry.number for entry in history.entries]
        has = f"It has {known[0]} to {known[-1]}." if known else "It has none yet."
        raise NotFound(f"`{history.service}` has no revision {number}.", has)

    def _live(self, history: History) -> tuple[RevisionSpec, int]:
        """Return what is live, and its number: 0 when it is none of the recorded ones."""
        try:
            spec = self.swarm.service(history.service_id).spec
        except NotFoundError as error:
            raise NotFound(
                f"`{history.service}` does not run any more.",
                "Name two revisions to compare them.",
            ) from error
        live = spec_hash(spec)
        same = [entry.number for entry in history.entries if entry.is_live_as(live)]
        number = history.current if history.current in same else max(same, default=0)
        revision = RevisionSpec(
            cluster=history.cluster, service_id=history.service_id, number=number, spec=spec
        )
        return revision, number

    def _network_names(self) -> dict[str, str]:
        try:
            return {net.id: net.name for net in self.swarm.networks()}
        except EngineUnavailableError:
            return {}  # ids are shown instead

    def approvals(self, cluster: str) -> Reply:
        """Answer `approvals`: pending ones first, then the newest."""
        recent = [stored.value for stored in self.store.recent_approvals(cluster, _LOOKED_AT)]
        found, hidden = self.sight.seen(recent, lambda one: self.sight.record(one.resource))
        found.sort(key=lambda approval: approval.state is not ApprovalState.PENDING)
        return ApprovalList(approvals=tuple(found[:_ROLLOUTS]), hidden=hidden)

    def rollouts(self, cluster: str, command: Command) -> Reply:
        """Answer `rollouts`: live ones first, then the newest; of what is named, if that is."""
        found = [stored.value for stored in self.store.recent_rollouts(cluster, _LOOKED_AT)]
        named = [r for r in found if not command.targets or r.service in command.targets]
        wanted, hidden = self.sight.seen(named, lambda one: self.sight.record(place_of(one)))
        wanted.sort(key=lambda rollout: rollout.state not in LIVE)
        drains, unread = self._drains(cluster, command)
        return RolloutList(
            rollouts=tuple(wanted[:_ROLLOUTS]), drains=tuple(drains), hidden=hidden + unread
        )

    def _drains(self, cluster: str, command: Command) -> tuple[list[Change], int]:
        """Return the nodes that are being emptied: those are live work, too."""
        every = drains_under_way(self.store, cluster)
        named = [one for one in every if not command.targets or one.target in command.targets]
        return self.sight.seen(named, lambda one: self.sight.node_record(resource_of_subject(one)))
