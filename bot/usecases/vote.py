"""People's words on a request for approval: yes, no, withdrawn.

A word, what it does to the approval, and what that does to the rollout are one transaction, guarded
by the approval's revision: however many people click at once, each vote is counted on all that
came before it, and exactly one of them is the last.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.approval import Approval, ApprovalState, approval_id, expire
from bot.domain.change import Action, ActionKind, DoneState
from bot.domain.policy import Outcome
from bot.domain.reply import Refusal, Reply, Said
from bot.ports import ConflictError, JobQueue, Put, RecordStore, Stored, Transaction
from bot.usecases.act import Close
from bot.usecases.approvals import Approvals, job_of_subject, subject_of
from bot.usecases.mandate import Word
from bot.usecases.refusals import not_allowed
from bot.usecases.speak import Fault, no_fault, parent_id, try_now

_TRIES = 500
"""Of so many that write at once each succeeds: every round one of them gets through."""

_SAID = {
    ActionKind.APPROVE: "Your yes counts",
    ActionKind.REJECT: "Your no counts",
    ActionKind.CANCEL_REQUEST: "Withdrawn",
}


@dataclass(frozen=True, kw_only=True)
class Voting:
    """Implements `Handler` for approve, reject and cancel."""

    store: RecordStore
    approvals: Approvals
    queue: JobQueue
    fault: Fault = no_fault

    def act(self, action: Action, close: Close) -> None:
        """Count the word, close the action, and let the rollout go on or end, all at once."""
        for _ in range(_TRIES):
            try:
                after = self._once(action, close)
            except ConflictError:
                if not is_open(self.store, action):
                    return  # a twin of this job was first
                continue
            self.fault("vote.after_commit")
            if after is not None:
                self._go_on(after)
            return
        raise ConflictError("rev", action.subject)

    def _once(self, action: Action, close: Close) -> Approval | None:
        """Try once; return the approval as it is recorded now, None when it was not touched."""
        stored = self.store.get(Approval, approval_id(action.subject))
        local = self.approvals.local.now()
        if stored is None:
            gone = Refusal(why=f"There is no request for approval `{action.subject}`.")
            self._commit(action, close(gone, local))
            return None
        after, reply = self._judged(stored.value, action, self.approvals.clock.now())
        turned = self.approvals.turned(stored, after) if after is not None else ()
        self.fault("vote.before_commit")
        self._commit(action, (*turned, *close(reply, local)))
        return after

    def _judged(
        self, approval: Approval, action: Action, now: datetime
    ) -> tuple[Approval | None, Reply]:
        """Return the approval as it moves, if it does, and what the person is told."""
        if expired := expire(approval, now):
            return expired, Refusal(why=f"{approval.id} has expired: your word came too late.")
        who, channel = action.request.by, action.request.place.channel
        said = Word(kind=action.kind, by=who, channel=channel, reason=action.words)
        decision = self.approvals.mandate.judged(approval, said)
        if decision.outcome is Outcome.DENY:
            return None, not_allowed(decision.why)
        counted = self.approvals.mandate.counted(approval, said, now)
        if isinstance(counted, Refusal):
            return None, counted
        figures = f"{len(counted.yes)} of {counted.rule.required} said yes"
        text = f"{_SAID[action.kind]}: {approval.id} is {counted.state.value}, {figures}."
        return counted, Said(text=text)

    def _go_on(self, after: Approval) -> None:
        """Start what may start; if this process dies here, the reconciler does it."""
        if after.state is ApprovalState.APPROVED:
            subject = subject_of(self.store, after)
            if subject is not None:
                self.queue.enqueue(job_of_subject(subject.value))
        self.fault("vote.after_enqueue")
        try_now(self.store, self.approvals.speaker, parent_id(after.id))

    def _commit(self, action: Action, puts: tuple[Put, ...]) -> None:
        self.store.commit(Transaction(cluster=action.cluster, puts=puts))


def is_open(store: RecordStore, action: Action) -> bool:
    """Return whether an action is still to be carried out."""
    stored: Stored[Action] | None = store.get(Action, action.id)
    return stored is not None and stored.value.state is DoneState.ACCEPTED
