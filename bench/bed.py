"""Waggle as a whole on a simulated swarm: what can be measured with hundreds of live rollouts.

Workspace, bot, worker and simulator are processes (the workspace a thread) of this machine. The
simulated swarm answers at once and costs little, so what is measured is Waggle.
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ssl import get_default_verify_paths
from typing import Any

import docker
from redis import Redis

from bench.processes import until
from bench.simulated import Simulated, simulated
from bot.adapters.clock import SystemClock
from bot.adapters.redis_store import RedisRecordStore
from bot.domain.message import Message
from bot.domain.outbox import due_at
from bot.domain.rollout.record import Rollout, RolloutState
from bot.slack.manifest import BOT_SCOPES
from bot.usecases.speak import parent_id
from playground.stage import Stage

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
_NOTES = 10
_ROOMS = 10
_ID = re.compile(r"`([a-z]-[0-9a-z]+)`")


@dataclass
class Bed:
    """A stage on a simulated swarm, and hands to work it.

    Attributes:
        stage: all that runs.
        channel: where lines are typed.
        alive: names of services that have a live rollout, by `live`.
        rooms: channels, once there are any.
        redis_url: of the Valkey that Waggle uses.
    """

    stage: Stage
    lab: Simulated
    channel: str = "C0OPS"
    alive: list[str] = field(default_factory=list)
    rooms: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = docker.APIClient(base_url=self.lab.docker_host(), version="1.41")
        self.redis_url = f"unix://{self.stage.dir / 'valkey' / 'valkey.sock'}"
        self.redis = Redis.from_url(self.redis_url)
        self.store = RedisRecordStore(self.redis)

    def image(self, tag: str) -> str:
        """Return an image of the simulated registry."""
        return f"{self.stage.image}:{tag}"

    def makes(self, name: str, replicas: int = 2, **update: object) -> None:
        """Make a service by the Engine's API; `update` is its UpdateConfig."""
        spec: dict[str, Any] = {
            "Name": name,
            "Labels": {},
            "TaskTemplate": {
                "ContainerSpec": {"Image": self.image("v1")},
                "Placement": {},
            },
            "Mode": {"Replicated": {"Replicas": replicas}},
            "UpdateConfig": {"Parallelism": 0, "Monitor": SECOND, "FailureAction": "pause"}
            | update,
        }
        self.post("/services/create", spec)

    def post(self, path: str, body: object, **query: str | int) -> Any:
        """Post JSON to the Engine; return its answer."""
        url = f"{self.engine.base_url}/v1.41{path}"
        answer = self.engine.post(url, json=body, params=query, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def types(self, line: str, channel: str = "") -> str:
        """Type a change; return the id of its record.

        Raises:
            RuntimeError: it was not taken.
        """
        ack = self.stage.client.type("ann", channel or self.channel, f"/swarm {line}")
        found = _ID.search((ack.shown or "").partition("On its way as")[2])
        if found is None:
            raise RuntimeError(f"{line}: {ack.shown}")
        return found[1]

    def channels(self) -> list[str]:
        """Return some channels: in one alone, Slack's post a second would be what is measured."""
        if not self.rooms:
            made = (f"bench-{number}" for number in range(_ROOMS))
            create = self.stage.client.control
            self.rooms = [str(create("create_channel", name=name)["id"]) for name in made]
        return self.rooms

    def rollouts(self, ids: Sequence[str]) -> list[Rollout]:
        """Return the records, as far as there are."""
        return [stored.value for stored in self.store.get_many(Rollout, ids)]

    def until_all(self, ids: Sequence[str], state: RolloutState, seconds: float = 180) -> None:
        """Wait until the records are in a state."""
        until(
            lambda: [each.state for each in self.rollouts(ids)] == [state] * len(ids),
            f"{len(ids)} rollouts to be {state.value}",
            seconds,
        )

    def until_told(self, rollout: str, seconds: float = 180) -> None:
        """Wait until a rollout is over, and its message and thread show all that they should."""
        until(lambda: self._is_told(rollout), f"{rollout} to be told", seconds)

    def _is_told(self, rollout: str) -> bool:
        ended = [each.state for each in self.rollouts([rollout])] == [RolloutState.COMPLETED]
        names = [parent_id(rollout), *(f"{rollout}.{number}" for number in range(1, _NOTES))]
        rows = self.store.get_many(Message, names) if ended else []
        return bool(rows) and all(due_at(row.value) is None for row in rows)

    def until_spoken(self, seconds: float = 300) -> None:
        """Wait until the outbox has been empty for a while: edits come some seconds apart."""
        quiet = 0.0

        def is_quiet() -> bool:
            nonlocal quiet
            later = SystemClock().now() + timedelta(seconds=30)
            if self.store.due_messages("default", later, 1):
                quiet = 0.0
                return False
            quiet = quiet or time.monotonic()
            return time.monotonic() - quiet > 3

        until(is_quiet, "the outbox to be empty", seconds)

    def live(self, count: int) -> None:
        """Have so many rollouts under way: of six tasks each, one an hour."""
        names = [f"live-{number:04}" for number in range(len(self.alive), count)]
        for name in names:
            self.makes(name, 6, Parallelism=1, Delay=HOUR)
        rooms = self.channels()
        ids = [
            self.types(f"update --env-add BENCH=1 {name}", rooms[number % len(rooms)])
            for number, name in enumerate(names)
        ]
        self.until_all(ids, RolloutState.PROGRESSING)
        self.alive += names


@contextmanager
def bed(*, processes: int = 1, rate_limits: bool = False, **extra: str) -> Iterator[Bed]:
    """Start all of it, and end it; `extra` is more environment for bot and worker.

    They know the system's authorities, as in use: it is their memory that is weighed.
    """
    extra = {"SSL_CERT_FILE": get_default_verify_paths().openssl_cafile, **extra}
    with (
        simulated() as lab,
        Stage(lab, processes=processes, rate_limits=rate_limits, extra=extra) as stage,
    ):
        stage.client.configure(scopes=BOT_SCOPES)
        yield Bed(stage, lab)
