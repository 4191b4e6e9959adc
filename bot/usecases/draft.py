"""From what was typed to a plan: inspect, edit the inspected spec, resolve names, compare.

Reads only. Every refusal is a UserError that says what to do next.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from bot.domain.diff import diff
from bot.domain.errors import Conflict, NotFound, UserError
from bot.domain.flags.flag import Edit
from bot.domain.grammar import Command, Options
from bot.domain.grammar.suggest import Suggest
from bot.domain.history import next_number
from bot.domain.jsontypes import Spec
from bot.domain.observation import ServiceView
from bot.domain.plan import Kind, Plan, fingerprint
from bot.domain.policy import Decision, Outcome, Piece, Resource, side_of
from bot.domain.refusal import Refusal
from bot.domain.revision import History, RevisionSpec
from bot.domain.rollback import choose, restored_spec
from bot.domain.rollout.record import Rollout
from bot.domain.spec import (
    EditMode,
    apply_edits,
    cautions,
    configs_in,
    networks_in,
    new_spec,
    secrets_in,
    spec_hash,
    without_waggle_labels,
)
from bot.domain.typed import typed
from bot.ports import (
    ImageRegistry,
    NotFoundError,
    RegistryUnavailableError,
    Stored,
    Swarm,
)
from bot.usecases.answers.sight import Sight, sight_of
from bot.usecases.engine_age import insist_on_api
from bot.usecases.gate import Gate
from bot.usecases.lookup import Lookup
from bot.usecases.named_image import ImageFinder
from bot.usecases.own_pace import with_own_pace
from bot.usecases.pieces import Pieces
from bot.usecases.pinned import insist_on_digest
from bot.usecases.proven import with_proven
from bot.usecases.refusals import Denied
from bot.usecases.restored_files import with_present_files
from bot.usecases.revisions import Ledger, with_found
from bot.usecases.rights import circumstance, group_of, resource_of
from bot.usecases.update_defaults import completed

T = TypeVar("T")


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
        view = self._lookup(rollout).service(rollout.service)
        names = {network.id: network.name for network in self.swarm.networks()}
        self._admit(rollout, view.name, view.spec, names)
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

    def _admit(self, rollout: Rollout, name: str, spec: Spec, names: dict[str, str]) -> None:
        """Let who may act on the service: nobody else is told what names and tags there are.

        On the right alone: the plan, once there is one, is decided on by all that holds.
        """
        request = rollout.request
        what = Resource(cluster=rollout.cluster, service=name, sides=(side_of(spec, names),))
        decision = self.gate.granted(
            self.gate.policy, request.by, group_of(rollout.kind), request.place.channel
        )(what)
        if decision.outcome is Outcome.DENY:
            raise Denied(decision, "Nothing was changed.")

    def _sight(self, rollout: Rollout) -> Sight:
        """Return what the person may read: no other thing is named to them."""
        return sight_of(self.swarm, self.gate, rollout.cluster, rollout.request)

    def _lookup(self, rollout: Rollout) -> Lookup:
        return replace(self.lookup, tells=self._sight(rollout).tells)

    def _image(self, rollout: Rollout, present: Spec | None) -> ImageFinder:
        return ImageFinder(
            swarm=self.swarm,
            registry=self.registry,
            suggest=self.suggest,
            sight=self._sight(rollout),
            present=_image_of(present),
        )

    def _decide(self, rollout: Rollout, plan: Plan) -> Decision:
        decision = self.gate.decide(
            rollout.request.by,
            group_of(rollout.kind),
            resource_of(replace(rollout, plan=plan, service=plan.service)),
            circumstance(rollout.request),
        )
        if decision.outcome is Outcome.DENY:
            raise Denied(decision, "Nothing was changed.")
        insist_on_digest(Command.from_json(rollout.request.command), plan, decision)
        return decision

    def _create(self, rollout: Rollout, command: Command) -> Plan:
        names = {network.id: network.name for network in self.swarm.networks()}
        self._admit(rollout, rollout.service, _as_typed(command.edits), names)
        if any(view.name == rollout.service for view in self.swarm.services()):
            raise Conflict(
                f"A service `{rollout.service}` exists already.",
                f"Change it with `{typed(f'update … {rollout.service}', rollout.cluster)}`, or "
                "choose another name.",
            )
        insist_on_api(self.swarm, command.edits, creating=True)
        pieces = self._pieces(rollout, command.edits)
        desired = new_spec(
            command.edits,
            networks=self._networks(rollout, command.edits),
            secrets=pieces.ids("secret"),
            configs=pieces.ids("config"),
        )
        # the grammar keeps the name as the target; the spec needs it, too
        desired["Name"] = rollout.service
        desired, image = self._image(rollout, None).into(desired, command)
        what = Resource(cluster=rollout.cluster, service=rollout.service)
        desired, added = completed(self.gate.policy, command, what, (None, desired), names)
        digest = image.digest if image else ""
        pinned = _Pinned(digest_new=digest, takes=pieces.new_to(None))
        plan = self._plan(rollout, None, desired, names, pinned)
        return replace(plan, warnings=(*cautions(command.edits, None, self.suggest), *added))

    def _edit(
        self,
        rollout: Rollout,
        command: Command,
        view: ServiceView,
        own: Spec,
        names: dict[str, str],
    ) -> Plan:
        mode = EditMode.SCALE if rollout.kind is Kind.SCALE else EditMode.UPDATE
        insist_on_api(self.swarm, command.edits, creating=False)
        pieces = self._pieces(rollout, command.edits)
        base = without_waggle_labels(own)
        desired = apply_edits(
            base,
            command.edits,
            mode=mode,
            networks=self._networks(rollout, command.edits),
            secrets=pieces.ids("secret"),
            configs=pieces.ids("config"),
        )
        desired, image = self._image(rollout, view.spec).into(desired, command)
        added: tuple[str, ...] = ()
        if rollout.kind is Kind.UPDATE:
            what = Resource(cluster=rollout.cluster, service=view.name)
            desired, added = completed(self.gate.policy, command, what, (base, desired), names)
        digest = image.digest if image else ""
        pinned = _Pinned(digest_new=digest, takes=pieces.new_to(view.spec))
        plan = self._plan(rollout, view, desired, names, pinned)
        return replace(plan, warnings=(*cautions(command.edits, base, self.suggest), *added))

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
        desired, renewed, anew = with_present_files(self.swarm, desired, number)
        pinned = _Pinned(to_revision=number, takes=anew.new_to(view.spec))
        plan = self._plan(rollout, view, desired, names, pinned)
        return replace(plan, warnings=(*plan.warnings, *renewed, *self._preflight(desired)))

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
        pinned: "_Pinned",
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
            base_version=view.version if view else None,
            desired=desired,
            desired_hash=spec_hash(desired),
            changes=diff(base, desired, names),
            digest_old=digest_in(_image_of(base)),
            digest_new=pinned.digest_new or digest_in(_image_of(desired)),
            policy_hash=self.gate.policy.hash,
            to_revision=pinned.to_revision,
            takes=pinned.takes,
            network_names={key: name for key, name in names.items() if key in attached},
        )
        return replace(plan, fingerprint=fingerprint(plan))

    def _networks(self, rollout: Rollout, edits: Sequence[Edit]) -> dict[str, str]:
        """Return name → id of the networks that the edits name."""
        lookup = self._lookup(rollout)
        return {name: lookup.network(name).id for name in networks_in(edits)}

    def _pieces(self, rollout: Rollout, edits: Sequence[Edit]) -> Pieces:
        """Return the secrets and configs that the edits name."""
        lookup = self._lookup(rollout)
        return Pieces.of(lookup.secrets(secrets_in(edits)), lookup.configs(configs_in(edits)))


@dataclass(frozen=True, kw_only=True)
class _Pinned:
    """What a plan binds besides its spec; see `Plan`."""

    digest_new: str = ""
    to_revision: int | None = None
    takes: tuple[Piece, ...] = ()


def _as_typed(edits: Sequence[Edit]) -> Spec:
    """Return the spec of a new service with names for ids: nothing has been looked up."""
    return new_spec(
        edits,
        networks={name: name for name in networks_in(edits)},
        secrets={name: name for name in secrets_in(edits)},
        configs={name: name for name in configs_in(edits)},
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


def _way_back(known: History) -> int | None:
    """Return where Roll back of the new revision would go."""
    number = choose(known, under_way=True)
    return number if isinstance(number, int) else None


def _value(answer: T | Refusal) -> T:
    if isinstance(answer, Refusal):
        raise UserError(answer.why, answer.next_step)
    return answer
