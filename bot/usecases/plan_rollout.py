"""The job PLAN: an accepted command becomes a plan, then a rollout with its one message.

    accepted → (inspect, edit, resolve, diff, decide) → planned → (the parent is posted) →
    progressing | rolling_back → the posting is applied

or it ends without a trace in the channel: refused, unchanged, shown (`--dry-run`). Each arrow is
one transaction, so a kill at any line leaves a record from which the next run goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.change import ActionKind
from bot.domain.errors import UserError
from bot.domain.grammar import Command, Options
from bot.domain.message import Message
from bot.domain.plan import Kind
from bot.domain.reply import DryRun, NothingToDo, Refusal, Reply
from bot.domain.rollout.act import let_lapse, take_over
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.posting import first_posting
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.state import move
from bot.domain.rollout.words import held_by
from bot.ports import (
    Clock,
    ConflictError,
    EngineRefusedError,
    Put,
    RecordStore,
    Stored,
    Transaction,
)
from bot.usecases.act import Act, Deed
from bot.usecases.apply_posting import ApplyPosting, is_due
from bot.usecases.draft import Draft, Drafter, numbered
from bot.usecases.refusals import cannot_post, refusal, too_late
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

_TRIES = 8
_LINE_SHOWN = 200
"""Characters of another's command: what it is about stands before that."""


@dataclass(frozen=True, kw_only=True)
class PlanRollout:
    """Plan, announce, hand over to APPLY."""

    store: RecordStore
    drafter: Drafter
    scribe: Scribe
    speaker: Mouth
    act: Act
    apply: ApplyPosting
    clock: Clock
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
        if rollout.state is RolloutState.PLANNED:
            return self._announce(stored)
        if is_due(rollout):
            self.apply.run(rollout.id)
        return False

    # -- accepted → planned, or the end

    def _consider(self, stored: Stored[Rollout]) -> bool:
        rollout, now = stored.value, self.clock.now()
        if late := too_late(rollout.request, now):
            return self._end(stored, RolloutState.REFUSED, late)
        try:
            return self._plan(stored, now)
        except UserError as error:
            return self._end(stored, RolloutState.REFUSED, refusal(error))
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
            shown = DryRun(what=rollout.request.line, plan=draft.plan)
            return self._end(stored, RolloutState.SHOWN, shown)
        if draft.plan.service != rollout.service:  # it was given by id: look for its holder again
            rollout = replace(rollout, service=draft.plan.service)
            holder = self._holder(rollout)
            if holder and not options.supersede:
                return self._yield_to(holder, stored, options)
            if holder:
                draft = self._draft(rollout, holder, now)
        if not draft.plan.changes:
            same = NothingToDo(what=f"{draft.plan.service} is like that already.")
            return self._end(stored, RolloutState.UNCHANGED, same)
        planned = planned_rollout(rollout, draft, now)
        self._commit_plan(stored, planned, draft, claim=not holder)
        self.fault("plan.after_commit")
        return True

    def _draft(self, rollout: Rollout, holder: Rollout | None, now: datetime) -> Draft:
        """Return the plan, once all is recorded that the holder has posted: it starts from that."""
        if holder is not None:
            self.apply.look(holder.id)
        return self.drafter.draft(rollout, now)

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
            to_revision=options.to_revision,
            keep_replicas=options.keep_replicas,
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
            )
        )

    def _end(self, stored: Stored[Rollout], state: RolloutState, reply: Reply) -> bool:
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
            )
        )
        self.fault("plan.after_end")
        return False

    # -- planned → progressing, once the channel is known to be open

    def _announce(self, stored: Stored[Rollout]) -> bool:
        rollout = stored.value
        row = self.store.get(Message, parent_id(rollout.id))
        late = too_late(rollout.request, self.clock.now())
        waits = row is not None and row.value.sent is None and row.value.dead is None
        if row is not None and waits and not late:
            self.fault("announce.before_post")
            self.speaker.flush_one(row.value.id)
            self.fault("announce.after_post")
            row = self.store.get(Message, parent_id(rollout.id))
        if code := closed_door(row.value if row else None):
            return self._end(stored, RolloutState.REFUSED, cannot_post(code))
        if late:
            return self._give_up(stored, late)
        self._begin(stored)
        self.fault("announce.after_commit")
        return True

    def _give_up(self, stored: Stored[Rollout], late: Refusal) -> bool:
        """End what was planned too long ago, in its own message: that may be in the channel."""
        before, now = stored.value, self.clock.now()
        step = let_lapse(before, late, now)
        after, rows = self.scribe.rollout(before, step.rollout, step.notes, now)
        puts = (Put(record=after, rev=stored.rev), *rows)
        release = (before.service, before.id)
        self.store.commit(Transaction(cluster=before.cluster, puts=puts, release=release))
        return False

    def _begin(self, stored: Stored[Rollout]) -> None:
        before, now = stored.value, self.clock.now()
        back = before.kind is Kind.ROLLBACK
        state = RolloutState.ROLLING_BACK if back else RolloutState.PROGRESSING
        begun = move(before, state)
        after = replace(begun, going_back=back, started_at=now, progress_at=now, touched_at=now)
        after, rows = self.scribe.rollout(before, after, (Note(kind=NoteKind.STARTED),), now)
        puts: Sequence[Put] = (Put(record=after, rev=stored.rev), *rows)
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


def planned_rollout(rollout: Rollout, draft: Draft, now: datetime) -> Rollout:
    """Return the rollout with its plan and its first posting, not yet to be carried out."""
    plan = draft.plan
    planned = replace(
        move(rollout, RolloutState.PLANNED),
        plan=plan,
        service=plan.service,
        service_id=plan.service_id,
        from_revision=draft.known.current if draft.known else None,
        to_revision=numbered(draft),
        back_to=draft.back_to,
        touched_at=now,
    )
    return first_posting(planned, plan.desired, back=rollout.kind is Kind.ROLLBACK)


def taken(holder: Rollout, now: datetime) -> Refusal:
    """Return the refusal of a second change: who is at what since when, and what can be done."""
    since = holder.started_at or holder.request.accepted_at
    minutes = max(0, int((now - since).total_seconds() // 60))
    ago = f"since {minutes}m" if minutes else "since just now"
    name = holder.service
    return Refusal(
        why=f"{held_by(holder)}, {ago}: `{_in_short(holder.request.line)}`. Nothing was changed.",
        next_step=(
            f"Wait for it, or act on it: `resume {name}`, `rollback {name}`, `abort {name}`; "
            "or add --supersede to your command to take over."
        ),
    )


def _in_short(line: str) -> str:
    return line if len(line) <= _LINE_SHOWN else f"{line[: _LINE_SHOWN - 1]}…"
