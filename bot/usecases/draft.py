"""From what was typed to a plan: inspect, edit the inspected spec, resolve names, compare.

Reads only. Every refusal is a UserError that says what to do next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from bot.domain import images
from bot.domain.diff import diff
from bot.domain.errors import Conflict, NotFound, UserError
from bot.domain.flags.flag import Edit
from bot.domain.grammar import Command, Options
from bot.domain.grammar.suggest import Suggest
from bot.domain.history import next_number
from bot.domain.jsontypes import Spec
from bot.domain.observation import ServiceView
from bot.domain.plan import Kind, Plan, fingerprint
from bot.domain.policy import Decision, Outcome, Resource
from bot.domain.refusal import Refusal
from bot.domain.revision import History, RevisionSpec
from bot.domain.rollback import choose, restored_spec
from bot.domain.rollout.record import Rollout
from bot.domain.spec import (
    EditMode,
    apply_edits,
    images_in,
    networks_in,
    new_spec,
    spec_hash,
    with_image,
    without_waggle_labels,
)
from bot.ports import (
    ImageRegistry,
    NotFoundError,
    RegistryUnavailableError,
    ResolvedImage,
    Stored,
    Swarm,
)
from bot.usecases.gate import Gate
from bot.usecases.lookup import Lookup
from bot.usecases.own_pace import with_own_pace
from bot.usecases.pinned import insist_on_digest
from bot.usecases.proven import with_proven
from bot.usecases.refusals import Denied
from bot.usecases.revisions import Ledger, with_found
from bot.usecases.rights import circumstance, group_of, resource_of
from bot.usecases.update_defaults import completed

T = TypeVar("T")
_SHOWN_TAGS = 5


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A plan with the history that it is numbered by.

    Attributes:
        decision: what the policy says of it: allowed, or what approval it needs.
        history: what is recorded now, with its revision in the store.
        known: the same with what was found live.
        kept: the specs that go with what was found.
        back_to: where Roll back would go.
    """

    plan: Plan
    decision: Decision
    history: Stored[History] | None = None
    known: History | None = None
    kept: tuple[RevisionSpec, ...] = ()
    back_to: int | None = None


