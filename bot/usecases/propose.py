"""A typed line becomes a record and a job, or an answer: everything that happens before the ack.

No Docker, no Slack: parse, decide, record (with a one-time key, so that a repeated delivery gets
the first answer and changes nothing), enqueue. A lost enqueue is repaired by the steward.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from bot.domain.audit import What, audited
from bot.domain.errors import UserError
from bot.domain.flags.verb import VerbClass
from bot.domain.grammar import Answer, Command, parse, split
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
    StoreUnavailableError,
    Transaction,
)
from bot.usecases.approval_desk import ApprovalDesk, denied
from bot.usecases.denials import note_denial
from bot.usecases.gate import Circumstance, Gate
from bot.usecases.mandate import Word
from bot.usecases.open_record import ON_APPROVALS, Opened, opened, prefix_of
from bot.usecases.rights import SENDS_NOTHING, first_sight, group_of_verb

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
    """

    kind: AckKind
    text: str
    verb: str = ""
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Typed:
    """One typed line with where it came from.

    `delivery` is unique per delivery, equal when it is repeated.
    """

    text: str
    by: Principal
    place: Place
    source: Source
    delivery: str


@dataclass(frozen=True, kw_only=True)
class Propose:
    """Authorize, record, enqueue.

    Attributes:
        cluster: the swarm that a line is for when it names none and there are several.
        clusters: the names of the swarms that ever had a worker.
        name: the command's own name, for the texts (`/swarm`).
        suggest: did-you-mean over a list of words.
    """

    store: RecordStore
    queue: JobQueue
    clock: Clock
    ids: Ids
    gate: Gate
    suggest: Callable[[str, Sequence[str]], str | None]
    clusters: Callable[[], Sequence[str]]
    cluster: str = "default"
    name: str = "/swarm"

    def run(self, typed: Typed) -> Ack:
        """Return what the ack says. Never raises for anything that a person typed."""
        parsed = parse(typed.text, self.suggest)
        if isinstance(parsed, Answer):
            kind = AckKind.HELP if parsed.kind == "help" else AckKind.ERROR
            return Ack(kind=kind, text=parsed.text)
        verb = parsed.verb.value
        try:
            cluster = self._cluster(parsed.options.cluster)
        except UserError as error:
            return Ack(kind=AckKind.ERROR, text=error.full_text, verb=verb)
        except StoreUnavailableError:
            return Ack(kind=AckKind.UNAVAILABLE, text=self.away(), verb=verb)
        on_approval = parsed.verb in ON_APPROVALS
        return (self._on_approval if on_approval else self._by_rules)(parsed, typed, cluster)

    def _by_rules(self, parsed: Command, typed: Typed, cluster: str) -> Ack:
        try:
            decisions = self._decisions(parsed, typed, cluster)
        except StoreUnavailableError:  # nobody can tell what is locked
            verb = parsed.verb.value
            return Ack(kind=AckKind.UNAVAILABLE, text=self.away(), verb=verb)
        if no := [each for each in decisions if each[1].outcome is Outcome.DENY]:
            return self._deny(no[0], parsed, typed, cluster)
        return self._accept(parsed, typed, cluster, [decision for _, decision in decisions])

    def _on_approval(self, command: Command, typed: Typed, cluster: str) -> Ack:
        """Find the request that is named, by its own id or the rollout's, and say what is wrong."""
        verb, channel = command.verb.value, typed.place.channel
        desk = ApprovalDesk(store=self.store, gate=self.gate, suggest=self.suggest)
        said = Word(kind=ON_APPROVALS[command.verb], by=typed.by, channel=channel)
        try:
            approval = desk.find(cluster, command.targets[0])
            decision = desk.judged(approval, said)
        except UserError as error:
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

    def _cluster(self, named: str) -> str:
        """Return the swarm that is meant: the named one, the default one, or the only one."""
        known = sorted(self.clusters())
        if named:
            if named not in known:
                meant = self.suggest(named, known)
                hint = f"Did you mean `{meant}`? " if meant else ""
                raise UserError(f"No swarm `{named}` is known.", f"{hint}{_known(known)}")
            return named
        if self.cluster in known or not known:
            return self.cluster
        if len(known) == 1:
            return known[0]
        raise UserError("Which swarm is meant?", f"Add `--cluster NAME`. {_known(known)}")

    def _decisions(
        self, command: Command, typed: Typed, cluster: str
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
        sights = [
            (target, first_sight(command.verb, cluster, target))
            for target in command.targets or ("",)
        ]
        return [(name, self.gate.decide(typed.by, group, what, how)) for name, what in sights]

    def _deny(self, no: tuple[str, Decision], command: Command, typed: Typed, cluster: str) -> Ack:
        """Say no, and leave that in the audit log; nothing else is recorded."""
        target, decision = no
        request = self._request(command, typed, cluster)
        text = denied(decision)
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
        text = self._echo(command, records)
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
            return Ack(kind=AckKind.REPEATED, text=taken.found or text, verb=verb)
        except StoreUnavailableError:
            return Ack(kind=AckKind.UNAVAILABLE, text=self.away(), verb=verb)
        for record in records:
            self._enqueue(record, command.verb.verb_class)
        ids = tuple(record.id for record in records)
        return Ack(kind=AckKind.ACCEPTED, text=text, verb=verb, ids=ids)

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
        )

    def _echo(self, command: Command, records: Sequence[Opened]) -> str:
        line = f"`{self.name} {command.canonical}`"
        if command.verb.verb_class is VerbClass.READ:
            return f"Looking: {line}"
        ids = ", ".join(f"`{record.id}`" for record in records)
        return f"Understood: {line}\nOn its way as {ids}."


def _known(clusters: Sequence[str]) -> str:
    return f"Known: {', '.join(clusters)}." if clusters else "No worker has reported yet."
