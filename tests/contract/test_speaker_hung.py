"""A place for which Slack does not answer holds one mouth, and the others speak on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.adapters.hung_places import LATE, HungPlaces
from bot.adapters.speaker import Speaker
from bot.domain.message import Address, Content, Message
from bot.ports import Destination, SlackUnavailableError
from tests.contract import samples
from tests.contract.scene import Scene
from tests.fakes.slack_writer import FakeSlackWriter
from tests.waiting import eventually

HUNG, OTHER = "C1", "C2"


class Hanging(FakeSlackWriter):
    """A Slack that leaves calls for one channel without an answer, until it is let go.

    Attributes:
        takes: what a call for that channel does once it hangs no more.
        asked: how many calls hang there.
    """

    def __init__(self, scene: Scene, takes: Callable[[], None]) -> None:
        super().__init__(clock=scene.clock)
        self.takes = takes
        self.go = threading.Event()
        self.asked = 0

    def post(self, where: Destination, content: Content, *, message_id: str) -> str:
        if where.channel == HUNG:
            self.asked += 1
            self.go.wait(20)
            self.takes()
        return super().post(where, content, message_id=message_id)


def row(number: int, channel: str) -> Message:
    made = samples.message(f"r-{number}.parent", f"{channel} {number}")
    return replace(made, address=Address(channel=channel))


@contextmanager
def flushing(speaker: Speaker) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=speaker.flush, args=("default",), daemon=True)
    thread.start()
    yield thread
    thread.join(20)


def test_one_mouth_alone_waits_where_slack_has_not_answered(scene: Scene) -> None:
    def refuse() -> None:
        raise SlackUnavailableError("503")

    slack = Hanging(scene, refuse)
    speaker = Speaker(scene.store, slack, scene.budget, scene.clock)
    holds_one_mouth(scene, slack, speaker)


def test_so_it_is_where_slack_answers_late(scene: Scene) -> None:
    slack = Hanging(scene, lambda: scene.clock.advance(2))
    speaker = Speaker(scene.store, slack, scene.budget, scene.clock)
    holds_one_mouth(scene, slack, speaker)


def holds_one_mouth(scene: Scene, slack: Hanging, speaker: Speaker) -> None:
    slack.go.set()
    scene.put(row(1, HUNG))
    speaker.flush("default")  # from now on it is known
    slack.go.clear()
    slack.asked = 0
    scene.put(row(2, HUNG), row(3, HUNG), row(4, OTHER))
    with flushing(speaker):
        eventually(lambda: slack.asked == 1, "one hangs")
        with flushing(speaker):
            eventually(lambda: slack.texts(OTHER) == [f"{OTHER} 4"], "the other channel", 5)
            assert slack.asked == 1
            slack.takes = lambda: None
            slack.go.set()
    for _ in range(3):
        scene.clock.advance(6)
        speaker.flush("default")
    assert sorted(slack.texts(HUNG)) == [f"{HUNG} {number}" for number in (1, 2, 3)]


def test_where_slack_answers_again_all_speak() -> None:
    places, now = HungPlaces(), datetime(2026, 1, 1, tzinfo=UTC)
    for answers, second_may in ((False, False), (None, False), (True, True)):
        assert places.enter(HUNG, now)
        places.leave(HUNG, answers=answers)
        assert places.enter(HUNG, now)
        assert places.enter(HUNG, now) is second_may
        for _ in range(1 + second_may):
            places.leave(HUNG, answers=None)


def test_a_first_call_that_takes_too_long_holds_one_already() -> None:
    places, now = HungPlaces(), datetime(2026, 1, 1, tzinfo=UTC)
    assert places.enter(HUNG, now)
    assert places.enter(HUNG, now + LATE)
    assert not places.enter(HUNG, now + LATE + timedelta(seconds=0.1))
    assert places.enter(OTHER, now + 2 * LATE)
    for _ in range(2):
        places.leave(HUNG, answers=True)
    assert places.enter(HUNG, now + 2 * LATE)
