"""A revision whose rollout was aborted counts as good once its tasks have held.

Nobody follows it any more, so that is looked up when it matters: before the next change.
"""

from datetime import datetime

from bot.domain import history as past
from bot.domain.convergence.steady import has_held
from bot.domain.observation import Observation, ServiceView
from bot.domain.revision import History, Mark
from bot.ports import SwarmReader


def with_proven(history: History, view: ServiceView, swarm: SwarmReader, now: datetime) -> History:
    """Return the history, its current revision good if it was unknown and has proved itself.

    Args:
        history: what is live is its current revision.
        view: of the service.
        swarm: asked for the tasks only if the mark is unknown.
        now: aware UTC.
    """
    entry = past.entry_of(history, history.current)
    if entry is None or entry.found or entry.mark is not Mark.UNKNOWN:
        return history
    seen = Observation(
        service=view,
        tasks=tuple(swarm.tasks([view.id])),
        nodes={node.id: node for node in swarm.nodes()},
    )
    if not has_held(view, seen, now):
        return history
    return past.marked(history, entry.number, Mark.GOOD)
