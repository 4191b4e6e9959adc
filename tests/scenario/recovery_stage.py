"""A stage whose processes and connections break, and the story that must come out whole.

`Bench` breaks things. `Story` is one accepted command; `Story.told_once` is what "nothing lost"
means: one change of the swarm, one message with one end, no message twice, the revisions right.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bot.adapters.redis_client import connect
from bot.adapters.redis_store import RedisRecordStore
from playground.lab import Lab
from playground.stage import Role, Stage
from playground.stage.cast import Actor, with_role
from playground.workspace import Seen
from tests.lab_fixtures import docker_cli
from tests.scenario.engine_tap import EngineTap
from tests.scenario.team import ENDS, RESTS, Team, event_type, payload
from tests.waiting import PATIENCE, eventually

T = TypeVar("T")
_STARTED_BY_US = {Role.BOT, Role.SUPERVISOR}
REPLICAS = 2
SERVICE = (
    "--update-monitor 1s --rollback-monitor 1s --update-parallelism 1 --restart-delay 1s "
    "--stop-signal SIGKILL --stop-grace-period 1s"
)


class BrokenStage(Stage):
    """A stage with the tap before its Engine, whose processes come and go."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.tap = EngineTap(self.dir, self.lab.docker_host())
        self.extra = {"DOCKER_HOST": self.tap.host, **self.extra}

    def start_second_worker(self) -> None:
        """Start another `waggle worker`, with a log of its own."""
        self._start("second", "bot", "worker")

    def start_one(self, name: str) -> None:
        """Start `bot`, `worker` or `second`."""
        starts = {"bot": self.start_bot, "worker": self.start_worker}
        starts.get(name, self.start_second_worker)()

    def start_missing(self) -> None:
        """Start the bot and the worker if they do not run."""
        for name, start in (("bot", self.start_bot), ("worker", self.start_worker)):
            process = self.running.get(name)
            if process is None or process.poll() is not None:
                start()

    def kill_all(self) -> None:
        """Kill -9 everything at once."""
        for pid in processes_of(self):
            with suppress(ProcessLookupError):  # its parent was killed first
                os.kill(pid, signal.SIGKILL)
        for process in self.running.values():
            process.wait(10)  # what is dying has no environment any more, but still counts as alive
        self.running.clear()
        eventually(lambda: not processes_of(self), "all to be gone")

    def end(self, *names: str) -> dict[str, int]:
        """SIGTERM to some processes at once; return their exit codes, due within 30 s."""
        ending: dict[str, subprocess.Popen[bytes]] = {n: self.running.pop(n) for n in names}
        for process in ending.values():
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 30
        return {n: p.wait(max(0.1, deadline - time.monotonic())) for n, p in ending.items()}

    def log(self, name: str) -> str:
        """Return what a process has logged."""
        return (self.dir / f"{name}.log").read_text()

    def stop(self) -> dict[str, int]:
        """End all; the tap last."""
        codes = super().stop()
        self.tap.close()
        return codes


@dataclass
class Story:
    """One accepted command on one service, from the channel and the Engine."""

    bench: "Bench"
    id: str
    service: str
    service_id: str
    tag: str
    done_before: int
    revision: int
    typed_at: float = field(default_factory=time.monotonic)

    def messages(self) -> list[Seen]:
        """Return all messages of this rollout, oldest first."""
        found = self.bench.team.client.messages()
        return [m for m in found if payload(m).get("rollout_id") == self.id]

    def parents(self) -> list[Seen]:
        """Return the messages that stand for the rollout: one, or none yet."""
        return [m for m in self.messages() if event_type(m) == "waggle_rollout"]

    def state(self) -> str | None:
        """Return the state that the channel shows."""
        return next((m.state for m in self.parents()), None)

    def shown(self) -> list[str]:
        """Return the texts that its message had, one after the other."""
        (parent,) = self.parents()
        return [*(str(each["text"]) for each in parent.revisions), parent.text]

    def moves(self) -> int:
        """Return how often anything of it was said or changed."""
        return sum(len(m.revisions) for m in self.messages())

    def begun(self) -> "Story":
        """Wait until the swarm is at it: some tasks are new, some are old."""
        eventually(
            lambda: 0 < self.bench.running(self.service).count(self.tag) < REPLICAS, "a middle"
        )
        return self

    def told_once(self, end: str = "completed", seconds: float = PATIENCE) -> float:
        """Check that the command came to exactly one end; return the seconds since it was typed."""
        team = self.bench.team
        eventually(lambda: self.state() in ENDS, f"an end, it is {self.state()}", seconds)
        took = time.monotonic() - self.typed_at
        eventually(lambda: self._notes()["ended"] > 0, "a last word in the thread")
        assert [m.state for m in self.parents()] == [end], self.parents()[0].text
        assert self._notes()["ended"] == self._notes()["started"] == 1, self._notes()
        if end == "completed":
            words = f"All {REPLICAS} tasks have the new spec."
            (last,) = (m for m in self.messages() if payload(m).get("note") == "ended")
            assert words in self.parents()[0].text, self.parents()[0].text
            assert words in last.text, last.text
        ids = Counter(payload(m).get("message_id") for m in self.messages() if m.thread_ts)
        assert not [i for i, n in ids.items() if n > 1], ids
        self._check_engine()
        told = payload(self.parents()[0])
        assert (told["from_revision"], told["to_revision"]) == (self.revision - 1, self.revision)
        assert sorted(set(team.running(self.service))) == [team.image(self.tag)]
        return took

    def _notes(self) -> Counter[str]:
        return Counter(str(payload(m).get("note", "")) for m in self.messages())

    def _check_engine(self) -> None:
        bench = self.bench
        live = bench.team.inspected(self.service)
        assert live["ID"] == self.service_id
        done = bench.stage.tap.done(self.service_id) - self.done_before
        assert done == 1, bench.stage.tap.changes
        labels = live["Spec"]["Labels"]
        assert labels["waggle.rollout"] == self.id
        assert labels["waggle.attempt"] == "1"
        assert labels["waggle.revision"] == str(self.revision)
        # a second post of the same spec would have made it its own predecessor
        assert live["PreviousSpec"]["Labels"].get("waggle.rollout") != self.id


