"""Whom a late private answer misleads types again; nobody is misled for good."""

import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from playground.workspace import Seen, WorkspaceClient
from playground.workspace.client import Ack
from tests.chaos.eyes import ChannelEyes, EngineEyes
from tests.chaos.history import Typed
from tests.chaos.people import Person

ANN = "U0ANN"


def seen(**more: Any) -> Seen:
    """Return a message; later than everything that was typed before."""
    fields: dict[str, Any] = dict.fromkeys(Seen.__dataclass_fields__)
    return Seen(**(fields | {"at": time.time() + 1, "text": "", "origin": "posted"} | more))


def parent(rollout: str, state: str) -> Seen:
    told = {"rollout_id": rollout, "state": state}
    return seen(metadata={"event_type": "waggle_rollout", "event_payload": told})


def last_word(rollout: str, word: str) -> Seen:
    told = {"rollout_id": rollout, "note": "ended"}
    text = f"*update web* (cluster default): {word}, took 7s."
    return seen(text=text, metadata={"event_type": "waggle_note", "event_payload": told})


def private() -> Seen:
    return seen(origin="response_url", ephemeral_to=ANN, text="Nothing to do.")


class Scene(ChannelEyes):
    """Shows, after the n-th line, what is given for it; and has no patience."""

    def __init__(self, *after: list[Seen]) -> None:
        super().__init__(WorkspaceClient("http://127.0.0.1:1"))
        self.after = after
        self.lines: list[str] = []

    def wait(self, channel: str, look: Callable[[list[Seen]], Any], seconds: float) -> Any:
        del channel, seconds
        return look([m for shown in self.after[: len(self.lines)] for m in shown]) or None


class Typist(WorkspaceClient):
    """Answers each line as the bot does, and numbers the rollouts."""

    def __init__(self, scene: Scene) -> None:
        super().__init__("http://127.0.0.1:1")
        self._scene = scene

    def type(self, user: str, channel: str, line: str) -> Ack:
        del user, channel
        self._scene.lines.append(line)
        shown = f"Understood. On its way as `r-{len(self._scene.lines)}`."
        return Ack("ok", shown, "1", 200, 0.1, None, {})


def person(scene: Scene) -> Person:
    return Person(
        who="ann",
        client=Typist(scene),
        eyes=scene,
        engine=cast("EngineEyes", None),
        channel="C1",
        service="web",
        image="reg/httpd",
        seed="1",
    )


@pytest.mark.parametrize(
    ("word", "end"),
    [("rolled back", "rolled_back"), ("completed", "completed"), ("aborted", "completed")],
)
def test_one_goes_on_at_the_last_word_though_the_edit_of_the_parent_waits(
    word: str, end: str
) -> None:
    scene = Scene([parent("r-1", "progressing"), last_word("r-1", word)])
    scene.lines.append("rollback")
    typed = Typed(token="webx1", service="web", verb="update", answer="accepted", ids=("r-1",))
    assert person(scene).end_of(typed, told=True) == end


def test_a_late_answer_to_an_earlier_line_is_not_taken_for_the_end() -> None:
    scene = Scene([private()], [parent("r-2", "rolled_back")])
    assert person(scene).goes_back_to(2) == "rolled_back"
    assert len(scene.lines) == 2


def test_a_rollback_that_goes_on_after_a_late_answer_is_not_typed_again() -> None:
    scene = Scene([private(), parent("r-1", "rolled_back")])
    assert person(scene).goes_back_to(2) == "rolled_back"
    assert len(scene.lines) == 1


def test_what_is_refused_each_time_is_told_as_refused() -> None:
    scene = Scene([private()])
    assert person(scene).goes_back_to(2) == "private"
    assert len(scene.lines) == 3


def test_another_end_than_the_one_that_was_asked_for_is_told() -> None:
    assert person(Scene([parent("r-1", "failed")])).goes_back_to(2) == "failed"


def test_an_end_of_before_is_not_the_end_of_the_way_back() -> None:
    old = seen(at=1.0, metadata=parent("r-9", "rolled_back").metadata)
    assert person(Scene([old, private()])).goes_back_to(2) == "private"
