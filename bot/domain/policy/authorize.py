"""Who may do what where: the one decision that every way in asks for.

    granted in every environment that the thing is in and will be in?      no → deny
    and so for each secret and config that it takes in?                    no → deny
    a lock, a freeze in any of them?                                       yes → deny
    an image that may not run there?                                       yes → deny
    past a limit?                                                          deny, or ask for approval
    a verb that needs approval there?                                      ask the strictest rule
    else                                                                   allow

Fail closed: an unknown, empty or unreadable policy lets nobody, and the person is told why.
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.domain.policy.decision import Context, Decision, Outcome
from bot.domain.policy.grants import granting, refusal, words
from bot.domain.policy.matching import entered, environments_of, fits
from bot.domain.policy.model import (
    ApprovalRule,
    Beyond,
    Environment,
    Grant,
    Policy,
    VerbGroup,
)
from bot.domain.policy.resource import Extent, Resource
from bot.domain.request import Principal

IS_OPEN = "WAGGLE_POLICY=open: everyone may do everything"
_ALWAYS = frozenset({VerbGroup.READ, VerbGroup.LOCK, VerbGroup.APPROVE})
"""Rights that neither a freeze nor a lock takes away."""


def authorize(
    policy: Policy, who: Principal, verb: VerbGroup, what: Resource, context: Context
) -> Decision:
    """Decide whether `who` may do `verb` to `what`.

    Args:
        policy: the rules in force.
        who: the person, by ids.
        verb: the right that is asked for.
        what: judged on what it is and on what it will become; the stricter holds. Without sides
            nobody has looked yet: then only what is refused everywhere is refused, and whoever has
            looked decides again.
        context: the circumstances.
    """
    return replace(_decided(policy, who, verb, what, context), policy=policy.hash)


def _decided(
    policy: Policy, who: Principal, verb: VerbGroup, what: Resource, context: Context
) -> Decision:
    if policy.open_to_all:
        return _open(verb, context)
    found = environments_of(policy, what)
    names = tuple(each.name for each in found)
    grants: list[Grant] = []
    for each, environment in _asked(policy, what, found):
        grant = _granted(policy, who, verb, each, (environment, context))
        if isinstance(grant, Decision):
            return replace(grant, environments=names)
        grants.append(grant)
    decision = _circumstances(policy, found, verb, what, context)
    rule = decision.rule or grants[0].name
    return replace(decision, rule=rule, environments=names)


def _asked(
    policy: Policy, what: Resource, found: tuple[Environment, ...]
) -> Iterator[tuple[Resource, Environment | None]]:
    """Return all that must be granted: the thing, and by itself each piece that it takes in.

    A line for some services gives no piece: nothing says that it is theirs.
    """
    yield from ((what, environment) for environment in found or (None,))
    for piece in what.pieces:
        yield from ((piece, environment) for environment in environments_of(policy, piece))


def _open(verb: VerbGroup, context: Context) -> Decision:
    """Allow; but a lock is a person's, not a rule's, and holds under the open policy, too."""
    locks = () if verb in _ALWAYS else context.locks
    if locks and not context.break_glass:
        return Decision(outcome=Outcome.DENY, reasons=locks, rule="freeze or lock")
    return Decision(
        outcome=Outcome.ALLOW,
        reasons=(IS_OPEN,),
        rule="open",
        glass_broken=context.break_glass,
        passed=locks,
    )


def _granted(
    policy: Policy,
    who: Principal,
    verb: VerbGroup,
    what: Resource,
    where: tuple[Environment | None, Context],
) -> Grant | Decision:
    """Return the line that grants it, or the refusal."""
    needed = [verb, VerbGroup.BREAK_GLASS] if where[1].break_glass else [verb]
    granted: Grant | None = None
    for each in needed:
        line = granting(policy, who, each, what, where)
        if line is None:
            reasons = refusal(policy, each, what, *where)
            return Decision(outcome=Outcome.DENY, reasons=reasons, rule="no grant")
        granted = granted or line
    assert granted is not None  # noqa: S101 - `needed` is never empty
    return granted


def _circumstances(
    policy: Policy,
    found: tuple[Environment, ...],
    verb: VerbGroup,
    what: Resource,
    context: Context,
) -> Decision:
    """Decide what is granted by what is going on, and by what each environment asks for."""
    back = verb is VerbGroup.ROLLBACK  # to what was recorded: it ran before, by its digest
    new = entered(policy, what)
    forbidden = tuple(_images(found, what.extent, new, recorded=back))
    if forbidden:
        return Decision(outcome=Outcome.DENY, reasons=forbidden, rule="images")
    stops = () if verb in _ALWAYS else tuple(_stops(found, verb, context))
    beyond = () if back else tuple(_beyond(found, what.extent, new))
    past = frozenset(where.name for where, each, _ in beyond if each is Beyond.APPROVE)
    needs = _strictest(found, verb, past)
    refused = tuple(text for _, each, text in beyond if each is Beyond.REFUSE)
    asked = tuple(text for _, each, text in beyond if each is Beyond.APPROVE)
    if context.break_glass:
        consent = (*asked, _asks(*needs, verb)) if needs else ()
        passed = (*stops, *refused, *consent)
        return Decision(outcome=Outcome.ALLOW, glass_broken=True, passed=passed)
    if stops or refused:
        rule = "freeze or lock" if stops else "limits"
        return Decision(outcome=Outcome.DENY, reasons=(*stops, *refused), rule=rule)
    if needs is None:
        return Decision(outcome=Outcome.ALLOW)
    environment, rule_ = needs
    return Decision(
        outcome=Outcome.REQUIRE_APPROVAL,
        reasons=(*asked, _asks(environment, rule_, verb)),
        rule=f"environments.{environment.name}.approvals",
        approval=rule_,
        asked_in=environment.name,
        beyond=asked,
    )


def _stops(found: tuple[Environment, ...], verb: VerbGroup, context: Context) -> Iterator[str]:
    yield from context.locks
    names = {each.name for each in found}
    for window in context.windows:
        if window.environment in names and window.holds(context.now) and verb not in window.passes:
            why = f" ({window.reason})" if window.reason else ""
            until = window.ends.strftime("%Y-%m-%d %H:%M UTC")
            yield f"{window.environment} is frozen until {until}{why}"


def _images(
    found: tuple[Environment, ...], extent: Extent | None, new: frozenset[str], *, recorded: bool
) -> Iterator[str]:
    if extent is None:
        return
    for each in found:
        image = extent.image or (extent.runs if each.name in new else "")
        allow = each.images.allow
        if image and allow is not None and not fits(image, allow):
            yield f"images in {each.name} come from {', '.join(allow)}; {image} does not"
        if image and each.images.require_digest and not (extent.digest_typed or recorded):
            yield f"{each.name} wants the digest in the line: {image}@sha256:…"


def _beyond(
    found: tuple[Environment, ...], extent: Extent | None, entered: frozenset[str]
) -> Iterator[tuple[Environment, Beyond, str]]:
    if extent is None or extent.replicas_new is None:
        return
    old, new = extent.replicas_old or 0, extent.replicas_new
    for each in found:
        most, step = each.limits.replicas, each.limits.step
        if most is not None and new > most and (new > old or each.name in entered):
            text = f"{each.name} is limited to {_replicas(most)}, this asks for {new}"
            yield each, each.limits.beyond, text
        if step is not None and abs(new - old) > step:  # a new one counts from 0
            most_at_once = f"changes by at most {_replicas(step)} at once"
            text = f"{each.name} {most_at_once}, this by {new - old:+d}"
            yield each, each.limits.beyond, text


def _replicas(count: int) -> str:
    return f"{count} replica{'s' * (count != 1)}"


def _strictest(
    found: tuple[Environment, ...], verb: VerbGroup, past: frozenset[str]
) -> tuple[Environment, ApprovalRule] | None:
    """Return the rule that asks for most people, with what the others demand besides.

    Whichever way a service is moved, each environment's demands hold: each of the people counts in
    all of them, in the shortest time. The first of equals is the one that the file lists first.
    """
    asking = [(each, rule) for each in found if (rule := _asking(each, verb, past))]
    if not asking:
        return None
    first, rule = max(asking, key=lambda pair: pair[1].required)
    others = [other for each, other in asking if each is not first]
    expires = min([rule.expires, *(other.expires for other in others)])
    return first, replace(
        rule,
        self_approval=rule.self_approval and all(other.self_approval for other in others),
        also=tuple(other.approvers for other in others if other.approvers != rule.approvers),
        expires=expires,
        remind=rule.remind if rule.remind and rule.remind < expires else None,
    )


def _asking(environment: Environment, verb: VerbGroup, past: frozenset[str]) -> ApprovalRule | None:
    rule = environment.approvals
    if verb in rule.verbs and rule.required > 0:
        return rule
    if environment.name in past:
        return replace(rule, required=max(1, rule.required))
    return None


def _asks(environment: Environment, rule: ApprovalRule, verb: VerbGroup) -> str:
    people = "person" if rule.required == 1 else "people"
    return f"to {words(verb)} in {environment.name} needs the yes of {rule.required} {people}"
