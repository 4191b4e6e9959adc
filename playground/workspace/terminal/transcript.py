"""A channel as a person reads it: parents in order, replies indented below them."""

import datetime as dt
from collections.abc import Iterable

from playground.workspace.client import WorkspaceClient
from playground.workspace.seen import Seen
from playground.workspace.terminal.names import Names
from playground.workspace.terminal.words import message_lines

REPLY_INDENT = "    "
FILE_LINES = 12


def heading(message: Seen, at: float | None = None) -> str:
    """Return author and time (UTC), and what Slack notes beside them.

    `at` is the time to show, in seconds since the epoch, instead of the message's own.
    """
    moment = message.at if at is None else at
    clock = dt.datetime.fromtimestamp(moment, tz=dt.UTC).strftime("%H:%M:%S")
    notes = []
    if message.ephemeral_to is not None:
        notes.append("only visible to you")
    if message.edited_mark is not None:
        notes.append("edited")
    if message.broadcast:
        notes.append("also sent to the channel")
    suffix = f"  ({', '.join(notes)})" if notes else ""
    badge = " APP" if message.author == "waggle" else ""
    return f"{message.author}{badge}  {clock}{suffix}"


def body(message: Seen, names: Names) -> list[str]:
    """Return the lines below the heading: text or blocks, files, reactions."""
    lines = message_lines(message.text, message.blocks, names)
    for name, content in message.files.items():
        text = content.decode(errors="replace").splitlines()
        lines.append(f"[file {name}, {len(content)} bytes]")
        lines += [f"| {line}" for line in text[:FILE_LINES]]
        if len(text) > FILE_LINES:
            lines.append(f"| … {len(text) - FILE_LINES} more lines")
    if message.reactions:
        marks = (f":{name}: {len(users)}" for name, users in message.reactions.items())
        lines.append("  ".join(marks))
    return lines


def draw(message: Seen, names: Names) -> list[str]:
    """Return a message with its heading, indented when it is a reply."""
    indent = REPLY_INDENT if is_reply(message) else ""
    lines = [heading(message), *(f"  {line}" for line in body(message, names))]
    return [f"{indent}{line}".rstrip() for line in lines]


def is_reply(message: Seen) -> bool:
    """Whether the message stands in a thread below another."""
    return message.thread_ts is not None and message.thread_ts != message.ts


def transcript(messages: Iterable[Seen], names: Names, reader: str | None = None) -> list[str]:
    """Return a whole channel, oldest first.

    Args:
        messages: Of one channel; deleted ones are left out.
        names: For the ids in them.
        reader: A user id: others' ephemeral messages are left out. None sees all.
    """
    shown = [
        message
        for message in messages
        if not message.deleted and (reader is None or message.ephemeral_to in (None, reader))
    ]
    lines: list[str] = []
    for parent in shown:
        if is_reply(parent):
            continue
        lines += draw(parent, names)
        for reply in shown:
            if is_reply(reply) and reply.thread_ts == parent.ts:
                lines += draw(reply, names)
        lines.append("")
    return lines


def read_channel(client: WorkspaceClient, channel: str, reader: str | None = None) -> str:
    """Return a channel of a running workspace as text; `reader` as in `transcript`."""
    names = Names.of(client.state())
    return "\n".join(transcript(client.messages(channel), names, reader))
