"""Acts in a running workspace and reads it, over its control API; blocking, from any process.

In asyncio code call it through `asyncio.to_thread`: an app in the same loop must be able to answer.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from playground.workspace.errors import ControlError
from playground.workspace.seen import Known, Seen, seen

Json = dict[str, Any]
LONG_POLL = 2.0  # seconds
_AT_ONCE = 64  # threads that act as people at the same time, each with a connection of its own


@dataclass(frozen=True)
class Ack:
    """What a person got for a command, click or submitted modal.

    Attributes:
        status: ok, timeout, failed, unreachable, cancelled or unknown_command.
        shown: The text the person saw; None for silence.
        body: The acknowledgement as the app sent it.
        raw: The whole answer of the control API.
    """

    status: str
    shown: str | None
    message_ts: str | None
    http_status: int | None
    seconds: float
    body: Any
    raw: Json = field(repr=False)


def _ack(raw: Json) -> Ack:
    return Ack(
        status=raw["status"],
        shown=raw.get("shown"),
        message_ts=raw.get("message_ts"),
        http_status=raw.get("http_status"),
        seconds=float(raw.get("seconds") or 0.0),
        body=raw.get("body"),
        raw=raw,
    )


class WorkspaceClient:
    """One workspace at `url`, such as `http://127.0.0.1:40123`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands before the loopback
        self._known: dict[str | None, Known] = {}
        self._session.mount("http://", HTTPAdapter(pool_maxsize=_AT_ONCE))

    def close(self) -> None:
        """Close the connections; a later call makes new ones."""
        self._session.close()

    def control(self, verb: str, **body: Any) -> Json:
        """Call any verb of the control API.

        Raises:
            ControlError: it refused; the text says why.
        """
        with self._session.post(f"{self.url}/control/{verb}", json=body, timeout=60) as reply:
            answer: Json = reply.json()
        if not answer["ok"]:
            raise ControlError(answer["error"])
        return answer

    def type(self, user: str, channel: str, line: str) -> Ack:
        """Type a slash command as a person, and wait for the acknowledgement."""
        return _ack(self.control("type_command", user=user, channel=channel, line=line))

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Write a message as a person, in a thread if told; return its timestamp."""
        answer = self.control("say", user=user, channel=channel, text=text, thread_ts=thread_ts)
        return str(answer["ts"])

    def mention(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Write `@waggle text` as a person; return the message's timestamp."""
        return self.say(user, channel, f"@waggle {text}", thread_ts)

    def click(
        self, user: str, message: Seen, button: str, *, confirm: bool = True, stale: bool = False
    ) -> Ack:
        """Click a button of a message, named by its words or its action_id.

        A stale click is by its words, on the last edit that showed the button.
        """
        known = stale or button in message.buttons
        name = {"text": button} if known else {"action_id": button}
        place = {"channel": message.channel, "ts": message.ts}
        how = {"confirm": confirm, "stale": stale}
        return _ack(self.control("click", user=user, **how, **place, **name))

    def choose(self, user: str, message: Seen, action_id: str, value: str) -> Ack:
        """Choose an option of a menu, by its value or its words."""
        place = {"channel": message.channel, "ts": message.ts}
        return _ack(self.control("click", user=user, action_id=action_id, value=value, **place))

    def submit(self, user: str, **values: Any) -> Ack:
        """Submit the person's topmost modal with values by action_id."""
        return _ack(self.control("submit_view", user=user, values=values))

    def modal(self, user_id: str) -> Json | None:
        """Return the topmost open modal of a person, by id, or None."""
        views = self.state()["views"]
        mine = [v for v in views if v["user"] == user_id and v["open"]]
        return next((v for v in reversed(mine) if v["body"]["type"] == "modal"), None)

    def suggest(self, user: str, action_id: str, query: str = "") -> list[tuple[str, str]]:
        """Type into an external menu of the topmost modal; return (words, value) of each option.

        Raises:
            ControlError: Slack would not show the answer.
        """
        answer = self.control("suggest", user=user, action_id=action_id, query=query)
        if answer["status"] != "ok" or answer.get("errors"):
            raise ControlError(f"no options: {answer}")
        return [(words, value) for words, value in answer["options"]]

    def use(self, user: str, shortcut: str, message: Seen | None = None) -> Ack:
        """Use a shortcut: a global one, or one of a message."""
        if message is None:
            return _ack(self.control("global_shortcut", user=user, name=shortcut))
        place = {"channel": message.channel, "ts": message.ts}
        return _ack(self.control("message_shortcut", user=user, name=shortcut, **place))

    def state(self) -> Json:
        """Return people, channels, groups, views and counters."""
        return self.control("state")

    def calls(self, method: str | None = None) -> list[Json]:
        """Return the app's Web API calls so far; posts to response_urls are among them."""
        calls: list[Json] = self.control("calls", method=method)["calls"]
        return calls

    def deliveries(self) -> list[Json]:
        """Return what the workspace sent to the app, with the answers."""
        found: list[Json] = self.control("deliveries")["deliveries"]
        return found

    def changes(self, since: int = 0, *, wait: float = 0.0) -> tuple[int, list[Seen]]:
        """Return the workspace's change number and the messages that changed after `since`."""
        answer = self.control("messages", since=since, wait=wait)
        return int(answer["seq"]), [seen(raw) for raw in answer["messages"]]

    def messages(self, channel: str | None = None, *, deleted: bool = False) -> list[Seen]:
        """Return all messages of a channel (or of all), oldest first, ephemeral ones included."""
        known = self._known.setdefault(channel, Known())
        since = known.seq
        answer = self.control("messages", channel=channel, since=since)
        if answer["seq"] < since:  # it was started anew
            answer = self.control("messages", channel=channel)
            known = self._known[channel] = Known()
        found = known.add(answer["seq"], map(seen, answer["messages"]))
        return [message for message in found if deleted or not message.deleted]

    def thread(self, parent: Seen) -> list[Seen]:
        """Return the replies to a message, oldest first."""
        return [m for m in self.messages(parent.channel) if m.thread_ts == parent.ts]

    def wait_for(
        self,
        predicate: Callable[[Seen], bool],
        *,
        timeout: float = 60.0,
        channel: str | None = None,
    ) -> Seen:
        """Return the first message, oldest first, that fulfils the predicate; wait for it.

        Raises:
            TimeoutError: after `timeout` seconds; the text lists what was there.
        """
        deadline = time.monotonic() + timeout
        known: dict[tuple[str, str], Seen] = {}
        seq, wait = 0, 0.0
        while True:
            answer = self.control("messages", channel=channel, since=seq, wait=wait)
            seq = answer["seq"]
            known |= {(m.channel, m.ts): m for m in map(seen, answer["messages"])}
            present = [message for message in known.values() if not message.deleted]
            for message in present:
                if predicate(message):
                    return message
            wait = min(deadline - time.monotonic(), LONG_POLL)
            if wait <= 0:
                texts = "\n".join(f"  {m.author}: {m.text[:200]}" for m in present[-20:])
                raise TimeoutError(f"no such message within {timeout} s; there were:\n{texts}")

    def down(self, seconds: float | None = None, *, mode: str = "refuse") -> None:
        """Make Slack unreachable (`refuse`: connections are cut; `503`), sockets included."""
        self.control("down", seconds=seconds, mode=mode)

    def up(self) -> None:
        """End an outage."""
        self.control("up")

    def fault(self, kind: str, method: str = "*", *, count: int | None = 1, **more: Any) -> None:
        """Switch a trouble on: see `faults.Fault`; count None lasts until `clear`."""
        self.control("fault", kind=kind, method=method, count=count, **more)

    def storm(self, method: str, *, count: int = 1, retry_after: int = 1) -> None:
        """Answer the next calls of a method with 429."""
        self.fault("storm", method, count=count, seconds=retry_after)

    def lose_reply(self, method: str, *, count: int = 1) -> None:
        """Carry out the next calls of a method, then cut the connection without an answer."""
        self.fault("lose_reply", method, count=count)

    def clear(self) -> None:
        """Switch all troubles off."""
        self.control("clear")

    def configure(self, **settings: Any) -> None:
        """Change settings of the run, such as app_url or rate_limits."""
        self.control("configure", **settings)
