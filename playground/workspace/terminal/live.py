"""Prints a workspace as it changes: new messages at once, edits coalesced and only what is new."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from requests import RequestException
from rich.console import Console
from rich.text import Text

from playground.workspace.client import WorkspaceClient
from playground.workspace.seen import Seen
from playground.workspace.terminal.names import Names
from playground.workspace.terminal.transcript import body, draw, heading, is_reply

EDIT_PAUSE = 2.0  # seconds between two printed edits of one message
POLL = 0.5  # seconds


@dataclass
class _Printed:
    lines: list[str]
    state: str | None
    at: float
    pending: Seen | None = None


@dataclass
class Journal:
    """Decides what to print; it neither sleeps nor reads a clock by itself.

    An edit waits until two seconds after the last print of its message, unless the `state` in its
    metadata turned: that is printed at once.

    Attributes:
        write: Takes the lines of one entry, and the message they belong to.
    """

    write: Callable[[list[str], Seen], None]
    _seen: dict[tuple[str, str], _Printed] = field(default_factory=dict)

    def observe(self, message: Seen, names: Names, now: float) -> None:
        """Take in a new or changed message."""
        key = (message.channel, message.ts)
        known = self._seen.get(key)
        if known is None:
            if not message.deleted:
                self.write(draw(message, names), message)
                self._seen[key] = _Printed(body(message, names), message.state, now)
            return
        known.pending = message
        turning = message.deleted or message.state != known.state
        if turning or now - known.at >= EDIT_PAUSE:
            self._print_edit(known, names, now)

    def flush(self, names: Names, now: float, *, everything: bool = False) -> None:
        """Print edits that waited long enough, or all of them."""
        for known in self._seen.values():
            if known.pending and (everything or now - known.at >= EDIT_PAUSE):
                self._print_edit(known, names, now)

    def _print_edit(self, known: _Printed, names: Names, now: float) -> None:
        message = known.pending
        known.pending = None
        if message is None:
            return
        lines = [] if message.deleted else body(message, names)
        fresh = ["(deleted)"] if message.deleted else [x for x in lines if x not in known.lines]
        known.lines, changed = lines, lines != known.lines
        known.state = message.state
        if not changed:
            return
        known.at = now
        indent = "    " if is_reply(message) else ""
        changed_at = message.revisions[-1]["at"] if message.revisions else None
        title = f"{indent}↻ {heading(message, changed_at)}"
        self.write([title, *(f"{indent}  {line}" for line in fresh)], message)


class Follower:
    """Follows a workspace in a thread and prints to a rich console."""

    def __init__(self, client: WorkspaceClient, console: Console) -> None:
        self._client = client
        self._console = console
        self._names = Names({}, {}, {})
        self._journal = Journal(self._write)
        self._stop = threading.Event()
        self._thread = threading.Thread()
        self._seq = 0

    def start(self) -> None:
        """Begin to print, or go on after `stop`."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Print what is still due, then end."""
        self._stop.set()
        self._thread.join()
        self.step(wait=0.0)
        self._journal.flush(self._names, time.monotonic(), everything=True)

    def step(self, *, wait: float) -> None:
        """Print what changed; wait up to `wait` seconds for a change."""
        seq, changed = self._client.changes(self._seq, wait=wait)
        if seq != self._seq:
            self._seq = seq
            self._names = Names.of(self._client.state())
        now = time.monotonic()
        for message in changed:
            self._journal.observe(message, self._names, now)
        self._journal.flush(self._names, now)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.step(wait=POLL)
            except RequestException:
                return  # the workspace has gone

    def _write(self, lines: list[str], message: Seen) -> None:
        direct = message.channel.startswith("D")
        place = message.channel_name if direct else f"#{message.channel_name}"
        style = "dim" if message.ephemeral_to is not None else ""
        first = Text(lines[0], style="bold " + ("cyan" if message.author == "waggle" else "green"))
        first.append(f"  {place}", style="dim")
        if message.ephemeral_to is not None:
            who = self._names.people.get(message.ephemeral_to, message.ephemeral_to)
            first.append(f"  → {who}", style="dim")
        self._console.print(first)
        for line in lines[1:]:
            self._console.print(Text(line, style=style))
