from dataclasses import dataclass

from playground.workspace.limits import Meter


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_slides_over_sixty_seconds() -> None:
    clock = Clock()
    meter = Meter(clock)
    assert meter.take("chat.update", 2) is None
    clock.now += 50
    assert meter.take("chat.update", 2) is None
    assert meter.take("chat.update", 2) == 10

    clock.now += 10
    assert meter.take("chat.update", 2) is None
    assert meter.take("chat.update", 2) == 50


def test_methods_have_windows_of_their_own() -> None:
    meter = Meter(Clock())
    assert meter.take("chat.update", 1) is None
    assert meter.take("chat.update", 1) == 60
    assert meter.take("chat.delete", 1) is None
    assert meter.take("api.test", None) is None


def test_a_channel_takes_a_burst_then_one_message_a_second() -> None:
    clock = Clock()
    meter = Meter(clock)
    assert [meter.take_post("C1") for _ in range(6)] == [None] * 5 + [1]
    assert meter.take_post("C2") is None

    clock.now += 1
    assert [meter.take_post("C1"), meter.take_post("C1")] == [None, 1]


def test_all_channels_together_have_a_limit() -> None:
    meter = Meter(Clock())
    waits = [meter.take_post(f"C{number}") for number in range(301)]
    assert waits[:300] == [None] * 300
    assert waits[300] == 60


def test_an_override_replaces_the_published_limit() -> None:
    meter = Meter(Clock())
    meter.overrides = {"chat.update": 0}
    assert meter.take("chat.update", 50) == 60
