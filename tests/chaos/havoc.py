"""What is broken in a storm, and how one sees that it is well again."""

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from bot.jobs import QueueName
from playground.stage import Role
from playground.stage.cast import Actor, actors, kill
from tests.chaos.eyes import seen_within
from tests.chaos.history import Interruption
from tests.chaos.inside import Inside
from tests.scenario.own_redis import OwnRedis
from tests.scenario.recovery_faults import state_of
from tests.scenario.recovery_stage import BrokenStage

POINTS = (
    "plan.before_commit",
    "plan.after_commit",
    "announce.before_post",
    "announce.after_post",
    "announce.after_commit",
    "apply.observed",
    "apply.before_post",
    "apply.after_post",
    "apply.before_commit",
    "apply.after_commit",
    "act.before_commit",
    "act.after_commit",
    "tick.before_commit",
    "tick.after_commit",
    "speak.before_call",
    "speak.after_call",
)
"""Named points (workers/faults.py): every step of a rollout's life, and of telling it."""

SLEEP = 6.0
"""Seconds: longer than the steward's lease (4), than a record waits for its job (3), and than Slack
waits for an answer (3)."""

BOUND = 40.0
"""Seconds after which the next interruption comes even if the last was not seen to be over."""

_KILLS = {
    Role.BOT: 4,
    Role.SUPERVISOR: 4,
    Role.RQ_WORKER: 5,
    Role.WORK_HORSE: 5,
    Role.STEWARD: 5,
    Role.VALKEY: 5,
}
_SLEEPS = dict.fromkeys(Role, 1)
_RARELY_VISITED = 10.0  # seconds that a point is waited for
_NEXT_HORSE = 20.0  # seconds: a horse lives for a fraction of one, and the next comes soon


@dataclass(frozen=True)
class Blow:
    """One interruption to come: `kill` or `sleep` of a role, or `point` by its name."""

    how: str
    what: str

    def __str__(self) -> str:
        verb = {"kill": "kill -9", "sleep": "SIGSTOP, SIGCONT", "point": "kill -9 at"}[self.how]
        return f"{verb} {self.what}"


