"""Lets one type into the workspace: commands, messages, clicks, as any of its people."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console

from playground.workspace.client import Ack, WorkspaceClient
from playground.workspace.errors import ControlError
from playground.workspace.seen import Seen
from playground.workspace.terminal.modal import Modal
from playground.workspace.terminal.names import Names
from playground.workspace.terminal.transcript import transcript

HELP = """\
/swarm …            a slash command        @waggle …    a mention; other text is a message
:as ann             be somebody else       :in dev      go to another channel
:thread [text]      enter the thread of the newest message (with that text); alone: leave it
:click Resume       click the newest button with these words (:click! declines its dialog)
:show               the whole channel      :dms         go to your messages with waggle
:set replicas 3     type into the form on top; :submit it, or :close it
:use Deploy…        a shortcut; one of messages is used on the newest one
:fault storm chat.update 3                 :down 10     :up     troubles
:help               this                   :quit        leave"""


@dataclass
class Prompt:
    """One person at the keyboard."""

    client: WorkspaceClient
    console: Console
    user: str = "ann"
    channel: str = "#ops"
    thread_ts: str | None = None

    def __post_init__(self) -> None:
        self._modal = Modal(self.client)

    @property
    def sign(self) -> str:
        """What stands before the cursor."""
        return f"{self.user} {self.channel}{' (thread)' if self.thread_ts else ''}> "

    def run(self, read: Callable[[str], str] = input) -> None:
        """Read lines until `:quit` or the end of the input."""
        self.console.print(HELP, style="dim", markup=False, highlight=False)
        while True:
            try:
                line = read(self.sign).strip()
            except (EOFError, KeyboardInterrupt):
                return
            if line in (":quit", ":q"):
                return
            if line:
                self.take(line)

    def take(self, line: str) -> None:
        """Carry out one line; what is wrong with it is printed."""
        try:
            if line.startswith(":"):
                self._order(line[1:])
            elif line.startswith("/"):
                self._command(line)
            else:
                self.client.say(self.user, self.channel, line, self.thread_ts)
        except ControlError as error:
            self.console.print(f"! {error}", style="red", markup=False)

    def _command(self, line: str) -> None:
        if self.thread_ts is not None:
            # Slack refuses slash commands in threads; a mention does what they do.
            self._say("Slack does not run slash commands in threads; try @waggle …")
            return
        self._report(self.client.type(self.user, self.channel, line))

    def _report(self, ack: Ack) -> None:
        if ack.status not in ("ok", "cancelled") and ack.shown is None:
            self._say(f"! {ack.status}")
        self._show_modal()

    def _show_modal(self) -> None:
        with contextlib.suppress(ControlError):  # most often none is open
            self._say(self._modal.drawn(self.user))

    def _set(self, rest: str) -> None:
        name, _, value = rest.partition(" ")
        self._modal.set(self.user, name, value.replace("\\n", "\n"))
        self._show_modal()

    def _submit(self, rest: str) -> None:
        del rest
        if wrong := self._modal.submit(self.user):
            self._say(wrong)
        self._show_modal()

    def _close(self, rest: str) -> None:
        del rest
        self._modal.close(self.user)
        self._show_modal()

    def _use(self, name: str) -> None:
        """Use a shortcut: a global one, or one of the newest message that is not private."""
        if name in {s["name"] for s in self.client.state()["shortcuts"] if s["type"] == "global"}:
            self._report(self.client.use(self.user, name))
            return
        shown = [m for m in self._visible() if m.ephemeral_to is None]
        if not shown:
            raise ControlError("there is no message here")
        self._report(self.client.use(self.user, name, shown[-1]))

    def _order(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        orders: dict[str, Callable[[str], None]] = {
            "as": self._become,
            "in": self._go,
            "dms": self._direct,
            "thread": self._enter,
            "click": self._click,
            "click!": self._decline,
            "show": self._show,
            "set": self._set,
            "submit": self._submit,
            "close": self._close,
            "use": self._use,
            "fault": self._fault,
            "down": self._down,
            "up": self._up,
            "help": self._help,
        }
        order = orders.get(name)
        if order is None:
            self._say(f"! there is no :{name}; :help lists what there is")
            return
        order(rest.strip())

    def _become(self, name: str) -> None:
        names = [p["name"] for p in self.client.state()["people"] if not p["is_bot"]]
        if name not in names:
            raise ControlError(f"nobody is called {name!r}, but: {', '.join(names)}")
        self.user, self.thread_ts = name, None

    def _go(self, name: str) -> None:
        wanted = name.removeprefix("#")
        known = [c["name"] for c in self.client.state()["channels"] if c["name"]]
        if wanted not in known:
            raise ControlError(f"there is no #{wanted}, but: #{', #'.join(known)}")
        self.channel, self.thread_ts = f"#{wanted}", None

    def _direct(self, rest: str) -> None:
        del rest
        self.channel, self.thread_ts = "@waggle", None

    def _visible(self) -> list[Seen]:
        state = self.client.state()
        me = next(p["id"] for p in state["people"] if p["name"] == self.user)
        if self.channel == "@waggle":
            mine = [c["id"] for c in state["channels"] if c["is_im"] and me in c["members"]]
            messages = self.client.messages(mine[0]) if mine else []
        else:
            messages = self.client.messages(self.channel)
        return [m for m in messages if m.ephemeral_to in (None, me)]

    def _enter(self, words: str) -> None:
        if not words and self.thread_ts is not None:
            self.thread_ts = None
            return
        for message in reversed(self._visible()):
            if words.lower() in message.text.lower() and message.ephemeral_to is None:
                self.thread_ts = message.thread_ts or message.ts
                return
        raise ControlError("there is no such message to reply to")

    def _click(self, words: str, *, confirm: bool = True) -> None:
        for message in reversed(self._visible()):
            for button in message.buttons:
                if button.lower() == words.lower():
                    self._report(self.client.click(self.user, message, button, confirm=confirm))
                    return
        raise ControlError(f"there is no button {words!r} here")

    def _decline(self, words: str) -> None:
        self._click(words, confirm=False)

    def _show(self, rest: str) -> None:
        del rest
        names = Names.of(self.client.state())
        self._say("\n".join(transcript(self._visible(), names)))

    def _fault(self, rest: str) -> None:
        kind, method, count = [*rest.split(), "*", "1"][:3] if rest else ["", "*", "1"]
        self.client.fault(kind, method, count=int(count) if count.isdigit() else 1)

    def _down(self, rest: str) -> None:
        self.client.down(float(rest) if rest.replace(".", "", 1).isdigit() else None)

    def _up(self, rest: str) -> None:
        del rest
        self.client.up()

    def _help(self, rest: str) -> None:
        del rest
        self._say(HELP)

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False)
