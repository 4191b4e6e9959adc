"""What a one-step change (rm, node, network) will do, worked out before it is done. Reads only."""

from dataclasses import dataclass, replace

from bot.domain.change import Change, ChangeKind, fingerprint
from bot.domain.drain import Drain
from bot.domain.errors import Conflict, NotFound
from bot.domain.flags.flag import Edit
from bot.domain.grammar import Command, Options
from bot.domain.grammar.tokens import HIDDEN
from bot.domain.jsontypes import JsonObject
from bot.domain.observation import PREDEFINED, NodeView
from bot.domain.plan import FieldChange
from bot.domain.policy import Decision, Outcome, Resource, Side, network_side, node_side, side_of
from bot.domain.spec import apply_node_edits, new_network, spec_hash
from bot.domain.typed import typed
from bot.ports import NotFoundError, RecordStore, SwarmReader
from bot.usecases.answers.sight import Sight, sight_of
from bot.usecases.drains import drain_named
from bot.usecases.gate import Gate
from bot.usecases.lookup import Lookup
from bot.usecases.node_plan import NodePlan
from bot.usecases.refusals import Denied
from bot.usecases.rights import circumstance, group_of


@dataclass(frozen=True, kw_only=True)
class ChangeDrafter:
    """Resolves the target and works out the diff."""

    store: RecordStore
    swarm: SwarmReader
    gate: Gate
    lookup: Lookup

    def draft(self, change: Change) -> Change:
        """Return the change with its target, what it starts from, its diff and its fingerprint.

        Raises:
            UserError: it is refused, and why.
        """
        self._allow(change, self.resource(change))  # first: who may not, is not told what there is
        drafted = {
            ChangeKind.RM: self._removal,
            ChangeKind.NODE_UPDATE: self._node,
            ChangeKind.NODE_RM: self._node_removal,
            ChangeKind.NETWORK_CREATE: self._new_network,
            ChangeKind.NETWORK_RM: self._old_network,
        }[change.kind](change)
        what = self.resource(drafted)
        self._allow(drafted, what)  # again: a target given by its id is known by its name now
        drafted = replace(drafted, resource=what, policy_hash=self.gate.policy.hash)
        return replace(drafted, fingerprint=fingerprint(drafted))

    def _removal(self, change: Change) -> Change:
        view = self._lookup(change).service(change.target)
        if held_by := self.store.live_rollout(change.cluster, view.name):
            raise Conflict(
                f"{view.name} is under rollout {held_by}; nothing was removed.",
                f"Wait for it, or `{typed(f'abort {view.name}', change.cluster)}` first.",
            )
        gone = FieldChange(path="service", old=view.name, new=None)
        return replace(
            change,
            target=view.name,
            target_id=view.id,
            base_hash=spec_hash(view.spec),
            changes=(gone,),
        )

    def _node(self, change: Change) -> Change:
        node = self._lookup(change).node(change.target)
        desired = apply_node_edits(node.spec, edits_of(change))
        options = Command.from_json(change.request.command).options
        drain, warnings = self._node_plan(change).of(node, desired, options)
        if node.spec.get("Availability") == "drain" and _drains(change):
            drain, told = self._drained(change, node, options)
            warnings = (*warnings, *told)
        return replace(
            change,
            drain=drain,
            warnings=warnings,
            target=node.hostname,
            target_id=node.id,
            base_hash=spec_hash(node.spec),
            changes=node_changes(node.spec, desired),
        )

    def _drained(
        self, change: Change, node: NodeView, options: Options
    ) -> tuple[Drain | None, tuple[str, ...]]:
        """Return what there is to follow on a node that drains already, unless it is followed."""
        name = node.hostname
        back = f"`{typed(f'node update --availability active {name}', change.cluster)}`"
        live = drain_named(self.store, change.cluster, node.id)
        drain, told = (None, ()) if live else self._node_plan(change).left(node, options)
        if drain is None and options.then:
            if live:
                why, way = f"{live.id} follows its drain", f"Wait for its end, then {back}."
            else:
                why, way = "no task is left on it", f"{back} gives it back."
            raise Conflict(f"{name} is drained already, and {why}. Nothing was changed.", way)
        return (drain, told) if drain is not None and drain.follows else (None, ())

    def _node_removal(self, change: Change) -> Change:
        node = self._lookup(change).node(change.target)
        force = Command.from_json(change.request.command).options.force
        warnings = self._node_plan(change).removal(node, force=force)
        gone = FieldChange(path="node", old=node.hostname, new=None)
        return replace(
            change,
            target=node.hostname,
            target_id=node.id,
            base_hash=spec_hash(node.spec),
            changes=(gone,),
            warnings=warnings,
        )

    def _sight(self, change: Change) -> Sight:
        """Return what the person may read: no other thing is named to them."""
        return sight_of(self.swarm, self.gate, change.cluster, change.request)

    def _lookup(self, change: Change) -> Lookup:
        return replace(self.lookup, tells=self._sight(change).tells)

    def _node_plan(self, change: Change) -> NodePlan:
        return NodePlan(swarm=self.swarm, cluster=change.cluster, reads=self._sight(change).tells)

    def _new_network(self, change: Change) -> Change:
        if self.has_network(change.target):
            raise Conflict(f"A network `{change.target}` exists already.")
        body = new_network(change.target, edits_of(change))
        return replace(change, changes=network_changes(body))

    def _old_network(self, change: Change) -> Change:
        try:
            network = self._lookup(change).network(change.target)
        except NotFound:
            if Command.from_json(change.request.command).options.force:
                return change  # --force: no error if it is not there
            raise
        if network.ingress or network.name in PREDEFINED:
            raise Conflict(
                f"The network `{network.name}` is Docker's own: it stays. Nothing was changed."
            )
        gone = FieldChange(path="network", old=network.name, new=None)
        return replace(change, target=network.name, target_id=network.id, changes=(gone,))

    def has_network(self, name: str) -> bool:
        """Whether there is a network of that name."""
        return any(network.name == name for network in self.swarm.networks())

    def _allow(self, change: Change, what: Resource) -> None:
        decision = self._decide(change, what)
        if decision.outcome is Outcome.DENY:
            raise Denied(decision)

    def resource(self, change: Change) -> Resource:
        """Return what a change acts on, as it is now and as it will be.

        What is gone meanwhile is judged by its name alone.
        """
        cluster, target = change.cluster, change.target
        if change.kind is ChangeKind.RM:
            return self._service(cluster, change.target_id or target)
        if change.kind in {ChangeKind.NODE_UPDATE, ChangeKind.NODE_RM}:
            return self._node_resource(change)
        return Resource(cluster=cluster, sides=(self._network_side(change),))

    def _network_side(self, change: Change) -> Side:
        """Return the network that there will be, or the one that there is."""
        if change.kind is ChangeKind.NETWORK_CREATE:
            return network_side(
                change.target, new_network(change.target, edits_of(change))["Labels"]
            )
        meant = {change.target_id or change.target}
        found = (one for one in self.swarm.networks() if meant & {one.id, one.name})
        network = next(found, None)
        if network is None:
            return network_side(change.target)
        return network_side(network.name, network.labels)

    def _service(self, cluster: str, ref: str) -> Resource:
        try:
            view = self.swarm.service(ref)
        except NotFoundError:
            return Resource(cluster=cluster, service=ref, sides=(Side(),))
        names = {network.id: network.name for network in self.swarm.networks()}
        return Resource(cluster=cluster, service=view.name, sides=(side_of(view.spec, names),))

    def _node_resource(self, change: Change) -> Resource:
        try:
            node = self.swarm.node(change.target_id or change.target)
        except NotFoundError:
            return Resource(cluster=change.cluster, node=change.target, sides=(Side(),))
        desired = apply_node_edits(node.spec, edits_of(change), lenient=True)
        sides = (node_side(node.spec), node_side(desired))
        return Resource(cluster=change.cluster, node=node.hostname, sides=sides)

    def decide(self, change: Change) -> Decision:
        """Decide whether whoever asked may make the change now."""
        return self._decide(change, self.resource(change))

    def _decide(self, change: Change, what: Resource) -> Decision:
        how = circumstance(change.request)
        return self.gate.decide(change.request.by, group_of(change.kind), what, how)