@dataclass
class Bench:
    """A stage to break, and a channel with a service for one test."""

    stage: BrokenStage
    team: Team
    revisions: Counter[str] = field(default_factory=Counter)
    before: int = 0

    def serve(self) -> str:
        """Create the test's service, of v1, by the docker CLI: a revision that is found."""
        name = self.team.service
        words = ["-d", "-q", "--name", name, "--replicas", str(REPLICAS), *SERVICE.split()]
        docker_cli(self.stage.lab, "service", "create", *words, self.team.image("v1"))
        eventually(lambda: self.running(name) == ["v1"] * REPLICAS, "its tasks")
        self.revisions[name] = 1
        return name

    def running(self, service: str) -> list[str]:
        """Return the tags that run, in order."""
        return sorted(image.rpartition(":")[2] for image in self.team.running(service))

    def updates(self, tag: str = "v2", *, at_once: bool = False, flags: str = "") -> Story:
        """Type an update to another image, one task after the other; it must be accepted."""
        self.mark()
        pace = "--update-parallelism 0" if at_once else ""
        ack = self.team.types(
            f"update {pace} {flags} --image {self.team.image(tag)} {self.team.service}"
        )
        return self.story(str(ack.shown), tag)

    def mark(self) -> None:
        """Remember how many changes the service has seen, before another is typed."""
        self.before = self.stage.tap.done(self.team.inspected()["ID"])

    def story(self, shown: str, tag: str = "v2") -> Story:
        """Return the story of the command whose ack is shown; `mark` came before it."""
        service = self.team.service
        assert "On its way as `" in shown, shown
        service_id = self.team.inspected(service)["ID"]
        self.revisions[service] += 1
        return Story(
            bench=self,
            id=shown.partition("On its way as `")[2].partition("`")[0],
            service=service,
            service_id=service_id,
            tag=tag,
            done_before=self.before,
            revision=self.revisions[service],
        )

    def back_after_kill(self, role: Role, story: Story) -> tuple[float, float]:
        """Kill a role; return seconds until it is back, and until the rollout moves again.

        Of bot and supervisor, which whoever runs them starts again, the second is counted from
        when they are back: how long an interpreter takes to start is not Waggle's.
        """
        moves = story.moves()
        killed = set(self.stage.kill(role))
        assert killed, f"no {role} to kill"
        started = time.monotonic()
        self.stage.start_missing()
        if role is not Role.WORK_HORSE:  # there is one only while a job runs
            eventually(lambda: self.others(role, killed), f"a new {role}")
        back = time.monotonic() - started
        eventually(lambda: story.moves() > moves, "the rollout to go on")
        moved = time.monotonic() - started
        return back, moved - back if role in _STARTED_BY_US else moved

    def is_recorded(self) -> bool:
        """Tell whether a command on the test's service was accepted, whatever its ack said."""
        with connect(f"unix://{self.stage.dir / 'valkey' / 'valkey.sock'}") as redis:
            found = RedisRecordStore(redis).recent_rollouts("default", 10)
        return self.team.service in {stored.value.service for stored in found}

    def others(self, role: Role, known: set[int]) -> list[Actor]:
        """Return the processes of a role that are not these; all that died must be replaced."""
        new = [actor for actor in self.stage.actors(role) if actor.pid not in known]
        return new if len(new) >= len(known) else []


def rests_once(look: Callable[[], Sequence[Seen]], end: str) -> None:
    """Wait until one of the messages rests; it must be the only one, and rest at that end.

    Two of them, or another end, are seen to be wrong: they do not only come too late.
    """
    eventually(lambda: [m for m in look() if m.state in RESTS], f"a message that rests at {end}")
    assert [m.state for m in look()] == [end]


def tell(what: str, **seconds: float) -> None:
    """Print the figures of a test (`pytest -rP` shows them)."""
    figures = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
    sys.stdout.write(f"{what}: {figures}\n")


def of_worker(stage: Stage, name: str, role: Role) -> Actor:
    """Return the one process of a role below the worker of that name."""
    (actor,) = with_role(stage.running[name].pid, role)
    return actor


def processes_of(stage: Stage) -> dict[int, str]:
    """Return the processes that were told this stage's data directory, whoever's children."""
    mark = f"WAGGLE_DATA={stage.dir}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue  # it ended while we looked
    return {pid: words for pid, words in found.items() if words}


def opened(lab: Lab, **more: Any) -> BrokenStage:
    """Return a stage that is up and ready, with Slack's published limits."""
    stage = BrokenStage(lab, **more)
    stage.start()
    return stage
