"""A typed line becomes a record and a job, or an answer: everything that happens before the ack.

No Docker, no Slack: parse, decide, record (with a one-time key, so that a repeated delivery gets
the first answer and changes nothing), enqueue. A lost enqueue is repaired by the steward.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from bot.domain.audit import What, audited
from bot.domain.change import Change
from bot.domain.errors import UserError
from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.grammar import Answer, Command, parse, split
from bot.domain.lock.words import ways_out
from bot.domain.policy import Decision, Outcome, Resource, VerbGroup
from bot.domain.request import Place, Principal, Request, Source
from bot.jobs import Job, JobName
from bot.ports import (
    Clock,
    ConflictError,
    Ids,
    JobQueue,
    Once,
    Put,
    RecordStore,
    Roster,
    StoreUnavailableError,
    Transaction,
)
from bot.usecases.approval_desk import ApprovalDesk, denied
from bot.usecases.clusters import Clusters
from bot.usecases.denials import note_denial
from bot.usecases.drains import drain_named
from bot.usecases.gate import Circumstance, Gate
from bot.usecases.mandate import Word
from bot.usecases.open_record import ON_APPROVALS, Opened, opened, prefix_of
from bot.usecases.rights import (
    NEVER_LATE_VERBS,
    SENDS_NOTHING,
    first_sight,
    group_of_verb,
    resource_of_subject,
)
from bot.usecases.steal import lock_to_steal
from bot.usecases.which_cluster import StrangerError, WhichCluster

ONCE_FOR = timedelta(seconds=660)
"""How long a delivery is remembered: Slack's signature window is 2 × 300 s, and a little more."""

JOB_OF = {
    VerbClass.READ: JobName.ANSWER,
    VerbClass.ROLLOUT: JobName.PLAN,
    VerbClass.CHANGE: JobName.CHANGE,
    VerbClass.ACTION: JobName.ACT,
}
"""The job that carries a command out."""


class AckKind(StrEnum):
    """What became of a line; also the label of the metric."""

    HELP = "help"
    ANSWERED = "answered"
    ERROR = "error"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    REPEATED = "repeated"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Ack:
    """The private text that the person sees at once.

    Attributes:
        ids: of the records that were written, for the log.
        away: the part of the text that says that nobody is there to do it; empty: somebody is.
    """

    kind: AckKind
    text: str
    verb: str = ""
    ids: tuple[str, ...] = ()
    away: str = ""

    @property
    def shows_by_itself(self) -> "Ack":
        """The same where what comes of it is seen by itself: only that nobody is there is said."""
        taken = self.kind in {AckKind.ACCEPTED, AckKind.REPEATED}
        return replace(self, text=self.away) if taken else self


@dataclass(frozen=True, kw_only=True)
class Typed:
    """One typed line with where it came from.

    `delivery` is unique per delivery, equal when it is repeated.

    Attributes:
        expects: fingerprint of the plan that the person was shown before (a form's second step).
    """

    text: str
    by: Principal
    place: Place
    source: Source
    delivery: str
    expects: str = ""


