"""Which right a change needs, and on what: every change passes the gate with these."""

from dataclasses import replace

from bot.domain import images
from bot.domain.approval import Approval
from bot.domain.change import ActionKind, Change, ChangeKind
from bot.domain.convergence.wanted import replicas_of
from bot.domain.errors import UserError
from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.grammar import Command
from bot.domain.images import is_repository
from bot.domain.jsontypes import Spec
from bot.domain.plan import Kind, Plan
from bot.domain.policy import Extent, Policy, Resource, VerbGroup, all_environments, side_of
from bot.domain.request import Principal, Request
from bot.domain.rollout.record import Rollout
from bot.domain.spec import images_in, loose_hash
from bot.usecases.gate import Circumstance

_BY_KIND = {
    Kind.CREATE: VerbGroup.CREATE,
    Kind.UPDATE: VerbGroup.UPDATE,
    Kind.SCALE: VerbGroup.SCALE,
    Kind.ROLLBACK: VerbGroup.ROLLBACK,
    ChangeKind.RM: VerbGroup.REMOVE,
    ChangeKind.NODE_UPDATE: VerbGroup.NODE,
    ChangeKind.NODE_RM: VerbGroup.NODE,
    ChangeKind.NETWORK_CREATE: VerbGroup.CREATE,
    ChangeKind.NETWORK_RM: VerbGroup.REMOVE,
}
_BY_ACTION = {
    ActionKind.ROLLBACK: VerbGroup.ROLLBACK,
    ActionKind.CONFIRM: VerbGroup.REMOVE,
    ActionKind.CANCEL: VerbGroup.REMOVE,
    ActionKind.LOCK: VerbGroup.LOCK,
    ActionKind.UNLOCK: VerbGroup.LOCK,
    ActionKind.APPROVE: VerbGroup.APPROVE,
    ActionKind.REJECT: VerbGroup.APPROVE,
    ActionKind.CANCEL_REQUEST: VerbGroup.APPROVE,
    ActionKind.REVIEW: VerbGroup.APPROVE,
}
_CLICKS = frozenset({ActionKind.CONFIRM, ActionKind.CANCEL})
_ON_DRAINS = frozenset({ActionKind.ABORT, ActionKind.KEEP_WAITING})
_NODE_VERBS = frozenset(
    {
        Verb.NODE_UPDATE,
        Verb.NODE_PROMOTE,
        Verb.NODE_DEMOTE,
        Verb.NODE_RM,
        Verb.NODE_INSPECT,
        Verb.NODE_PS,
    }
)
_NETWORK_VERBS = frozenset({Verb.NETWORK_LS, Verb.NETWORK_CREATE, Verb.NETWORK_RM})
_STACK_VERBS = frozenset({Verb.STACK_PS, Verb.STACK_SERVICES})
SEND_NOTHING = frozenset({ActionKind.ABORT, ActionKind.KEEP_WAITING})
"""Acts of which Docker hears nothing."""
SENDS_NOTHING = frozenset({Verb.ABORT, Verb.WAIT})
"""Verbs of which Docker hears nothing."""
NEVER_LATE = SEND_NOTHING | {ActionKind.CANCEL, ActionKind.REJECT, ActionKind.CANCEL_REQUEST}
"""Acts that stop something: a no that waited for hours must count, too."""
NEVER_LATE_VERBS = SENDS_NOTHING | {Verb.REJECT, Verb.CANCEL}
"""The same, typed."""
_BY_VERB = {
    **{Verb(kind.value): group for kind, group in _BY_KIND.items()},
    **dict.fromkeys((Verb.APPROVE, Verb.REJECT, Verb.CANCEL), VerbGroup.APPROVE),
    Verb.NODE_PROMOTE: VerbGroup.NODE,
    Verb.NODE_DEMOTE: VerbGroup.NODE,
    Verb.LOCK: VerbGroup.LOCK,
    Verb.UNLOCK: VerbGroup.LOCK,
}


def group_of(kind: Kind | ChangeKind) -> VerbGroup:
    """Return the right that a rollout or a one-step change needs."""
    return _BY_KIND[kind]


def group_of_action(kind: ActionKind) -> VerbGroup:
    """Return the right that an act on a live rollout, or a confirming click, needs."""
    return _BY_ACTION.get(kind, VerbGroup.UPDATE)


def group_on(kind: ActionKind, subject: Rollout | Change | Approval, by: Principal) -> VerbGroup:
    """Return the right that somebody needs to do that to that very thing.

    To withdraw one's own request takes no more than to see it: a freeze must not keep it standing.
    """
    if isinstance(subject, Approval):
        if kind is ActionKind.CANCEL_REQUEST and by.user == subject.request.by.user:
            return VerbGroup.READ
        if kind is ActionKind.PLAN_AGAIN:
            return group_of(kind_of(subject.kind))
    if isinstance(subject, Change) and kind in _CLICKS:
        return group_of(subject.kind)
    if isinstance(subject, Change) and subject.drain is not None and kind in _ON_DRAINS:
        return VerbGroup.NODE
    return group_of_action(kind)


