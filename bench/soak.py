"""An hour of rollouts, reads and kills: do memory, open files and Redis keys stay flat?

`python -m bench.soak [MINUTES] [--no-kills] [--write]` on the simulated swarm, with
`WAGGLE_KEEP=15m`, so that what is over is forgotten while it runs. Prints a table and ends with 1
if something grew, or if too little was done for that to mean anything.
"""

import argparse
import itertools
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from redis.exceptions import RedisError

from bench.bed import Bed, bed
from bench.figures import Table, median, shown
from bench.page import PAGE, keep
from bench.processes import pss_mib
from bot.ports import StoreUnavailableError
from playground.stage import Role

TITLES = ("Soak", "Soak without kills")
ROLES = (Role.BOT, Role.SUPERVISOR, Role.RQ_WORKER, Role.STEWARD, Role.VALKEY)
VICTIMS = (*ROLES, Role.WORK_HORSE)
ROLLOUTS, READS_ANSWERED, KILLS = "rollouts told to their end", "reads taken", "kills"
READS = ("services", "ps web-0", "history web-1", "rollouts", "inspect web-2", "audit --since 10m")
KEPT_FOR_GOOD = {"audit", "history", "revision", "histories", "policy"}
"""Kinds of keys that grow on purpose: any revision can be gone back to."""

MEMORY, TOLD = "redis: used memory, MiB", "rollouts so far"
KEEP_MINUTES = 15
"""The least that Waggle takes: a soak of less than twice that sees nothing forgotten."""

_SERVICES = 8
_ENOUGH = 10  # samples
_SAMPLE_EVERY = 20.0
_KILL_EVERY = 60.0
_A_TENTH_MORE = 1.1
"""Times the middle of a series: what ends above that grows."""

_MIB_MORE, _MORE = 2.0, 3.0
"""What little may gain instead: a tenth of twelve files is one, and one comes and goes."""

_LEAST = {ROLLOUTS: 2.0, READS_ANSWERED: 2.0, KILLS: 0.7}
"""A minute: less of it, and a soak has proven nothing."""


@dataclass
class Samples:
    """What was seen, by series, oldest first, and how much was done meanwhile."""

    series: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    grows: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, value: float, *, grows: bool = False) -> None:
        """Take a value; `grows` marks what grows on purpose."""
        self.series[name].append(value)
        if grows:
            self.grows.add(name)