@dataclass(frozen=True, kw_only=True)
class Propose:
    """Authorize, record, enqueue.

    Attributes:
        cluster: the swarm that a line is for when it names none and there are several.
        clusters: the swarms that ever had a worker, and who of it is there.
        name: the command's own name, for the texts (`/swarm`).
        suggest: did-you-mean over a list of words.
    """

    store: RecordStore
    queue: JobQueue
    clock: Clock
    ids: Ids
    gate: Gate
    suggest: Callable[[str, Sequence[str]], str | None]
    clusters: Roster
    cluster: str = "default"
    name: str = "/swarm"

    def run(self, typed: Typed) -> Ack:
        """Return what the ack says. Never raises for anything that a person typed."""
        parsed = parse(typed.text, self.suggest)
        if isinstance(parsed, Answer):
            kind = AckKind.HELP if parsed.kind == "help" else AckKind.ERROR
            return Ack(kind=kind, text=parsed.text)
        return self.understood(parsed, typed)

    def understood(self, parsed: Command, typed: Typed) -> Ack:
        """Do the same with a line that was read already, as those of forms are."""
        verb = parsed.verb.value
        try:
            if parsed.verb is Verb.CLUSTERS:
                return self._listed(parsed, typed)
            cluster = self.cluster_of(parsed.options.cluster, typed.place.channel, typed.by)
        except UserError as error:
            if parsed.verb in ON_APPROVALS:  # an id is clear without it
                return self._on_approval(parsed, typed, self.cluster, error)
            return self._lost(error, parsed, typed)
        except StoreUnavailableError:
            return Ack(kind=AckKind.UNAVAILABLE, text=self.away(), verb=verb)
        on_approval = parsed.verb in ON_APPROVALS
        return (self._on_approval if on_approval else self._by_rules)(parsed, typed, cluster)

    def _lost(self, error: UserError, command: Command, typed: Typed) -> Ack:
        """Say that there is no such swarm; that somebody asked of one that there is, is kept."""
        if not isinstance(error, StrangerError):
            return Ack(kind=AckKind.ERROR, text=error.full_text, verb=command.verb.value)
        if error.denied is not None:
            told = error.full_text
            return self._refuse(("", error.denied), command, typed, command.options.cluster, told)
        return Ack(kind=AckKind.REFUSED, text=error.full_text, verb=command.verb.value)

    def _listed(self, command: Command, typed: Typed) -> Ack:
        """Answer `clusters` at once: a worker that is away cannot tell of it."""
        told = self._known.listed(typed.by, typed.place.channel)
        if isinstance(told, Decision):
            return self._deny(("", told), command, typed, self.cluster)
        return Ack(kind=AckKind.ANSWERED, text=told, verb=command.verb.value)

    @property
    def _known(self) -> Clusters:
        return Clusters(gate=self.gate, roster=self.clusters)

    def _by_rules(self, parsed: Command, typed: Typed, cluster: str) -> Ack:
        try:
            drain = self._drain(parsed, cluster)
            cluster = drain.cluster if drain else cluster
            decisions = self._decisions(parsed, typed, cluster, drain)
            lock = lock_to_steal(self.gate, parsed, cluster, typed.by)
        except StoreUnavailableError:  # nobody can tell what is locked
            verb = parsed.verb.value
            return Ack(kind=AckKind.UNAVAILABLE, text=self.away(), verb=verb)
        if no := [each for each in decisions if each[1].outcome is Outcome.DENY]:
            return self._deny(no[0], parsed, typed, cluster)
        if lock is not None and (steal := self.gate.takes_away(typed.by)).outcome is Outcome.DENY:
            no_theft = (lock.scope.words, steal)
            return self._deny(no_theft, parsed, typed, cluster, ways_out(lock))
        return self._accept(parsed, typed, cluster, [decision for _, decision in decisions])

    def _on_approval(
        self, command: Command, typed: Typed, cluster: str, lost: UserError | None = None
    ) -> Ack:
        """Find the request that is named, by its own id or the rollout's, and say what is wrong.

        The id alone decides: whom a rule lists may vote without a grant in the swarm. Where there
        is none of that id, `lost` is said: what is wrong with the swarm that was typed, if it is.
        """
        verb, channel = command.verb.value, typed.place.channel
        desk = ApprovalDesk(store=self.store, gate=self.gate, suggest=self.suggest)
        said = Word(kind=ON_APPROVALS[command.verb], by=typed.by, channel=channel)
        try:
            approval = desk.find(cluster, command.targets[0], typed.by, channel)
            decision = desk.judged(approval, said)
        except UserError as error:
            if lost is not None:
                return self._lost(lost, command, typed)
            # who may not look around is not told what there is
            what, how = Resource(cluster=cluster), Circumstance(channel=channel)
            look = self.gate.decide(typed.by, VerbGroup.READ, what, how)
            if look.outcome is Outcome.DENY:
                return self._deny(("", look), command, typed, cluster)
            return Ack(kind=AckKind.ERROR, text=error.full_text, verb=verb)
        except StoreUnavailableError:
            return Ack(kind=AckKind.UNAVAILABLE, text=self.away(), verb=verb)
        if decision.outcome is Outcome.DENY:
            return self._deny((approval.target, decision), command, typed, approval.cluster)
        found = replace(command, targets=(approval.id,))
        return self._accept(found, typed, approval.cluster, [decision])

    def cluster_of(self, named: str, channel: str, by: Principal) -> str:
        """Return the swarm that is meant: the named one, the channel's, the default, or the only.

        Whether the person may do anything there is for the gate to say. What is raised names those
        swarms alone that they may read.

        Raises:
            UserError: there is none of that name, or it is not clear which is meant.
            StrangerError: they may do nothing in the one that they typed, if there is one.
            StoreUnavailableError: Redis is away.
        """
        return self._which.of(named, channel, by)

    @property
    def _which(self) -> WhichCluster:
        return WhichCluster(
            gate=self.gate, roster=self.clusters, suggest=self.suggest, default=self.cluster
        )

    def _decisions(
        self, command: Command, typed: Typed, cluster: str, drain: Change | None
    ) -> list[tuple[str, Decision]]:
        """Return each target with what the policy says at first sight.

        The worker decides again on the whole plan.
        """
        group = group_of_verb(command.verb)
        broken = bool(command.options.break_glass)
        how = Circumstance(
            channel=typed.place.channel,
            break_glass=broken,
            sends_nothing=command.verb in SENDS_NOTHING,
        )
        if drain is not None:
            what = resource_of_subject(drain)
            return [(drain.target, self.gate.decide(typed.by, VerbGroup.NODE, what, how))]
        sights = [
            (target, first_sight(command.verb, cluster, target))
            for target in command.targets or ("",)
        ]
        return [(name, self.gate.decide(typed.by, group, what, how)) for name, what in sights]

    def _drain(self, command: Command, cluster: str) -> Change | None:
        """Return the drain that `abort` or `wait` names; a live rollout of that name goes first."""
        if command.verb not in SENDS_NOTHING:
            return None
        (target,) = command.targets
        if self.store.live_rollout(cluster, target) is not None:
            return None
        return drain_named(self.store, cluster, target)

    def _deny(
        self,
        no: tuple[str, Decision],
        command: Command,
        typed: Typed,
        cluster: str,
        ways: str = "",
    ) -> Ack:
        """Say no by the rules."""
        return self._refuse(no, command, typed, cluster, denied(no[1], ways))

    def _refuse(
        self,
        no: tuple[str, Decision],
        command: Command,
        typed: Typed,
        cluster: str,
        text: str,
    ) -> Ack:
        """Say no, and leave that in the audit log; nothing else is recorded."""
        target, decision = no
        request = self._request(command, typed, cluster)
        once = Once(key=typed.delivery, value=text, ttl=ONCE_FOR)
        verb = command.verb.value
        first = note_denial(self.store, request, target, decision, once)
        if first not in {"", text}:
            # delivered again: what its first delivery has brought about is no reason to refuse it
            return Ack(kind=AckKind.REPEATED, text=first, verb=verb)
        return Ack(kind=AckKind.REFUSED, text=text, verb=verb)

    def _accept(
        self, command: Command, typed: Typed, cluster: str, decisions: Sequence[Decision]
    ) -> Ack:
        records = [self._open(each, typed, cluster) for each in split(command)]
        away = self._away(command, cluster)
        text = "\n".join(filter(None, (self._echo(command, records), away)))
        once = Once(key=typed.delivery, value=text, ttl=ONCE_FOR)
        puts = tuple(Put(record=record, rev=0) for record in records)
        entries = tuple(
            audited(record.request, What.ACCEPTED, decision=decision)
            for record, decision in zip(records, decisions, strict=True)
            if command.verb.verb_class is not VerbClass.READ
        )
        verb = command.verb.value
        try:
            self.store.commit(Transaction(cluster=cluster, puts=puts, once=(once,), audit=entries))
        except ConflictError as taken:
            return Ack(kind=AckKind.REPEATED, text=taken.found or text, verb=verb, away=away)
        except StoreUnavailableError:
            return Ack(kind=AckKind.UNAVAILABLE, text=self.away(), verb=verb)
        for record in records:
            self._enqueue(record, command.verb.verb_class)
        ids = tuple(record.id for record in records)
        return Ack(kind=AckKind.ACCEPTED, text=text, verb=verb, ids=ids, away=away)

    def _are_several(self) -> bool:
        try:
            return len(self.clusters.beats()) > 1
        except StoreUnavailableError:
            return False  # it answered a moment ago

    def _away(self, command: Command, cluster: str) -> str:
        """Return that nobody is there to do it; what cannot be looked up is not said."""
        try:
            verb = command.verb
            return self._known.away(cluster, verb.verb_class, whenever=verb in NEVER_LATE_VERBS)
        except StoreUnavailableError:
            return ""

    def gone(self, verb: Verb, cluster: str) -> str:
        """Return that nobody is there to do it, without what follows; empty if not, or not known.

        What a form says: what follows from it depends on how far the form is.
        """
        try:
            return self._known.gone(cluster, verb.verb_class)
        except StoreUnavailableError:
            return ""

    def away(self) -> str:
        """Return the answer for when nothing could be recorded for sure."""
        return (
            "Waggle could not record your command: its store (Redis) does not answer. "
            f"Most likely nothing was started. Look with `{self.name} rollouts`, then try again."
        )

    def _enqueue(self, record: Opened, what: VerbClass) -> None:
        job = Job(name=JOB_OF[what], cluster=record.cluster, subject=record.id)
        try:
            self.queue.enqueue(job)
        except StoreUnavailableError:
            # the record stands; the steward's reconciler enqueues it again within seconds
            return

    def _open(self, command: Command, typed: Typed, cluster: str) -> Opened:
        return opened(command, self._request(command, typed, cluster))

    def _request(self, command: Command, typed: Typed, cluster: str) -> Request:
        return Request(
            id=self.ids.new(prefix_of(command)),
            cluster=cluster,
            by=typed.by,
            place=typed.place,
            source=typed.source,
            line=command.canonical,
            command=command.to_json(),
            accepted_at=self.clock.now(),
            expects=typed.expects,
        )

    def _echo(self, command: Command, records: Sequence[Opened]) -> str:
        line = f"`{self.name} {command.canonical}`"
        where = f" (cluster {records[0].cluster})" if self._are_several() else ""
        if command.verb.verb_class is VerbClass.READ:
            return f"Looking: {line}{where}"
        ids = ", ".join(f"`{record.id}`" for record in records)
        return f"Understood: {line}{where}\nOn its way as {ids}."
