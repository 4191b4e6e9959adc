"""What goes wrong at a named point, once; and an image that crashes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Never

from bot.ports import SlackRefusedError
from tests.unit.usecases.bed import CHANNEL, Bed, KilledError


def once(point: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Act at the first visit of a point."""
    done: list[str] = []

    def fault(at: str) -> None:
        if at == point and not done:
            done.append(at)
            act()

    return fault


def kill_at(point: str) -> Callable[[str], None]:
    """Kill the process at the first visit of a point."""

    def kill() -> Never:
        raise KilledError(point)

    return once(point, kill)


def no_tokens(bed: Bed, seconds: float) -> None:
    """Let the rate budget of posts to the channel be used up for so long."""
    until = bed.clock.now() + timedelta(seconds=seconds)
    bed.speaker._budget.penalize("chat.postMessage", CHANNEL, until)


def shut(bed: Bed, code: str = "not_in_channel") -> None:
    """Let the channel take no message, and Slack answer again if it was away."""
    bed.slack.down = None
    bed.slack.fail_channel(CHANNEL, SlackRefusedError(code))


def crashing(bed: Bed) -> Bed:
    """Let the registry know `reg/httpd:crash`, which ends half a second after it has started."""
    bed.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=0.5), exit_code=1)
    return bed
