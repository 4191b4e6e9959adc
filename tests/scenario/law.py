"""A stage under a policy file that can be written anew, and what other channels read there."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import requests

from bot.slack.manifest import BOT_SCOPES
from playground.stage import Stage
from playground.stage.ground import Ground
from playground.workspace import Seen, WorkspaceClient
from tests.scenario.team import Team, event_type, payload
from tests.waiting import eventually


def write(path: Path, rules: str) -> None:
    """Let the file say that, at one moment."""
    new = path.with_suffix(".new")
    new.write_text(rules, encoding="utf-8")
    new.replace(path)


@contextmanager
def under(
    swarm: Ground,
    path: Path,
    rules: str,
    people: Callable[[WorkspaceClient], object] = lambda _: None,
) -> Iterator[Stage]:
    """Workspace, bot and worker with these rules in force; the lab's registry is `REGISTRY`."""
    write(path, rules.replace("REGISTRY", swarm.registry))
    told = {"WAGGLE_POLICY": str(path)}
    with Stage(swarm, rate_limits=False, extra=told, people=people) as stage:
        stage.client.configure(scopes=BOT_SCOPES)
        yield stage


READERS = {"bot": 1, "worker": 3}
"""How many processes read the file: the bot, and the worker's three."""


@dataclass
class Changing:
    """A policy file that is written anew, and then known to all.

    Attributes:
        rules: with EXPIRES for a time, and FREEZE for a line of an environment's own.
        minutes: what stands for EXPIRES: other rules each time.
        freeze: what stands for FREEZE.
    """

    path: Path
    rules: str
    minutes: int = 30
    freeze: str = ""

    @property
    def text(self) -> str:
        """What the file says."""
        return self.rules.replace("EXPIRES", f"{self.minutes}m").replace("FREEZE", self.freeze)

    def changes(self, stage: Stage, freeze: str = "") -> None:
        """Let the file say something else, and wait until each process goes by it."""
        known = {name: self._read_by(stage, name).keys() for name in READERS}
        self.minutes, self.freeze = self.minutes + 1, freeze
        write(self.path, self.text)

        def is_known(name: str) -> bool:
            read = self._read_by(stage, name)
            return any(read[each] >= READERS[name] for each in read.keys() - known[name])

        eventually(lambda: all(map(is_known, READERS)), "each process to know the rules")

    def freezes(self, stage: Stage, begins: datetime, but: str = "") -> None:
        """Freeze what can be frozen, from a minute (UTC) on, for three hours."""
        cron = f"{begins.minute} {begins.hour} {begins.day} {begins.month} *"
        self.changes(stage, f'    freeze: [{{cron: "{cron}", for: 3h, reason: the audit{but}}}]')

    def _read_by(self, stage: Stage, name: str) -> Counter[str]:
        """Return the versions that a program's processes have read, and how often."""
        log = (stage.dir / f"{name}.log").read_text(encoding="utf-8")
        words = f"policy in force: {self.path}, "
        return Counter(line.partition(words)[2][:8] for line in log.splitlines() if words in line)


def warnings(stage: Stage) -> list[str]:
    """Return what /readyz warns of; it must be ready all the same."""
    answer = requests.get(f"{stage.url}/readyz", timeout=20)
    assert answer.status_code == 200
    return list(answer.json()["warnings"])


@dataclass(frozen=True)
class News:
    """What another channel is told of one rollout or change, by its id."""

    client: WorkspaceClient
    channel: str
    subject: str

    @property
    def told(self) -> list[Seen]:
        """All of it, the one message and its thread, oldest first."""
        found = self.client.messages(self.channel)
        return [m for m in found if event_type(m) == "waggle_notice" and self._is_of(m)]

    def _is_of(self, message: Seen) -> bool:
        data = payload(message)
        return self.subject in (data.get("rollout_id"), data.get("change_id"))

    @property
    def heads(self) -> list[Seen]:
        """What stands in the channel itself."""
        return [m for m in self.told if m.thread_ts is None]

    @property
    def head(self) -> Seen:
        """The one message."""
        (found,) = self.heads
        return found

    @property
    def replies(self) -> list[Seen]:
        """Its thread."""
        return [m for m in self.told if m.thread_ts is not None]

    @property
    def events(self) -> list[str]:
        """What the thread tells, in its order."""
        return [str(payload(m)["event"]) for m in self.replies]

    @property
    def loud(self) -> list[str]:
        """The events of the thread that are shown in the channel as well."""
        return [str(payload(m)["event"]) for m in self.replies if m.broadcast]

    def waits(self, check: Callable[["News"], bool], what: str) -> None:
        """Wait until it is so."""
        eventually(lambda: check(self), f"{what}: {[m.text for m in self.told]}")

    def stands(self, state: str) -> Seen:
        """Wait until the one message shows a state; return it."""
        self.waits(lambda it: [m.state for m in it.heads] == [state], f"one message says {state}")
        return self.head

    def hears(self, event: str) -> Seen:
        """Wait until the thread tells of an event; return that message."""
        self.waits(lambda it: event in it.events, f"the thread tells of {event}")
        (found,) = [m for m in self.replies if payload(m)["event"] == event]
        return found


def news(team: Team, subject: Seen, channel: str) -> News:
    """Return what a channel is told of a request's, or of a rollout's, own subject."""
    return News(team.client, channel, str(payload(subject)["rollout_id"]))
