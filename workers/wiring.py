"""The worker's use cases, put together from its ports: pure wiring, no settings, no clients."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.domain.change import ActionKind
from bot.domain.grammar.suggest import Suggest
from bot.domain.lock.record import NAG_EVERY
from bot.jobs import JobName
from bot.ports import (
    AuditLog,
    AuditMirror,
    Clock,
    ImageRegistry,
    JobQueue,
    Leases,
    RecordStore,
    Swarm,
    SwarmReader,
    Voice,
)
from bot.usecases.act import Act, Handler
from bot.usecases.answer import Answer
from bot.usecases.apply_change import ApplyChange
from bot.usecases.apply_posting import ApplyPosting
from bot.usecases.approvals import Approvals
from bot.usecases.approvals_tick import ApprovalsTick
from bot.usecases.auto_lock import AutoLock
from bot.usecases.blast import BlastRadius
from bot.usecases.change_draft import ChangeDrafter
from bot.usecases.door import Door, Rest, no_rest
from bot.usecases.draft import Drafter
from bot.usecases.drains import DrainActs
from bot.usecases.follow_drains import FollowDrains
from bot.usecases.gate import Gate
from bot.usecases.herald import Herald
from bot.usecases.keep_audit import KeepAudit, Say, say_nothing
from bot.usecases.keep_policy import KeepPolicy
from bot.usecases.keep_vitals import KeepVitals
from bot.usecases.lock_door import LockDoor
from bot.usecases.lock_rows import LockScribe
from bot.usecases.lock_scope import Scopes
from bot.usecases.locking import Locking
from bot.usecases.locks_tick import LocksTick
from bot.usecases.lookup import Lookup
from bot.usecases.mandate import Mandate
from bot.usecases.plan_again import PlanAgain
from bot.usecases.plan_rollout import PlanRollout
from bot.usecases.reconcile import Reconcile
from bot.usecases.report import Report, no_report
from bot.usecases.review import Reviewing
from bot.usecases.revisions import Ledger
from bot.usecases.speak import Fault, Pointer, Scribe, no_fault
from bot.usecases.subscribe import Subscribe
from bot.usecases.supervise import Supervise
from bot.usecases.vote import Voting


class Runner(Protocol):
    """A use case that takes a record's id."""

    def run(self, record_id: str, /) -> None:
        """Bring the record on."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The outside, as the worker's use cases see it.

    Attributes:
        nag_every: between two reminders of a lock without an end.
        shared_clock: one for all processes: by it requests for approval expire.
        drained: the swarm as the drains are followed on it, the same one if there is no other.
        failed: told of an answer that could not be made.
        rest: lets time pass, while another process asks what this one wants to know.
        again: what ends a job so that it runs again, and is no fault of the use case: its timeout.
    """

    store: RecordStore
    swarm: Swarm
    registry: ImageRegistry
    voice: Voice
    queue: JobQueue
    speaker: Pointer
    clock: Clock
    shared_clock: Clock
    gate: Gate
    suggest: Suggest
    audit: AuditLog
    mirror: AuditMirror
    leases: Leases
    drained: SwarmReader | None = None
    audit_channel: str = ""
    nag_every: timedelta = NAG_EVERY
    say: Say = say_nothing
    fault: Fault = no_fault
    rest: Rest = no_rest
    report: Report = no_report
    failed: Report = no_report
    again: tuple[type[Exception], ...] = ()


@dataclass(frozen=True, kw_only=True)
class UseCases:
    """What the jobs and the steward run."""

    answer: Answer
    plan: PlanRollout
    apply: ApplyPosting
    act: Act
    change: ApplyChange
    supervise: Supervise

    def runner(self, name: JobName) -> Runner:
        """Return the use case of a job."""
        runners: dict[JobName, Runner] = {
            JobName.ANSWER: self.answer,
            JobName.PLAN: self.plan,
            JobName.APPLY: self.apply,
            JobName.ACT: self.act,
            JobName.CHANGE: self.change,
        }
        return runners[name]


