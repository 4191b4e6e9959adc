"""The job CHANGE: a one-step change of a service (rm), a node or a network.

    accepted → (worked out) → confirming (rm only: waits for a click) → applying → applied | failed

The steward follows a drain (follow_drains): applying → draining → (returning →) applied.

Where other people must say yes first: accepted → awaiting → (their votes) → accepted → applying.

The one message is posted before anything is changed: a channel in which the bot cannot speak
refuses the change. What is done is judged by looking, so a repeated job changes nothing twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.approval import Approval, ApprovalState, Hurdle, approval_id
from bot.domain.audit import AuditDraft, What, audited
from bot.domain.change import ASKS_FIRST, Action, ActionKind, Change, ChangeState
from bot.domain.errors import UserError
from bot.domain.grammar import Command
from bot.domain.policy import Decision, Outcome
from bot.domain.reply import Refusal, Reply, Said
from bot.domain.request import Request
from bot.domain.rollout.glass import with_breaking
from bot.ports import (
    AuditMirror,
    Clock,
    ConflictError,
    EngineRefusedError,
    Fence,
    Put,
    RecordStore,
    Stored,
    Swarm,
    Transaction,
)
from bot.usecases import change_standing as standing
from bot.usecases.approvals import Approvals
from bot.usecases.change_draft import ChangeDrafter
from bot.usecases.change_effect import ChangeEffect, FailedError
from bot.usecases.door import Door
from bot.usecases.dry_run import dry_run
from bot.usecases.gate import Gate
from bot.usecases.keep_audit import unwritten
from bot.usecases.last_check import barred
from bot.usecases.pending import admit
from bot.usecases.plan_approved import DraftApproved
from bot.usecases.refusals import (
    cannot_post,
    cannot_post_there,
    decision_of,
    insist_on_shown,
    not_allowed,
    refusal,
    too_late,
)
from bot.usecases.rights import circumstance, group_of
from bot.usecases.speak import Fault, Mouth, Scribe, no_fault, parent_id, private_id, try_now

_TRIES = 8
Close = Callable[[Reply, datetime], tuple[Put, ...]]


@dataclass(frozen=True, kw_only=True)
class ApplyChange:
    """Work out, announce, wait for the click if need be, carry out."""

    store: RecordStore
    swarm: Swarm
    drafter: ChangeDrafter
    scribe: Scribe
    speaker: Mouth
    door: Door
    clock: Clock
    gate: Gate
    mirror: AuditMirror
    approvals: Approvals
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
        try_now(self.store, self.speaker, parent_id(approval_id(change_id)))

    def act(self, action: Action, close: Close) -> None:
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

    def expire(self, stored: Stored[Change], fence: Fence) -> bool:
        """End one that waits for a click in vain (closed door, late); return whether it was ended.

        Raises:
            ConflictError: guard `rev`: it was clicked just now; `epoch`: a newer steward leads.
        """
        waits, now = stored.value, self.clock.now()
        if waits.state is not ChangeState.CONFIRMING:
            return False
        if code := self.door.heard(parent_id(waits.id)).closed:
            self._quietly(stored, ChangeState.REFUSED, cannot_post(code), fence=fence)
            return True
        if not standing.is_expired(waits, now):
            return False
        after = standing.unconfirmed(waits, now)
        puts = (Put(record=after, rev=stored.rev), *self.scribe.change(after, now))
        self.store.commit(Transaction(cluster=after.cluster, puts=puts, fence=fence))
        return True

    def _advance(self, stored: Stored[Change]) -> bool:
        change = stored.value
        if change.state is ChangeState.ACCEPTED:
            return self._consider(stored)
        if change.state is ChangeState.AWAITING:
            return self._asked(stored)
        if change.state in {ChangeState.CONFIRMING, ChangeState.APPLYING}:
            heard = self.door.ask(parent_id(change.id), "change.after_post")
            if heard.asking:
                return False
            if heard.closed and change.state is ChangeState.CONFIRMING:
                return self._quietly(stored, ChangeState.REFUSED, cannot_post(heard.closed))
            if heard.closed is None and standing.is_to_be_announced(change):
                return self._announce(stored)
            if change.state is ChangeState.APPLYING:
                self._carry_out(stored, heard.closed)
        if change.state is ChangeState.RETURNING:
            self._carry_out(stored)
        return False

    def _consider(self, stored: Stored[Change]) -> bool:
        change, now = stored.value, self.clock.now()
        if change.approval_id is not None:
            return self._carry_on(stored, now)
        if not_now := too_late(change.request, now) or unwritten(self.mirror):
            return self._quietly(stored, ChangeState.REFUSED, not_now)
        try:
            drafted = self.drafter.draft(change)
            insist_on_shown(drafted.request, drafted.fingerprint, drafted.target)
        except UserError as error:
            no = decision_of(error)
            return self._quietly(stored, ChangeState.REFUSED, refusal(error), no)
        except EngineRefusedError as no:
            return self._quietly(stored, ChangeState.REFUSED, Refusal(why=f"Docker refused: {no}"))
        return self._go(stored, drafted, self.drafter.decide(drafted), now)

    def _go(
        self, stored: Stored[Change], drafted: Change, decision: Decision, now: datetime
    ) -> bool:
        """Bring what is worked out on its way: shown, asked for, confirmed first, or applied."""
        options = Command.from_json(drafted.request.command).options
        asks = decision.outcome is Outcome.REQUIRE_APPROVAL
        if options.dry_run:
            shown = dry_run(drafted.request, decision, change=drafted)
            if drafted.request.place.in_form:  # the form's second step asks for this very change
                stored = replace(stored, value=drafted)
            return self._quietly(stored, ChangeState.SHOWN, shown)
        if not drafted.changes and drafted.drain is None:
            return self._quietly(stored, ChangeState.UNCHANGED, standing.nothing_to_do(drafted))
        if asks:
            return self._ask(stored, drafted, decision)
        glass = options.break_glass if decision.glass_broken else ""
        confirms = drafted.kind in ASKS_FIRST and not glass  # which is to work at once
        state = ChangeState.CONFIRMING if confirms else ChangeState.APPLYING
        after = replace(drafted, state=state, touched_at=now)
        after = with_breaking(after, after.request.by.user, glass, now)
        word = What.PLANNED if confirms else What.STARTED
        said = _ruled(after.request, word, decision)
        said += _ruled(after.request, What.GLASS_BROKEN, decision) if glass else ()
        self._put(stored, after, now, said=said)
        self.fault("change.after_plan")
        return True

    # -- accepted → awaiting → accepted: other people's yes

    def _ask(self, stored: Stored[Change], drafted: Change, decision: Decision) -> bool:
        awaiting = replace(
            drafted,
            state=ChangeState.AWAITING,
            approval_id=approval_id(drafted.id),
            touched_at=self.clock.now(),
        )
        said = _ruled(awaiting.request, awaiting.state.value, decision)

        def written(let_in: Approval) -> Transaction:
            puts = (Put(record=awaiting, rev=stored.rev), *self.approvals.asked(let_in, awaiting))
            self.fault("ask.before_commit")
            return Transaction(cluster=awaiting.cluster, puts=puts, audit=said)

        try:
            what = self.drafter.resource(drafted)
            admit(self.store, self.approvals.of_change(awaiting, decision, what), written)
        except UserError as error:
            return self._quietly(stored, ChangeState.REFUSED, refusal(error))
        self.fault("ask.after_commit")
        return True

    def _asked(self, stored: Stored[Change]) -> bool:
        asked = self.approvals.get(stored.value.approval_id)
        if asked is None or asked.value.state is not ApprovalState.PENDING:
            return False
        if puts := self.approvals.seen_to(asked):
            self.store.commit(Transaction(cluster=stored.value.cluster, puts=puts))
        return False

    def _carry_on(self, stored: Stored[Change], now: datetime) -> bool:
        """Go on with an approved change if it is the very one that was approved."""
        approved = DraftApproved(approvals=self.approvals, drafter=self.drafter)
        drafted = approved.draft(stored.value)
        if isinstance(drafted, Hurdle):
            return self._void(stored, drafted)
        link = self.approvals.link_to(drafted.approval_id)
        after = replace(drafted, state=ChangeState.APPLYING, approval_link=link, touched_at=now)
        decision = self.drafter.decide(drafted)
        self._put(stored, after, now, said=_ruled(after.request, What.STARTED, decision))
        self.fault("change.after_plan")
        return True

    def _void(self, stored: Stored[Change], hurdle: Hurdle) -> bool:
        before, now = stored.value, self.clock.now()
        state, reason = ChangeState.REFUSED, "; ".join(hurdle.reasons)
        after = replace(before, state=state, reason=reason, touched_at=now, ended_at=now)
        rows = self.approvals.voided(before.approval_id, hurdle)
        puts = (Put(record=after, rev=stored.rev), *rows)
        self.store.commit(Transaction(cluster=before.cluster, puts=puts))
        return False

    def _shut_out(self, stored: Stored[Change], code: str) -> None:
        """Refuse a change that its channel cannot read of; who has heard of it hears its end."""
        change, hurdle = stored.value, Hurdle(reasons=(cannot_post_there(code),))
        if change.announced:
            reason = f"{cannot_post_there(code)}. Nothing was changed"
            self._end(stored, ChangeState.FAILED, reason, void=hurdle)
        elif change.approval_id is not None:
            self._void(stored, hurdle)
        else:
            self._quietly(stored, ChangeState.REFUSED, cannot_post(code))

    def _click(self, stored: Stored[Change], action: Action, close: Close) -> None:
        change, now = stored.value, self.clock.now()
        reply, ruled = self._objection(change, action, now)
        if reply is not None:
            said = _ruled(action.request, What.REFUSED, ruled)
            write = Transaction(cluster=change.cluster, puts=close(reply, now), audit=said)
            self.store.commit(write)
            return
        confirms = action.kind is ActionKind.CONFIRM
        after = (standing.confirmed if confirms else standing.cancelled)(
            change, action.request.by.user, now
        )
        word = What.CONFIRMED if confirms else What.CANCELLED
        said = _ruled(change.request, word, ruled)
        self._put(stored, after, now, close(Said(text="Done."), now), said)

    def _objection(
        self, change: Change, action: Action, now: datetime
    ) -> tuple[Refusal | None, Decision | None]:
        if over := standing.over_already(change, now):
            return over, None
        decision = self.gate.decide(
            action.request.by,
            group_of(change.kind),
            self.drafter.resource(change),
            circumstance(action.request),
        )
        if decision.outcome is not Outcome.DENY:
            return None, decision
        return not_allowed(decision.why), decision

    def _announce(self, stored: Stored[Change]) -> bool:
        """Let other channels hear that it begins, now that there is a message to link to."""
        after, now = replace(stored.value, announced=True), self.clock.now()
        self._put(stored, after, now)
        self.fault("change.after_announce")
        return True

    def _carry_out(self, stored: Stored[Change], closed: str | None = None) -> None:
        """Look whether it is made; else make it, or refuse it where its channel is closed."""
        change = stored.value
        effect = ChangeEffect(swarm=self.swarm, drafter=self.drafter)
        try:
            is_made, since = effect.is_made(change), self.clock.now()
            if waits := standing.in_doubt(change, since, is_made=is_made):
                self._put(stored, waits, since)
                return
            if not is_made and closed is not None:
                self._shut_out(stored, closed)
                return
            if not is_made:
                self._check(change)
                self.fault("change.before_call")
                effect.make(change)
                self.fault("change.after_call")
        except standing.VoidError as error:
            reason, no = str(error), error.decision
            self._end(stored, ChangeState.FAILED, reason, decision=no, void=error.hurdle)
        except FailedError as error:
            stored = replace(stored, value=standing.as_failed(change, error))
            self._end(stored, ChangeState.FAILED, str(error), decision=error.decision)
        except EngineRefusedError as no:
            self._end(stored, ChangeState.FAILED, f"Docker refused: {no}")
        else:
            now, asked = self.clock.now(), self.approvals.linked(change.approval_id, change.id)
            self._put(stored, standing.made(change, now, since), now, asked)
            self.fault("change.after_made")

    def _check(self, change: Change) -> None:
        """Decide once more right before the change, as for a rollout."""
        decision = self.drafter.decide(change)
        returns = change.state is ChangeState.RETURNING
        asked = None if returns and decision.outcome is Outcome.ALLOW else change.approval_id
        if no := barred(self.approvals, decision, asked, change.fingerprint):
            if returns:
                raise FailedError(no.why, no.decision)
            raise standing.VoidError(no)
        if full := unwritten(self.mirror):
            raise FailedError(f"{full.why} Nothing was sent to Docker.")

    def _end(
        self,
        stored: Stored[Change],
        state: ChangeState,
        reason: str,
        *,
        decision: Decision | None = None,
        void: Hurdle | None = None,
    ) -> None:
        before, now = stored.value, self.clock.now()
        said = _ruled(before.request, state.value, decision) if decision else ()
        after = replace(before, state=state, reason=reason, touched_at=now, ended_at=now)
        asked = before.approval_id
        told = (
            self.approvals.voided(asked, void, told=True)
            if void
            else self.approvals.linked(asked, before.id)
        )
        self._put(stored, after, now, told, said=said)

    def _put(
        self,
        stored: Stored[Change],
        after: Change,
        now: datetime,
        also: tuple[Put, ...] = (),
        said: tuple[AuditDraft, ...] = (),
    ) -> None:
        rows = self.scribe.change(after, now)
        puts = (Put(record=after, rev=stored.rev), *rows, *also)
        self.store.commit(Transaction(cluster=after.cluster, puts=puts, audit=said))

    def _quietly(
        self,
        stored: Stored[Change],
        state: ChangeState,
        reply: Reply,
        decision: Decision | None = None,
        *,
        fence: Fence | None = None,
    ) -> bool:
        """End a change that changes nothing, with a private answer."""
        before, now = stored.value, self.clock.now()
        reason = reply.why if isinstance(reply, Refusal) else ""
        after = replace(before, state=state, reason=reason, touched_at=now, ended_at=now)
        rows = self.scribe.private(before.request, reply, now)
        puts = (Put(record=after, rev=stored.rev), *rows)
        said = _ruled(before.request, state.value, decision)
        self.store.commit(Transaction(cluster=before.cluster, puts=puts, audit=said, fence=fence))
        return False


def _ruled(request: Request, what: str, decision: Decision | None) -> tuple[AuditDraft, ...]:
    """Return what a decision adds to the entry of a record that moves."""
    return (audited(request, what, decision=decision),)
