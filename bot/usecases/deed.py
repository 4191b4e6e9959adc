"""What somebody does to a live rollout, and whether they may."""

from dataclasses import dataclass, replace

from bot.domain.change import ActionKind
from bot.domain.jsontypes import Spec
from bot.domain.policy import Decision, Outcome, Piece, Resource, VerbGroup, side_of
from bot.domain.refusal import Refusal
from bot.domain.request import Principal, Request
from bot.domain.revision import RevisionSpec
from bot.domain.rollout.record import Errand, Rollout
from bot.domain.typed import typed
from bot.ports import SwarmReader
from bot.usecases.gate import Gate
from bot.usecases.refusals import Denied
from bot.usecases.rights import (
    circumstance_of,
    extent_back,
    group_of_action,
    place_of,
    resource_of,
)


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody does to a live rollout.

    Attributes:
        request: by which it was asked, for the audit log.
        to_revision: for a rollback.
        keep_replicas: for a rollback.
        blind: the Engine could not be asked whether the last step was sent.
        glass: why the rules are to be passed by; empty: they are not.
    """

    subject: str
    kind: ActionKind
    by: Principal
    channel: str
    request: Request
    to_revision: int | None = None
    keep_replicas: bool = False
    blind: bool = False
    glass: str = ""


@dataclass(frozen=True, kw_only=True)
class Way:
    """Where a rollout goes back to.

    Attributes:
        live: the spec that is live now.
        to: the revision, its ids those of today.
        takes: the secrets and configs that the service has not yet.
    """

    live: Spec
    to: RevisionSpec
    takes: tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True)
class Leave:
    """That somebody may.

    Attributes:
        decision: by which.
        back: what going back to a revision was judged on; None for anything else.
    """

    decision: Decision
    back: Resource | None = None


@dataclass(frozen=True, kw_only=True)
class Warrant:
    """Decides on acts on live rollouts."""

    gate: Gate
    swarm: SwarmReader

    def leave(self, rollout: Rollout, deed: Deed, way: Way | None = None) -> Leave | Refusal:
        """Decide: acting on a live rollout needs the right; going back may need an approval.

        Going back is judged on where it goes, too, as if nothing were live: an older revision may
        be another environment's, or of an image that may not run there any more.

        Raises:
            Denied: the policy says no.
        """
        group = group_of_action(deed.kind)
        how = replace(circumstance_of(deed.kind, deed.channel), break_glass=bool(deed.glass))
        back = self._back(rollout, deed, way) if way is not None else None
        decision = self.gate.decide(deed.by, group, back or _as_it_stands(rollout), how)
        if decision.outcome is Outcome.DENY:
            raise Denied(decision, "Nothing was changed.")
        if not _is_leave(decision, group):
            return Refusal(
                why=f"Not allowed at once: {decision.why}.",
                next_step=f"`{typed(f'abort {rollout.service}', rollout.cluster)}`, then "
                f"`{typed(f'rollback {rollout.service}', rollout.cluster)}` asks for the "
                "approvals.",
            )
        return Leave(decision=decision, back=back)

    def _back(self, rollout: Rollout, deed: Deed, way: Way) -> Resource:
        names = {network.id: network.name for network in self.swarm.networks()}
        return replace(
            place_of(rollout),
            sides=tuple(side_of(each, names) for each in (way.live, way.to.spec)),
            extent=extent_back(deed.request, way.live, way.to.spec),
            takes=way.takes,
        )


def objection(gate: Gate, rollout: Rollout, errand: Errand) -> Decision | None:
    """Return the decision by which what was done may not be sent any more; None: it may.

    Raises:
        StoreUnavailableError: nobody can tell what is locked.
    """
    group, request = group_of_action(errand.kind), errand.request
    how = circumstance_of(errand.kind, request.place.channel)
    how = replace(how, break_glass=errand.break_glass)
    for what in (_as_it_stands(rollout), *((errand.back,) if errand.back else ())):
        decision = gate.decide(request.by, group, what, how)
        if not _is_leave(decision, group):
            return decision
    return None


def _is_leave(decision: Decision, group: VerbGroup) -> bool:
    """Return whether somebody may at once; nobody's yes is asked for again but to go back."""
    if decision.outcome is Outcome.REQUIRE_APPROVAL:
        return group is not VerbGroup.ROLLBACK
    return decision.outcome is Outcome.ALLOW


def _as_it_stands(rollout: Rollout) -> Resource:
    """Return what is acted on; how far its change goes was judged when that was planned."""
    return replace(resource_of(rollout), extent=None)