def deck(count: int, rng: random.Random) -> list[Blow]:
    """Return so many blows, shuffled: all kinds in the same shares, every point in turn."""
    blows = _kinds() * -(-count // KINDS)
    rng.shuffle(blows)
    return blows[:count]


def _kinds() -> list[Blow]:
    kinds = [Blow("kill", role) for role, share in _KILLS.items() for _ in range(share)]
    kinds += [Blow("sleep", role) for role, share in _SLEEPS.items() for _ in range(share)]
    return kinds + [Blow("point", point) for point in POINTS]


KINDS = len(_kinds())
"""Blows after which every kind has come as often as it should."""


@dataclass
class Havoc:
    """Breaks one thing after the other.

    Attributes:
        armed: the directory of the fault points.
        inside: what is read in Redis, to choose whom to strike.
        answered: when the bot last answered anybody.
        moved: when Waggle was last seen to do something: an action, a message, an edit.
        in_flight: the rollouts that are under way, as the channels show it.
        own: the Redis, if it is not the embedded one.
    """

    stage: BrokenStage
    armed: Path
    inside: Inside
    rng: random.Random
    answered: Callable[[], float]
    moved: Callable[[], float]
    in_flight: Callable[[], Sequence[str]]
    own: OwnRedis | None = None
    done: list[Interruption] = field(default_factory=list)

    def strike(self, blow: Blow) -> Interruption:
        """Carry a blow out, and wait until Waggle is well again, or for `BOUND`."""
        flying, beats = tuple(self.in_flight()), self.inside.beats()
        act = {"kill": self._kill, "sleep": self._sleep, "point": self._point}[blow.how]
        self.done.append(replace(act(blow.what, beats), in_flight=flying))
        return self.done[-1]

    # -- kill -9

    def _kill(self, what: str, beats: dict[str, float]) -> Interruption:
        role = Role(what)
        if role is Role.WORK_HORSE:
            return self._kill_horse(beats)
        apart = role is Role.VALKEY and self.own is not None
        victims = self._victims(role) if apart else seen_within(lambda: self._victims(role), BOUND)
        at = time.time()
        landed = [kill(victim) for victim in victims]
        assert apart or (landed and all(landed)), f"{role} had ended by itself: {victims}"
        self._start_again(role, victims)
        back = self._back(at, lambda: self._replaced(role, victims, beats), role)
        return _struck(Blow("kill", role), at, back)

    def _kill_horse(self, beats: dict[str, float]) -> Interruption:
        # stopped first: while it goes on, nobody can tell what it is at when it is killed
        horse = seen_within(self._stopped_horse, _NEXT_HORSE)
        if horse is None:
            return self._point("plan.before_commit", beats)
        record, at = self.inside.work_of(horse.parent), time.time()
        kill(horse)
        return _struck(Blow("kill", Role.WORK_HORSE), at, self._back(at), record=record)

    def _stopped_horse(self) -> Actor | None:
        """Put a horse to sleep; return it, None if there was none, or it had ended before."""
        horses = self.stage.actors(Role.WORK_HORSE)
        horse = self.rng.choice(horses) if horses else None
        return horse if horse and kill(horse, signal.SIGSTOP) else None

    def _victims(self, role: Role) -> list[Actor]:
        found = self.stage.actors(role)
        if role is Role.VALKEY and self.own is not None:
            return []
        if role is Role.STEWARD:
            return [one for one in found if one.pid == self.inside.leader()] or found
        if role in {Role.SUPERVISOR, Role.RQ_WORKER} and len(found) > 1:
            return [self.rng.choice(found)]
        return found

    def _start_again(self, role: Role, victims: list[Actor]) -> None:
        """Start what nobody but an init system would start."""
        if role is Role.VALKEY and self.own is not None:
            self.own.kill()
            self.own.start()
        for victim in victims if role in {Role.BOT, Role.SUPERVISOR} else ():
            for name, process in list(self.stage.running.items()):
                if process.pid == victim.pid:
                    process.wait(10)
                    self.stage.start_one(name)

    # -- SIGSTOP, SIGCONT

    def _sleep(self, what: str, beats: dict[str, float]) -> Interruption:
        role = Role(what)
        epoch, began = self.inside.epoch(), time.time()
        if role is Role.WORK_HORSE:
            return self._horse_sleeps(beats)
        pids = [victim.pid for victim in self._victims(role)]
        if role is Role.VALKEY and self.own is not None:
            pids = [self.own.pid] if self.own.pid else []
        others = role is Role.STEWARD and len(self.stage.actors(role)) > len(pids)
        _signal(pids, signal.SIGSTOP)
        time.sleep(SLEEP)
        _signal(pids, signal.SIGCONT)
        at = began if others else time.time()
        told = _struck(Blow("sleep", role), at, self._back(at, role=role), broken_at=began)
        if role is not Role.STEWARD:
            return told
        # an epoch is new whenever the lease has changed hands, or was free in between
        return replace(told, fenced=bool(seen_within(lambda: self.inside.epoch() > epoch, 10)))

    def _horse_sleeps(self, beats: dict[str, float]) -> Interruption:
        horse, began = seen_within(self._stopped_horse, _NEXT_HORSE), time.time()
        if horse is None:
            return self._kill(Role.RQ_WORKER, beats)
        record = self.inside.work_of(horse.parent)
        time.sleep(SLEEP)
        _signal([horse.pid], signal.SIGCONT)
        blow, at = Blow("sleep", Role.WORK_HORSE), time.time()
        return _struck(blow, at, self._back(at), record=record, broken_at=began)

    # -- named points

    def _point(self, what: str, beats: dict[str, float]) -> Interruption:
        new = self.armed / ".new"
        new.write_text("SIGSTOP")  # it is killed below, when it is known who came
        new.rename(self.armed / what)
        victim = seen_within(lambda: self._who_came_to(what), _RARELY_VISITED) or self._disarmed(
            what
        )
        if victim is None:
            return self._kill(Role.WORK_HORSE, beats)
        leads = victim.pid in {one.pid for one in self.stage.actors(Role.STEWARD)}
        record, at = () if leads else self.inside.work_of(victim.parent), time.time()
        kill(victim)
        back = (
            self._back(at, lambda: self._replaced(Role.STEWARD, [victim], beats), Role.STEWARD)
            if leads
            else self._back(at)
        )
        return _struck(Blow("point", what), at, back, record=record)

    def _who_came_to(self, point: str) -> Actor | None:
        """Return who sleeps at a point: the file that it took away tells its process id."""
        taken = next(iter(self.armed.glob(f".{point}.*")), None)
        if taken is None:
            return None
        asleep = partial(_asleep, self.stage, int(taken.name.rpartition(".")[2]))
        victim = seen_within(asleep, _RARELY_VISITED)
        taken.unlink()  # not before: it reads there what is to become of it
        return victim

    def _disarmed(self, point: str) -> Actor | None:
        """Disarm a point to which nobody comes; return who came at the last moment."""
        try:
            (self.armed / point).unlink()
        except FileNotFoundError:
            return self._who_came_to(point)
        return None

    # -- well again?

    def _back(
        self, at: float, replaced: Callable[[], bool] = lambda: True, role: Role | None = None
    ) -> float | None:
        """Return when it was well again, None if not within the bound."""
        deadline = time.monotonic() + BOUND
        last = self.answered if role is Role.BOT else self.moved
        if not seen_within(replaced, BOUND):
            return None
        again = at if role is Role.BOT else time.time()
        seen_within(lambda: last() > again, max(0.1, deadline - time.monotonic()))
        return last() if last() > again else None

    def _replaced(self, role: Role, victims: list[Actor], beats: dict[str, float]) -> bool:
        """Tell whether there is a heartbeat of who is there instead."""
        if role not in {Role.SUPERVISOR, Role.RQ_WORKER, Role.STEWARD}:
            return role is not Role.VALKEY or self.inside.answers()
        dead = {str(victim.pid) for victim in victims}
        now = self.inside.beats()
        now = {k: v for k, v in now.items() if k.rpartition("-")[2] not in dead}
        if role is Role.STEWARD:
            return any(k.startswith("steward:") and v > beats.get(k, 0) for k, v in now.items())
        return any(k.startswith(_QUEUES) and k not in beats for k in now)


_QUEUES = tuple(f"{queue.value}:" for queue in QueueName)
"""How the heartbeats of RQ workers begin: each names the queue that it listens on."""


def _struck(
    blow: Blow,
    at: float,
    back: float | None,
    *,
    record: tuple[str, ...] = (),
    broken_at: float | None = None,
) -> Interruption:
    begun = at if broken_at is None else broken_at
    return Interruption(what=str(blow), at=at, broken_at=begun, back_at=back, struck=record)


def _asleep(stage: BrokenStage, pid: int) -> Actor | None:
    """Return a process of the stage once it is stopped."""
    below = [actor for process in stage.running.values() for actor in actors(process.pid)]
    return next((one for one in below if one.pid == pid and state_of(pid) == "T"), None)


def _signal(pids: Sequence[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
