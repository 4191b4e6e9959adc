"""People who go on typing, whatever happens: one each for a service and its channel."""

import random
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from playground.workspace import Seen, WorkspaceClient
from tests.chaos.eyes import ChannelEyes, EngineEyes
from tests.chaos.history import (
    ACCEPTED,
    MAYBE,
    NO,
    PUBLIC_ENDS,
    Typed,
    image_of,
    replicas_of,
)
from tests.scenario.team import PEOPLE, event_type, payload

TAGS = ("v1", "v2", "v3", "2.2", "2.4")
LONGEST = 180.0
"""Seconds that a person waits for an end; the judge says what is wrong if there is none."""

_TRIES = 3  # of a rollback after the storm
_LATE = 30.0  # seconds that a rollback has to come to its end after what looked like a refusal

_VERBS = {"image": 30, "label": 25, "scale": 25, "rollback": 8, "turn back": 6, "abort": 6}


@dataclass
class Person(threading.Thread):
    """Types a change, waits for its end, and types the next, until `stop`.

    Attributes:
        who: the person's name in the workspace.
        engine: shows what runs now.
        image: the repository of the images.
        seed: of what is typed; that hangs on the answers, and on what runs by then, as well.
        typed: all that was typed, in order.
        current: the accepted rollout whose last word is waited for.
        last_answer: when the bot last answered in time, seconds since the epoch.
    """

    who: str
    client: WorkspaceClient
    eyes: ChannelEyes
    engine: EngineEyes
    channel: str
    service: str
    image: str
    seed: str
    typed: list[Typed] = field(default_factory=list)
    current: str = ""
    last_answer: float = 0.0
    trouble: Exception | None = None

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._random = random.Random(self.seed)
        self._ended = threading.Event()

    __hash__ = threading.Thread.__hash__

    def stop(self) -> None:
        """Type nothing new any more."""
        self._ended.set()

    def run(self) -> None:
        try:
            while not self._ended.wait(self._random.uniform(0.0, 0.5)):
                self._once()
        except Exception as error:  # noqa: BLE001  the storm's end raises it
            self.trouble = error

    def _once(self) -> None:
        (what,) = self._random.choices(list(_VERBS), list(_VERBS.values()))
        line = self._types(*self._line(what))
        if line.answer != ACCEPTED:
            self._ended.wait(1.0)
            return
        self.current = line.ids[0]
        if what in {"turn back", "abort"}:
            self._ended.wait(self._random.uniform(0.5, 5.0))
            verb = "rollback" if what == "turn back" else "abort"
            self._types(verb, f"{verb} --reason TOKEN {self.service}", {})
        state = self.end_of(line, told=True)
        self.current = ""
        if state == "rolled_back":  # updates to what was left are locked now
            unlock = self._types("unlock", f"unlock --reason TOKEN {self.service}", {})
            if unlock.answer == ACCEPTED:
                self.eyes.wait(self.channel, lambda seen: self._answers(seen, unlock), 30)

    def goes_back_to(self, revision: int) -> str:
        """Type a rollback to a revision, once the storm is over; return how it ended.

        A private answer does not say to which line it is. A late one to an earlier line looks like
        a refusal: as a person would, one looks whether it goes on, and types it again if not.
        """
        line, since = f"rollback --reason TOKEN --to {revision} {self.service}", time.time()
        state = ""
        for _ in range(_TRIES):
            typed = self._types("rollback", line, {})
            state = self.end_of(typed) if typed.answer == ACCEPTED else typed.answer
            if state not in PUBLIC_ENDS:
                look = partial(_ended_since, at=since)
                state = self.eyes.wait(self.channel, look, _LATE) or state
            if state in PUBLIC_ENDS:
                break
        return state

    def _line(self, what: str) -> tuple[str, str, dict[str, Any]]:
        if what == "rollback":
            return "rollback", f"rollback --reason TOKEN {self.service}", {}
        live = self.engine.specs[self.service][-1].spec
        if what == "scale":
            replicas = 3 - replicas_of(live)
            line = f"scale --reason TOKEN {self.service}={replicas}"
            return "scale", line, {"replicas": replicas}
        wants: dict[str, Any] = {"label": "TOKEN"}
        words = ["update", "--label-add n=TOKEN"]
        if self._random.random() < 0.5:
            words.append("--detach")
        if what != "label":
            present = image_of(live).partition("@")[0].rpartition(":")[2]
            wants["tag"] = self._random.choice([tag for tag in TAGS if tag != present])
            words.append(f"--image {self.image}:{wants['tag']}")
        return "update", f"{' '.join(words)} --reason TOKEN {self.service}", wants

    def _types(self, verb: str, line: str, wants: dict[str, Any]) -> Typed:
        token = f"{self.service}x{len(self.typed) + 1}"
        line = line.replace("TOKEN", token)
        wants = {k: token if v == "TOKEN" else v for k, v in wants.items()}
        ack = self.client.type(self.who, self.channel, f"/swarm {line}")
        shown = ack.shown or ""
        ids: tuple[str, ...] = ()
        if ack.status != "ok" or "could not record" in shown:
            answer = MAYBE
        elif shown.startswith("Understood"):
            answer = ACCEPTED
            ids = tuple(word for word in shown.split("`") if word[:2] in {"r-", "a-"})
            assert ids, shown
        else:
            answer = NO
        if ack.status == "ok" and answer != MAYBE:
            self.last_answer = time.time()
        said = Typed(
            token=token,
            service=self.service,
            verb=verb,
            answer=answer,
            wants=wants,
            ids=ids,
            shown=shown,
            at=time.time(),
        )
        self.typed.append(said)
        return said

    def end_of(self, line: Typed, *, told: bool = False) -> str:
        """Wait for the end of a rollout, public or private; help it when it calls for help.

        With `told`, the last word in the thread is enough: it comes as soon as the end is recorded,
        while the edit of the parent waits until there is room within Slack's limits.
        """
        asked_back = False
        deadline = time.monotonic() + LONGEST
        while (left := deadline - time.monotonic()) > 0:
            state = self.eyes.wait(
                self.channel, partial(self._rests, line=line, told=told), min(left, 5.0)
            )
            if state in PUBLIC_ENDS or state == "private":
                return str(state)
            if state in {"paused", "stalled"} and not asked_back:
                asked_back = True
                self._types("rollback", f"rollback --reason TOKEN {self.service}", {})
        return ""

    def _rests(self, seen: list[Seen], line: Typed, *, told: bool) -> str:
        if told and (word := _last_word(seen, line)):
            return "rolled_back" if "): rolled back" in word else "completed"  # or another end
        if state := _state(seen, line):
            return state if state in PUBLIC_ENDS | {"paused", "stalled"} else ""
        return "private" if self._answers(seen, line) else ""

    def _answers(self, seen: list[Seen], line: Typed) -> bool:
        """Tell whether a private answer came after the line was typed."""
        answers = [m for m in seen if m.origin in {"ephemeral", "response_url"}]
        return any(m.at > line.at and m.ephemeral_to == PEOPLE[self.who] for m in answers)


def _state(seen: list[Seen], line: Typed) -> str:
    """Return what the parent of a line's rollout shows, empty if there is none."""
    mine = (m for m in seen if payload(m).get("rollout_id") == line.ids[0])
    return next((str(m.state) for m in mine if event_type(m) == "waggle_rollout"), "")


def _last_word(seen: list[Seen], line: Typed) -> str:
    mine = (m for m in seen if payload(m).get("rollout_id") == line.ids[0])
    return next((m.text for m in mine if payload(m).get("note") == "ended"), "")


def _ended_since(seen: list[Seen], at: float) -> str:
    """Return the end of a rollout that was first told of since then."""
    new = (m for m in seen if event_type(m) == "waggle_rollout" and m.at > at)
    return next((str(m.state) for m in new if m.state in PUBLIC_ENDS), "")
