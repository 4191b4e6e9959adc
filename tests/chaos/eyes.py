"""Those who watch a storm: the channels on one side, the Engine on the other."""

import json
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from playground.lab import Lab
from playground.lab.engine_api import call
from playground.workspace import Seen, WorkspaceClient
from tests.chaos.history import Answer, Spec, Told
from tests.lab_fixtures import docker_environment, docker_program
from tests.scenario.team import event_type, payload

T = TypeVar("T")
_POLL = 2.0  # seconds
_STORY = {"waggle_rollout", "waggle_note"}


class ChannelEyes(threading.Thread):
    """Follows the workspace's log; who waits for something in it is woken by each change.

    Attributes:
        messages: of each channel, by timestamp, as they are now.
        last_sign: when Waggle last posted or edited something of a rollout.
    """

    def __init__(self, client: WorkspaceClient) -> None:
        super().__init__(name="channel-eyes", daemon=True)
        self._client = client
        self._ended = threading.Event()
        self._changed = threading.Condition()
        self.messages: defaultdict[str, dict[str, Seen]] = defaultdict(dict)
        self.last_sign = 0.0
        self.trouble: Exception | None = None

    def run(self) -> None:
        seq = 0
        try:
            while not self._ended.is_set():
                seq, changed = self._client.changes(seq, wait=_POLL)
                self._note(changed)
        except Exception as error:  # noqa: BLE001  who waits is told
            self.trouble = error

    def _note(self, changed: list[Seen]) -> None:
        with self._changed:
            for message in changed:
                self.messages[message.channel][message.ts] = message
                if message.origin == "posted" and event_type(message) in _STORY:
                    self.last_sign = time.time()
            self._changed.notify_all()

    def stop(self) -> None:
        """End within seconds."""
        self._ended.set()
        self.join(_POLL + 10)

    def wait(self, channel: str, look: Callable[[list[Seen]], Any], seconds: float) -> Any:
        """Return the first true thing that `look` finds in a channel, None if not in time."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                if found := look(list(self.messages[channel].values())):
                    return found
                assert self.trouble is None, self.trouble
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)

    def told(self) -> list[Told]:
        """Return what was told of rollouts, in the order of the workspace."""
        with self._changed:
            everything = [m for channel in self.messages.values() for m in channel.values()]
        found = sorted(everything, key=lambda m: float(m.ts))
        return [_told(m) for m in found if event_type(m) in _STORY and not m.deleted]

    def private(self, channel: str, service: str) -> list[Answer]:
        """Return what one person alone was shown in the channel of a service."""
        with self._changed:
            found = [m for m in self.messages[channel].values() if m.ephemeral_to is not None]
        return [Answer(at=m.at, service=service, text=m.text) for m in found]


def _told(message: Seen) -> Told:
    found = payload(message)
    return Told(
        rollout=str(found.get("rollout_id") or ""),
        service=str(found.get("service") or ""),
        note=str(found.get("note") or ""),
        state=str(found.get("state") or ""),
        text=message.text,
        # an edit's metadata lack it
        message_id=str((message.revisions[0]["metadata"]["event_payload"]).get("message_id") or ""),
        from_revision=found.get("from_revision"),
        to_revision=found.get("to_revision"),
        moved_at=tuple(float(each["at"]) for each in message.revisions),
    )


class EngineEyes(threading.Thread):
    """Follows `docker events`, and looks at a service whenever there is one of it.

    Attributes:
        specs: each service's specs so far, by version.
        images: how many events told of a new image.
        last_sign: when a service was last seen to change.
    """

    def __init__(self, lab: Lab, services: Mapping[str, str]) -> None:
        super().__init__(name="engine-eyes", daemon=True)
        self._socket = Path(lab.docker_host().removeprefix("unix://"))
        self._names = dict(services)  # id -> name
        self.specs: dict[str, list[Spec]] = {name: [] for name in services.values()}
        self.images: Counter[str] = Counter()
        self.last_sign = 0.0
        self._looking = threading.Lock()
        self._events = subprocess.Popen(
            [docker_program(), "events", "--filter", "type=service", "--format", "{{json .}}"],
            env=docker_environment(lab),
            stdout=subprocess.PIPE,
            text=True,
        )
        for service_id in self._names:
            self._look(service_id)

    def run(self) -> None:
        assert self._events.stdout is not None
        for line in self._events.stdout:
            event = json.loads(line)
            service_id = event["Actor"]["ID"]
            if event["Action"] != "update" or service_id not in self._names:
                continue
            self.images[self._names[service_id]] += "image.new" in event["Actor"]["Attributes"]
            self._look(service_id)

    def stop(self) -> None:
        """End, after a last look at all of them."""
        for service_id in self._names:
            self._look(service_id)
        self._events.terminate()
        self._events.wait(10)
        if self.is_alive():
            self.join(10)
        if self._events.stdout is not None:
            self._events.stdout.close()

    def _look(self, service_id: str) -> None:
        with self._looking:
            found = call(self._socket, "GET", f"/services/{service_id}")
            name = self._names[service_id]
            now = Spec(
                service=name,
                version=found["Version"]["Index"],
                spec=found["Spec"],
                previous=found.get("PreviousSpec"),
                at=time.time(),
            )
            known = self.specs[name]
            # Swarm's own writes move the version alone
            if not known or (now.spec, now.previous) != (known[-1].spec, known[-1].previous):
                known.append(now)
                self.last_sign = now.at


def seen_within(look: Callable[[], T], seconds: float) -> T:
    """Return the first true thing that `look` sees, or the last one when the time is over."""
    end = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < end:
        time.sleep(0.02)
    return seen
