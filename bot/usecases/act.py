"""The job ACT: a person acts on a live rollout, by button or by command.

The act and the end of the action are one transaction, so a repeated job finds it done.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from bot.domain.audit import AuditDraft, What, audited
from bot.domain.change import Action, ActionKind, Change, DoneState
from bot.domain.errors import UserError
from bot.domain.policy import Decision
from bot.domain.reply import Refusal, Reply, Said
from bot.domain.request import Source
from bot.domain.revision import RevisionSpec
from bot.domain.rollback import choose, restored_spec
from bot.domain.rollout.act import act
from bot.domain.rollout.errand import charged
from bot.domain.rollout.glass import with_breaking
from bot.domain.rollout.outcome import Step, is_due
from bot.domain.rollout.record import Rollout
from bot.domain.rollout.state import FINAL
from bot.domain.rollout.words import may_have_been_sent
from bot.domain.typed import typed
from bot.ports import (
    Clock,
    ConflictError,
    EngineError,
    Put,
    RecordStore,
    Stored,
    Swarm,
    Transaction,
    UnreadableRecordError,
)
from bot.usecases.answers.sight import Sight, sight_of
from bot.usecases.apply_posting import ApplyPosting
from bot.usecases.deed import Deed, Leave, Warrant, Way
from bot.usecases.door import NotHeardError
from bot.usecases.drains import ON_DRAINS, DrainActs, drain_named
from bot.usecases.gate import Gate
from bot.usecases.lookup import Lookup
from bot.usecases.refusals import decision_of, refusal, too_late
from bot.usecases.restored_files import with_present_files
from bot.usecases.revisions import Ledger
from bot.usecases.rights import NEVER_LATE, place_of
from bot.usecases.speak import Fault, Mouth, Scribe, no_fault, private_id, try_now

_TRIES = 8
_LOOKED_AT = 200
_LATE_IN_THE_CHANNEL = frozenset(
    {ActionKind.LOCK, ActionKind.UNLOCK, ActionKind.SUBSCRIBE, ActionKind.UNSUBSCRIBE}
)
"""What may have been announced there before it was late: its own use case takes that back."""

_SAID = {
    ActionKind.RESUME: "Resuming",
    ActionKind.ROLLBACK: "Rolling back",
    ActionKind.ABORT: "No longer following",
    ActionKind.KEEP_WAITING: "Going on waiting for",
    ActionKind.UNSTICK: "Giving a push to",
}
Close = Callable[[Reply, datetime], tuple[Put, ...]]
"""Makes the rows that end the record which asked for the act, given what it is told."""


class Handler(Protocol):
    """A use case for actions on something else than a live rollout."""

    def act(self, action: Action, close: Close) -> None:
        """Carry the action out, and close it in the same transaction.

        It decides by the gate itself. Run again, it finds the action closed.

        Raises:
            EngineUnavailableError: run again later.
            NotHeardError: only a message was written; the reconciler brings another job.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class _Done:
    """What comes of a deed, and by whose leave."""

    step: Step
    leave: Leave


