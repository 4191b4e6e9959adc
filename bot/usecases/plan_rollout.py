"""The job PLAN: an accepted command becomes a plan, then a rollout with its one message.

    accepted → (inspect, edit, resolve, diff, decide) → planned → (the parent is posted) →
    progressing | rolling_back → the posting is applied

or, where other people must say yes first, awaiting → (their votes) → accepted, and all of it anew:
it goes on only if the plan is the very one that they saw.

Or it ends without a trace in the channel: refused, unchanged, shown (`--dry-run`). Each arrow is
one transaction, so a kill at any line leaves a record from which the next run goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.approval import Approval, ApprovalState, Hurdle, approval_id
from bot.domain.audit import What, audited
from bot.domain.change import ActionKind
from bot.domain.errors import UserError
from bot.domain.grammar import Command, Options
from bot.domain.plan import Kind
from bot.domain.policy import Decision, Outcome
from bot.domain.reply import NothingToDo, Refusal, Reply
from bot.domain.rollout.act import let_lapse, take_over
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.outcome import is_due
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.state import move
from bot.ports import (
    AuditMirror,
    Clock,
    ConflictError,
    EngineRefusedError,
    Put,
    RecordStore,
    Stored,
    Transaction,
)
from bot.usecases.act import Act
from bot.usecases.apply_posting import ApplyPosting
from bot.usecases.approvals import Approvals
from bot.usecases.deed import Deed
from bot.usecases.door import Door
from bot.usecases.draft import Draft, Drafter
from bot.usecases.dry_run import dry_run
from bot.usecases.keep_audit import unwritten
from bot.usecases.pending import admit
from bot.usecases.plan_approved import PlanApproved
from bot.usecases.planned import planned_rollout, taken
from bot.usecases.refusals import (
    cannot_post,
    cannot_post_there,
    decision_of,
    insist_on_shown,
    refusal,
    too_late,
)
from bot.usecases.speak import (
    Fault,
    Mouth,
    Scribe,
    no_fault,
    parent_id,
    private_id,
    try_now,
)

_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class PlanRollout:
    """Plan, announce, hand over to APPLY."""

    store: RecordStore
    drafter: Drafter
    scribe: Scribe
    speaker: Mouth
    door: Door
    act: Act
    apply: ApplyPosting
    approvals: Approvals
    clock: Clock
    mirror: AuditMirror
    fault: Fault = no_fault

    def run(self, rollout_id: str) -> None:
        """Bring the rollout on as far as one job can.

        Raises:
            EngineUnavailableError: run again later.
        """
        for _ in range(_TRIES):
            stored = self.store.get(Rollout, rollout_id)
            if stored is None:
                return
            try:
                if not self._advance(stored):
                    break
            except ConflictError:
                continue
        try_now(self.store, self.speaker, private_id(rollout_id))

    def _advance(self, stored: Stored[Rollout]) -> bool:
        """Do one step; return whether there may be another."""
        rollout = stored.value
        if rollout.state is RolloutState.ACCEPTED:
            return self._consider(stored)
        if rollout.state is RolloutState.AWAITING:
            return self._asked(stored)
        if rollout.state is RolloutState.PLANNED:
            return self._announce(stored)
        if is_due(rollout):
            self.apply.run(rollout.id)
        return False

    # -- accepted → planned, or the end

    def _consider(self, stored: Stored[Rollout]) -> bool:
        rollout, now = stored.value, self.clock.now()
        if rollout.approval_id is not None:
            return self._carry_on(stored, now)
        if not_now := too_late(rollout.request, now) or unwritten(self.mirror):
            return self._end(stored, RolloutState.REFUSED, not_now)
        try:
            return self._plan(stored, now)
        except UserError as error:
            no = decision_of(error)
            return self._end(stored, RolloutState.REFUSED, refusal(error), decision=no)
        except EngineRefusedError as no:
            return self._end(stored, RolloutState.REFUSED, Refusal(why=f"Docker refused: {no}"))

    def _plan(self, stored: Stored[Rollout], now: datetime) -> bool:
        rollout = stored.value
        options = Command.from_json(rollout.request.command).options
        holder = self._holder(rollout)
        if holder and not options.dry_run and not options.supersede:
            return self._yield_to(holder, stored, options)
        draft = self._draft(rollout, holder, now)
        if options.dry_run:
            shown = dry_run(rollout.request, draft.decision, plan=draft.plan)
            if rollout.request.place.in_form:  # the form's second step asks for this very plan
                stored = replace(stored, value=replace(rollout, plan=draft.plan))
            return self._end(stored, RolloutState.SHOWN, shown)
        insist_on_shown(rollout.request, draft.plan.fingerprint, draft.plan.service)
        if draft.plan.service != rollout.service:  # it was given by id: look for its holder again
            rollout = replace(rollout, service=draft.plan.service)
            holder = self._holder(rollout)
            if holder and not options.supersede:
                return self._yield_to(holder, stored, options)
            if holder:
                draft = self._draft(rollout, holder, now)
        if not draft.plan.changes:
            what = f"{draft.plan.service} is like that already."
            same = NothingToDo(what=what, warnings=draft.plan.warnings)
            return self._end(stored, RolloutState.UNCHANGED, same)
        if _asks(draft):
            return self._ask(stored, replace(rollout, plan=draft.plan), draft)
        planned = planned_rollout(rollout, draft, now)
        self._commit_plan(stored, planned, draft, claim=not holder)
        self.fault("plan.after_commit")
        return True

    # -- accepted → awaiting → accepted: other people's yes

    def _ask(self, stored: Stored[Rollout], rollout: Rollout, draft: Draft) -> bool:
        """Ask for the approvals; nothing is held while people think."""
        awaiting = replace(
            move(rollout, RolloutState.AWAITING),
            service_id=draft.plan.service_id,
            environments=draft.decision.environments,
            approval_id=approval_id(rollout.id),
            touched_at=self.clock.now(),
        )
        approval = self.approvals.of_rollout(awaiting, draft.decision)
        why = audited(awaiting.request, awaiting.state.value, decision=draft.decision)

        def written(let_in: Approval) -> Transaction:
            puts = (Put(record=awaiting, rev=stored.rev), *self.approvals.asked(let_in, awaiting))
            self.fault("ask.before_commit")
            return Transaction(cluster=awaiting.cluster, puts=puts, audit=(why,))

        admit(self.store, approval, written)
        self.fault("ask.after_commit")
        return True

    def _asked(self, stored: Stored[Rollout]) -> bool:
        """See that the request can be read; a channel that takes no message refuses the command."""
        asked = self.approvals.get(stored.value.approval_id)
        if asked is None or asked.value.state is not ApprovalState.PENDING:
            return False
        puts = self.approvals.seen_to(asked)
        self.fault("ask.after_post")
        if puts:
            self.store.commit(Transaction(cluster=stored.value.cluster, puts=puts))
        return False

    def _carry_on(self, stored: Stored[Rollout], now: datetime) -> bool:
        """Plan an approved rollout anew: it goes on as the very plan that was approved, or not."""
        rollout = stored.value
        options = Command.from_json(rollout.request.command).options
        holder = self._holder(rollout)
        in_the_way = None if options.supersede else holder
        approved = PlanApproved(approvals=self.approvals, drafter=self.drafter)
        draft = approved.draft(rollout, in_the_way, now)
        if isinstance(draft, Hurdle):
            return self._void(stored, draft)
        planned = planned_rollout(rollout, draft, now)
        link = self.approvals.link_to(rollout.approval_id)
        planned = replace(planned, approval_link=link)
        self._commit_plan(stored, planned, draft, claim=not holder)
        self.fault("plan.after_commit")
        return True

    def _draft(self, rollout: Rollout, holder: Rollout | None, now: datetime) -> Draft:
        """Return the plan, once all is recorded that the holder has posted: it starts from that."""
        if holder is not None:
            self.apply.look(holder.id)
        return self.drafter.draft(rollout, now)

    def _void(self, stored: Stored[Rollout], hurdle: Hurdle) -> bool:
        """End an approved rollout that is not what was approved any more."""
        before, now = stored.value, self.clock.now()
        ended = replace(
            move(before, RolloutState.REFUSED),
            reason="; ".join(hurdle.reasons),
            ended_at=now,
            touched_at=now,
        )
        rows = self.approvals.voided(before.approval_id, hurdle)
        self.fault("void.before_commit")
        self.store.commit(
            Transaction(
                cluster=before.cluster,
                puts=(Put(record=ended, rev=stored.rev), *rows),
                release=(before.service, before.id),
            )
        )
        self.fault("void.after_commit")
        if before.approval_id is not None:
            try_now(self.store, self.speaker, parent_id(before.approval_id))
        return False

    def _holder(self, rollout: Rollout) -> Rollout | None:
        held_by = self.store.live_rollout(rollout.cluster, rollout.service)
        if held_by is None or held_by == rollout.id:
            return None
        stored = self.store.get(Rollout, held_by)
        return stored.value if stored else None

    def _yield_to(self, holder: Rollout, stored: Stored[Rollout], options: Options) -> bool:
        """The service is under rollout: a rollback acts on that one, anything else is refused."""
        if stored.value.kind is Kind.ROLLBACK:
            return self._act_on(stored, holder, options)
        return self._end(stored, RolloutState.REFUSED, taken(holder, self.clock.now()))

    def _act_on(self, stored: Stored[Rollout], holder: Rollout, options: Options) -> bool:
        """`rollback web` while web is under rollout acts on that rollout and its message."""
        rollout = stored.value

        def close(reply: Reply, now: datetime) -> tuple[Put, ...]:
            state = RolloutState.REFUSED if isinstance(reply, Refusal) else RolloutState.SHOWN
            ended = replace(move(rollout, state), ended_at=now, touched_at=now)
            rows = self.scribe.private(rollout.request, reply, now)
            return (Put(record=ended, rev=stored.rev), *rows)

        deed = Deed(
            subject=holder.id,
            kind=ActionKind.ROLLBACK,
            by=rollout.request.by,
            channel=rollout.request.place.channel,
            to_revision=options.to_revision,
            keep_replicas=options.keep_replicas,
            glass=options.break_glass,
            request=rollout.request,
        )
        self.act.perform(deed, close)
        return False

    def _commit_plan(
        self, stored: Stored[Rollout], planned: Rollout, draft: Draft, *, claim: bool
    ) -> None:
        now = self.clock.now()
        planned, rows = self.scribe.rollout(stored.value, planned, (), now)
        puts: list[Put] = [Put(record=planned, rev=stored.rev), *rows]
        if draft.history and draft.known and draft.known != draft.history.value:
            puts.append(Put(record=draft.known, rev=draft.history.rev))
            puts.extend(Put(record=spec, rev=0) for spec in draft.kept)
        self.fault("plan.before_commit")
        self.store.commit(
            Transaction(
                cluster=planned.cluster,
                puts=tuple(puts),
                claim=(planned.service, planned.id) if claim else None,
                audit=tuple(
                    audited(planned.request, word, decision=draft.decision)
                    for word in (What.PLANNED, *((What.GLASS_BROKEN,) if planned.glass else ()))
                ),
            )
        )

    def _end(
        self,
        stored: Stored[Rollout],
        state: RolloutState,
        reply: Reply,
        *,
        decision: Decision | None = None,
    ) -> bool:
        """End a command that changes nothing, with a private answer."""
        before, now = stored.value, self.clock.now()
        reason = reply.why if isinstance(reply, Refusal) else ""
        ended = replace(move(before, state), reason=reason, ended_at=now, touched_at=now)
        rows = self.scribe.private(before.request, reply, now)
        self.store.commit(
            Transaction(
                cluster=before.cluster,
                puts=(Put(record=ended, rev=stored.rev), *rows),
                release=(before.service, before.id),
                audit=(audited(before.request, state.value, decision=decision),),
            )
        )
        self.fault("plan.after_end")
        return False

    # -- planned → progressing, once the channel is known to be open

    def _announce(self, stored: Stored[Rollout]) -> bool:
        rollout = stored.value
        first, late = parent_id(rollout.id), self._late(rollout)
        if self.door.waits(first) and not late:
            self.fault("announce.before_post")
        heard = self.door.heard(first) if late else self.door.ask(first, "announce.after_post")
        if heard.asking and not late:
            return False
        if code := heard.closed:
            if rollout.approval_id is not None:
                return self._void(stored, Hurdle(reasons=(cannot_post_there(code),)))
            return self._end(stored, RolloutState.REFUSED, cannot_post(code))
        if late:
            return self._give_up(stored, late)
        self._begin(stored)
        self.fault("announce.after_commit")
        return True

    def _late(self, rollout: Rollout) -> Refusal | None:
        approval = self.approvals.get(rollout.approval_id)
        if approval is None:
            return too_late(rollout.request, self.clock.now())
        # by the clock of Redis, as it was approved
        return too_late(rollout.request, self.approvals.clock.now(), approval.value.ended_at)

    def _give_up(self, stored: Stored[Rollout], late: Refusal) -> bool:
        """End what was planned too long ago, in its own message: that may be in the channel."""
        before, now = stored.value, self.clock.now()
        step = let_lapse(before, late, now)
        after, rows = self.scribe.rollout(before, step.rollout, step.notes, now)
        voided = self.approvals.voided(before.approval_id, Hurdle(reasons=(late.why,)))
        puts = (Put(record=after, rev=stored.rev), *rows, *voided)
        release = (before.service, before.id)
        self.store.commit(Transaction(cluster=before.cluster, puts=puts, release=release))
        return False

    def _begin(self, stored: Stored[Rollout]) -> None:
        before, now = stored.value, self.clock.now()
        back = before.kind is Kind.ROLLBACK
        state = RolloutState.ROLLING_BACK if back else RolloutState.PROGRESSING
        begun = move(before, state)
        after = replace(begun, going_back=back, started_at=now, progress_at=now, touched_at=now)
        # who passes the rules by is heard in the channel from the start
        note = Note(kind=NoteKind.STARTED, broadcast=bool(before.glass))
        after, rows = self.scribe.rollout(before, after, (note,), now)
        linked = self.approvals.linked(before.approval_id, before.id)
        puts: Sequence[Put] = (Put(record=after, rev=stored.rev), *rows, *linked)
        claim = (before.service, before.id)
        holder = self._holder(before)
        if holder is not None and is_due(holder):  # it may just have been sent
            self.apply.look(holder.id)
            holder = self._holder(before)
        if holder is None:
            self.store.commit(Transaction(cluster=before.cluster, puts=tuple(puts), claim=claim))
            return
        ended = self._superseded(holder, before, now)
        self.store.commit(
            Transaction(cluster=before.cluster, puts=(*puts, *ended), take_over=claim)
        )

    def _superseded(self, holder: Rollout, by: Rollout, now: datetime) -> tuple[Put, ...]:
        """Return the rows that end the rollout which `--supersede` takes over from."""
        stored = self.store.get(Rollout, holder.id)
        if stored is None or stored.value != holder:
            raise ConflictError("live", holder.id)
        step = take_over(holder, by.id, by.request.by, now)
        after, rows = self.scribe.rollout(holder, step.rollout, step.notes, now)
        return (Put(record=after, rev=stored.rev), *rows)


def _asks(draft: Draft) -> bool:
    return draft.decision.outcome is Outcome.REQUIRE_APPROVAL
