"""The job CHANGE: a one-step change of a service (rm), a node or a network.

    accepted → (worked out) → confirming (rm only: waits for a click) → applying → applied | failed

The one message is posted before anything is changed: a channel in which the bot cannot speak
refuses the change. What is done is judged by looking, so a repeated job changes nothing twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.change import Action, ActionKind, Change, ChangeKind, ChangeState
from bot.domain.errors import UserError
from bot.domain.grammar import Command
from bot.domain.message import Message
from bot.domain.policy import Outcome, Policy, decide
from bot.domain.reply import DryRun, NothingToDo, Refusal, Reply, Said
from bot.domain.spec import apply_node_edits, new_network, spec_hash
from bot.ports import (
    Clock,
    ConflictError,
    EngineRefusedError,
    NotFoundError,
    OutOfSequenceError,
    Put,
    RecordStore,
    Stored,
    Swarm,
    Transaction,
)
from bot.usecases.change_draft import ChangeDrafter, edits_of, node_changes
from bot.usecases.refusals import cannot_post, refusal, too_late
from bot.usecases.rights import group_of, resource
from bot.usecases.speak import (
    Fault,
    Mouth,
    Scribe,
    closed_door,
    no_fault,
    parent_id,
    private_id,
    try_now,
)

CONFIRM_WITHIN = timedelta(minutes=10)
"""How long the confirming click of `rm` is waited for."""

_TRIES = 8
Close = Callable[[Reply, datetime], tuple[Put, ...]]


class _FailedError(Exception):
    """The change cannot be made; the text says why."""


@dataclass(frozen=True, kw_only=True)
class ApplyChange:
    """Work out, announce, wait for the click if need be, carry out."""

    store: RecordStore
    swarm: Swarm
    drafter: ChangeDrafter
    scribe: Scribe
    speaker: Mouth
    clock: Clock
    policy: Policy
    fault: Fault = no_fault

    def run(self, change_id: str) -> None:
        """Bring the change on as far as one job can.

        Raises:
            EngineUnavailableError: the outcome is unknown; run again and look.
        """
        for _ in range(_TRIES):
            stored = self.store.get(Change, change_id)
            if stored is None:
                return
            try:
                if not self._advance(stored):
                    break
            except ConflictError:
                continue
        try_now(self.store, self.speaker, parent_id(change_id))
        try_now(self.store, self.speaker, private_id(change_id))

    def click(self, action: Action, close: Close) -> None:
        """Confirm or cancel; the action is closed in the same transaction."""
        for _ in range(_TRIES):
            stored = self.store.get(Change, action.subject)
            if stored is None:
                return
            try:
                self._click(stored, action, close)
            except ConflictError:
                continue
            self.fault("click.after_commit")
            self.run(action.subject)
            return

    def expire(self, stored: Stored[Change]) -> bool:
        """Cancel a change whose click did not come in time; return whether it was."""
        change, now = stored.value, self.clock.now()
        if not is_expired(change, now):
            return False
        self._end(stored, ChangeState.CANCELLED, "nobody confirmed within 10 minutes")
        return True

    def _advance(self, stored: Stored[Change]) -> bool:
        change = stored.value
        if change.state is ChangeState.ACCEPTED:
            return self._consider(stored)
        if change.state in {ChangeState.CONFIRMING, ChangeState.APPLYING}:
            if code := self._closed(change):
                return self._quietly(stored, ChangeState.REFUSED, cannot_post(code))
            if change.state is ChangeState.APPLYING:
                self._carry_out(stored)
        return False

    def _consider(self, stored: Stored[Change]) -> bool:
        change, now = stored.value, self.clock.now()
        if late := too_late(change.request, now):
            return self._quietly(stored, ChangeState.REFUSED, late)
        try:
            drafted = self.drafter.draft(change)
        except UserError as error:
            return self._quietly(stored, ChangeState.REFUSED, refusal(error))
        except EngineRefusedError as no:
            return self._quietly(stored, ChangeState.REFUSED, Refusal(why=f"Docker refused: {no}"))
        if Command.from_json(change.request.command).options.dry_run:
            shown = DryRun(what=change.request.line, changes=drafted.changes)
            return self._quietly(stored, ChangeState.SHOWN, shown)
        if not drafted.changes:
            return self._quietly(stored, ChangeState.UNCHANGED, _nothing_to_do(drafted))
        asks = drafted.kind is ChangeKind.RM
        state = ChangeState.CONFIRMING if asks else ChangeState.APPLYING
        self._put(stored, replace(drafted, state=state, touched_at=now), now)
        self.fault("change.after_plan")
        return True

    def _closed(self, change: Change) -> str | None:
        """Post the one message if it was not tried yet; return why it cannot be posted, if so."""
        row = self.store.get(Message, parent_id(change.id))
        if row is not None and row.value.sent is None and row.value.dead is None:
            self.speaker.flush_one(row.value.id)
            self.fault("change.after_post")
            row = self.store.get(Message, parent_id(change.id))
        return closed_door(row.value if row else None)

    def _click(self, stored: Stored[Change], action: Action, close: Close) -> None:
        change, now = stored.value, self.clock.now()
        reply = self._objection(change, action, now)
        if reply is not None:
            self.store.commit(Transaction(cluster=change.cluster, puts=close(reply, now)))
            return
        if action.kind is ActionKind.CONFIRM:
            who = action.request.by.user
            after = replace(change, state=ChangeState.APPLYING, confirmed_by=who, touched_at=now)
        else:
            after = replace(
                change,
                state=ChangeState.CANCELLED,
                reason=f"cancelled by <@{action.request.by.user}>",
                touched_at=now,
                ended_at=now,
            )
        self._put(stored, after, now, close(Said(text="Done."), now))

    def _objection(self, change: Change, action: Action, now: datetime) -> Refusal | None:
        if change.state is not ChangeState.CONFIRMING:
            return Refusal(why=f"{change.id} is {change.state.value} already.")
        if is_expired(change, now):
            return Refusal(
                why=f"The time to confirm {change.id} is over.",
                next_step=f"Type `{change.request.line}` again.",
            )
        decision = decide(
            self.policy,
            action.request.by,
            group_of(change.kind),
            resource(change.cluster, change.target),
        )
        if decision.outcome is Outcome.ALLOW:
            return None
        return Refusal(why=f"Not allowed: {'; '.join(decision.reasons)}.")

    def _carry_out(self, stored: Stored[Change]) -> None:
        change = stored.value
        decision = decide(
            self.policy,
            change.request.by,
            group_of(change.kind),
            resource(change.cluster, change.target if change.kind is ChangeKind.RM else ""),
        )
        try:
            if decision.outcome is not Outcome.ALLOW:
                raise _FailedError(f"not allowed any more: {'; '.join(decision.reasons)}")  # noqa: TRY301  one way out for all reasons
            self.fault("change.before_call")
            self._effect(change)
            self.fault("change.after_call")
        except _FailedError as error:
            self._end(stored, ChangeState.FAILED, str(error))
        except EngineRefusedError as no:
            self._end(stored, ChangeState.FAILED, f"Docker refused: {no}")
        else:
            self._end(stored, ChangeState.APPLIED, "")

    def _effect(self, change: Change) -> None:
        if change.kind is ChangeKind.RM:
            self._remove(change)
        elif change.kind is ChangeKind.NODE_UPDATE:
            self._update_node(change)
        elif change.kind is ChangeKind.NETWORK_CREATE:
            self._create_network(change)
        else:
            self._remove_network(change)

    def _remove(self, change: Change) -> None:
        try:
            view = self.swarm.service(change.target_id or change.target)
        except NotFoundError:
            return  # gone is what was wanted
        if spec_hash(view.spec) != change.base_hash:
            raise _FailedError(
                f"{change.target} was changed since this was asked; look at it, then ask again"
            )
        try:
            self.swarm.remove_service(view.id)
        except NotFoundError:
            return

    def _update_node(self, change: Change) -> None:
        edits = edits_of(change)
        for _ in range(_TRIES):
            try:
                node = self.swarm.node(change.target_id or change.target)
            except NotFoundError:
                raise _FailedError(f"{change.target} has left the swarm") from None
            if spec_hash(node.spec) != change.base_hash:
                if self._holds(change, node.spec):
                    return
                raise _FailedError(f"{change.target} was changed by somebody else meanwhile")
            try:
                self.swarm.update_node(node.id, node.version, apply_node_edits(node.spec, edits))
            except OutOfSequenceError:
                continue
            return
        raise _FailedError(f"{change.target} changes too fast to be updated")

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

    def _end(self, stored: Stored[Change], state: ChangeState, reason: str) -> None:
        now = self.clock.now()
        after = replace(stored.value, state=state, reason=reason, touched_at=now, ended_at=now)
        self._put(stored, after, now)

    def _put(
        self, stored: Stored[Change], after: Change, now: datetime, also: tuple[Put, ...] = ()
    ) -> None:
        rows = self.scribe.change(after, now)
        puts = (Put(record=after, rev=stored.rev), *rows, *also)
        self.store.commit(Transaction(cluster=after.cluster, puts=puts))

    def _quietly(self, stored: Stored[Change], state: ChangeState, reply: Reply) -> bool:
        """End a change that changes nothing, with a private answer."""
        before, now = stored.value, self.clock.now()
        reason = reply.why if isinstance(reply, Refusal) else ""
        after = replace(before, state=state, reason=reason, touched_at=now, ended_at=now)
        rows = self.scribe.private(before.request, reply, now)
        puts = (Put(record=after, rev=stored.rev), *rows)
        self.store.commit(Transaction(cluster=before.cluster, puts=puts))
        return False


def _nothing_to_do(change: Change) -> NothingToDo:
    if change.kind is ChangeKind.NETWORK_RM:  # with --force
        return NothingToDo(what=f"there is no network {change.target}.")
    return NothingToDo(what=f"{change.target} is like that already.")


def is_expired(change: Change, now: datetime) -> bool:
    """Return whether the confirming click of a change has not come in time."""
    waits = change.state is ChangeState.CONFIRMING and change.touched_at is not None
    return waits and change.touched_at is not None and now - change.touched_at > CONFIRM_WITHIN
