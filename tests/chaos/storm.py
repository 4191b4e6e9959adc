"""A storm: people type, things break one after the other, and in the end all is looked at."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from playground.lab import Lab
from tests.chaos.eyes import ChannelEyes, EngineEyes, seen_within
from tests.chaos.havoc import Havoc, deck
from tests.chaos.history import Entry, GoneBack, History, Spec
from tests.chaos.inside import Inside
from tests.chaos.people import LONGEST, Person
from tests.lab_fixtures import docker_cli
from tests.scenario.audited import waggle
from tests.scenario.conftest import gathered
from tests.scenario.own_redis import OwnRedis
from tests.scenario.recovery_stage import BrokenStage
from tests.scenario.team import PEOPLE, Json, Team
from tests.waiting import eventually

T = TypeVar("T")
IN_FLIGHT = 8
_TYPING = 10  # people, so that eight are under way although some have just ended
# As slow as ten at a time must be, for Waggle edits 42 messages a minute: quicker ones would be
# over long before the channel can show it, and what is to be edited would grow and grow.
_PACE = (
    "--update-monitor 9s --rollback-monitor 4s --update-delay 1s --rollback-delay 1s "
    "--update-parallelism 1 --restart-delay 1s --stop-grace-period 1s"
)
_FLYING_WITHIN = 30.0  # seconds that a blow waits for eight in flight
_QUIET_WITHIN = 60.0  # seconds: what was said in the storm is shown by then


@dataclass
class Storm:
    """A stage, people, and havoc on it.

    Attributes:
        armed: the directory of the fault points.
        seed: of everything that is chosen.
        second: run a second worker, so that a peer can take over.
    """

    lab: Lab
    stage: BrokenStage
    armed: Path
    seed: int
    second: bool
    own: OwnRedis | None = None
    people: list[Person] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)

    def run(self, count: int) -> History:
        """Break so many things; return what was seen."""
        rng = random.Random(self.seed)
        if self.second:
            self.stage.start_second_worker()
        with self._watched() as (channel, engine), closing(Inside(self._redis_url())) as inside:
            havoc = self._havoc(rng, inside, channel, engine)
            try:
                for person in self.people:
                    person.start()
                for blow in deck(count, rng):
                    seen_within(lambda: inside.under_way() >= IN_FLIGHT, _FLYING_WITHIN)
                    time.sleep(rng.uniform(0.0, 0.6))  # the moment is part of the storm
                    havoc.strike(blow)
            finally:
                self._calm_down()
            seen_within(inside.has_answered, _QUIET_WITHIN)  # what comes late looks like a refusal
            gone_back = self._all_go_back(engine)
            seen_within(inside.has_told, _QUIET_WITHIN)
            running = dict(_at_once(_running, self.teams))
        return self._history(channel, engine, havoc, gone_back, running)

    def _redis_url(self) -> str:
        return self.own.url if self.own else f"unix://{self.stage.dir / 'valkey' / 'valkey.sock'}"

    # -- before

    @contextmanager
    def _watched(self) -> Iterator[tuple[ChannelEyes, EngineEyes]]:
        self.teams = [gathered(self.stage, f"storm {n}") for n in range(1, _TYPING + 1)]
        services = [team.service for team in self.teams]
        ids = dict(zip(_at_once(self._serve, self.teams), services, strict=True))
        channel, engine = ChannelEyes(self.stage.client), EngineEyes(self.lab, ids)
        channel.start()
        engine.start()
        self.people = [
            self._person(number, team, channel, engine) for number, team in enumerate(self.teams)
        ]
        try:
            yield channel, engine
        finally:
            engine.stop()
            channel.stop()
            docker_cli(self.lab, "service", "rm", *services)

    def _serve(self, team: Team) -> str:
        words = ("-d", "-q", "--name", team.service, "--replicas", "1", "--label", "n=0")
        made = docker_cli(
            self.lab, "service", "create", *words, *_PACE.split(), team.image("v1")
        ).split()[-1]
        eventually(lambda: len(team.running()) == 1, f"{team.service} to run")
        return made

    def _person(self, number: int, team: Team, channel: ChannelEyes, engine: EngineEyes) -> Person:
        return Person(
            who=list(PEOPLE)[number % len(PEOPLE)],
            client=self.stage.client,
            eyes=channel,
            engine=engine,
            channel=team.channel,
            service=team.service,
            image=self.stage.image,
            seed=f"{self.seed}-{number}",
        )

    def _havoc(
        self, rng: random.Random, inside: Inside, channel: ChannelEyes, engine: EngineEyes
    ) -> Havoc:
        return Havoc(
            stage=self.stage,
            armed=self.armed,
            inside=inside,
            rng=rng,
            answered=lambda: max(person.last_answer for person in self.people),
            moved=lambda: max(channel.last_sign, engine.last_sign),
            in_flight=self._in_flight,
            own=self.own,
        )

    # -- meanwhile

    def _in_flight(self) -> list[str]:
        return [person.current for person in self.people if person.current]

    # -- after

    def _calm_down(self) -> None:
        """Let everybody see the end of what they have typed last."""
        for person in self.people:
            person.stop()
        for person in self.people:
            if person.ident is not None:
                person.join(LONGEST + 60)
        for trouble in (person.trouble for person in self.people):
            if trouble is not None:
                raise trouble

    def _all_go_back(self, engine: EngineEyes) -> list[GoneBack]:
        """Let each person type a rollback to the revision that ran before the present one."""
        before = [_one_before(engine.specs[team.service]) for team in self.teams]
        return _at_once(_gone_back, self.people, before, self.teams)

    def _history(
        self,
        channel: ChannelEyes,
        engine: EngineEyes,
        havoc: Havoc,
        gone_back: list[GoneBack],
        running: dict[str, list[str]],
    ) -> History:
        verified = waggle(self.stage, "verify")
        exported = waggle(self.stage, "export")
        assert exported.returncode == 0, exported.stderr
        return History(
            typed=[typed for person in self.people for typed in person.typed],
            specs=engine.specs,
            told=channel.told(),
            entries=[_entry(line) for line in exported.stdout.splitlines()],
            verdict=verified.stdout + verified.stderr,
            running=running,
            image_events=engine.images,
            gone_back=gone_back,
            interruptions=havoc.done,
            private=[
                each for team in self.teams for each in channel.private(team.channel, team.service)
            ],
            limited=_limited(self.stage.client.calls()),
        )


def _limited(calls: list[Json]) -> dict[str, int]:
    return Counter(str(each["method"]) for each in calls if each["outcome"] == "ratelimited")


def _one_before(specs: list[Spec]) -> int:
    """Return the newest revision that is not the present one."""
    present = specs[-1].label("revision") or "1"
    known = [spec.label("revision") or "1" for spec in specs]
    return int(next(number for number in reversed(known) if number != present))


def _gone_back(person: Person, revision: int, team: Team) -> GoneBack:
    state = person.goes_back_to(revision)
    return GoneBack(service=team.service, revision=revision, state=state, spec=team.spec())


def _running(team: Team) -> tuple[str, list[str]]:
    wanted = team.replicas()
    eventually(lambda: len(team.running()) == wanted, f"{team.service} to come to rest")
    return team.service, team.running()


def _at_once(act: Callable[..., T], *arguments: Sequence[Any]) -> list[T]:
    with ThreadPoolExecutor(_TYPING) as pool:
        return list(pool.map(act, *arguments))


def _entry(line: str) -> Entry:
    found = json.loads(line)
    names = ("what", "subject", "target", "line", "fingerprint")
    at = datetime.fromisoformat(found["at"]).timestamp()
    return Entry(**{name: found[name] for name in names}, at=at)
