"""What a drain knows: the services that had tasks on the node, and where those are by now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.observation import Mode

DEADLINE = timedelta(minutes=10)
"""No progress for so long means stalled, unless `--deadline` says otherwise; as for a rollout."""

_MOVES = frozenset({Mode.REPLICATED, Mode.REPLICATED_JOB})


class Phase(StrEnum):
    """How a look at a drain ends."""

    MOVING = "moving"
    STALLED = "stalled"
    DONE = "done"  # the node is empty, and what was there runs elsewhere, for a while already


@dataclass(frozen=True, kw_only=True)
class Moving:
    """One service that had tasks on the node, as it was planned and as it is now.

    What is found on the node later on (it landed there before the drain began) is as it was then.

    Attributes:
        here: how many of its tasks were on the node.
        ran: how many of its tasks ran in the whole swarm, then.
        coming: how many more Swarm was bringing up, then, in the whole swarm: what an update had
            under way, or what was slow to start. Of a replicated service alone.
        wanted: how many it wants; of a global service, how many nodes ran it.
        left: tasks that are still on the node, those that stop included.
        elsewhere: tasks that run on other nodes.
        least: the fewest that ran at any look since.
        waits: what it waits for, in Swarm's own words where it has some; empty: nothing.
        is_gone: the service was removed meanwhile.
        homeless: tasks that ran on the node, had no other home when this was planned, not even on
            nodes that were away, and come back with it (`--then active`): nobody waits for them
            elsewhere.
    """

    service_id: str
    name: str
    mode: Mode
    here: int
    ran: int
    wanted: int
    left: int
    elsewhere: int
    least: int
    waits: str = ""
    is_gone: bool = False
    homeless: int = 0
    coming: int = 0

    @property
    def moves(self) -> bool:
        """Whether Swarm starts its tasks elsewhere; a global service's just end."""
        return self.mode in _MOVES

    @property
    def needs(self) -> int:
        """How many must run elsewhere: as many as ran or came up, unless fewer are wanted by now.

        Those that come back with the node are left out.
        """
        if self.mode is not Mode.REPLICATED:
            return 0
        return min(self.wanted, self.ran + self.coming - self.homeless)

    @property
    def returning(self) -> int:
        """How many have found no other home to this day, and start again with the node."""
        missing = 0 if self.is_gone else self.wanted - self.elsewhere
        return max(0, min(self.homeless, missing))

    @property
    def is_done(self) -> bool:
        """Whether nothing of it is on the node, and it runs elsewhere as it ran before."""
        return self.remains == 0

    @property
    def remains(self) -> int:
        """How many tasks have still to leave the node or to run elsewhere; 0: it is done."""
        missing = 0 if self.is_gone else max(0, self.needs - self.elsewhere)
        return self.left + missing


@dataclass(frozen=True, kw_only=True)
class Drain:
    """A node is being emptied.

    Attributes:
        services: those with tasks on it, by name.
        deadline: no progress for so long means stalled.
        follows: it is followed to its end (not `--detach`).
        returns: the node is made active again at the end (`--then active`).
        began_at: since when the node takes no tasks by it; None before.
        progress_at: when it last got on; later by each silence since.
        best: the farthest that it ever was, as minus what remained then; a task that fails takes
            nothing back.
        done_since: since when all was as it should be.
        emptied_at: when that had lasted, and the drain was over.
        stalls: how often it has stalled.
        unseen: it has called for help because Docker did not answer; what is known is from before.
        silent_since: when a look first showed nothing; None: the last one showed how it stands.
        down: the last look saw the node down: what Swarm has replaced may still run there.
        lost: the node is not set to drain any more, or there is no such node: by the last look, or
            as it was to be made active again.
        hidden: tasks of services that who asked may not read, and that `services` does not have: of
            a dry run alone.
    """

    services: tuple[Moving, ...]
    deadline: timedelta = DEADLINE
    follows: bool = True
    returns: bool = False
    began_at: datetime | None = None
    progress_at: datetime | None = None
    best: int | None = None
    done_since: datetime | None = None
    emptied_at: datetime | None = None
    stalls: int = 0
    unseen: bool = False
    silent_since: datetime | None = None
    down: bool = False
    lost: bool = False
    hidden: int = 0

    @property
    def left(self) -> int:
        """Tasks that are still on the node."""
        return sum(each.left for each in self.services)

    @property
    def stuck(self) -> tuple[Moving, ...]:
        """The services that are not where they should be."""
        return tuple(each for each in self.services if not each.is_done)

    @property
    def homeless(self) -> tuple[Moving, ...]:
        """The services of which tasks come back with the node."""
        return tuple(each for each in self.services if each.homeless)
