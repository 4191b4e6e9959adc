"""The state of a workspace: looked up by id, changed in one place, numbered change by change."""

import asyncio
import itertools
from collections.abc import Callable, Iterator

from playground.workspace import cast
from playground.workspace.errors import SlackError
from playground.workspace.records import Channel, Group, Json, Message, Person, StoredFile, View

BROADCAST_WORDS = ("<!channel", "<!here", "<!everyone")


class World:
    """Everything that is shown or stored. It runs on one event loop and is not thread-safe.

    Args:
        clock: Seconds since the epoch.
        bot_user: The user id of the app.
    """

    def __init__(self, clock: Callable[[], float], bot_user: str) -> None:
        self.clock = clock
        self.bot_user = bot_user
        self.people = {person.id: person for person in cast.people()}
        self.channels = {channel.id: channel for channel in cast.channels()}
        self.groups = {group.id: group for group in cast.groups()}
        self.messages: list[Message] = []
        self.files: dict[str, StoredFile] = {}
        self.views: dict[str, View] = {}
        self.seq = 0
        self.broadcast_pings = 0
        self._by_ts: dict[tuple[str, str], Message] = {}
        self._numbers = itertools.count(1)
        self._last_tick = 0
        self._bell = asyncio.Event()

    def new_id(self, prefix: str) -> str:
        """Return an id that no other object of this run has, such as `F0000007`."""
        return f"{prefix}{next(self._numbers):07d}"

    def new_ts(self) -> str:
        """Return a message timestamp: unique and growing, as Slack's are within a channel."""
        self._last_tick = max(int(self.clock() * 1_000_000), self._last_tick + 1)
        return f"{self._last_tick // 1_000_000}.{self._last_tick % 1_000_000:06d}"

    def add(self, message: Message) -> Message:
        """Store a new message, count its @channel-like pings, and tell the readers."""
        message.note(message.at)
        self.messages.append(message)
        self._by_ts[message.channel, message.ts] = message
        self._count_pings(message)
        self.touch(message)
        return message

    def revise(self, message: Message) -> None:
        """Keep the message's new content in its history, and tell the readers."""
        message.note(self.clock())
        self._count_pings(message)
        self.touch(message)

    def touch(self, message: Message | None = None) -> None:
        """Number a change and wake everyone who waits for one."""
        self.seq += 1
        if message is not None:
            message.seq = self.seq
        self._bell.set()
        self._bell = asyncio.Event()

    async def wait_past(self, seq: int, timeout: float) -> None:  # noqa: ASYNC109 - a long poll ends quietly
        """Wait until a change after number `seq` happened, or `timeout` seconds went by."""
        if self.seq > seq:
            return
        try:
            async with asyncio.timeout(timeout):
                await self._bell.wait()
        except TimeoutError:
            return

    def message(self, channel: str, ts: str) -> Message | None:
        """Return the message with this timestamp unless it was deleted."""
        found = self._by_ts.get((channel, ts))
        return None if found is None or found.deleted else found

    def in_channel(self, channel: str) -> Iterator[Message]:
        """Yield what everyone in the channel can read, oldest first."""
        for message in self.messages:
            if message.channel == channel and not message.deleted and message.ephemeral_to is None:
                yield message

    def thread(self, channel: str, parent_ts: str) -> list[Message]:
        """Return a parent and its replies, oldest first; empty if there is no such parent."""
        return [m for m in self.in_channel(channel) if parent_ts in (m.ts, m.thread_ts)]

    def channel_named(self, reference: str) -> Channel | None:
        """Find a channel by id, `#name` or name."""
        found = self.channels.get(reference)
        if found is not None:
            return found
        name = reference.removeprefix("#")
        return next((c for c in self.channels.values() if c.name == name and not c.is_im), None)

    def person_named(self, reference: str) -> Person | None:
        """Find a person by id, `@name` or name."""
        found = self.people.get(reference)
        if found is not None:
            return found
        name = reference.removeprefix("@")
        return next((p for p in self.people.values() if p.name == name), None)

    def group_named(self, handle: str) -> Group | None:
        """Find a user group by handle without its at-sign, or by id."""
        return next((g for g in self.groups.values() if handle in (g.handle, g.id)), None)

    def direct_channel(self, user: str) -> Channel:
        """Return the direct message channel of the bot and a person, opened if need be.

        Raises:
            SlackError: user_not_found.
        """
        if user not in self.people:
            raise SlackError("user_not_found")
        for channel in self.channels.values():
            if channel.is_im and user in channel.members:
                return channel
        channel = Channel(self.new_id("D"), "", [user, self.bot_user], is_im=True)
        self.channels[channel.id] = channel
        return channel

    def _count_pings(self, message: Message) -> None:
        content: Json = {"text": message.text, "blocks": message.blocks}
        self.broadcast_pings += sum(str(content).count(word) for word in BROADCAST_WORDS)
