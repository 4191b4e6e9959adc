"""The button of a void request: the same command anew, as whoever clicks asks for it."""

from dataclasses import dataclass, replace

from bot.domain.approval import Approval, ApprovalState, stale
from bot.domain.change import Action, Change
from bot.domain.grammar import Command
from bot.domain.policy import Outcome
from bot.domain.reply import Refusal, Said
from bot.domain.request import Request
from bot.domain.rollout.record import Rollout
from bot.ports import ConflictError, JobQueue, Put, RecordStore, Stored, Transaction
from bot.usecases.act import Close
from bot.usecases.approvals import Approvals, job_of_subject, subject_of
from bot.usecases.gate import Circumstance, Gate
from bot.usecases.open_record import opened
from bot.usecases.refusals import not_allowed
from bot.usecases.rights import group_on
from bot.usecases.speak import Fault, no_fault, parent_id, try_now
from bot.usecases.vote import is_open

_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class PlanAgain:
    """Implements `Handler`: a new record, with the clicker as its requester and their rights."""

    store: RecordStore
    approvals: Approvals
    gate: Gate
    queue: JobQueue
    fault: Fault = no_fault

    def act(self, action: Action, close: Close) -> None:
        """Open the record, once, and close the action in the same transaction."""
        for _ in range(_TRIES):
            stored = self.store.get(Approval, action.subject)
            subject = subject_of(self.store, stored.value) if stored else None
            if stored is None or subject is None:
                return self._say(action, Refusal(why="That request is gone."), close)
            if refused := self._refused(stored.value, action):
                return self._say(action, refused, close)
            try:
                return self._open(stored, subject.value.request, action, close)
            except ConflictError:
                if not is_open(self.store, action):
                    return None
        raise ConflictError("rev", action.subject)

    def _refused(self, approval: Approval, action: Action) -> Refusal | None:
        who = action.request.by
        group = group_on(action.kind, approval, who)
        how = Circumstance(channel=action.request.place.channel)
        decision = self.gate.decide(who, group, approval.resource, how)
        if decision.outcome is Outcome.DENY:
            return not_allowed(decision.why)
        if approval.state is ApprovalState.PENDING:
            return Refusal(why=f"{approval.id} is pending: there is nothing to plan again.")
        if approval.state is not ApprovalState.VOID:
            return stale(approval)
        if approval.again:
            where = approval.again_asked or approval.again
            return Refusal(why=f"It was planned again already, as {where}.")
        return None

    def _open(self, stored: Stored[Approval], old: Request, action: Action, close: Close) -> None:
        now = self.approvals.local.now()
        asked = action.request
        letter = stored.value.subject.partition("-")[0]
        request = replace(
            old,
            # from the click's id: a click that is carried out twice opens one record
            id=f"{letter}-{action.id.partition('-')[2]}",
            by=asked.by,
            place=asked.place,
            source=asked.source,
            accepted_at=asked.accepted_at,
            again_of=stored.value.id,
            expects="",  # what moved is why it is planned again
        )
        record = opened(Command.from_json(old.command), request)
        after = replace(stored.value, again=record.id, touched_at=now)
        rows = self.approvals.scribe.approval(after, now)
        puts = (Put(record=record, rev=0), Put(record=after, rev=stored.rev), *rows)
        said = Said(text=f"Planned again as {record.id}.")
        self.fault("again.before_commit")
        self.store.commit(Transaction(cluster=action.cluster, puts=(*puts, *close(said, now))))
        self.fault("again.after_commit")
        if isinstance(record, Rollout | Change):  # always: nothing else asks for approval
            self.queue.enqueue(job_of_subject(record))
        try_now(self.store, self.approvals.speaker, parent_id(after.id))

    def _say(self, action: Action, reply: Refusal, close: Close) -> None:
        puts = close(reply, self.approvals.local.now())
        self.store.commit(Transaction(cluster=action.cluster, puts=puts))
