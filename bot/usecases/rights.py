"""Which right a change needs, and on what: every change passes `decide()` with these."""

from bot.domain.change import ActionKind, ChangeKind
from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.jsontypes import Spec
from bot.domain.plan import Kind
from bot.domain.policy import Resource, VerbGroup
from bot.domain.rollout.record import Rollout

_BY_KIND = {
    Kind.CREATE: VerbGroup.CREATE,
    Kind.UPDATE: VerbGroup.UPDATE,
    Kind.SCALE: VerbGroup.SCALE,
    Kind.ROLLBACK: VerbGroup.ROLLBACK,
    ChangeKind.RM: VerbGroup.REMOVE,
    ChangeKind.NODE_UPDATE: VerbGroup.NODE,
    ChangeKind.NETWORK_CREATE: VerbGroup.NETWORK,
    ChangeKind.NETWORK_RM: VerbGroup.NETWORK,
}
_BY_ACTION = {
    ActionKind.ROLLBACK: VerbGroup.ROLLBACK,
    ActionKind.CONFIRM: VerbGroup.REMOVE,
    ActionKind.CANCEL: VerbGroup.REMOVE,
}
_BY_VERB = {Verb(kind.value): group for kind, group in _BY_KIND.items()}


def group_of(kind: Kind | ChangeKind) -> VerbGroup:
    """Return the right that a rollout or a one-step change needs."""
    return _BY_KIND[kind]


def group_of_action(kind: ActionKind) -> VerbGroup:
    """Return the right that an act on a live rollout, or a confirming click, needs."""
    return _BY_ACTION.get(kind, VerbGroup.UPDATE)


def group_of_verb(verb: Verb) -> VerbGroup:
    """Return the right that a typed verb needs."""
    if verb.verb_class is VerbClass.READ:
        return VerbGroup.READ
    return _BY_VERB.get(verb, VerbGroup.UPDATE)


def resource_of(rollout: Rollout) -> Resource:
    """Return what a rollout acts on: labels and constraints of the present AND the desired spec."""
    plan = rollout.plan
    specs = (plan.base_spec, plan.desired) if plan else ()
    return resource(rollout.cluster, rollout.service, *specs)


def resource(cluster: str, service: str, *specs: Spec | None) -> Resource:
    """Return a service as the policy sees it, judged on what it is and on what it will become."""
    labels: dict[str, str] = {}
    constraints: dict[str, None] = {}
    for spec in specs:
        labels.update((spec or {}).get("Labels") or {})
        placement = ((spec or {}).get("TaskTemplate") or {}).get("Placement") or {}
        constraints.update(dict.fromkeys(placement.get("Constraints") or ()))
    return Resource(cluster=cluster, service=service, labels=labels, constraints=tuple(constraints))
