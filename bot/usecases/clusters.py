"""`clusters`, and the word that a worker is away: answered by the bot, from what Redis has.

No worker is asked: that one may be away is what people want to know at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.flags.verb import VerbClass
from bot.domain.policy import Decision, Outcome, Resource
from bot.domain.request import Principal
from bot.domain.vitals import PARTS, LastSeen, Vitals, missing, span
from bot.ports import Roster
from bot.usecases.gate import Gate
from bot.usecases.refusals import TOO_LATE
from bot.usecases.rights import in_each_environment

_NEEDED = {VerbClass.READ: ("queries",)}
"""Whose heartbeat counts for a verb; for what changes something, the other two."""

_A_NODE = "?"
"""A leader whose name is not told; no host is named so."""


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """What the bot can say of the swarms that it knows."""

    gate: Gate
    roster: Roster

    def listed(self, by: Principal, channel: str) -> str | Decision:
        """Return a line for each cluster that the person may read; the others are counted.

        Where they may read none, return the decision that says so.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        beats, seen = self.roster.beats(), self.roster.vitals()
        if not beats:
            return "No cluster is known: no worker has reported yet.\n`waggle worker` starts one."
        judged = self._judged(by, channel, sorted(beats))
        mine = [name for name, each in judged.items() if each.outcome is not Outcome.DENY]
        if not mine:
            return _of_none(*next(iter(judged.items())))
        home = self.gate.policy.channels.get(channel, "")
        lines = [
            _line(name, beats[name], self._told(name, seen, by, channel), is_home=name == home)
            for name in mine
        ]
        hidden = len(beats) - len(mine)
        more = [f"And {hidden} more that you may not read."] if hidden else []
        return "\n".join([*lines, *more])

    def readable(self, by: Principal, channel: str, among: Iterable[str]) -> list[str]:
        """Return those clusters of which the person may be told that there are, by name."""
        judged = self._judged(by, channel, sorted(among))
        return [name for name, each in judged.items() if each.outcome is not Outcome.DENY]

    def _judged(self, by: Principal, channel: str, names: Sequence[str]) -> dict[str, Decision]:
        read = self.gate.reader(self.gate.policy, by, channel)
        return {name: read(Resource(cluster=name)) for name in names}

    def _told(
        self, name: str, seen: Mapping[str, LastSeen], by: Principal, channel: str
    ) -> LastSeen | None:
        """Return what the cluster told last, for that person.

        Nobody can tell here in which environment a node is: which one leads, and what runs on them,
        is for who may read them all. How many they are is not hidden, as in `nodes`.
        """
        last, policy = seen.get(name), self.gate.policy
        if last is None:
            return None
        read = self.gate.reader(policy, by, channel)
        each = map(read, in_each_environment(policy, Resource(cluster=name)))
        if all(decision.outcome is not Outcome.DENY for decision in each):
            return last
        leader = _A_NODE if last.vitals.leader else ""
        return replace(last, vitals=replace(last.vitals, leader=leader, engines=()))

    def away(self, cluster: str, what: VerbClass, *, whenever: bool = False) -> str:
        """Return what to say if nobody is there to carry that out; empty: somebody is.

        `whenever`: Docker is sent nothing by it, so it is never too late.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        gone = self.gone(cluster, what)
        then = (
            f"It is carried out if that one is back within {span(TOO_LATE)}, and refused otherwise."
        )
        if whenever:
            then = "It is carried out once that one is back."
        if what is VerbClass.READ:
            then = "The answer comes once it is back."
        return f"{gone} {then}" if gone else ""

    def gone(self, cluster: str, what: VerbClass) -> str:
        """Return who is missing for that, in a sentence; empty: nobody is.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        roles = _NEEDED.get(what, ("rollouts", "steward"))
        beats = self.roster.beats().get(cluster)
        if beats is None or all(beats.get(role) for role in roles):
            return ""
        gone = " and no ".join(PARTS[role] for role in roles if not beats.get(role))
        seen = self.roster.vitals().get(cluster)
        since = f"; it was last heard of {span(seen.ago)} ago" if seen else ""
        return f"The worker of `{cluster}` is away: no {gone} answers{since}."


def _of_none(name: str, decision: Decision) -> Decision:
    """Return why somebody may read no cluster, without the name of one."""
    told = (each.replace(f"cluster {name}", "any cluster") for each in decision.reasons)
    return replace(decision, reasons=tuple(told))


def _line(name: str, beats: Mapping[str, int], seen: LastSeen | None, *, is_home: bool) -> str:
    gone = missing(beats)
    mark = ":x:" if gone else ":white_check_mark:"
    if not gone and seen and _is_ailing(seen.vitals):
        mark = ":warning:"
    parts = [*_health(seen.vitals if seen else None), _processes(beats, gone)]
    if seen is not None:
        parts.append(f"reported {span(seen.ago)} ago")
    home = " (this channel's)" if is_home else ""
    return f"{mark} `{name}`{home}: {' · '.join(part for part in parts if part)}"


def _is_ailing(vitals: Vitals) -> bool:
    return vitals.ready < vitals.nodes or not vitals.leader


def _health(vitals: Vitals | None) -> Iterator[str]:
    if vitals is None:
        yield "nothing is known of its nodes yet"
        return
    drained = vitals.ready - vitals.active
    aside = f", {drained} of them drained or paused" if drained else ""
    yield f"{vitals.ready} of {_counted(vitals.nodes, 'node')} ready{aside}"
    if vitals.leader != _A_NODE:
        yield f"leader {vitals.leader}" if vitals.leader else "no leader"
    if vitals.managers > 1:
        yield f"{vitals.managers_ready} of {vitals.managers} managers ready"
    if vitals.engines:
        yield f"Engine {', '.join(vitals.engines)}"


def _processes(beats: Mapping[str, int], gone: Sequence[str]) -> str:
    there = [f"{count} {role}" for role, count in sorted(beats.items()) if role != "steward"]
    there += ["steward"] if beats.get("steward") else []
    told = f"processes: {', '.join(there)}" if there else "no process answers"
    return f"{told}; no {' and no '.join(gone)}" if gone and there else told


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
