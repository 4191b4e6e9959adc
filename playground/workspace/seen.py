"""What a client sees of the messages, and what it need not be told again."""

import base64
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """A message with its past; the fields are those of `records.Message`, with names added."""

    channel: str
    channel_name: str
    ts: str
    user: str
    author: str
    text: str
    at: float
    origin: str
    blocks: list[Json]
    metadata: Json | None
    thread_ts: str | None
    broadcast: bool
    ephemeral_to: str | None
    edited_mark: float | None
    deleted: bool
    reactions: dict[str, list[str]]
    revisions: list[Json]
    files: dict[str, bytes]
    seq: int
    raw: Json = field(repr=False)

    @property
    def state(self) -> str | None:
        """The `state` in the payload of its metadata, if it has one."""
        found = ((self.metadata or {}).get("event_payload") or {}).get("state")
        return None if found is None else str(found)

    @property
    def buttons(self) -> list[str]:
        """The words on its buttons, in order."""
        blocks = (block for block in self.blocks if block.get("type") == "actions")
        elements = [element for block in blocks for element in block["elements"]]
        elements += [b["accessory"] for b in self.blocks if isinstance(b.get("accessory"), dict)]
        return [str(e["text"]["text"]) for e in elements if e.get("type") == "button"]


def seen(raw: Json) -> Seen:
    """Return a message as the control API gives it."""
    names = Seen.__dataclass_fields__.keys() - {"raw", "files"}
    files = {entry["name"]: base64.b64decode(entry["content"]) for entry in raw["files"]}
    return Seen(**{name: raw[name] for name in names}, files=files, raw=raw)


class Known:
    """The messages of a channel, complete up to a change of the workspace; for any thread.

    A test looks many times a second, and what it looks at has its whole history in it: so only what
    has changed since is asked for.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seq = 0
        self._messages: dict[tuple[str, str], Seen] = {}

    @property
    def seq(self) -> int:
        """The number of the last change that is in it."""
        return self._seq

    def add(self, seq: int, changed: Iterable[Seen]) -> list[Seen]:
        """Take in what changed up to `seq` and was not in it; return all messages, oldest first.

        Answers may come in any order: one that was asked for earlier has nothing newer in it, and
        what it lacks is known.
        """
        with self._lock:
            for message in changed:
                known = self._messages.get((message.channel, message.ts))
                if known is None or known.seq <= message.seq:
                    self._messages[message.channel, message.ts] = message
            self._seq = max(self._seq, seq)
            return list(self._messages.values())
