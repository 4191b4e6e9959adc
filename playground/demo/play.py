"""Plays the scenes and prints the channel as a person reads it."""

import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.rule import Rule

from playground.demo.script import Scene, scenes
from playground.stage import Stage
from playground.workspace import Seen
from playground.workspace.client import Ack

CHANNEL = "C0OPS"
PATIENCE = 120.0  # seconds for one scene
BEAT = 2.0  # seconds between scenes: people read, and what was said last arrives
AT_REST = {"completed", "rolled_back", "failed", "aborted", "superseded", "paused", "stalled"}
AT_REST |= {"applied", "refused", "cancelled"}
_ON_ITS_WAY = ("Understood", "Looking")


@dataclass
class Outcome:
    """How a scene went.

    `state` is where its message came to rest, or `answered`, or what went wrong.
    """

    scene: Scene
    state: str
    seconds: float

    @property
    def good(self) -> bool:
        """Whether it ended as the script says."""
        return self.state == (self.scene.end or "answered")


@dataclass
class Play:
    """One performance on a stage."""

    stage: Stage
    console: Console
    last: Seen | None = None
    outcomes: list[Outcome] = field(default_factory=list)

    def run(self) -> list[Outcome]:
        """Play all scenes; the first that ends otherwise ends the play."""
        for number, scene in enumerate(scenes(self.stage.image), 1):
            self.console.print(Rule(f"{number}. {scene.title}", align="left", style="yellow"))
            started = time.monotonic()
            state = self._play(scene)
            self.outcomes.append(Outcome(scene, state, time.monotonic() - started))
            time.sleep(BEAT)
            if not self.outcomes[-1].good:
                break
        return self.outcomes

    def _play(self, scene: Scene) -> str:
        seq, _ = self.stage.client.changes()
        ack = self._act(scene)
        if ack.status != "ok":
            return f"the command ended with {ack.status}"
        if (ack.shown or "").startswith(_ON_ITS_WAY) or scene.click:
            return self._rest(scene, seq, ack)
        return "answered"  # at once, in the acknowledgement itself

    def _act(self, scene: Scene) -> Ack:
        client = self.stage.client
        if scene.click and self.last is not None:
            self.console.print(f"[bold green]{scene.who}[/] clicks [reverse] {scene.click} [/]")
            return client.click(scene.who, self._fresh(self.last), scene.click)
        self.console.print(
            f"[bold green]{scene.who}[/] types  /swarm {scene.line}", highlight=False
        )
        return client.type(scene.who, CHANNEL, f"/swarm {scene.line}")

    def _fresh(self, message: Seen) -> Seen:
        return next(m for m in self.stage.client.messages(CHANNEL) if m.ts == message.ts)

    def _rest(self, scene: Scene, seq: int, ack: Ack) -> str:
        """Wait until what the scene brought about rests, or an answer came."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            seq, changed = self.stage.client.changes(seq, wait=1.0)
            for message in changed:
                if message.ephemeral_to is not None and message.ts != ack.message_ts:
                    return "answered"
                if self._is_its(scene, message):
                    self.last = message
                    return str(message.state)
        return f"no end within {PATIENCE:.0f} s"

    def _is_its(self, scene: Scene, message: Seen) -> bool:
        if scene.click and self.last is not None and message.ts != self.last.ts:
            return False
        rest = AT_REST - {"paused"} if scene.click else AT_REST
        return message.thread_ts is None and message.state in rest