def edits_of(change: Change) -> tuple[Edit, ...]:
    """Return what was typed about the target."""
    return Command.from_json(change.request.command).edits


def _drains(change: Change) -> bool:
    return any((each.flag, each.value) == ("availability", "drain") for each in edits_of(change))


def node_changes(old: JsonObject, new: JsonObject) -> tuple[FieldChange, ...]:
    """Return the diff of two node specs: labels, availability and role."""
    before, after = old.get("Labels") or {}, new.get("Labels") or {}
    fields = [
        FieldChange(path=f"label {key}", old=before.get(key), new=after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]
    fields.extend(
        FieldChange(path=name.lower(), old=old.get(name), new=new.get(name))
        for name in ("Availability", "Role")
        if old.get(name) != new.get(name)
    )
    return tuple(fields)


def network_changes(body: JsonObject) -> tuple[FieldChange, ...]:
    """Return what a new network is made with; values of options hide: drivers take tokens there."""
    told = [("network", body["Name"]), ("driver", body["Driver"])]
    told += [
        (flag, "true")
        for flag, field in (
            ("attachable", "Attachable"),
            ("internal", "Internal"),
            ("ipv6", "EnableIPv6"),
        )
        if body.get(field)
    ]
    for pool in (body.get("IPAM") or {}).get("Config") or ():
        told += [(name.lower(), pool[name]) for name in ("Subnet", "Gateway") if name in pool]
    told += [(f"label {key}", value) for key, value in sorted(body["Labels"].items())]
    told += [(f"option {key}", HIDDEN) for key in sorted(body["Options"])]
    return tuple(FieldChange(path=path, old=None, new=str(new)) for path, new in told)
