"""From the end of an update to its final state in the outbox, beside the docker CLI's return."""

import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from bench.bed import Bed, bed
from bench.figures import Table, aim, median, percentile, shown
from bench.processes import until
from bot.domain.rollout.record import RolloutState

NAME = "finish"
TITLES = ("From the end of an update to its final state",)
TASKS = 6
"""Of each service."""

LIVE = ((0, 0.0), (50, 1.0), (300, 3.5))
"""Live rollouts beside those that are measured, and the aim with them in seconds."""
_TWO_LOOKS = (
    "looks are half a second apart (more with hundreds of live rollouts). One finds all tasks "
    "right, and from then on the monitor window is counted; another finds that it has passed. So "
    "twice that distance can go by, and what the looks take themselves."
)


def measure(rounds: int = 10, at_once: int = 4) -> list[Table]:
    """Let updates end, by the CLI and by Waggle side by side."""
    rows, verdict = [], []
    with bed(processes=2) as on:
        _makes(on, rounds * at_once)
        for live, most in LIVE:
            on.live(live)
            ours, theirs = _lags(on, rounds, at_once)
            for who, lags in (("docker CLI", theirs), ("Waggle", ours)):
                cells = (median(lags), percentile(lags, 0.99), max(lags))
                rows.append((who, str(live), *map(shown, cells)))
            if most:
                late = percentile(ours, 0.99)
                verdict.append(aim(f"p99 with {live} live", late, most, " s", why=_TWO_LOOKS))
    return [
        Table(
            name=NAME,
            title=TITLES[0],
            about=(
                "Updates of six tasks; the end is the Engine's `UpdateStatus.CompletedAt`. For the "
                "CLI the time until it has returned, for Waggle until the final state is recorded, "
                "its message in the outbox in the same transaction. The two do not follow the same "
                "update: the CLI waits for none but its own, so it updates a twin of each service, "
                f"side by side with Waggle, {at_once} pairs at a time. All of this is on the "
                f"simulated swarm, also with {LIVE[1][0]} live: on a real one, that makes "
                f"{_tasks(rounds * at_once)} containers on the cores that are measured. So an "
                f"Engine's own delays are in neither figure. {rounds * at_once} updates each: of "
                "so few, the p99 is the worst."
            ),
            head=("who", "live rollouts", "p50 s", "p99 s", "worst s"),
            rows=rows,
            verdict=verdict,
        )
    ]


def _tasks(pairs: int) -> int:
    """Return how many tasks there are at the first number of live rollouts that has an aim."""
    return (2 * pairs + LIVE[1][0]) * TASKS


def _makes(on: Bed, count: int) -> None:
    for number in range(count):
        for who in ("cli", "waggle"):
            on.makes(f"{who}-{number:03}", TASKS)


def _lags(on: Bed, rounds: int, at_once: int) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    theirs: list[float] = []
    value = f"R={time.time_ns()}"
    for begin in range(0, rounds * at_once, at_once):
        names = [f"{number:03}" for number in range(begin, begin + at_once)]
        ids = [on.types(f"update --env-add {value} waggle-{name}") for name in names]
        with ThreadPoolExecutor(at_once) as pool:
            theirs += pool.map(lambda name: _by_cli(on, f"cli-{name}", value), names)
        on.until_all(ids, RolloutState.COMPLETED)
        ours += _recorded(on, ids, [f"waggle-{name}" for name in names])
    return ours, theirs


def _recorded(on: Bed, ids: Sequence[str], names: Sequence[str]) -> list[float]:
    lags = []
    for rollout, name in zip(on.rollouts(ids), names, strict=True):
        if rollout.ended_at is None:
            raise RuntimeError(f"{rollout.id} has not ended")
        lags.append((rollout.ended_at - _completed(on, name)).total_seconds())
    return lags


def _by_cli(on: Bed, name: str, value: str) -> float:
    words = ["docker", "service", "update", "--quiet", "--env-add", value, name]
    told = {"PATH": os.environ["PATH"], "DOCKER_HOST": on.lab.docker_host()}
    subprocess.run(words, env=told, check=True, capture_output=True, timeout=120)
    returned = time.time()
    return returned - _completed(on, name).timestamp()


def _completed(on: Bed, name: str) -> datetime:
    found: list[str] = []

    def is_there() -> bool:
        status = on.engine.inspect_service(name).get("UpdateStatus") or {}
        found[:] = [status["CompletedAt"]] if status.get("State") == "completed" else []
        return bool(found)

    until(is_there, f"{name} to be updated")
    # nanoseconds are more digits than Python's datetime takes
    whole, _, rest = found[0].rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{rest[:6]:0<6}+00:00")
