"""A Slack that keeps what it is told, and fails when it is told to."""

from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.message import Content
from bot.ports import Clock, Destination, SlackError, SlackRefusedError, SlackUnknownOutcomeError
from tests.fakes.clock import FakeClock


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One message as a channel shows it; `edits` counts the updates."""

    channel: str
    ts: str
    content: Content
    message_id: str = ""
    thread_ts: str | None = None
    broadcast: bool = False
    at: datetime | None = None
    edits: int = 0


@dataclass
class FakeSlackWriter:
    """Implements `bot.ports.SlackWriter`.

    Attributes:
        calls: (method, channel or url or user) of every call, failed ones too.
        messages: what the channels show, oldest first.
        ephemerals: (destination, content) of every ephemeral message.
        responses: (url, content) of every post to a response_url.
        replaced: the urls of those that took the place of what was clicked on.
        files: (destination, content) of every upload.
        down: raised by every call while it is set.
    """

    clock: Clock = field(default_factory=FakeClock)
    calls: list[tuple[str, str]] = field(default_factory=list)
    messages: list[Shown] = field(default_factory=list)
    ephemerals: list[tuple[Destination, Content]] = field(default_factory=list)
    responses: list[tuple[str, Content]] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    files: list[tuple[Destination, Content]] = field(default_factory=list)
    down: SlackError | None = None
    _planned: dict[str, deque[SlackError]] = field(default_factory=lambda: defaultdict(deque))
    _channels: dict[str, SlackError] = field(default_factory=dict)
    _lost: deque[str] = field(default_factory=deque)

    def fail(self, method: str, *errors: SlackError) -> None:
        """Let the next calls of that method (`post`, `update`, …) raise these, one each."""
        self._planned[method].extend(errors)

    def fail_channel(self, channel: str, error: SlackError | None) -> None:
        """Let every call to that channel raise this; None ends it."""
        if error is None:
            self._channels.pop(channel, None)
        else:
            self._channels[channel] = error

    def lose_reply(self, method: str) -> None:
        """Let the next call of that method take effect, yet raise SlackUnknownOutcomeError."""
        self._lost.append(method)

    def shown(self, message_id: str) -> list[Shown]:
        """Return the messages with that id in their metadata: one, if nothing went wrong."""
        return [m for m in self.messages if m.message_id == message_id]

    def texts(self, channel: str) -> list[str]:
        """Return the texts that a channel shows, oldest first, threads included."""
        return [m.content.text for m in self.messages if m.channel == channel]

    def post(self, where: Destination, content: Content, *, message_id: str) -> str:
        self._begin("post", where.channel)
        ts = f"{len(self.messages) + 1:010d}.000100"
        self.messages.append(
            Shown(
                channel=where.channel,
                ts=ts,
                content=content,
                message_id=message_id,
                thread_ts=where.thread_ts,
                broadcast=where.broadcast,
                at=self.clock.now(),
            )
        )
        self._end("post")
        return ts

    def update(self, channel: str, ts: str, content: Content) -> None:
        self._begin("update", channel)
        for index, message in enumerate(self.messages):
            if (message.channel, message.ts) == (channel, ts):
                self.messages[index] = replace(message, content=content, edits=message.edits + 1)
                return self._end("update")
        raise SlackRefusedError("message_not_found")

    def post_ephemeral(self, where: Destination, content: Content) -> None:
        self._begin("post_ephemeral", where.channel)
        self.ephemerals.append((where, content))
        self._end("post_ephemeral")

    def respond(self, response_url: str, content: Content, *, replace: bool = False) -> None:
        self._begin("respond", response_url)
        self.responses.append((response_url, content))
        if replace:
            self.replaced.append(response_url)
        self._end("respond")

    def open_dm(self, user: str) -> str:
        self._begin("open_dm", user)
        return f"D{user}"

    def upload(self, where: Destination, content: Content) -> None:
        self._begin("upload", where.channel)
        self.files.append((where, content))
        self._end("upload")

    def permalink(self, channel: str, ts: str) -> str:
        self._begin("permalink", channel)
        for message in self.messages:
            if (message.channel, message.ts) == (channel, ts):
                thread = f"?thread_ts={message.thread_ts}&cid={channel}"
                address = f"https://example.slack.com/archives/{channel}/p{ts.replace('.', '')}"
                return address + (thread if message.thread_ts else "")
        raise SlackRefusedError("message_not_found")

    def find(self, where: Destination, message_id: str, since: datetime) -> str | None:
        self._begin("find", where.channel)
        for message in reversed(self.messages):
            at = message.at or since
            if (message.channel, message.message_id) == (where.channel, message_id) and at >= since:
                return message.ts
        return None

    def delete(self, message_id: str) -> None:
        """Take a message away, as a person might."""
        self.messages = [m for m in self.messages if m.message_id != message_id]

    def _begin(self, method: str, target: str) -> None:
        self.calls.append((method, target))
        if self.down is not None:
            raise self.down
        if self._planned[method]:
            raise self._planned[method].popleft()
        if target in self._channels:
            raise self._channels[target]

    def _end(self, method: str) -> None:
        if self._lost and self._lost[0] == method:
            self._lost.popleft()
            raise SlackUnknownOutcomeError("no answer")