def wire(ports: Ports) -> UseCases:
    """Put the use cases together."""
    herald = Herald(store=ports.store, voice=ports.voice, gate=ports.gate)
    scribe = Scribe(
        store=ports.store,
        voice=ports.voice,
        notices=herald.rollout,
        change_notices=herald.change,
    )
    ledger = Ledger(store=ports.store)
    approvals = _approvals(ports, scribe, herald)
    apply = ApplyPosting(
        store=ports.store,
        swarm=ports.swarm,
        scribe=scribe,
        ledger=ledger,
        clock=ports.clock,
        gate=ports.gate,
        mirror=ports.mirror,
        approvals=approvals,
        fault=ports.fault,
    )
    change = _change(ports, scribe, approvals)
    act = _act(ports, scribe, ledger, apply, change)
    return UseCases(
        answer=Answer(
            store=ports.store,
            swarm=ports.swarm,
            registry=ports.registry,
            scribe=scribe,
            speaker=ports.speaker,
            clock=ports.clock,
            gate=ports.gate,
            audit=ports.audit,
            suggest=ports.suggest,
            report=ports.failed,
            again=ports.again,
        ),
        plan=_plan(ports, scribe, ledger, act),
        apply=apply,
        act=act,
        change=change,
        supervise=_supervise(ports, scribe, ledger, change),
    )


def _door(ports: Ports) -> Door:
    return Door(
        store=ports.store,
        speaker=ports.speaker,
        clock=ports.clock,
        rest=ports.rest,
        fault=ports.fault,
    )


def _approvals(ports: Ports, scribe: Scribe, herald: Herald) -> Approvals:
    return Approvals(
        store=ports.store,
        scribe=scribe,
        herald=herald,
        mandate=Mandate(gate=ports.gate),
        blast=BlastRadius(swarm=ports.swarm),
        speaker=ports.speaker,
        clock=ports.shared_clock,
        local=ports.clock,
    )


def _on_approvals(ports: Ports, approvals: Approvals) -> dict[ActionKind, Handler]:
    """Return what carries out people's words on requests for approval."""
    voting = Voting(
        store=ports.store,
        approvals=approvals,
        queue=ports.queue,
        fault=ports.fault,
    )
    again = PlanAgain(
        store=ports.store,
        approvals=approvals,
        gate=ports.gate,
        queue=ports.queue,
        fault=ports.fault,
    )
    reviewing = Reviewing(
        store=ports.store,
        scribe=approvals.scribe,
        herald=approvals.herald,
        speaker=ports.speaker,
        gate=ports.gate,
        clock=ports.clock,
    )
    return {
        ActionKind.APPROVE: voting,
        ActionKind.REJECT: voting,
        ActionKind.CANCEL_REQUEST: voting,
        ActionKind.PLAN_AGAIN: again,
        ActionKind.REVIEW: reviewing,
    }


def _change(ports: Ports, scribe: Scribe, approvals: Approvals) -> ApplyChange:
    drafter = ChangeDrafter(
        store=ports.store,
        swarm=ports.swarm,
        gate=ports.gate,
        lookup=Lookup(swarm=ports.swarm, suggest=ports.suggest),
    )
    return ApplyChange(
        store=ports.store,
        swarm=ports.swarm,
        drafter=drafter,
        scribe=scribe,
        speaker=ports.speaker,
        door=_door(ports),
        clock=ports.clock,
        gate=ports.gate,
        mirror=ports.mirror,
        approvals=approvals,
        fault=ports.fault,
    )


