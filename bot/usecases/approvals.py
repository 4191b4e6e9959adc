"""What a rollout or a one-step change needs from its approval: asked for, held, ended, void.

An approval and its subject move in one transaction, so that no kill can leave one without the
other; the messages' rows are in it, too.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.approval import (
    Approval,
    ApprovalState,
    Hurdle,
    approval_id,
    moved_change,
    moved_plan,
    policy_moved,
    void,
    votes_lost,
)
from bot.domain.approval.state import move as move_approval
from bot.domain.change import Change, ChangeState
from bot.domain.errors import NotAllowed
from bot.domain.message import Message
from bot.domain.plan import Plan
from bot.domain.policy import ApprovalRule, Decision, Resource
from bot.domain.refusal import Refusal
from bot.domain.request import Request
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.rollout.state import move
from bot.jobs import Job, JobName
from bot.ports import Clock, Put, RecordStore, Stored
from bot.usecases.blast import BlastRadius
from bot.usecases.herald import Herald
from bot.usecases.mandate import Mandate
from bot.usecases.refusals import cannot_post
from bot.usecases.rights import resource_of
from bot.usecases.speak import Pointer, Scribe, closed_door, parent_id

TOO_FEW = "not enough of those who said yes may approve it now"
"""In the subject's own message; the request's says whose yes it is that does not count."""


@dataclass(frozen=True, kw_only=True)
class Approvals:
    """Asks, and says what the answer is worth.

    Attributes:
        clock: that of Redis: by it requests expire, whichever process looks.
        local: this process's, for what its neighbours compare with theirs: rows of the outbox, and
            when a rollout was touched.
    """

    store: RecordStore
    scribe: Scribe
    herald: Herald
    mandate: Mandate
    blast: BlastRadius
    speaker: Pointer
    clock: Clock
    local: Clock

    # -- asking

    def of_rollout(self, rollout: Rollout, decision: Decision) -> Approval:
        """Return the request for a rollout's plan, not yet recorded.

        Raises:
            NotAllowed: the rule names nobody who could say yes.
            EngineError: the swarm could not be looked at.
        """
        plan = _plan_of(rollout)
        request = self._request(rollout, rollout.service, decision, resource_of(rollout))
        return replace(
            request,
            fingerprint=plan.fingerprint,
            changes=plan.changes,
            warnings=plan.warnings,
            digest_old=plan.digest_old,
            digest_new=plan.digest_new,
            policy_hash=plan.policy_hash,
            blast=self.blast.of_plan(plan),
        )

    def of_change(self, change: Change, decision: Decision, what: Resource) -> Approval:
        """Return the same for a one-step change."""
        request = self._request(change, change.target, decision, what)
        return replace(
            request,
            fingerprint=change.fingerprint,
            changes=change.changes,
            warnings=change.warnings,
            policy_hash=change.policy_hash,
            blast=self.blast.of_change(change),
        )

    def _request(
        self, subject: Rollout | Change, target: str, decision: Decision, what: Resource
    ) -> Approval:
        rule, now = _rule_of(decision), self.clock.now()
        return Approval(
            id=approval_id(subject.id),
            cluster=subject.cluster,
            subject=subject.id,
            target=target,
            kind=subject.kind.value,
            request=_without_values(subject.request),
            fingerprint="",
            # how far it goes was judged when it was planned; who votes needs the right alone
            resource=replace(what, extent=None),
            environment=decision.asked_in,
            rule_name=decision.rule,
            rule=rule,
            beyond=decision.beyond,
            asked_at=now,
            expires_at=now + rule.expires,
        )

    def asked(self, approval: Approval, subject: Rollout | Change) -> tuple[Put, ...]:
        """Return the rows of a new request; `subject` waits for it from now on."""
        now = self.local.now()
        rows = self.scribe.approval(approval, now)
        told = self.herald.approval(None, approval, subject, now)
        return (Put(record=approval, rev=0), *rows, *told, *self._led_on(approval, now))

    def _led_on(self, approval: Approval, now: datetime) -> tuple[Put, ...]:
        """Return the rows of the void request that this one stands for: it leads here from now."""
        stored = self.get(approval.request.again_of)
        if stored is None:
            return ()
        after = replace(stored.value, again_asked=approval.id, touched_at=now)
        return (Put(record=after, rev=stored.rev), *self.scribe.approval(after, now))

    def closed(self, approval: Approval) -> str | None:
        """Post the request if it was not tried yet; return why it cannot be posted, if so."""
        row = self.store.get(Message, parent_id(approval.id))
        if row is not None and row.value.sent is None and row.value.dead is None:
            self.speaker.flush_one(row.value.id)
            row = self.store.get(Message, parent_id(approval.id))
        return closed_door(row.value if row else None)

    def seen_to(self, stored: Stored[Approval]) -> tuple[Put, ...]:
        """Post a pending request if it was not tried yet; return the rows that follow from that."""
        if code := self.closed(stored.value):
            return self.withdrawn(stored, cannot_post(code))
        return self.pointed_to(stored.value)

    def pointed_to(self, approval: Approval) -> tuple[Put, ...]:
        """Return the rows of other channels that lack the request's link; none once they have it.

        They were told in the transaction that made the request, before it was posted.
        """
        return self._heard(approval, approval, self.local.now())

    # -- using

    def get(self, name: str | None) -> Stored[Approval] | None:
        """Return an approval by its id."""
        return self.store.get(Approval, name) if name else None

    def lapse(self, name: str | None, fingerprint: str) -> str | None:
        """Return None if this very plan is approved, by people who count at this moment.

        Else whose yes does not count any more, or nothing where something else is the matter.
        """
        stored = self.get(name)
        return self.mandate.lapse(stored.value if stored else None, fingerprint)

    def policy_moved(self, name: str) -> str:
        """Return that other rules are in force than those it was approved under; empty: no."""
        stored, now = self.get(name), self.mandate.gate.policy.hash
        if stored is None or stored.value.policy_hash == now:
            return ""
        return policy_moved(stored.value.policy_hash, now)

    def moved_plan(self, approval: Approval, old: Plan, new: Plan) -> Hurdle | None:
        """Return what speaks against carrying a plan out that was approved as `old`."""
        return self._hurdle(approval, moved_plan(old, new))

    def moved_change(self, approval: Approval, old: Change, new: Change) -> Hurdle | None:
        """Return the same for a one-step change."""
        return self._hurdle(approval, moved_change(old, new))

    def _hurdle(self, approval: Approval, moved: tuple[str, ...]) -> Hurdle | None:
        if moved:
            return Hurdle(reasons=moved, moved=True)
        lost = votes_lost(approval, self.mandate.carriers(approval))
        return Hurdle(reasons=(lost,)) if lost else None

    # -- ending

    def turned(self, stored: Stored[Approval], after: Approval) -> tuple[Put, ...]:
        """Return the rows of an approval that moved, and of the subject that goes with it."""
        now = self.local.now()
        rows = self.scribe.approval(after, now)
        told = self._heard(stored.value, after, now)
        return (Put(record=after, rev=stored.rev), *self._subject(after, now), *rows, *told)

    def voided(self, name: str | None, hurdle: Hurdle, *, told: bool = False) -> tuple[Put, ...]:
        """Return the rows of an approval that is void; none if it is not in force (any more).

        Args:
            name: its id.
            hurdle: what speaks against it.
            told: the same transaction has the rows by which other channels hear that the subject
                has ended: they are the same ones.
        """
        stored = self.get(name)
        if stored is None or stored.value.state is not ApprovalState.APPROVED:
            return ()
        after, now = void(stored.value, hurdle, self.clock.now()), self.local.now()
        rows = self.scribe.approval(after, now)
        heard = () if told else self._heard(stored.value, after, now)
        return (Put(record=after, rev=stored.rev), *rows, *heard)

    def _heard(self, before: Approval, after: Approval, now: datetime) -> tuple[Put, ...]:
        subject = subject_of(self.store, after)
        return self.herald.approval(before, after, subject.value, now) if subject else ()

    def withdrawn(self, stored: Stored[Approval], why: Refusal) -> tuple[Put, ...]:
        """Return the rows of a request that cannot be shown to anybody; who asked is told so."""
        after = move_approval(stored.value, ApprovalState.CANCELLED, self.clock.now())
        after = replace(after, reason=why.why)
        told = self.scribe.private(after.request, why, self.local.now())
        return (*self.turned(stored, after), *told)

    def linked(self, name: str | None, subject: str) -> tuple[Put, ...]:
        """Return the rows of an approval that says where its subject's own message is."""
        stored = self.get(name)
        if stored is None:
            return ()
        link = self.speaker.link_to(parent_id(subject))
        after = replace(stored.value, subject_link=link)
        rows = self.scribe.approval(after, self.local.now())
        return (Put(record=after, rev=stored.rev), *rows)

    def link_to(self, name: str | None) -> str:
        """Return the address of a request's message, empty if there is none."""
        return self.speaker.link_to(parent_id(name)) if name else ""

    def _subject(self, after: Approval, now: datetime) -> tuple[Put, ...]:
        """Return the subject that may go on now, or is refused; none while it still waits."""
        if after.state is ApprovalState.PENDING:
            return ()
        stored = subject_of(self.store, after)
        if stored is None or not _is_awaiting(stored.value):
            return ()
        yes, subject = after.state is ApprovalState.APPROVED, stored.value
        moved: Rollout | Change
        if isinstance(subject, Rollout):
            moved = move(subject, RolloutState.ACCEPTED if yes else RolloutState.REFUSED)
        else:
            state = ChangeState.ACCEPTED if yes else ChangeState.REFUSED
            moved = replace(subject, state=state)
        moved = replace(moved, touched_at=now)
        if not yes:
            moved = replace(moved, ended_at=now, reason=f"{after.id} is {after.state.value}")
        return (Put(record=moved, rev=stored.rev),)