@dataclass(frozen=True, kw_only=True)
class Drafter:
    """Makes plans."""

    swarm: Swarm
    registry: ImageRegistry
    lookup: Lookup
    ledger: Ledger
    gate: Gate
    suggest: Suggest

    def draft(self, rollout: Rollout, now: datetime) -> Draft:
        """Work out the plan of an accepted command.

        Raises:
            UserError: it is refused, and why.
            EngineError: the Engine does not answer, or refuses to.
        """
        command = Command.from_json(rollout.request.command)
        if rollout.kind is Kind.CREATE:
            plan = self._create(rollout, command)
            decision = self._decide(rollout, plan)
            return Draft(plan=_warned(plan, decision), decision=decision)
        view = self.lookup.service(rollout.service)
        names = {network.id: network.name for network in self.swarm.networks()}
        stored = self.ledger.read(rollout.cluster, view.id, view.name)
        own = with_own_pace(self.ledger.store, rollout.cluster, view)
        known, kept = with_found(stored.value, own, names, now)
        known = with_proven(known, view, self.swarm, now)
        if rollout.kind is Kind.ROLLBACK:
            plan = self._rollback(rollout, command.options, view, known, names)
        else:
            plan = self._edit(rollout, command, view, own.spec, names)
        decision = self._decide(rollout, plan)
        return Draft(
            plan=_warned(plan, decision),
            decision=decision,
            history=stored,
            known=known,
            kept=kept,
            back_to=_way_back(known),
        )

    def _decide(self, rollout: Rollout, plan: Plan) -> Decision:
        decision = self.gate.decide(
            rollout.request.by,
            group_of(rollout.kind),
            resource_of(replace(rollout, plan=plan, service=plan.service)),
            circumstance(rollout.request),
        )
        if decision.outcome is Outcome.DENY:
            raise Denied(decision)
        insist_on_digest(Command.from_json(rollout.request.command), plan, decision)
        return decision

    def _create(self, rollout: Rollout, command: Command) -> Plan:
        if any(view.name == rollout.service for view in self.swarm.services()):
            raise Conflict(
                f"A service `{rollout.service}` exists already.",
                f"Change it with `update … {rollout.service}`, or choose another name.",
            )
        desired = new_spec(command.edits, networks=self._network_ids(command.edits))
        # the grammar keeps the name as the target; the spec needs it, too
        desired["Name"] = rollout.service
        desired, image = self._with_image(desired, command)
        names = {network.id: network.name for network in self.swarm.networks()}
        what = Resource(cluster=rollout.cluster, service=rollout.service)
        desired, added = completed(self.gate.policy, command, what, (None, desired), names)
        digest = image.digest if image else ""
        plan = self._plan(rollout, None, desired, names, digest_new=digest)
        return replace(plan, warnings=added)

    def _edit(
        self,
        rollout: Rollout,
        command: Command,
        view: ServiceView,
        own: Spec,
        names: dict[str, str],
    ) -> Plan:
        mode = EditMode.SCALE if rollout.kind is Kind.SCALE else EditMode.UPDATE
        ids = self._network_ids(command.edits)
        base = without_waggle_labels(own)
        desired = apply_edits(base, command.edits, mode=mode, networks=ids)
        desired, image = self._with_image(desired, command)
        added: tuple[str, ...] = ()
        if rollout.kind is Kind.UPDATE:
            what = Resource(cluster=rollout.cluster, service=view.name)
            desired, added = completed(self.gate.policy, command, what, (base, desired), names)
        digest = image.digest if image else ""
        plan = self._plan(rollout, view, desired, names, digest_new=digest)
        return replace(plan, warnings=added)

    def _rollback(
        self,
        rollout: Rollout,
        options: Options,
        view: ServiceView,
        known: History,
        names: dict[str, str],
    ) -> Plan:
        number = _value(choose(known, options.to_revision))
        recorded = self.ledger.spec_of(known, number)
        if recorded is None:
            raise NotFound(
                f"The spec of revision {number} of {view.name} is not recorded any more."
            )
        ids = {name: key for key, name in names.items()}
        restored = restored_spec(recorded, view.spec, ids, keep_replicas=options.keep_replicas)
        desired = without_waggle_labels(_value(restored))
        plan = self._plan(rollout, view, desired, names, to_revision=number)
        return replace(plan, warnings=(*plan.warnings, *self._preflight(desired)))

    def _preflight(self, spec: Spec) -> tuple[str, ...]:
        image = _image_of(spec)
        if "@" not in image:
            return ()
        try:
            self.swarm.resolve_image(image)
        except NotFoundError:
            return (
                f"the registry no longer has {image}: nodes that do not have it cannot start it",
            )
        except RegistryUnavailableError:
            return (f"the registry did not answer, so nobody knows whether it still has {image}",)
        return ()

    def _plan(
        self,
        rollout: Rollout,
        view: ServiceView | None,
        desired: Spec,
        names: dict[str, str],
        *,
        digest_new: str = "",
        to_revision: int | None = None,
    ) -> Plan:
        base = without_waggle_labels(view.spec) if view else None
        name = view.name if view else rollout.service
        attached = _attached(desired) | _attached(base or {})
        plan = Plan(
            cluster=rollout.cluster,
            service=name,
            service_id=view.id if view else None,
            kind=rollout.kind,
            base_hash=spec_hash(base) if base is not None else None,
            base_spec=base,
            base_update_at=view.update_started_at if view else None,
            desired=desired,
            desired_hash=spec_hash(desired),
            changes=diff(base, desired, names),
            digest_old=digest_in(_image_of(base)),
            digest_new=digest_new or digest_in(_image_of(desired)),
            policy_hash=self.gate.policy.hash,
            to_revision=to_revision,
            network_names={key: name for key, name in names.items() if key in attached},
        )
        return replace(plan, fingerprint=fingerprint(plan))

    def _network_ids(self, edits: Sequence[Edit]) -> dict[str, str]:
        return {name: self.lookup.network(name).id for name in networks_in(edits)}

    def _with_image(self, spec: Spec, command: Command) -> tuple[Spec, ResolvedImage | None]:
        named = images_in(command.edits)
        if not named:
            return spec, None
        reference = str(images.with_default_tag(images.split(named[-1])))
        if command.options.no_resolve_image:
            return with_image(spec, reference), None
        image = self._resolve(reference)
        platforms = [_lower(platform) for platform in image.platforms]
        return with_image(spec, image.reference, platforms), image

    def _resolve(self, reference: str) -> ResolvedImage:
        try:
            return self.swarm.resolve_image(reference)
        except NotFoundError:
            raise self._unknown_tag(reference) from None
        except RegistryUnavailableError:
            raise UserError(
                f"The registry did not answer for `{reference}`, or the image is only local.",
                "Nothing was changed. Try again, or add --no-resolve-image to let each node "
                "look for the tag by itself.",
            ) from None

    def _unknown_tag(self, reference: str) -> NotFound:
        named = images.split(reference)
        repository, tag = named.repository, named.tag
        try:
            tags = self.registry.tags(reference)
        except (RegistryUnavailableError, NotFoundError):
            tags = []
        meant = self.suggest(tag, tags) if tags else None
        others = [each for each in tags if each != meant]
        hint = f"Did you mean `{repository}:{meant}`? " if meant else ""
        if others := images.nearest_tags(tag, others, _SHOWN_TAGS):
            hint += f"Tags there are: {', '.join(f'`{each}`' for each in others)}."
        return NotFound(
            f"The registry knows no `{reference}`.",
            hint.strip() or "Look the name up and try again.",
        )


def digest_in(image: str) -> str:
    """Return the digest of `name:tag@sha256:…`, or nothing."""
    return image.partition("@")[2]


def numbered(draft: Draft) -> int:
    """Return the revision that the plan makes, or makes current again."""
    if draft.plan.to_revision is not None:
        return draft.plan.to_revision
    return next_number(draft.known) if draft.known else 1


def _warned(plan: Plan, decision: Decision) -> Plan:
    """Return the plan with what the person should know of the decision: a lock that it passes."""
    return replace(plan, warnings=(*plan.warnings, *decision.warnings))


def _attached(spec: Spec) -> set[str]:
    networks = (spec.get("TaskTemplate") or {}).get("Networks") or ()
    return {network.get("Target", "") for network in networks}


def _image_of(spec: Spec | None) -> str:
    container = ((spec or {}).get("TaskTemplate") or {}).get("ContainerSpec") or {}
    return str(container.get("Image", ""))


def _lower(platform: Mapping[str, str]) -> dict[str, str]:
    # the port hands over entries for Placement.Platforms, the domain reads the registry's spelling
    return {
        "architecture": platform.get("Architecture", platform.get("architecture", "")),
        "os": platform.get("OS", platform.get("os", "")),
    }


def _way_back(known: History) -> int | None:
    """Return where Roll back of the new revision would go."""
    number = choose(known, under_way=True)
    return number if isinstance(number, int) else None


def _value(answer: T | Refusal) -> T:
    if isinstance(answer, Refusal):
        raise UserError(answer.why, answer.next_step)
    return answer
