"""What becomes of tokens and of the place in the line when many rows wait for few tokens."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.message import Address, Message, Urgency
from bot.domain.outbox import Outcome
from bot.ports import SlackUnavailableError
from tests.contract import samples
from tests.contract.scene import PARENT, Scene
from tests.fakes.budget import FakeBudget

SOON = timedelta(seconds=1.4)


@dataclass
class NoEdits(FakeBudget):
    """Gives no token for an edit."""

    def take(self, method: str, channel: str, now: datetime, *, urgent: bool = False) -> timedelta:
        return (
            SOON if method == "chat.update" else super().take(method, channel, now, urgent=urgent)
        )


@dataclass
class Overtaking(FakeBudget):
    """Lets another mouth put the row off while this one asks for its token."""

    scene: Scene | None = None

    def take(self, method: str, channel: str, now: datetime, *, urgent: bool = False) -> timedelta:
        if self.scene is not None:
            self.scene.put(replace(self.scene.row(), not_before=now + SOON))
            self.scene = None
        return super().take(method, channel, now, urgent=urgent)


def test_who_loses_the_row_to_another_mouth_gives_its_token_back(scene: Scene) -> None:
    scene.put(PARENT)
    budget = Overtaking(scene=scene)
    spoken = scene.speaks_by(budget).flush_one("r-1.parent")
    assert spoken.outcome is Outcome.DELAYED
    assert budget.taken == []


def test_ends_that_wait_for_an_edit_hide_no_call_for_help(scene: Scene) -> None:
    ends = [
        replace(samples.message(f"r-{n}.parent", "rolling"), subject=f"r-{n}") for n in range(10)
    ]
    scene.put(*ends)
    scene.flush()
    for end in ends:
        scene.want("done", end.id, urgency=Urgency.FINAL)
    speaker = scene.speaks_by(NoEdits())
    for _ in range(2):
        speaker.flush("default", 5)
    scene.put(replace(samples.message("r-99.parent", "help"), urgency=Urgency.HELP))
    scene.clock.advance(SOON.total_seconds())
    speaker.flush("default", 5)
    assert [shown.content.text for shown in scene.slack.shown("r-99.parent")] == ["help"]


def test_ends_that_wait_for_a_word_before_them_do_not_keep_it_from_being_said(scene: Scene) -> None:
    for number in range(20):
        parent = samples.message(f"r-{number}.parent", "rolling")
        where = Address(channel="C1", thread_of=parent.id)
        started = replace(samples.message(f"r-{number}.1", "started"), address=where)
        never = replace(samples.message(f"r-{number}.2", "half"), address=where, dead="overtaken")
        ended = replace(samples.message(f"r-{number}.3", "ended"), address=where)
        scene.put(parent, started, never, replace(ended, urgency=Urgency.FINAL))
        scene.speaker.flush_one(parent.id)
    for _ in range(30):
        scene.clock.advance(0.1)
        scene.speaker.flush("default", 5)
    texts = scene.slack.texts("C1")
    assert (texts.count("started"), texts.count("ended")) == (20, 20)


def waiting_for_parents(count: int) -> list[Message]:
    """Return parents that nobody is in a hurry for, each with a call for help in its thread."""
    rows = []
    for number in range(count):
        where = Address(channel=f"C{number % 10}")
        parent = replace(samples.message(f"r-{number}.parent", "rolling"), address=where)
        in_thread = replace(where, thread_of=parent.id)
        paused = replace(samples.message(f"r-{number}.1", "paused"), address=in_thread)
        rows += [parent, replace(paused, urgency=Urgency.HELP)]
    return rows


def test_calls_for_help_do_not_keep_their_parents_from_being_said(scene: Scene) -> None:
    scene.put(*waiting_for_parents(60))
    for _ in range(40):
        scene.clock.advance(0.1)
        scene.speaker.flush("default", 5)
    said = [message.content.text for message in scene.slack.messages]
    assert (said.count("rolling"), said.count("paused")) == (60, 60)


def test_a_slack_that_is_away_is_not_asked_for_each_thread_that_waits(scene: Scene) -> None:
    scene.put(*waiting_for_parents(20))
    for number in range(10):
        scene.slack.fail_channel(f"C{number}", SlackUnavailableError("away"))
    assert scene.speaker.flush("default", 20) == 0
    assert len(scene.slack.calls) == 2


@dataclass
class Listening(FakeBudget):
    """Remembers who was urgent."""

    urgent: list[bool] = field(default_factory=list)

    def take(self, method: str, channel: str, now: datetime, *, urgent: bool = False) -> timedelta:
        self.urgent.append(urgent)
        return super().take(method, channel, now, urgent=urgent)


def test_what_an_urgent_row_waits_for_is_as_urgent(scene: Scene) -> None:
    scene.put(*waiting_for_parents(1))
    budget = Listening()
    speaker = scene.speaks_by(budget)
    assert speaker.flush("default", 1) == 1
    assert budget.urgent == [True]
    assert [message.content.text for message in scene.slack.messages] == ["rolling"]


def test_the_line_begins_behind_a_pause_that_slack_asked_for(scene: Scene) -> None:
    ends = [samples.message(f"r-{n}.parent", "rolling") for n in range(7)]
    scene.put(*ends)
    scene.flush()
    for end in ends:
        scene.want("done", end.id, urgency=Urgency.FINAL)
    pause = timedelta(seconds=30)
    scene.budget.penalize("chat.update", "", scene.clock.now() + pause)
    scene.flush()
    later = sorted((_wait(scene, end) - pause).total_seconds() for end in ends)
    assert later == [0.0, 1.5, 3.0, 4.5, 6.0, 6.0, 6.0]


def test_an_end_that_waits_comes_back_soon(scene: Scene) -> None:
    ends = [samples.message(f"r-{n}.parent", "rolling") for n in range(10)]
    scene.put(*ends)
    scene.flush()
    for end in ends:
        scene.want("done", end.id, urgency=Urgency.FINAL)
    scene.speaks_by(NoEdits()).flush("default")
    later = [_wait(scene, end) for end in ends]
    assert (min(later), max(later)) == (SOON, 5 * SOON)


def _wait(scene: Scene, row: Message) -> timedelta:
    put_off = scene.row(row.id).not_before
    assert put_off is not None
    return put_off - scene.clock.now()
