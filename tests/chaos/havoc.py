"""What is broken in a storm, and how one sees that it is well again."""

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from redis import Redis
from redis.exceptions import RedisError

from bot.adapters import keys
from bot.adapters.redis_client import connect
from bot.jobs import QueueName
from playground.stage import Role
from playground.stage.cast import Actor, kill
from tests.chaos.history import Interruption
from tests.scenario.own_redis import OwnRedis
from tests.scenario.recovery_stage import BrokenStage

T = TypeVar("T")
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
_CLUSTER = "default"


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
        answered: when the bot last answered anybody.
        moved: when Waggle was last seen to do something: an action, a message, an edit.
        in_flight: the rollouts that are under way.
        own: the Redis, if it is not the embedded one.
    """

    stage: BrokenStage
    armed: Path
    rng: random.Random
    answered: Callable[[], float]
    moved: Callable[[], float]
    in_flight: Callable[[], Sequence[str]]
    own: OwnRedis | None = None
    done: list[Interruption] = field(default_factory=list)

    def __post_init__(self) -> None:
        url = self.own.url if self.own else f"unix://{self.stage.dir / 'valkey' / 'valkey.sock'}"
        self._redis: Redis = connect(url)

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def strike(self, blow: Blow) -> Interruption:
        """Carry a blow out, and wait until Waggle is well again, or for `BOUND`."""
        flying, beats = tuple(self.in_flight()), self._beats()
        act = {"kill": self._kill, "sleep": self._sleep, "point": self._point}[blow.how]
        told, at, back, fenced = act(blow.what, beats)
        self.done.append(
            Interruption(what=told, at=at, back_at=back, in_flight=flying, fenced=fenced)
        )
        return self.done[-1]

    # -- kill -9

    def _kill(self, what: str, beats: dict[str, float]) -> "_Struck":
        role = Role(what)
        if role is Role.WORK_HORSE:
            return self._kill_horse(beats)
        apart = role is Role.VALKEY and self.own is not None
        victims = self._victims(role) if apart else _soon(lambda: self._victims(role), BOUND)
        at = time.time()
        landed = [kill(victim) for victim in victims]
        assert apart or (landed and all(landed)), f"{role} had ended by itself: {victims}"
        self._start_again(role, victims)
        back = self._back(at, lambda: self._replaced(role, victims, beats), role)
        return str(Blow("kill", role)), at, back, None

    def _kill_horse(self, beats: dict[str, float]) -> "_Struck":
        if not _soon(lambda: self._reaches_a_horse(signal.SIGKILL), _NEXT_HORSE):
            return self._point("plan.before_commit", beats)
        at = time.time()
        return str(Blow("kill", Role.WORK_HORSE)), at, self._back(at), None

    def _reaches_a_horse(self, number: int) -> list[int]:
        """Send a signal to a horse; return its process id, empty if it had ended before."""
        horses = self.stage.actors(Role.WORK_HORSE)
        horse = self.rng.choice(horses) if horses else None
        return [horse.pid] if horse and kill(horse, number) else []

    def _victims(self, role: Role) -> list[Actor]:
        found = self.stage.actors(role)
        if role is Role.VALKEY and self.own is not None:
            return []
        if role is Role.STEWARD:
            return [one for one in found if one.pid == self._leader()] or found
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

    def _sleep(self, what: str, beats: dict[str, float]) -> "_Struck":
        role = Role(what)
        epoch, began = self._epoch(), time.time()
        pids = self._stopped(role)
        if not pids:
            return self._kill(Role.RQ_WORKER, beats)
        others = role is Role.STEWARD and len(self.stage.actors(role)) > len(pids)
        time.sleep(SLEEP)
        _signal(pids, signal.SIGCONT)
        at = began if others else time.time()
        back = self._back(at, role=role)
        # an epoch is new whenever the lease has changed hands, or was free in between
        fenced = bool(_soon(lambda: self._epoch() > epoch, 10)) if role is Role.STEWARD else None
        return str(Blow("sleep", role)), at, back, fenced

    def _stopped(self, role: Role) -> list[int]:
        if role is Role.WORK_HORSE:
            return _soon(lambda: self._reaches_a_horse(signal.SIGSTOP), _NEXT_HORSE)
        pids = [victim.pid for victim in self._victims(role)]
        if role is Role.VALKEY and self.own is not None:
            pids = [self.own.pid] if self.own.pid else []
        _signal(pids, signal.SIGSTOP)
        return pids

    # -- named points

    def _point(self, what: str, beats: dict[str, float]) -> "_Struck":
        trap = self.armed / what
        new = self.armed / ".new"
        new.write_text("SIGKILL")
        new.rename(trap)
        sprung = _soon(lambda: not trap.exists(), _RARELY_VISITED)
        at = time.time()
        if not sprung:
            with suppress(FileNotFoundError):
                trap.unlink()
                return self._kill(Role.WORK_HORSE, beats)
        return str(Blow("point", what)), at, self._back(at), None

    # -- well again?

    def _back(
        self, at: float, replaced: Callable[[], bool] = lambda: True, role: Role | None = None
    ) -> float | None:
        """Return when it was well again, None if not within the bound."""
        deadline = time.monotonic() + BOUND
        last = self.answered if role is Role.BOT else self.moved
        if not _soon(replaced, BOUND):
            return None
        again = at if role is Role.BOT else time.time()
        _soon(lambda: last() > again, max(0.1, deadline - time.monotonic()))
        return last() if last() > again else None

    def _replaced(self, role: Role, victims: list[Actor], beats: dict[str, float]) -> bool:
        """Tell whether there is a heartbeat of who is there instead."""
        if role not in {Role.SUPERVISOR, Role.RQ_WORKER, Role.STEWARD}:
            return role is not Role.VALKEY or self._redis_answers()
        dead = {str(victim.pid) for victim in victims}
        now = {k: v for k, v in self._beats().items() if k.rpartition("-")[2] not in dead}
        if role is Role.STEWARD:
            return any(k.startswith("steward:") and v > beats.get(k, 0) for k, v in now.items())
        return any(k.startswith(_QUEUES) and k not in beats for k in now)

    def _beats(self) -> dict[str, float]:
        try:
            found = self._redis.zrange(keys.beats(_CLUSTER), 0, -1, withscores=True)
        except RedisError:
            return {}
        pairs = cast("list[tuple[bytes, float]]", found)
        return {member.decode(): score for member, score in pairs}

    def _leader(self) -> int:
        with suppress(RedisError):
            holder = self._redis.get(keys.lease(_CLUSTER))
            if isinstance(holder, bytes):
                return int(holder.decode().rpartition("-")[2])
        return 0

    def _epoch(self) -> int:
        with suppress(RedisError):
            found = self._redis.get(keys.epoch(_CLUSTER))
            return int(found) if isinstance(found, bytes) else 0
        return 0

    def _redis_answers(self) -> bool:
        try:
            return bool(self._redis.ping())
        except RedisError:
            return False


_QUEUES = tuple(f"{queue.value}:" for queue in QueueName)
"""How the heartbeats of RQ workers begin: each names the queue that it listens on."""

_Struck = tuple[str, float, float | None, bool | None]
"""What it was in the end, when, when it was well again, and whether the sleeper was fenced out."""


def _signal(pids: Sequence[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _soon(look: Callable[[], T], seconds: float) -> T:
    """Return the first true thing seen, or the last one when the time is over."""
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return seen
