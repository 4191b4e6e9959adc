"""Slack away, slow, or silent about what it did: the rollout goes on, and all is told once."""

import time

import pytest

from playground.stage import Role
from tests.scenario.recovery_stage import REPLICAS, Bench, tell
from tests.scenario.team import payload
from tests.waiting import eventually


def test_slack_unreachable_in_the_middle_for_20_seconds(bench: Bench) -> None:
    story = bench.updates().begun()
    bench.team.client.down()
    went = time.monotonic()
    eventually(
        lambda: bench.running(story.service) == ["v2"] * REPLICAS, "the swarm to be done meanwhile"
    )
    swarm_done = time.monotonic() - went
    assert story.state() == "progressing", "Slack was not away"
    time.sleep(max(0.0, 20 - swarm_done))  # the outage
    bench.team.client.up()
    up = time.monotonic()
    story.told_once()
    tell("Slack away for 20 s", swarm_done=swarm_done, told=time.monotonic() - up)


@pytest.mark.parametrize("mode", ["refuse", "503"])
def test_slack_away_when_the_command_comes(bench: Bench, mode: str) -> None:
    bench.team.client.down(mode=mode)
    went = time.monotonic()
    story = bench.updates(at_once=True)
    eventually(
        lambda: bench.running(story.service) == ["v2"] * REPLICAS, "the swarm to be done meanwhile"
    )
    assert not story.messages(), "Slack was not away"
    time.sleep(max(0.0, 6 - (time.monotonic() - went)))  # the outage
    bench.team.client.up()
    story.told_once()
    tell(f"Slack away ({mode}) at the command", told=time.monotonic() - went)


@pytest.mark.parametrize(
    ("method", "shown"), [("chat.postMessage", None), ("chat.update", "progressing")]
)
def test_storms_of_429_delay_words_but_no_work(
    bench: Bench, method: str, shown: str | None
) -> None:
    """From before the command on, or from the middle of the rollout on, all words are refused."""
    client, begun = bench.team.client, None
    if shown:  # with time for the storm to begin between the first task and the second
        begun = bench.updates(flags="--update-delay 4s").begun()
    client.fault("storm", "chat.*", count=None, seconds=2)
    story = begun or bench.updates()
    eventually(
        lambda: bench.running(story.service) == ["v2"] * REPLICAS, "the swarm to be done meanwhile"
    )
    eventually(lambda: calls_to(bench, method, "storm")[2:], "three words to be refused")
    assert story.state() == shown, "Slack has taken a word"
    client.clear()
    tell(f"429 storm of {method}", end=story.told_once())


def calls_to(bench: Bench, method: str, outcome: str) -> list[str]:
    """Return the messages of the calls in this channel that came out so: their ts, if known."""
    calls = bench.team.client.calls(method)
    mine = [call for call in calls if call["channel"] == bench.team.channel]
    return [str(call["ts"]) for call in mine if call["outcome"] == outcome]


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_lost_replies_make_no_second_message(bench: Bench, method: str) -> None:
    """Of posts, the parent's own reply is among the lost ones, and that of the last word."""
    client = bench.team.client
    client.fault("lose_reply", method, count=4)
    story = bench.updates(at_once=True)
    tell(f"lost replies of {method}", end=story.told_once())
    texts = [m.text for m in story.messages() if payload(m).get("note") != "progress"]
    assert len(texts) == len(set(texts))
    lost = set(calls_to(bench, method, "lost_reply"))
    (parent,) = story.parents()
    assert parent.ts in lost
    if method == "chat.postMessage":
        assert {m.ts for m in story.messages() if payload(m).get("note") == "ended"} <= lost


def test_lost_requests_are_made_again(bench: Bench) -> None:
    bench.team.client.fault("lose_request", "chat.*", count=4)
    story = bench.updates(at_once=True)
    tell("lost requests", end=story.told_once())


def test_worker_killed_while_it_waits_for_slack_to_take_the_parent(bench: Bench) -> None:
    """Nobody knows whether the message is there, and RQ believes in the dead worker for a while."""
    bench.team.client.fault("slow", "chat.postMessage", seconds=4)
    story = bench.updates(at_once=True)
    eventually(lambda: bench.stage.actors(Role.WORK_HORSE), "a horse")
    time.sleep(0.5)  # it is waiting for Slack now
    bench.stage.kill(Role.RQ_WORKER)
    started = time.monotonic()
    eventually(lambda: bench.stage.tap.done(story.service_id), "the change")
    changed = time.monotonic() - started
    tell("kill -9 rq worker while it announces", changed=changed, end=story.told_once())
