"""A typed line becomes a record and a job, or an answer: everything that happens before the ack.

No Docker, no Slack: parse, decide, record (with a one-time key, so that a repeated delivery gets
the first answer and changes nothing), enqueue. A lost enqueue is repaired by the steward.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from bot.domain.change import Action, ActionKind, Change, ChangeKind, Query
from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.grammar import Answer, Command, parse, split
from bot.domain.plan import Kind
from bot.domain.policy import Outcome, Policy, Resource, VerbGroup, decide
from bot.domain.request import Place, Principal, Request, Source
from bot.domain.rollout.record import Rollout
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

ONCE_FOR = timedelta(seconds=660)
"""How long a delivery is remembered: Slack's signature window is 2 × 300 s, and a little more."""

GROUPS = {
    Verb.CREATE: VerbGroup.CREATE,
    Verb.UPDATE: VerbGroup.UPDATE,
    Verb.SCALE: VerbGroup.SCALE,
    Verb.ROLLBACK: VerbGroup.ROLLBACK,
    Verb.RESUME: VerbGroup.UPDATE,
    Verb.ABORT: VerbGroup.UPDATE,
    Verb.WAIT: VerbGroup.UPDATE,
    Verb.UNSTICK: VerbGroup.UPDATE,
    Verb.RM: VerbGroup.REMOVE,
    Verb.NODE_UPDATE: VerbGroup.NODE,
    Verb.NETWORK_CREATE: VerbGroup.NETWORK,
    Verb.NETWORK_RM: VerbGroup.NETWORK,
}
"""Which right a verb needs; a verb that is not named here reads."""

_ACTIONS = {
    Verb.RESUME: ActionKind.RESUME,
    Verb.ABORT: ActionKind.ABORT,
    Verb.WAIT: ActionKind.KEEP_WAITING,
    Verb.UNSTICK: ActionKind.UNSTICK,
}
_PREFIX = {VerbClass.READ: "q", VerbClass.ROLLOUT: "r", VerbClass.CHANGE: "c"}
_JOB = {
    VerbClass.READ: JobName.ANSWER,
    VerbClass.ROLLOUT: JobName.PLAN,
    VerbClass.CHANGE: JobName.CHANGE,
    VerbClass.ACTION: JobName.ACT,
}


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
        cluster: the swarm that a line is for when it names none.
        name: the command's own name, for the texts (`/swarm`).
        suggest: did-you-mean over a list of words.
    """

    store: RecordStore
    queue: JobQueue
    clock: Clock
    ids: Ids
    policy: Policy
    suggest: Callable[[str, Sequence[str]], str | None]
    cluster: str = "default"
    name: str = "/swarm"

    def run(self, typed: Typed) -> Ack:
        """Return what the ack says. Never raises for anything that a person typed."""
        parsed = parse(typed.text, self.suggest)
        if isinstance(parsed, Answer):
            kind = AckKind.HELP if parsed.kind == "help" else AckKind.ERROR
            return Ack(kind=kind, text=parsed.text)
        if refusal := self._refused(parsed, typed.by):
            return Ack(kind=AckKind.REFUSED, text=refusal, verb=parsed.verb.value)
        return self._accept(parsed, typed)

    def _refused(self, command: Command, who: Principal) -> str | None:
        """Return why the policy says no at first sight.

        The worker decides again on the whole plan.
        """
        group = GROUPS.get(command.verb, VerbGroup.READ)
        for target in command.targets or ("",):
            decision = decide(
                self.policy, who, group, Resource(cluster=self.cluster, service=target)
            )
            if decision.outcome is Outcome.DENY:
                return f"Not allowed: {'; '.join(decision.reasons)}. Nothing was changed."
        return None

    def _accept(self, command: Command, typed: Typed) -> Ack:
        records = [self._record(each, typed) for each in split(command)]
        text = self._echo(command, records)
        once = Once(key=typed.delivery, value=text, ttl=ONCE_FOR)
        puts = tuple(Put(record=record, rev=0) for record in records)
        verb = command.verb.value
        try:
            self.store.commit(Transaction(cluster=self.cluster, puts=puts, once=(once,)))
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

    def _enqueue(self, record: Rollout | Change | Action | Query, what: VerbClass) -> None:
        job = Job(name=_JOB[what], cluster=record.cluster, subject=record.id)
        try:
            self.queue.enqueue(job)
        except StoreUnavailableError:
            # the record stands; the steward's reconciler enqueues it again within seconds
            return

    def _record(self, command: Command, typed: Typed) -> Rollout | Change | Action | Query:
        what = command.verb.verb_class
        request = Request(
            id=self.ids.new(_PREFIX.get(what, "a")),
            cluster=self.cluster,
            by=typed.by,
            place=typed.place,
            source=typed.source,
            line=command.canonical,
            command=command.to_json(),
            accepted_at=self.clock.now(),
        )
        target = command.targets[0] if command.targets else ""
        if what is VerbClass.ROLLOUT:
            return _rollout(request, command, target)
        if what is VerbClass.CHANGE:
            kind = ChangeKind(command.verb.value)
            return Change(
                id=request.id, cluster=self.cluster, kind=kind, request=request, target=target
            )
        if what is VerbClass.ACTION:
            act = _ACTIONS[command.verb]
            return Action(
                id=request.id, cluster=self.cluster, kind=act, request=request, service=target
            )
        return Query(id=request.id, cluster=self.cluster, request=request)

    def _echo(self, command: Command, records: Sequence[Rollout | Change | Action | Query]) -> str:
        line = f"`{self.name} {command.canonical}`"
        if command.verb.verb_class is VerbClass.READ:
            return f"Looking: {line}"
        ids = ", ".join(f"`{record.id}`" for record in records)
        return f"Understood: {line}\nOn its way as {ids}."


def _rollout(request: Request, command: Command, service: str) -> Rollout:
    rollout = Rollout(
        id=request.id,
        cluster=request.cluster,
        kind=Kind(command.verb.value),
        request=request,
        service=service,
        detach=command.options.detach or command.options.quiet,
    )
    deadline = command.options.deadline
    return replace(rollout, deadline=deadline) if deadline is not None else rollout
