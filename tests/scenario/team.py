"""People in a channel of their own, and the swarm as the docker CLI shows it.

All that a test knows, it knows as a person does: from the channel, and from the real docker CLI.
"""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.stage import Stage
from playground.workspace import Seen, WorkspaceClient
from playground.workspace.client import Ack
from tests.lab_fixtures import docker_cli, docker_process
from tests.waiting import PATIENCE, TooLateError

Json = dict[str, Any]
PEOPLE = {"ann": "U0ANN", "bob": "U0BOB", "cat": "U0CAT", "sam": "U0SRE"}
SHORT = (
    "--update-monitor 1s --rollback-monitor 1s --stop-grace-period 1s "
    "--restart-delay 1s --update-parallelism 0 --rollback-parallelism 0"
)
ENDS = {"completed", "rolled_back", "failed", "aborted", "superseded"}
RESTS = ENDS | {"paused", "stalled", "applied", "refused", "cancelled"}


def payload(message: Seen) -> Json:
    """Return the payload of a message's metadata, empty if it has none."""
    found: Json = (message.metadata or {}).get("event_payload") or {}
    return found


def event_type(message: Seen) -> str:
    """Return the type of a message's metadata."""
    return str((message.metadata or {}).get("event_type") or "")


def states_of(message: Seen) -> list[str]:
    """Return the states that the message showed one after the other."""
    shown = [r["metadata"]["event_payload"]["state"] for r in message.revisions]
    shown.append(str(message.state))
    return [state for i, state in enumerate(shown) if i == 0 or state != shown[i - 1]]


def without_labels(spec: Mapping[str, Any]) -> Json:
    """Return the spec without its name and without the `waggle.` labels."""
    plain: Json = copy.deepcopy(dict(spec))
    plain.pop("Name")
    labels = plain.pop("Labels", None) or {}
    plain["Labels"] = {k: v for k, v in labels.items() if not k.startswith("waggle.")}
    return plain


