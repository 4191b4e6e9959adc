"""What a one-step change does to the swarm. Judged by looking: repeated, it does nothing twice."""

from dataclasses import dataclass

from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.errors import Conflict
from bot.domain.grammar import Command
from bot.domain.jsontypes import Spec
from bot.domain.observation import NodeView
from bot.domain.policy import Decision
from bot.domain.quorum import quorum
from bot.domain.spec import apply_node_edits, new_network, spec_hash
from bot.ports import NotFoundError, OutOfSequenceError, Swarm
from bot.usecases.change_draft import ChangeDrafter, edits_of, node_changes

_TRIES = 8


class FailedError(Exception):
    """The change cannot be made; the text says why.

    Attributes:
        decision: the policy's, when it is that which says no.
    """

    def __init__(self, why: str, decision: Decision | None = None) -> None:
        super().__init__(why)
        self.decision = decision


class NotDrainedError(FailedError):
    """The node is not set to drain any more, or there is no such node."""


@dataclass(frozen=True, kw_only=True)
class ChangeEffect:
    """Makes the change that was decided on right before."""

    swarm: Swarm
    drafter: ChangeDrafter

    def make(self, change: Change) -> None:
        """Make the change, unless it is made already.

        Raises:
            FailedError: it cannot be made.
            EngineRefusedError, EngineUnavailableError: as the Engine says.
        """
        if change.state is ChangeState.RETURNING:
            self._activate(change)
        elif change.kind is ChangeKind.RM:
            self._remove(change)
        elif change.kind is ChangeKind.NODE_UPDATE:
            self._update_node(change)
        elif change.kind is ChangeKind.NODE_RM:
            self._remove_node(change)
        elif change.kind is ChangeKind.NETWORK_CREATE:
            self._create_network(change)
        else:
            self._remove_network(change)

    def is_made(self, change: Change) -> bool:
        """Look whether it is made already, as by a run that was killed before it could say so.

        Raises:
            EngineRefusedError, EngineUnavailableError: as the Engine says.
        """
        ref = change.target_id or change.target
        if change.kind is ChangeKind.NETWORK_CREATE:
            return self.drafter.has_network(change.target)
        if change.kind is ChangeKind.NETWORK_RM:
            return not any(ref in (each.id, each.name) for each in self.swarm.networks())
        try:
            if change.kind is not ChangeKind.RM:
                return self._is_node_made(change, self.swarm.node(ref))
            self.swarm.service(ref)
        except NotFoundError:
            return change.kind in {ChangeKind.RM, ChangeKind.NODE_RM}
        return False

    def _is_node_made(self, change: Change, node: NodeView) -> bool:
        if change.state is ChangeState.RETURNING:
            return node.availability == "active"
        if change.kind is ChangeKind.NODE_RM or not change.changes:
            return False  # without a change it drains already: nothing was to be made
        return spec_hash(node.spec) != change.base_hash and self._holds(change, node.spec)

    def _remove(self, change: Change) -> None:
        try:
            view = self.swarm.service(change.target_id or change.target)
        except NotFoundError:
            return  # gone is what was wanted
        if spec_hash(view.spec) != change.base_hash:
            raise FailedError(
                f"{change.target} was changed since this was asked; look at it, then ask again"
            )
        try:
            self.swarm.remove_service(view.id)
        except NotFoundError:
            return

    def _remove_node(self, change: Change) -> None:
        force = Command.from_json(change.request.command).options.force
        try:
            self.swarm.remove_node(change.target_id or change.target, force=force)
        except NotFoundError:
            return  # gone is what was wanted

    def _update_node(self, change: Change) -> None:
        edits = edits_of(change)
        if not change.changes:
            return  # it drains already, and is only followed
        for _ in range(_TRIES):
            try:
                node = self.swarm.node(change.target_id or change.target)
            except NotFoundError:
                raise FailedError(f"{change.target} has left the swarm") from None
            if spec_hash(node.spec) != change.base_hash:
                if self._holds(change, node.spec):
                    return
                raise FailedError(f"{change.target} was changed by somebody else meanwhile")
            desired = apply_node_edits(node.spec, edits)
            self._insist_on_majority(change, node, desired)
            try:
                self.swarm.update_node(node.id, node.version, desired)
            except OutOfSequenceError:
                continue
            return
        raise FailedError(f"{change.target} changes too fast to be updated")

    def _insist_on_majority(self, change: Change, node: NodeView, desired: Spec) -> None:
        """Look again: several demotions that were fine one by one can be too many together."""
        role = desired.get("Role")
        if role == node.role:
            return
        force = Command.from_json(change.request.command).options.force
        try:
            quorum(node, self.swarm.nodes(), role, force=force)
        except Conflict as error:
            raise FailedError(error.full_text) from None

    def _activate(self, change: Change) -> None:
        """Let a drained node take tasks again, unless somebody has done so, or else, since."""
        for _ in range(_TRIES):
            try:
                node = self.swarm.node(change.target_id or change.target)
            except NotFoundError:
                raise NotDrainedError(f"{change.target} has left the swarm") from None
            if node.availability == "active":
                return
            if node.availability != "drain":
                raise NotDrainedError(
                    f"somebody else has set {change.target} to {node.availability}"
                )
            try:
                spec = {**node.spec, "Availability": "active"}
                self.swarm.update_node(node.id, node.version, spec)
            except OutOfSequenceError:
                continue
            return
        raise FailedError(f"{change.target} changes too fast to be updated")

    def _holds(self, change: Change, spec: dict[str, object]) -> bool:
        """Return whether the node shows all that was asked for: an earlier run has done it."""
        wanted = {field.path: field.new for field in change.changes}
        now = {field.path: field.new for field in node_changes({}, spec)}
        return all(now.get(path) == value for path, value in wanted.items())

    def _create_network(self, change: Change) -> None:
        if not self.drafter.has_network(change.target):
            self.swarm.create_network(new_network(change.target, edits_of(change)))

    def _remove_network(self, change: Change) -> None:
        try:
            self.swarm.remove_network(change.target_id or change.target)
        except NotFoundError:
            return