def main() -> int:
    """Run; 1 if something is not flat."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=60.0)
    parser.add_argument("--no-kills", action="store_true", help="let each process live")
    parser.add_argument("--write", action="store_true", help=f"keep a good table in {PAGE.name}")
    asked = parser.parse_args()
    kills = not asked.no_kills
    samples = soak(asked.minutes, kills=kills)
    table, found = verdict(samples, asked.minutes, kills=kills)
    print(table.markdown())
    if asked.write and not found:
        keep(table)
    for name in found:
        print(f"not as it shall be: {name}")
    return 1 if found else 0


def soak(minutes: float, *, kills: bool = True) -> Samples:
    """Let it run, and look at it every twenty seconds."""
    samples, ending = Samples(), threading.Event()
    with bed(processes=1, WAGGLE_KEEP=f"{KEEP_MINUTES}m") as on:
        for number in range(_SERVICES):
            on.makes(f"web-{number}", 2)
        team = [
            threading.Thread(target=_works, args=(on, number, ending, samples.done))
            for number in range(4)
        ]
        for person in team:
            person.start()
        ends, kill_at = time.monotonic() + minutes * 60, time.monotonic() + _KILL_EVERY
        victims = itertools.cycle(VICTIMS)
        while time.monotonic() < ends:
            time.sleep(_SAMPLE_EVERY)
            with suppress(RedisError):  # it died with its bot a moment ago
                _sample(on, samples)
            if kills and time.monotonic() > kill_at:
                kill_at += _KILL_EVERY
                samples.done[KILLS] += bool(_kill(on, next(victims)))
        ending.set()
        for person in team:
            person.join()
    return samples


def _works(on: Bed, number: int, ending: threading.Event, done: Counter[str]) -> None:
    """Type a change and some reads, again and again, on services of one's own.

    The next one follows when the channel shows the end of the last: Slack takes some fifty edits a
    minute, and what is typed faster than that waits in the outbox, as it should.
    """
    names = itertools.cycle(f"web-{each}" for each in range(number, _SERVICES, 4))
    for turn in itertools.count():
        if ending.is_set():
            return
        try:
            rollout = on.types(f"update --env-add N={turn} {next(names)}")
            on.until_told(rollout)
            done[ROLLOUTS] += 1
            read = on.stage.client.type("ann", on.channel, f"/swarm {READS[turn % len(READS)]}")
            done[READS_ANSWERED] += (read.shown or "").startswith("Looking")
        except (RuntimeError, TimeoutError, OSError, StoreUnavailableError):
            time.sleep(1)  # the bot was killed a moment ago: a person types again


def _kill(on: Bed, role: Role) -> list[int]:
    killed = on.stage.kill(role)
    if role is Role.BOT:
        on.stage.start_bot()
    if role is Role.SUPERVISOR:
        on.stage.start_worker()
    return killed


def _sample(on: Bed, samples: Samples) -> None:
    for role in ROLES:
        weights, files = [], []
        for actor in on.stage.actors(role):
            try:
                weights.append(pss_mib(actor.pid))
                files.append(len(list(Path(f"/proc/{actor.pid}/fd").iterdir())))
            except OSError:
                continue  # it was killed while we looked
        if weights:
            samples.add(f"{role.value}: MiB", max(weights), grows=role is Role.VALKEY)
            samples.add(f"{role.value}: open files", max(files))
    kinds: Counter[str] = Counter()
    for key in on.redis.scan_iter(count=1000):
        prefix, _, rest = key.decode().partition(":")
        kinds[rest.partition(":")[0] if prefix == "waggle" else prefix] += 1
    for kind, count in kinds.items():
        samples.add(f"keys: {kind}", count, grows=kind in KEPT_FOR_GOOD)
    samples.add(MEMORY, float(on.redis.info("memory")["used_memory"]) / 2**20, grows=True)
    samples.add(TOLD, samples.done[ROLLOUTS], grows=True)


def verdict(samples: Samples, minutes: float, *, kills: bool = True) -> tuple[Table, list[str]]:
    """Compare the middle of each series with its end; return the table and what is not as it shall.

    Processes that were killed begin anew, so a series is judged by the median of a fifth of it.
    """
    rows, found = [], []
    for name, values in sorted(samples.series.items()):
        middle, end = _middle_and_end(values)
        flat = end <= max(middle * _A_TENTH_MORE, middle + _slack(name))
        word = "on purpose" if name in samples.grows else "flat" if flat else "**grows**"
        if word == "**grows**":
            found.append(name)
        rows.append((name, shown(values[0]), shown(middle), shown(end), word))
    for name, least in _LEAST.items():
        if name == KILLS and not kills:
            continue
        enough = samples.done[name] >= least * minutes
        if not enough:
            found.append(name)
        word = "enough" if enough else "**too few**"
        rows.append((name, "", "", shown(samples.done[name]), word))
    command = f"make soak ARGS={minutes:g}" if kills else f'make soak ARGS="{minutes:g} --no-kills"'
    table = Table(
        name="soak",
        title=TITLES[0 if kills else 1],
        about=_about(samples, minutes, kills=kills),
        head=("what", "at first", "in the middle", "at the end", "verdict"),
        rows=rows,
        command=command,
    )
    return table, found


def _slack(name: str) -> float:
    return _MIB_MORE if name.endswith("MiB") else _MORE


def _about(samples: Samples, minutes: float, *, kills: bool) -> str:
    longest = len(VICTIMS) * _KILL_EVERY / 60
    lives = (
        f"One process is killed a minute, each role about once in {longest:g} minutes, so none "
        "lives for longer than that (RQ workers and the steward for less, as they end with their "
        "supervisor, too): what one process would gather in an hour is not seen here."
        if kills
        else "Here nothing is killed, so each process lives for all of it."
    )
    return (
        f"{minutes:g} minutes on the simulated swarm: four people type changes and reads, the "
        f"next when they are told the end of the last. {lives} What is over is kept for "
        f"{KEEP_MINUTES} minutes. Medians of a fifth of the time; flat is what ends at most a "
        f"tenth or {_MIB_MORE:g} MiB above the middle, counts a tenth or {_MORE:g}. "
        f"{_kept_for_good(samples)}"
    ).rstrip()


def _middle_and_end(values: Sequence[float]) -> tuple[float, float]:
    fifth = max(1, len(values) // 5)
    middle = values[len(values) // 2 : len(values) // 2 + fifth]
    return median(middle), median(values[-fifth:])


def _kept_for_good(samples: Samples) -> str:
    """Tell what a rollout leaves behind, in the second half: by then old ones are forgotten."""
    memory, told = samples.series.get(MEMORY, []), samples.series.get(TOLD, [])
    if len(memory) < _ENOUGH:
        return ""
    (before, after), (few, many) = _middle_and_end(memory), _middle_and_end(told)
    if many <= few or after <= before:
        return ""
    each = (after - before) / (many - few) * 1024
    return (
        "Redis' memory grows for good, as any revision can be gone back to and no audit entry is "
        f"ever removed: by {shown(each)} KiB a rollout. The 384 MB of the shipped stack last for "
        f"{shown(384 * 1024 / each)} of them."
    )


if __name__ == "__main__":
    sys.exit(main())