def kind_of(word: str) -> Kind | ChangeKind:
    """Return the kind of a rollout or of a change by its word."""
    return ChangeKind(word) if word in {each.value for each in ChangeKind} else Kind(word)


def circumstance_of(kind: ActionKind, channel: str) -> Circumstance:
    """Return what an act on a live rollout brings along."""
    return Circumstance(channel=channel, sends_nothing=kind in SEND_NOTHING)


def group_of_verb(verb: Verb) -> VerbGroup:
    """Return the right that a typed verb needs."""
    if verb.verb_class is VerbClass.READ:
        return VerbGroup.READ
    return _BY_VERB.get(verb, VerbGroup.UPDATE)


def circumstance(request: Request) -> Circumstance:
    """Return what a recorded request brings along."""
    options = request.command.get("options") or {}
    broken = bool(options.get("break_glass"))
    return Circumstance(channel=request.place.channel, break_glass=broken)


def first_sight(verb: Verb, cluster: str, target: str) -> Resource:
    """Return what is known of a target before anybody has looked: its name."""
    if verb in _NODE_VERBS:
        return Resource(cluster=cluster, node=target)
    of_all = verb in _NETWORK_VERBS | _STACK_VERBS or verb is Verb.SUBSCRIPTIONS
    if of_all or (verb is Verb.TAGS and is_repository(target)):
        return Resource(cluster=cluster)
    return Resource(cluster=cluster, service=target)


def in_each_environment(policy: Policy, what: Resource) -> tuple[Resource, ...]:
    """Return a thing that nobody can place as it would be in each environment that there is."""
    names = (each.name for each in all_environments(policy))
    return tuple(replace(what, sides=(), environment=name) for name in names)


def resource_of_subject(subject: Rollout | Change | Approval) -> Resource:
    """Return what a button is about, as far as its record tells."""
    if isinstance(subject, Approval):
        return subject.resource
    if isinstance(subject, Rollout):
        return resource_of(subject)
    seen = subject.resource
    return seen or first_sight(Verb(subject.kind.value), subject.cluster, subject.target)


def resource_of(rollout: Rollout) -> Resource:
    """Return what a rollout acts on, judged on what the service is and on what it will become."""
    place, plan = place_of(rollout), rollout.plan
    if plan is None:
        return place
    return replace(place, extent=_extent(rollout, plan), takes=plan.takes)


def place_of(rollout: Rollout) -> Resource:
    """Return what a rollout acts on and where, as for who only looks at it.

    What it takes in is left out: who may read the service reads the names of its secrets anyway.
    """
    place, plan = Resource(cluster=rollout.cluster, service=rollout.service), rollout.plan
    if plan is None:
        return place
    specs = (each for each in (plan.base_spec, plan.desired) if each is not None)
    return replace(place, sides=tuple(side_of(each, plan.network_names) for each in specs))


def _extent(rollout: Rollout, plan: Plan) -> Extent:
    if rollout.kind is Kind.ROLLBACK:
        return extent_back(rollout.request, plan.base_spec, plan.desired)
    return extent_of(rollout.request, plan.base_spec, plan.desired)


def extent_back(request: Request, present: Spec | None, recorded: Spec) -> Extent:
    """Return how much going to a revision moves, whether a rollout is live there or not.

    By its number it is no update: what locks its spec and image is not asked.
    """
    return replace(extent_of(request, present, recorded), brings="", spec_hash="")


def extent_of(request: Request, present: Spec | None, desired: Spec) -> Extent:
    """Return how much a change of a service moves."""
    image, brings = _image(desired), _image(desired) != _image(present or {})
    named = images_in(Command.from_json(request.command).edits) if request.command else []
    return Extent(
        replicas_old=_replicas(present or {}),
        replicas_new=_replicas(desired),
        image=_repository(image) if brings else "",
        runs=_repository(image),
        digest_typed=bool(named) and "@" in named[-1],
        brings=image if brings else "",
        spec_hash=loose_hash(desired),
    )


def _repository(image: str) -> str:
    try:
        return images.split(image).repository
    except UserError:  # the Engine takes what we would not: an id, for instance
        return images.familiar(image)


def _replicas(spec: Spec) -> int | None:
    """Return how many tasks are asked for; of a job, how many in all. One on each node: None."""
    mode = spec.get("Mode") or {}
    counted = any(mode.get(key) is not None for key in ("Replicated", "ReplicatedJob"))
    return replicas_of(spec) if counted else None


def _image(spec: Spec) -> str:
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    return str(container.get("Image") or "")
