"""A service that was left in the middle of a rollback still updates at the rollback's pace.

While Waggle goes back, UpdateConfig is the revision's RollbackConfig. If the rollback is aborted or
taken over, that must not become the service's own: the next change starts from what it should be.
"""

from dataclasses import replace

from bot.domain.observation import ServiceView
from bot.domain.rollout.record import Rollout
from bot.domain.rollout.standing import own_spec
from bot.domain.rollout.traces import rollout_of
from bot.ports import RecordStore


def with_own_pace(store: RecordStore, cluster: str, view: ServiceView) -> ServiceView:
    """Return the view with the spec that was still to be restored, if it is in such a middle.

    The labels say whose posting is live; only the hash in that rollout's record proves it.
    """
    stored = store.get(Rollout, rollout_of(view.spec))
    if stored is None:
        return view
    rollout = stored.value
    if (rollout.cluster, rollout.service_id) != (cluster, view.id):
        return view
    own = own_spec(rollout, view.spec)
    return replace(view, spec=own) if own is not None else view
