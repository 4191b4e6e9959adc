"""The record that a command opens: a rollout, a one-step change, an action or a query."""

from dataclasses import replace

from bot.domain.change import Action, ActionKind, Change, ChangeKind, Query
from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.grammar import Command
from bot.domain.plan import Kind
from bot.domain.request import Request
from bot.domain.rollout.record import Rollout

Opened = Rollout | Change | Action | Query

_PREFIX = {
    VerbClass.READ: "q",
    VerbClass.ROLLOUT: "r",
    VerbClass.CHANGE: "c",
    VerbClass.ACTION: "a",
}
_ACTIONS = {
    Verb.RESUME: ActionKind.RESUME,
    Verb.ABORT: ActionKind.ABORT,
    Verb.WAIT: ActionKind.KEEP_WAITING,
    Verb.UNSTICK: ActionKind.UNSTICK,
    Verb.LOCK: ActionKind.LOCK,
    Verb.UNLOCK: ActionKind.UNLOCK,
    Verb.SUBSCRIBE: ActionKind.SUBSCRIBE,
    Verb.UNSUBSCRIBE: ActionKind.UNSUBSCRIBE,
}
_CHANGES = {
    Verb.NODE_PROMOTE: ChangeKind.NODE_UPDATE,
    Verb.NODE_DEMOTE: ChangeKind.NODE_UPDATE,
}
ON_APPROVALS = {
    Verb.APPROVE: ActionKind.APPROVE,
    Verb.REJECT: ActionKind.REJECT,
    Verb.CANCEL: ActionKind.CANCEL_REQUEST,
}
"""The verbs that act on a request for approval."""


def prefix_of(command: Command) -> str:
    """Return how the ids of such records begin: `r` for a rollout, `c`, `a`, `q`."""
    return _PREFIX[command.verb_class]


def opened(command: Command, request: Request) -> Opened:
    """Return the new record of a command for one target; its id is the request's."""
    target = command.targets[0] if command.targets else ""
    own, cluster = request.id, request.cluster
    if command.verb_class is VerbClass.ROLLOUT:
        return _rollout(request, command, target)
    if command.verb_class is VerbClass.CHANGE:
        kind = _CHANGES.get(command.verb) or ChangeKind(command.verb.value)
        return Change(id=own, cluster=cluster, kind=kind, request=request, target=target)
    if kind_ := ON_APPROVALS.get(command.verb):
        words = command.options.reason
        return Action(
            id=own, cluster=cluster, kind=kind_, request=request, subject=target, words=words
        )
    if command.verb_class is VerbClass.ACTION:
        act = _ACTIONS[command.verb]
        return Action(id=own, cluster=cluster, kind=act, request=request, service=target)
    return Query(id=own, cluster=cluster, request=request)


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
