"""What it costs to watch live rollouts: Engine calls, the steward's share of a core, memory."""

import time
from dataclasses import dataclass

from bench.bed import Bed, bed
from bench.figures import Table, aim, shown
from bench.processes import cpu_seconds, pss_mib
from playground.stage import Role

NAME = "watch"
LIVE = (1, 50, 300)
ROLES = (Role.BOT, Role.SUPERVISOR, Role.RQ_WORKER, Role.STEWARD)
_BATCHES = (
    "a look asks by id, 200 ids in a call as they stand in its URL: once for services, twice for "
    "tasks (all, and those that are up to date), once for the nodes. That makes 4 calls up to 200 "
    "live rollouts, 7 up to 400."
)
_HELD = (
    "between looks the steward holds of each live rollout what it would else read anew twice a "
    "second: the record with the specs of its plan and its posting, the service's view with its "
    "spec, and the views of its tasks."
)


@dataclass(frozen=True)
class _Look:
    """One number of live rollouts: calls a tick, ticks a second, share of a core, MiB by role."""

    live: int
    calls: float
    ticks: float
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
    calls, spent, began = on.lab.calls(), cpu_seconds(steward), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    spent = cpu_seconds(steward) - spent
    made = {key: count - calls.get(key, 0) for key, count in on.lab.calls().items()}
    ticks = max(1, made.get("GET /nodes", 0))  # each tick asks for the nodes once
    return _Look(
        live=live,
        calls=sum(made.values()) / ticks,
        ticks=ticks / took,
        core=spent / took,
        memory={role: _heaviest(on, role) for role in ROLES},
        redis=float(on.redis.info("memory")["used_memory"]) / 2**20,
    )


def _heaviest(on: Bed, role: Role) -> float:
    return max(pss_mib(actor.pid) for actor in on.stage.actors(role))


def _ticks(looks: list[_Look]) -> Table:
    most = looks[-1]
    return Table(
        name=NAME,
        title="Watching live rollouts",
        about=(
            "Rollouts of six tasks each that rest between two batches. Calls are all of the "
            "worker to the Engine. Ticks are counted by `GET /nodes`: the steward's looks, two a "
            "second, and one a second of the RQ workers' heartbeats and of the inventory."
        ),
        head=("live rollouts", "Engine calls a tick", "ticks/s", "steward, % of a core"),
        rows=[
            (str(each.live), shown(each.calls), shown(each.ticks), shown(each.core * 100))
            for each in looks
        ],
        verdict=(
            aim(
                "Engine calls a tick, 300 ÷ 1 live", most.calls / looks[0].calls, 1.5, why=_BATCHES
            ),
            aim("steward with 300 live", most.core * 100, 25, " % of a core"),
        ),
    )


def _memory(looks: list[_Look]) -> Table:
    first, last = looks[0], looks[-1]
    more = last.live - first.live
    kib = {role: (last.memory[role] - first.memory[role]) * 1024 / more for role in ROLES}
    redis = (last.redis - first.redis) * 1024 / more
    return Table(
        name=NAME,
        title="Memory",
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
            aim("and in Valkey", redis, 50, " KiB"),
        ),
    )