def subject_of(store: RecordStore, approval: Approval) -> Stored[Rollout] | Stored[Change] | None:
    """Return the rollout or the change that an approval is for."""
    return store.get(Rollout, approval.subject) or store.get(Change, approval.subject)


def job_of_subject(subject: Rollout | Change) -> Job:
    """Return the job that brings it on."""
    name = JobName.PLAN if isinstance(subject, Rollout) else JobName.CHANGE
    return Job(name=name, cluster=subject.cluster, subject=subject.id)


def _is_awaiting(subject: Rollout | Change) -> bool:
    return subject.state in {RolloutState.AWAITING, ChangeState.AWAITING}


def _plan_of(rollout: Rollout) -> Plan:
    if rollout.plan is None:  # pragma: no cover - it is asked once there is a plan
        raise AssertionError(rollout.id)
    return rollout.plan


def _rule_of(decision: Decision) -> ApprovalRule:
    rule = decision.approval
    if rule is None:  # pragma: no cover - it is asked when a rule wants it
        raise AssertionError(decision.rule)
    if not all(each.everyone or each.users or each.groups for each in (rule.approvers, *rule.also)):
        raise NotAllowed(
            f"Not allowed: {decision.why}, and the policy names nobody who could give it.",
            f"Somebody has to write approvers into `{decision.rule}`.",
        )
    return rule


def _without_values(request: Request) -> Request:
    """Return the request without what was typed: a command may hold secrets, a reason is shown."""
    options = request.command.get("options") or {}
    kept = {"options": {"reason": options["reason"]}} if "reason" in options else {}
    return replace(request, command=kept)