@dataclass(frozen=True, kw_only=True)
class Act:
    """Find the rollout, decide, act on it, apply.

    Attributes:
        handlers: the use cases for actions on other things, by kind.
        drains: for actions on a drain that is followed, which is aborted as a rollout is.
    """

    store: RecordStore
    swarm: Swarm
    scribe: Scribe
    ledger: Ledger
    lookup: Lookup
    speaker: Mouth
    clock: Clock
    gate: Gate
    apply: ApplyPosting
    handlers: Mapping[ActionKind, Handler]
    drains: DrainActs
    fault: Fault = no_fault

    def run(self, action_id: str) -> None:
        """Carry the action out.

        Raises:
            EngineUnavailableError: run again later.
        """
        stored = self.store.get(Action, action_id)
        if stored is None:
            return
        try:
            self._bring_on(stored)
        except UnreadableRecordError as error:
            if stored.value.state is DoneState.ACCEPTED:
                self._only_say(stored.value, refusal(error), partial(self._close, stored))
        try_now(self.store, self.speaker, private_id(action_id))

    def _bring_on(self, stored: Stored[Action]) -> None:
        if stored.value.state is DoneState.ACCEPTED:
            self._carry_out(stored)
        # of other things there is no rollout, and a pattern is not looked for in the swarm
        subject = None if stored.value.kind in self.handlers else self._subject(stored.value)
        if subject is not None and is_due(subject):
            self.apply.run(subject.id)

    def _carry_out(self, stored: Stored[Action]) -> None:
        action = stored.value
        close = partial(self._close, stored)
        late = too_late(action.request, self.clock.now())
        if late is not None and action.kind not in NEVER_LATE | _LATE_IN_THE_CHANNEL:
            self._only_say(action, late, close)
            return
        if handler := self.handlers.get(action.kind):
            with suppress(NotHeardError):
                handler.act(action, close)
            return
        subject = self._subject(action)
        if subject is None and (drain := self._drain(action)) is not None:
            self.drains.act(drain.id, action, close)
            return
        if subject is None:
            self._only_say(action, self._nothing_live(action), close)
            return
        deed = Deed(
            subject=subject.id,
            kind=action.kind,
            by=action.request.by,
            channel=action.request.place.channel,
            request=action.request,
        )
        self.perform(deed, close)

    def perform(self, deed: Deed, close: Close) -> Reply:
        """Act on a rollout, and close the asking record in the same transaction."""
        deed = replace(deed, blind=not self._looked(deed.subject))
        for _ in range(_TRIES):
            stored = self.store.get(Rollout, deed.subject)
            if stored is None:
                raise LookupError(deed.subject)
            reply = self._attempt(stored, deed, close)
            if reply is not None:
                if not isinstance(reply, Refusal):
                    self.fault("act.after_commit")
                    self.apply.run(deed.subject)
                return reply
        raise ConflictError("rev", deed.subject)

    def _looked(self, rollout_id: str) -> bool:
        """Record what was posted and not recorded; return whether the Engine could be asked."""
        try:
            self.apply.look(rollout_id)
        except EngineError:
            return False
        return True

    def _attempt(self, stored: Stored[Rollout], deed: Deed, close: Close) -> Reply | None:
        """Try once; None when somebody else was first and all must be looked at again."""
        before, now = stored.value, self.clock.now()
        done: _Done | Refusal
        no: Decision | None = None
        try:
            done = self._decide(before, deed, now)
        except UserError as error:
            done, no = refusal(error), decision_of(error)
        if isinstance(done, Refusal):
            reply: Reply = done
            said = _denied(deed, no)
            write = Transaction(cluster=before.cluster, puts=close(reply, now), audit=said)
        else:
            reply = Said(text=f"{_SAID[deed.kind]} {before.service} ({before.id}).")
            write = self._written(stored, deed, done, close(reply, now), now)
        self.fault("act.before_commit")
        try:
            self.store.commit(write)
        except ConflictError:
            return None
        return reply

    def _written(
        self,
        stored: Stored[Rollout],
        deed: Deed,
        done: _Done,
        closing: tuple[Put, ...],
        now: datetime,
    ) -> Transaction:
        """Return what is written of a deed that is done, with the end of what asked for it."""
        before, after = stored.value, replace(done.step.rollout, touched_at=now)
        after = with_breaking(after, deed.by.user, deed.glass, now)
        glass, back = bool(deed.glass), done.leave.back
        after = charged(before, after, deed.kind, deed.request, glass=glass, back=back)
        # who passes the rules by is heard in the channel at once
        notes = [replace(each, broadcast=each.broadcast or glass) for each in done.step.notes]
        after, rows = self.scribe.rollout(before, after, notes, now)
        return Transaction(
            cluster=before.cluster,
            puts=(Put(record=after, rev=stored.rev), *rows, *closing),
            release=(after.service, after.id) if after.state in FINAL else None,
            audit=_broken(deed, before, done.leave.decision),
        )

    def _decide(self, rollout: Rollout, deed: Deed, now: datetime) -> _Done | Refusal:
        # first as it stands: who may not, is not told where it could go
        warrant = Warrant(gate=self.gate, swarm=self.swarm)
        leave = warrant.leave(rollout, deed)
        if isinstance(leave, Refusal):
            return leave
        way = self._way_back(rollout, deed) if deed.kind is ActionKind.ROLLBACK else None
        if way is not None:
            leave = warrant.leave(rollout, deed, way)
            if isinstance(leave, Refusal):
                return leave
        done = act(rollout, deed.kind, deed.by, now, way.to if way is not None else None)
        if isinstance(done, Refusal):
            return done
        if deed.blind and done.rollout.state in FINAL and is_due(rollout):
            left = replace(done.rollout, left_behind=may_have_been_sent(rollout))
            done = replace(done, rollout=left)
        return _Done(step=done, leave=leave)

    def _way_back(self, rollout: Rollout, deed: Deed) -> Way | None:
        if rollout.service_id is None:
            return None
        history = self.ledger.read(rollout.cluster, rollout.service_id, rollout.service).value
        number = deed.to_revision or rollout.back_to
        if deed.to_revision is not None:
            chosen = choose(history, deed.to_revision)
            if isinstance(chosen, Refusal):
                raise UserError(chosen.why, chosen.next_step)
        recorded = self.ledger.spec_of(history, number) if number is not None else None
        if recorded is None:
            return None
        return self._as_of_today(recorded, rollout, keep_replicas=deed.keep_replicas)

    def _as_of_today(self, recorded: RevisionSpec, rollout: Rollout, *, keep_replicas: bool) -> Way:
        """Return it with the ids that its networks, secrets and configs have today.

        Raises:
            UserError: one of them is gone; nothing is posted.
        """
        live = rollout.posting.spec if rollout.posting else recorded.spec
        ids = {network.name: network.id for network in self.swarm.networks()}
        spec = restored_spec(recorded, live, ids, keep_replicas=keep_replicas)
        if isinstance(spec, Refusal):
            raise UserError(spec.why, spec.next_step)
        spec, _, anew = with_present_files(self.swarm, spec, recorded.number)
        takes = anew.new_to(live)
        return Way(live=live, to=replace(recorded, spec=spec, posted=None), takes=takes)

    def _subject(self, action: Action) -> Rollout | None:
        rollout_id = action.subject or self._holder_of(action)
        stored = self.store.get(Rollout, rollout_id) if rollout_id else None
        return stored.value if stored else None

    def _drain(self, action: Action) -> Change | None:
        if action.kind not in ON_DRAINS:
            return None
        return drain_named(self.store, action.cluster, action.subject or action.service)

    def _holder_of(self, action: Action) -> str | None:
        """Return the rollout that holds the service, which may be given by its id, too."""
        held_by = self.store.live_rollout(action.cluster, action.service)
        if held_by is not None:
            return held_by
        try:
            name = self.swarm.service(action.service).name
        except EngineError:
            return None  # the word was no name of a live one; whether it is an id, nobody can tell
        return self.store.live_rollout(action.cluster, name)

    def _nothing_live(self, action: Action) -> Refusal:
        try:
            return self._told_of(action)
        except EngineError:  # nobody can tell what may be read: nothing is named but what was typed
            return Refusal(
                why=f"There is no live rollout of `{action.service}`.",
                next_step=f"{_rollouts(action)} An id can be looked up only once Docker answers "
                "again.",
            )

    def _told_of(self, action: Action) -> Refusal:
        sight = sight_of(self.swarm, self.gate, action.cluster, action.request)
        last = self._last(action, sight)
        if last is None:
            try:
                replace(self.lookup, tells=sight.tells).service(action.service)
            except UserError as error:
                return refusal(error)
        told = f" The last one, {last.id}, is {last.state.value}." if last else ""
        return Refusal(
            why=f"There is no live rollout of `{action.service}`.{told}",
            next_step=_rollouts(action),
        )

    def _last(self, action: Action, sight: Sight) -> Rollout | None:
        """Return the newest rollout of what was named, if the person may read of it."""
        recent = self.store.recent_rollouts(action.cluster, _LOOKED_AT)
        last = next((r.value for r in recent if r.value.service == action.service), None)
        if last is None or not sight.may(last, lambda one: sight.record(place_of(one))):
            return None
        return last

    def _only_say(self, action: Action, reply: Reply, close: Close) -> None:
        rows = close(reply, self.clock.now())
        self.store.commit(Transaction(cluster=action.cluster, puts=rows))

    def _close(self, stored: Stored[Action], reply: Reply, now: datetime) -> tuple[Put, ...]:
        refused = isinstance(reply, Refusal)
        done = replace(
            stored.value,
            state=DoneState.REFUSED if refused else DoneState.DONE,
            reason=reply.why if isinstance(reply, Refusal) else "",
            touched_at=now,
        )
        # a button's effect shows in the message itself; only its refusal needs a private word
        says = refused or stored.value.request.source is not Source.BUTTON
        rows = self.scribe.private(stored.value.request, reply, now) if says else ()
        return (Put(record=done, rev=stored.rev), *rows)


def _rollouts(action: Action) -> str:
    return f"`{typed('rollouts', action.cluster)}` lists what is going on."


def _denied(deed: Deed, no: Decision | None) -> tuple[AuditDraft, ...]:
    """Return what a refusal by the policy adds to the entry of the record that asked."""
    return (audited(deed.request, What.REFUSED, decision=no),) if no else ()


def _broken(deed: Deed, rollout: Rollout, decision: Decision) -> tuple[AuditDraft, ...]:
    """Return what the decision by which the glass is broken adds to the entry of that."""
    if not deed.glass:
        return ()
    word = What.GLASS_BROKEN
    return (audited(deed.request, word, subject=rollout.id, decision=decision),)
