"""The two who do what a line says: the docker CLI, and Waggle below Slack."""

import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

from bot.domain.change import ChangeState
from bot.domain.flags.verb import Verb
from bot.domain.grammar import Command, parse
from bot.domain.rollout.record import RolloutState
from bot.domain.spec import spec_hash
from bot.ports import ImageRegistry, Swarm
from tests.fakes.ids import FakeIds
from tests.parity.engine import Ground
from tests.unit.usecases.bed import Bed
from workers.engine import EngineAddress, connect
from workers.registry import HttpImageRegistry
from workers.wiring import Ports

_RACES = 20
_TAGS_ALONE = 29
_CHANGED = (ChangeState.APPLIED, ChangeState.UNCHANGED)
_DONE = (RolloutState.PROGRESSING, RolloutState.UNCHANGED, RolloutState.COMPLETED)


class World(Protocol):
    """Somebody who makes and changes services."""

    def run(self, line: str) -> str:
        """Do what a line says; return why not, else nothing."""
        ...


@dataclass(frozen=True)
class DockerCli:
    """The docker CLI that is found here.

    Attributes:
        program: runs it with these words.
    """

    program: Callable[..., subprocess.CompletedProcess[str]]

    @cached_property
    def version(self) -> str:
        """As `28.2.2`."""
        words = self.program("--version").stdout  # Docker version 28.2.2, build e6534b4
        return words.removeprefix("Docker version ").partition(",")[0]

    @property
    def resolves_digests(self) -> bool:
        """Whether it posts digests: from 29.0 on it does not (docker/cli#7302)."""
        return int(self.version.partition(".")[0]) < _TAGS_ALONE

    def run(self, line: str) -> str:
        words = shlex.split(line)[1:]
        detach = ["--detach"] if words[0] == "service" else []
        for _ in range(_RACES):
            done = self.program(*words[:2], *detach, *words[2:])
            if done.returncode == 0:
                return ""
            # Swarm's own writes, such as allocated ports, move the version between its two calls
            if "update out of sequence" not in done.stderr:
                break
        return done.stderr.strip() or "it failed"


@dataclass
class WorkerBed(Bed):
    """The worker's use cases on an Engine; fakes stand for Redis, the queue and Slack alone."""

    engine: Swarm | None = None
    images: ImageRegistry | None = None

    def ports(self) -> Ports:
        assert self.engine, "no engine"
        assert self.images, "no registry"
        return replace(super().ports(), swarm=self.engine, registry=self.images)


class Waggle:
    """Waggle from the typed line to the Engine: grammar, plan, policy, post.

    Each line finds a Waggle that knows of nothing: a rollout that still goes on, as for ever where
    no task can run, would not let the next line in.
    """

    def __init__(self, ground: Ground) -> None:
        self.swarm = connect(EngineAddress(host=ground.docker_host()))
        self.registry = HttpImageRegistry(lambda _: None, self.swarm.is_insecure_registry)
        self.ids = FakeIds()  # one for all: by them Waggle knows what it has posted already

    def bed(self) -> WorkerBed:
        return WorkerBed(engine=self.swarm, images=self.registry, ids=self.ids)

    def run(self, line: str) -> str:
        understood = parse(line)
        if not isinstance(understood, Command):
            return understood.text
        bed = self.bed()
        record_id = bed.type(line)
        bed.work()
        assert not bed.errors, bed.errors
        if understood.verb is Verb.NODE_UPDATE:
            change = bed.change(record_id)
            return "" if change.state in _CHANGED else bed.private(record_id) or change.state.value
        rollout = bed.rollout(record_id)
        if rollout.state in _DONE:
            self._check_echo(rollout)
            return ""
        return bed.private(record_id) or rollout.reason or rollout.state.value

    def _check_echo(self, rollout: Any) -> None:
        """What was planned is what the Engine has: else the next look finds drift."""
        if rollout.plan is None:
            return
        live = self.swarm.service(rollout.service).spec
        assert spec_hash(live) == rollout.plan.desired_hash, (
            f"the Engine echoes another spec than planned:\n{rollout.plan.desired}\n{live}"
        )
