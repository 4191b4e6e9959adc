"""Slack away, or full, while rollouts run: the swarm goes on, and afterwards all is told, once.

Away for two minutes; where it answers, 503 or 429, that long under `make chaos` only. One rollout
and Slack: tests/scenario/test_recovery_slack.py, with the lost replies.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.scenario.conftest import gathered
from tests.scenario.recovery_stage import Bench, Story, tell
from tests.scenario.team import payload
from tests.waiting import eventually

_AWAY = 120.0
_SHORTER = _AWAY if os.environ.get("CHAOS") else 20.0
_RETRY_AFTER = 3
_UNDER_WAY = 1.5  # seconds in which what was sent before the answer was read may come in


@pytest.fixture
def benches(bench: Bench) -> Iterator[list[Bench]]:
    """Several services, each in a channel of its own."""
    more = [Bench(bench.stage, gathered(bench.stage, f"away {n}")) for n in range(2)]
    for one in more:
        one.serve()
    yield [bench, *more]
    for one in more:
        one.team.remove_all()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("how", "away"), [("refuse", _AWAY), ("503", _SHORTER), ("429", _SHORTER)])
def test_all_is_told_once_after_slack_was_away(benches: list[Bench], how: str, away: float) -> None:
    stories = [one.updates() for one in benches]
    for story in stories:
        story.begun()
    went, since = time.monotonic(), time.time()
    _goes_away(benches[0], how)
    eventually(lambda: all(_is_done(story) for story in stories), "the swarm to be done")
    shown = {story.state() for story in stories}
    assert shown <= {"progressing", "completed"}
    assert how == "429" or shown == {"progressing"}, "Slack was not away"
    time.sleep(max(0.0, away - (time.monotonic() - went)))
    _comes_back(benches[0], how)
    ended = time.monotonic()
    for story in stories:
        story.told_once()
        (parent,) = story.parents()
        assert "tasks have the new spec" in parent.text
        assert [payload(m).get("note") for m in story.messages()].count("ended") == 1
    told = time.monotonic() - ended
    tell(f"Slack away ({how}) for {away:.0f} s", told=told)
    if how == "429":
        _waited_as_told(benches[0], since)


def _is_done(story: Story) -> bool:
    return set(story.bench.running(story.service)) == {story.tag}


def _goes_away(bench: Bench, how: str) -> None:
    client = bench.team.client
    if how == "429":
        client.fault("storm", "chat.*", count=None, seconds=_RETRY_AFTER)
    else:
        client.down(mode=how)


def _comes_back(bench: Bench, how: str) -> None:
    if how == "429":
        bench.team.client.clear()
    else:
        bench.team.client.up()


def _waited_as_told(bench: Bench, since: float) -> None:
    """Check that Retry-After was kept: no call in a pause, but those that were under way."""
    refused: dict[tuple[str, str], list[float]] = defaultdict(list)
    for call in bench.team.client.calls():
        if call["outcome"] == "storm" and call["at"] >= since:
            # Slack limits posts for each channel
            channel = call["channel"] if call["method"] == "chat.postMessage" else ""
            refused[call["method"], channel].append(call["at"])
    assert refused, "no call met the storm"
    for where, times in refused.items():
        told = times[0]
        for at in times:
            if at - told >= _UNDER_WAY:
                assert at - told >= _RETRY_AFTER, (where, times)
                told = at