def _act(
    ports: Ports, scribe: Scribe, ledger: Ledger, apply: ApplyPosting, change: ApplyChange
) -> Act:
    locking = _locking(ports)
    subscribe = Subscribe(
        store=ports.store,
        gate=ports.gate,
        clock=ports.clock,
        voice=ports.voice,
        door=_door(ports),
        fault=ports.fault,
    )
    return Act(
        store=ports.store,
        swarm=ports.swarm,
        lookup=Lookup(swarm=ports.swarm, suggest=ports.suggest),
        scribe=scribe,
        ledger=ledger,
        speaker=ports.speaker,
        clock=ports.clock,
        gate=ports.gate,
        apply=apply,
        handlers={
            ActionKind.CONFIRM: change,
            ActionKind.CANCEL: change,
            ActionKind.LOCK: locking,
            ActionKind.UNLOCK: locking,
            ActionKind.SUBSCRIBE: subscribe,
            ActionKind.UNSUBSCRIBE: subscribe,
            **_on_approvals(ports, apply.approvals),
        },
        drains=DrainActs(
            store=ports.store,
            scribe=scribe,
            speaker=ports.speaker,
            gate=ports.gate,
            clock=ports.clock,
            fault=ports.fault,
        ),
        fault=ports.fault,
    )


def _locking(ports: Ports) -> Locking:
    lookup = Lookup(swarm=ports.swarm, suggest=ports.suggest)
    scribe = LockScribe(store=ports.store, voice=ports.voice)
    return Locking(
        store=ports.store,
        scopes=Scopes(swarm=ports.swarm, lookup=lookup, gate=ports.gate),
        gate=ports.gate,
        scribe=scribe,
        door=LockDoor(store=ports.store, scribe=scribe, door=_door(ports), fault=ports.fault),
        clock=ports.clock,
        fault=ports.fault,
    )


def _plan(ports: Ports, scribe: Scribe, ledger: Ledger, act: Act) -> PlanRollout:
    drafter = Drafter(
        swarm=ports.swarm,
        registry=ports.registry,
        lookup=Lookup(swarm=ports.swarm, suggest=ports.suggest),
        ledger=ledger,
        gate=ports.gate,
        suggest=ports.suggest,
    )
    return PlanRollout(
        store=ports.store,
        drafter=drafter,
        scribe=scribe,
        speaker=ports.speaker,
        door=_door(ports),
        act=act,
        apply=act.apply,
        approvals=act.apply.approvals,
        clock=ports.clock,
        mirror=ports.mirror,
        fault=ports.fault,
    )


def _audit(ports: Ports) -> KeepAudit:
    return KeepAudit(
        store=ports.store,
        log=ports.audit,
        mirror=ports.mirror,
        voice=ports.voice,
        clock=ports.clock,
        channel=ports.audit_channel,
        say=ports.say,
    )


def _supervise(ports: Ports, scribe: Scribe, ledger: Ledger, change: ApplyChange) -> Supervise:
    reconcile = Reconcile(store=ports.store, queue=ports.queue, clock=ports.clock)
    locks = LocksTick(
        store=ports.store,
        scribe=LockScribe(store=ports.store, voice=ports.voice),
        clock=ports.clock,
        nag_every=ports.nag_every,
        fault=ports.fault,
    )
    return Supervise(
        store=ports.store,
        swarm=ports.swarm,
        queue=ports.queue,
        scribe=scribe,
        ledger=ledger,
        changes=change,
        approvals=ApprovalsTick(store=ports.store, approvals=change.approvals, fault=ports.fault),
        reconcile=reconcile,
        auto_lock=AutoLock(store=ports.store, ledger=ledger),
        locks=locks,
        audit=_audit(ports),
        policy=KeepPolicy(store=ports.store, policies=ports.gate.policies),
        drains=FollowDrains(
            store=ports.store,
            swarm=ports.drained or ports.swarm,
            queue=ports.queue,
            scribe=scribe,
            clock=ports.clock,
            report=ports.report,
            fault=ports.fault,
        ),
        vitals=KeepVitals(leases=ports.leases, clock=ports.clock),
        clock=ports.clock,
        report=ports.report,
        fault=ports.fault,
    )
