"""Carry out a rollout's posting, once, however often and wherever this runs.

Observe before acting: our labels on the live spec or on the one before say that the post was made
already (its answer was lost, or the job is repeated); the base's hash says that nobody else was
here; anything else is somebody else's change, and nothing is overwritten. The post itself is a
compare-and-swap on the Engine's version (SwarmKit: a sequence conflict has one winner), so of two
racing jobs one loses and then finds the labels.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from bot.domain.audit import What, audited
from bot.domain.grammar import Command
from bot.domain.lag import may_lag
from bot.domain.observation import ServiceView
from bot.domain.rollout.doubt import believed
from bot.domain.rollout.errand import errand_of, withheld
from bot.domain.rollout.note import Note, NoteKind
from bot.domain.rollout.outcome import LEFT, cut_short, is_due, was_left_due
from bot.domain.rollout.record import Posting, Purpose, Rollout, RolloutState
from bot.domain.rollout.state import LIVE
from bot.domain.rollout.traces import rollout_of
from bot.domain.rollout.words import left_behind
from bot.domain.spec import loosely_equal, spec_hash
from bot.ports import (
    AuditMirror,
    Clock,
    ConflictError,
    EngineRefusedError,
    EngineUnavailableError,
    NotFoundError,
    OutOfSequenceError,
    Put,
    RecordStore,
    Stored,
    StoreUnavailableError,
    Swarm,
    Transaction,
)
from bot.usecases.approvals import Approvals
from bot.usecases.auto_lock import AutoLock
from bot.usecases.deed import objection
from bot.usecases.gate import Gate
from bot.usecases.keep_audit import unwritten
from bot.usecases.last_check import barred
from bot.usecases.posting_outcome import (
    Doubted,
    Ended,
    Outcome,
    Posted,
    Withheld,
    due_posting,
    in_doubt,
    made_already,
    moved_away,
)
from bot.usecases.redact import redacted
from bot.usecases.revisions import Ledger
from bot.usecases.rights import circumstance, group_of, resource_of
from bot.usecases.speak import Fault, Scribe, no_fault

_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class ApplyPosting:
    """The job APPLY; also run inline by PLAN and ACT."""

    store: RecordStore
    swarm: Swarm
    scribe: Scribe
    ledger: Ledger
    clock: Clock
    gate: Gate
    mirror: AuditMirror
    approvals: Approvals
    fault: Fault = no_fault

    def run(self, rollout_id: str) -> None:
        """Carry out what is due.

        Raises:
            EngineUnavailableError: the outcome is unknown; run again, the labels will tell.
            StoreUnavailableError: run again, too.
        """
        made: Posted | None = None
        for _ in range(_TRIES):
            stored = self.store.get(Rollout, rollout_id)
            if stored is not None and made is None and was_left_due(stored.value):
                with suppress(EngineUnavailableError, ConflictError):  # the steward asks again
                    self._look_back(stored)
                return
            if stored is None or not _is_open(stored.value, made):
                return
            outcome = made or self._carry_out(stored)
            if outcome is None:
                continue
            made = outcome if isinstance(outcome, Posted) else None
            self.fault("apply.before_commit")
            try:
                self._record(stored, outcome)
            except ConflictError:
                continue
            self.fault("apply.after_commit")
            return

    def look(self, rollout_id: str) -> None:
        """Record that a posting was made, if it was and nobody has recorded it; post nothing.

        Raises:
            EngineUnavailableError: nobody knows.
        """
        for _ in range(_TRIES):
            stored = self.store.get(Rollout, rollout_id)
            if stored is None or not is_due(stored.value):
                return
            made = made_already(stored.value, self._live(stored.value))
            if made is None:
                return
            try:
                self._record_posted(stored, made)
            except ConflictError:
                continue
            return

    def _look_back(self, stored: Stored[Rollout]) -> None:
        """Say what was done of one that was left in the middle of a post, perhaps by one killed."""
        left = stored.value
        made = made_already(left, self._live(left))
        if made is not None:
            self._record_posted(stored, made)
        elif left.watch_until is not None and self.clock.now() >= left.watch_until:
            put = Put(record=replace(left, watch_until=None), rev=stored.rev)
            self.store.commit(Transaction(cluster=left.cluster, puts=(put,)))

    def _carry_out(self, stored: Stored[Rollout]) -> Outcome | None:
        """Return the outcome, or None when the race was lost and all must be looked at again."""
        rollout = stored.value
        posting = due_posting(rollout)
        view = self._live(rollout)
        return (
            made_already(rollout, view)
            or in_doubt(rollout, view, self.clock.now())
            or self._obstacle(rollout, posting, view)
            or self._unwritten(rollout, posting)
            or self._posted(stored, posting, view)
        )

    def _posted(
        self, stored: Stored[Rollout], posting: Posting, view: ServiceView | None
    ) -> Posted | Ended | None:
        try:
            service_id = self._post(stored, posting, view)
        except (OutOfSequenceError, NotFoundError):
            return None
        except EngineRefusedError as no:
            return self._refused(stored.value, posting, view, no)
        if service_id is None:
            return None
        self.fault("apply.after_post")
        after = self.swarm.service(service_id)
        if view is not None and may_lag(after, view.version + 1):
            return None  # a look from before the post: the next one finds its labels
        return made_already(stored.value, after) or Posted(
            attempt=posting.attempt, view=after, spec=posting.spec
        )

    def _refused(
        self,
        rollout: Rollout,
        posting: Posting,
        view: ServiceView | None,
        no: EngineRefusedError,
    ) -> Ended | None:
        if view is None and self._live(rollout) is not None:
            return None  # a twin of this job has created it just now: look again
        return Ended(
            state=RolloutState.FAILED,
            reason=f"Docker refused the change: {redacted(str(no), posting.spec)}",
            left_behind=left_behind(rollout, refused=True),
        )

    def _live(self, rollout: Rollout) -> ServiceView | None:
        by_name = rollout.service_id is None
        try:
            view = self.swarm.service(rollout.service_id or rollout.service)
        except NotFoundError:
            return None
        # a name that is also a prefix of some id must not find that other service
        return None if by_name and view.name != rollout.service else view

    def _obstacle(
        self, rollout: Rollout, posting: Posting, view: ServiceView | None
    ) -> Ended | Withheld | None:
        if posting.base_hash is None:
            if view is None:
                return self._forbidden(rollout, posting)
            return Ended(
                state=RolloutState.FAILED,
                reason=f"a service {rollout.service} exists already, made by somebody else",
                left_behind="the other service, untouched",
            )
        if view is None:
            return Ended(
                state=RolloutState.FAILED, reason=f"{rollout.service} was removed meanwhile."
            )
        if spec_hash(view.spec) != posting.base_hash:
            return moved_away(rollout, view, self._other(rollout, view))
        return self._forbidden(rollout, posting)

    def _other(self, rollout: Rollout, view: ServiceView) -> Rollout | None:
        """Return the rollout of ours that posted what is live, if it was one."""
        stored = self.store.get(Rollout, rollout_of(view.spec))
        if stored is None or stored.value.id == rollout.id:
            return None
        posting = stored.value.posting
        proof = (posting.live_hash, spec_hash(posting.spec)) if posting else ()
        return stored.value if spec_hash(view.spec) in proof else None

    def _forbidden(self, rollout: Rollout, posting: Posting) -> Ended | Withheld | None:
        """Decide once more right before the change: rights may have gone since the plan or the act.

        What Waggle posts by itself of a rollout under way (its own settings after going back) goes
        on: nobody asked for it now.
        """
        if errand := errand_of(rollout):
            against = objection(self.gate, rollout, errand)
            return Withheld(errand=errand, decision=against) if against else None
        if posting.purpose is not Purpose.FORWARD and posting.attempt > 1:
            return None
        decision = self.gate.decide(
            rollout.request.by,
            group_of(rollout.kind),
            resource_of(rollout),
            circumstance(rollout.request),
        )
        fingerprint = rollout.plan.fingerprint if rollout.plan else ""
        no = barred(self.approvals, decision, rollout.approval_id, fingerprint)
        if no is None:
            return None
        return Ended(
            state=RolloutState.FAILED,
            reason=no.why,
            left_behind=left_behind(rollout, refused=True),
            decision=no.decision,
            hurdle=no.hurdle,
        )

    def _unwritten(self, rollout: Rollout, posting: Posting) -> Ended | None:
        """Have the entry of this posting on the disk before the Engine hears of it.

        Raises:
            StoreUnavailableError: a rollout under way waits for the disk, rather than be left.
        """
        no = unwritten(self.mirror)
        if no is None:
            return None
        if posting.purpose is not Purpose.FORWARD:
            raise StoreUnavailableError(no.why)
        return Ended(
            state=RolloutState.FAILED,
            reason=f"{no.why} Nothing was sent to Docker.",
            left_behind=left_behind(rollout, refused=True),
        )

    def _post(
        self, stored: Stored[Rollout], posting: Posting, view: ServiceView | None
    ) -> str | None:
        """Post by compare-and-swap; return the service's id, None when the record has moved."""
        rollout = stored.value
        self.fault("apply.observed")
        again = self.store.get(Rollout, rollout.id)
        if again is None or again.rev != stored.rev:
            return None  # aborted or taken over since it was read
        auth = posting.purpose is Purpose.FORWARD and _with_registry_auth(rollout)
        self.fault("apply.before_post")
        if view is None:
            return self.swarm.create_service(posting.spec, with_registry_auth=auth)
        self.swarm.update_service(view.id, view.version, posting.spec, with_registry_auth=auth)
        return view.id

    def _record(self, stored: Stored[Rollout], outcome: Outcome) -> None:
        if isinstance(outcome, Posted):
            self._record_posted(stored, outcome)
        elif isinstance(outcome, Withheld):
            self._record_withheld(stored, outcome)
        elif isinstance(outcome, Doubted):
            self._record_doubt(stored, outcome)
        else:
            self._record_end(stored, outcome)

    def _record_doubt(self, stored: Stored[Rollout], outcome: Doubted) -> None:
        """Note since when there is doubt; the job is repeated while the posting is due."""
        if outcome.rollout != stored.value:
            put = Put(record=outcome.rollout, rev=stored.rev)
            self.store.commit(Transaction(cluster=outcome.rollout.cluster, puts=(put,)))

    def _record_withheld(self, stored: Stored[Rollout], no: Withheld) -> None:
        before, now, errand = stored.value, self.clock.now(), no.errand
        step = withheld(before, errand, f"not allowed any more: {no.decision.why}", now)
        after, rows = self.scribe.rollout(before, step.rollout, step.notes, now)
        said = audited(
            errand.request,
            What.REFUSED,
            subject=before.id,
            target=before.service,
            decision=no.decision,
        )
        puts = (Put(record=after, rev=stored.rev), *rows)
        self.store.commit(Transaction(cluster=before.cluster, puts=puts, audit=(said,)))

    def _record_posted(self, stored: Stored[Rollout], made: Posted) -> None:
        before, now, view = stored.value, self.clock.now(), made.view
        posting = due_posting(before)
        # when somebody changed it right after our post, the hash of ours lets the next look say so
        spec = made.spec if loosely_equal(made.spec, posting.spec) else posting.spec
        live_hash = spec_hash(spec)
        done = replace(posting, live_hash=live_hash, posted_at=now, version=view.version)
        after = replace(believed(before), posting=done, errand=None, service_id=view.id)
        after = replace(after, progress_at=now, touched_at=now)
        after, kept = self.ledger.on_posted(after, spec, live_hash, now)
        notes: tuple[Note, ...] = ()
        if after.state not in LIVE:  # the post was on its way when somebody stopped following it
            after = replace(after, left_behind=left_behind(after), watch_until=None)
            notes = (Note(kind=NoteKind.ENDED),)
        after, rows = self.scribe.rollout(before, after, notes, now)
        puts = (Put(record=after, rev=stored.rev), *kept, *rows)
        self.store.commit(Transaction(cluster=before.cluster, puts=puts))

    def _record_end(self, stored: Stored[Rollout], end: Ended) -> None:
        before, now = stored.value, self.clock.now()
        left = replace(believed(before), left_behind=end.left_behind)
        step = cut_short(left, end.state, now, end.reason)
        ended, locks = AutoLock(store=self.store, ledger=self.ledger).on_end(step.rollout, now)
        after, rows = self.scribe.rollout(before, ended, step.notes, now)
        marks = self.ledger.on_end(after)
        hurdle, asked = end.hurdle, before.approval_id
        voided = self.approvals.voided(asked, hurdle, told=True) if hurdle else ()
        self.store.commit(
            Transaction(
                cluster=before.cluster,
                puts=(Put(record=after, rev=stored.rev), *rows, *marks, *locks, *voided),
                release=(before.service, before.id),
                audit=(audited(before.request, end.state.value, decision=end.decision),),
            )
        )


def _is_open(rollout: Rollout, made: Posted | None) -> bool:
    """Return whether anything is to be posted, or what was posted is still to be recorded."""
    if made is None:
        return is_due(rollout)
    posting = rollout.posting
    same = posting is not None and posting.attempt == made.attempt and posting.posted_at is None
    return same and rollout.state in LIVE | LEFT


def _with_registry_auth(rollout: Rollout) -> bool:
    options = Command.from_json(rollout.request.command).options
    return bool(options.with_registry_auth)