@dataclass
class Team:
    """A channel with ann, bob, cat, sam and the bot, fresh for each test.

    Attributes:
        stage: everything that runs.
        channel: the channel's id.
        service: a service name of this test's own; what begins with it is removed at the end.
    """

    stage: Stage
    channel: str
    service: str
    also: list[str] = field(default_factory=list)

    @property
    def client(self) -> WorkspaceClient:
        return self.stage.client

    def image(self, tag: str) -> str:
        return f"{self.stage.image}:{tag}"

    # -- typing

    def types(self, line: str, who: str = "ann") -> Ack:
        """Type a line after `/swarm`; the ack must come in time."""
        ack = self.client.type(who, self.channel, f"/swarm {line}")
        assert ack.status == "ok", ack
        return ack

    def told(self, line: str, who: str = "ann") -> str:
        """Type a line that is answered in the ack itself."""
        shown = self.types(line, who).shown
        assert shown is not None
        assert not shown.startswith(("Understood", "Looking")), shown
        return shown

    def asks(self, line: str, who: str = "ann", timeout: float = PATIENCE) -> Seen:
        """Type a line that is answered privately, a moment later."""
        known = self._keys()
        ack = self.types(line, who)
        assert (ack.shown or "").startswith(("Understood", "Looking")), ack.shown
        return self._private(known | {(self.channel, ack.message_ts or "")}, who, timeout)

    def is_refused(self, line: str, words: str, who: str = "ann") -> bool:
        """Type a read; tell whether its ack refuses it so. If not, its answer has come by then.

        One that is still on its way would be taken for what the next act is told.
        """
        known = self._keys()
        ack = self.types(line, who)
        if words in (ack.shown or ""):
            return True
        self._private(known | {(self.channel, ack.message_ts or "")}, who, PATIENCE)
        return False

    def _keys(self) -> set[tuple[str, str]]:
        return {(m.channel, m.ts) for m in self.client.messages(self.channel, deleted=True)}

    def _private(self, known: set[tuple[str, str]], who: str, timeout: float) -> Seen:
        def is_it(message: Seen) -> bool:
            mine = message.ephemeral_to == PEOPLE[who]
            return mine and (message.channel, message.ts) not in known

        return self.client.wait_for(is_it, channel=self.channel, timeout=timeout)

    def begins(
        self, line: str, who: str = "ann", timeout: float = PATIENCE, beside: str = "\0"
    ) -> Seen:
        """Type a change; return its message as soon as it is there.

        A private answer instead of it fails, unless it has the words `beside` in it.
        """
        known = self._keys()
        ack = self.types(line, who)
        assert (ack.shown or "").startswith("Understood"), ack.shown

        def is_it(message: Seen) -> bool:
            new = (message.channel, message.ts) not in known
            private = message.ephemeral_to is not None and message.ts != ack.message_ts
            instead = new and private and beside not in message.text
            assert not instead, f"a private answer instead: {message.text}"
            return new and event_type(message) in {"waggle_rollout", "waggle_change"}

        return self.client.wait_for(is_it, channel=self.channel, timeout=timeout)

    def does(
        self, line: str, end: str = "completed", who: str = "ann", timeout: float = PATIENCE
    ) -> Seen:
        """Type a change and wait until its message rests in the state `end`."""
        return self.rests(self.begins(line, who), end, timeout)

    def rests(self, message: Seen, end: str = "completed", timeout: float = PATIENCE) -> Seen:
        """Wait until a message shows a state at which it can rest; it must be `end`."""
        rests = ENDS if end in ENDS else RESTS
        return self.shows(message, lambda m: m.state == end, lambda m: m.state in rests, timeout)

    def ends(self, message: Seen) -> str:
        """Wait until a message shows any state at which it can rest; return that."""
        return str(self.shows(message, lambda m: m.state in RESTS).state)

    def shows(
        self,
        message: Seen,
        wanted: Callable[[Seen], bool],
        enough: Callable[[Seen], bool] = lambda _: False,
        timeout: float = PATIENCE,
    ) -> Seen:
        """Wait until this message is as wanted; fail when `enough` comes true without it."""

        def is_it(seen: Seen) -> bool:
            return seen.ts == message.ts and (wanted(seen) or enough(seen))

        try:
            found = self.client.wait_for(is_it, channel=self.channel, timeout=timeout)
        except TimeoutError as error:
            raise TooLateError(f"it stays at:\n{self.fresh(message).text}") from error
        assert wanted(found), f"it came to {found.state}:\n{found.text}\n{self.thread_text(found)}"
        return found

    def finds(self, key: str, value: str, kind: str = "") -> Seen:
        """Wait for a parent whose metadata has that value, and that kind if given."""

        def is_it(message: Seen) -> bool:
            found = payload(message)
            return found.get(key) == value and kind in {"", found.get("kind")}

        return self.client.wait_for(is_it, channel=self.channel)

    def fresh(self, message: Seen) -> Seen:
        """Return the message as it is now."""
        return next(m for m in self.client.messages(self.channel) if m.ts == message.ts)

    def creates(self, options: str = "", tag: str = "v1", name: str = "") -> Seen:
        """Create the test's service, small and quick, and wait until it is complete."""
        line = f"create --name {name or self.service} {SHORT} {options} {self.image(tag)}"
        return self.does(line)

    def makes(self, *options: str, tag: str = "v1", name: str = "") -> None:
        """Let the docker CLI make the test's service, small and quick, without waiting."""
        named = ("--name", name or self.service)
        self.docker("service", "create", "-d", *named, *SHORT.split(), *options, self.image(tag))

    def clicks(self, message: Seen, button: str, who: str = "ann") -> Ack:
        """Click a button of a message as it is now."""
        ack = self.client.click(who, self.fresh(message), button)
        assert ack.status == "ok", ack
        return ack

    def hears(self, act: Callable[[], object], who: str = "ann") -> Seen:
        """Do something and return the private message that comes of it."""
        known = self._keys()
        act()
        return self._private(known, who, PATIENCE)

    # -- reading

    def posts(self, kind: str = "waggle_rollout") -> list[Seen]:
        """Return the parents in the channel, oldest first."""
        found = self.client.messages(self.channel)
        return [m for m in found if event_type(m) == kind and m.thread_ts is None]

    def thread(self, parent: Seen) -> list[Seen]:
        """Return the replies below a parent."""
        return [m for m in self.client.thread(parent) if m.ts != parent.ts]

    def thread_text(self, parent: Seen) -> str:
        """Return the whole thread as one text."""
        return "\n".join(m.text for m in self.thread(parent))

    def note(self, parent: Seen, kind: str, timeout: float = PATIENCE) -> Seen:
        """Return the thread's message of a kind (started, paused, ended …), waiting for it."""

        def is_it(message: Seen) -> bool:
            return message.thread_ts == parent.ts and payload(message).get("note") == kind

        return self.client.wait_for(is_it, channel=self.channel, timeout=timeout)

    # -- the swarm, by the docker CLI

    def docker(self, *words: str) -> str:
        return docker_cli(self.stage.lab, *words)

    def inspected(self, name: str = "") -> Json:
        found: list[Json] = json.loads(self.docker("service", "inspect", name or self.service))
        return found[0]

    def spec(self, name: str = "") -> Json:
        spec: Json = self.inspected(name)["Spec"]
        return spec

    def tag(self, name: str = "") -> str:
        """Return the tag of the image in the service's spec."""
        image = str(self.spec(name)["TaskTemplate"]["ContainerSpec"]["Image"])
        return image.partition("@")[0].rpartition(":")[2]

    def replicas(self, name: str = "") -> int:
        return int(self.spec(name)["Mode"]["Replicated"]["Replicas"])

    def running(self, name: str = "") -> list[str]:
        """Return the images of the tasks that run, by the docker CLI."""
        words = ("--filter", "desired-state=running", "--format", "{{.Image}} {{.CurrentState}}")
        rows = self.docker("service", "ps", name or self.service, *words).splitlines()
        return [row.split()[0] for row in rows if row.split()[1] == "Running"]

    def exists(self, name: str = "") -> bool:
        done = docker_process(self.stage.lab, "service", "inspect", name or self.service)
        return done.returncode == 0

    def remove_all(self) -> None:
        """Remove the services and networks of this test."""
        names = self.docker("service", "ls", "--format", "{{.Name}}").splitlines()
        mine = [n for n in names if n.startswith(self.service) or n in self.also]
        if mine:
            self.docker("service", "rm", *mine)
        nets = self.docker("network", "ls", "--format", "{{.Name}}").splitlines()
        for net in (n for n in nets if n.startswith(self.service)):
            docker_process(self.stage.lab, "network", "rm", net)
