"""A stage under a policy file that can be written anew, and what other channels read there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
