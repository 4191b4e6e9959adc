"""Which swarm a line is for. A guessed name tells nobody which swarms there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.errors import UserError
from bot.domain.policy import Decision
from bot.domain.request import Principal
from bot.ports import Roster
from bot.usecases.clusters import Clusters
from bot.usecases.gate import Gate


class StrangerError(UserError):
    """The person may do nothing in the swarm that they typed, or there is none: one answer.

    Attributes:
        denied: by the rules, where there is one; for the audit log.
    """

    def __init__(self, message: str, next_step: str, denied: Decision | None) -> None:
        super().__init__(message, next_step)
        self.denied = denied


@dataclass(frozen=True, kw_only=True)
class WhichCluster:
    """Finds the swarm that is meant.

    Attributes:
        default: of a line that names none, where there are several and the channel has none.
        suggest: did-you-mean over a list of words.
    """

    gate: Gate
    roster: Roster
    suggest: Callable[[str, Sequence[str]], str | None]
    default: str

    def of(self, named: str, channel: str, by: Principal) -> str:
        """Return the swarm: the named one, the channel's, the default, or the only.

        Raises:
            StrangerError: they may do nothing in one of the name that they typed.
            UserError: there is none of that name, or it is not clear which is meant.
            StoreUnavailableError: Redis is away.
        """
        known = sorted(self.roster.beats())
        meant = named or self.gate.policy.channels.get(channel, "")
        no = self.gate.stranger(by, named, channel) if named else None
        if meant in known and no is None:
            return meant
        if not meant and (self.default in known or not known):
            return self.default
        if not meant and len(known) == 1:
            return known[0]
        clusters = Clusters(gate=self.gate, roster=self.roster)
        mine = set(clusters.readable(by, channel, [*known, meant]))
        told = _known([each for each in known if each in mine], of=known)
        if not meant:
            raise UserError("Which swarm is meant?", f"Add `--cluster NAME`. {told}")
        if not named:
            home = f"`{meant}`" if meant in mine else "one that you may not read"
            raise UserError(
                f"The policy names {home} as this channel's swarm, and none of that name is known.",
                told,
            )
        near = self.suggest(named, [each for each in known if each in mine])
        hint = f"Did you mean `{near}`? " if near else ""
        if no is None:
            raise UserError(f"No swarm `{named}` is known.", f"{hint}{told}")
        why = f"No swarm `{named}` is known in which you may do anything: {no.why}."
        raise StrangerError(why, f"{hint}{told}", no if named in known else None)


def _known(mine: Sequence[str], of: Sequence[str]) -> str:
    """Name the swarms that the person may read; that there are others is no secret."""
    if not of:
        return "No worker has reported yet."
    return f"Known: {', '.join(mine)}." if mine else "None is known that you may read."
