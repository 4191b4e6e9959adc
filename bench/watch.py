"""What it costs to watch live rollouts: Engine calls, the steward's share of a core, memory."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from bench.bed import Bed, bed
from bench.figures import Table, aim, shown
from bench.processes import cpu_seconds, pss_mib, until
from bot.adapters import keys
from playground.stage import Role
from workers.engine.calls import BATCH
from workers.steward import LONGEST_REST

NAME = "watch"
TITLES = ("Watching live rollouts", "Memory")
LIVE = (1, 50, 300)
ROLES = (Role.BOT, Role.SUPERVISOR, Role.RQ_WORKER, Role.STEWARD)
_BATCHES = (
    f"a look asks by id, {BATCH} ids in a call as they stand in its URL: once for services, twice "
    "for tasks (all, and those that are up to date), once for the nodes. That makes 4 calls up to "
    f"{BATCH} live rollouts, 7 up to {2 * BATCH}."
)
_HELD = (
    "between looks the steward holds of each live rollout what it would else read anew twice a "
    "second: the record with the specs of its plan and its posting, the service's view with its "
    "spec, and the views of its tasks."
)
_RESTS = (
    "after a look the steward rests for three times as long as that took, but no longer than "
    f"{LONGEST_REST:g} s, as rollouts wait for the next; looks that take longer than a third of "
    "that take more than a quarter of a core, and its threads that speak come on top."
)
_KEPT = (
    "of each live rollout Valkey holds the record with the specs of its plan and its posting, its "
    "messages with their blocks, one-time keys, and audit entries."
)


@dataclass(frozen=True)
class _Look:
    """What was seen with one number of live rollouts.

    Attributes:
        live: the number.
        calls: of one look of the steward's to the Engine.
        looks: a second.
        all_calls: of the worker to the Engine, a second.
        core: the steward's share of one.
        memory: MiB, by role.
        redis: MiB of its data.
    """

    live: int
    calls: float
    looks: float
    all_calls: float
    core: float
    memory: dict[Role, float]
    redis: float


def measure(seconds: float = 20) -> list[Table]:
    """Look at the steward for a while with each number of live rollouts."""
    with bed(processes=2) as on:
        looks = [_look(on, live, seconds) for live in LIVE]
    return [_ticks(looks), _memory(looks)]


def _look(on: Bed, live: int, seconds: float) -> _Look:
    on.live(live)
    on.until_spoken(900)  # what the start has brought takes minutes, as Slack's limits want it
    steward = on.stage.actors(Role.STEWARD)[0].pid
    _until_looked(on)
    calls, spent, began = on.lab.calls(), cpu_seconds(steward), time.monotonic()
    looks = _looks(on, seconds)
    took = time.monotonic() - began
    spent = cpu_seconds(steward) - spent
    made = {key: count - calls.get(key, 0) for key, count in on.lab.calls().items()}
    return _Look(
        live=live,
        calls=of_looks(made, looks) / looks,
        looks=looks / took,
        all_calls=sum(made.values()) / took,
        core=spent / took,
        memory={role: _heaviest(on, role) for role in ROLES},
        redis=float(on.redis.info("memory")["used_memory"]) / 2**20,
    )


def _looks(on: Bed, seconds: float) -> int:
    """Count looks for so long, and to the end of the last one: then none is under way."""
    ends, looks = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        _until_looked(on)
        looks += 1
    return looks


def _until_looked(on: Bed) -> None:
    last = _beat(on)
    until(lambda: _beat(on) != last, "the steward to look")


def _beat(on: Bed) -> float:
    """Return until when the steward's last heartbeat counts: each look ends with another."""
    found = on.redis.zrange(keys.beats("default"), 0, -1, withscores=True)
    rows = cast("list[tuple[bytes, float]]", found)
    return max(score for who, score in rows if who.startswith(b"steward:"))


def of_looks(made: Mapping[str, int], looks: int) -> int:
    """Return how many of the calls the steward's looks have made.

    Services and tasks nobody else asks for meanwhile, but for the inventory, whose every look makes
    one call each for services, nodes and networks. Nodes the heartbeats ask for, too.

    Raises:
        RuntimeError: the nodes were asked for less often than these looks must have.
    """
    inventory, nodes = made.get("GET /networks", 0), made.get("GET /nodes", 0)
    if nodes < looks + inventory:
        raise RuntimeError(f"{looks} looks, but the nodes were asked for {nodes} times")
    return made.get("GET /services", 0) - inventory + made.get("GET /tasks", 0) + looks


def _heaviest(on: Bed, role: Role) -> float:
    return max(pss_mib(actor.pid) for actor in on.stage.actors(role))


def _ticks(looks: list[_Look]) -> Table:
    most = looks[-1]
    return Table(
        name=NAME,
        title=TITLES[0],
        about=(
            "Rollouts of six tasks each that rest between two batches. Looks are the steward's, "
            "counted by the heartbeat that each ends with; theirs are the calls for services, "
            "tasks and nodes. All calls are the worker's: beside the looks, every five seconds, "
            "one of each of the four RQ workers and three of the inventory."
        ),
        head=("live rollouts", "calls a look", "looks/s", "all calls/s", "steward, % of a core"),
        rows=[
            (
                str(each.live),
                *map(shown, (each.calls, each.looks, each.all_calls, each.core * 100)),
            )
            for each in looks
        ],
        verdict=(
            aim("calls a look, 300 ÷ 1 live", most.calls / looks[0].calls, 1.5, why=_BATCHES),
            aim("steward with 300 live", most.core * 100, 25, " % of a core", why=_RESTS),
        ),
    )


def _memory(looks: list[_Look]) -> Table:
    first, last = looks[0], looks[-1]
    more = last.live - first.live
    kib = {role: (last.memory[role] - first.memory[role]) * 1024 / more for role in ROLES}
    redis = (last.redis - first.redis) * 1024 / more
    return Table(
        name=NAME,
        title=TITLES[1],
        about=(
            "PSS by process (shared pages by their share), the heaviest of its kind, and Valkey's "
            "data. One RQ job for each rollout costs 15-37 MiB instead, by the figures that the "
            "[queue](../explanation/queue.md) was designed on."
        ),
        head=("process", *(f"{each.live} live, MiB" for each in looks), "KiB a live rollout"),
        rows=[
            (role.value, *(shown(each.memory[role]) for each in looks), shown(max(0.0, kib[role])))
            for role in ROLES
        ]
        + [("valkey's data", *(shown(each.redis) for each in looks), shown(redis))],
        verdict=(
            aim("KiB a live rollout, all processes", sum(kib.values()), 50, " KiB", why=_HELD),
            aim("and in Valkey", redis, 50, " KiB", why=_KEPT),
        ),
    )
