"""kill -9 at every step from the question to the start: exactly one rollout, or exactly none."""

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.slack.manifest import BOT_SCOPES
from playground.lab import Lab
from playground.stage import Role, free_port
from playground.workspace import Seen
from tests.scenario.conftest import gathered
from tests.scenario.law import News
from tests.scenario.recovery_case import (
    APPROVED,
    ASKED,
    RAN,
    RULES,
    Case,
    Told,
    asks,
    asleep,
    yes,
)
from tests.scenario.recovery_faults import killed_at, primed
from tests.scenario.recovery_stage import Bench, BrokenStage, Story, opened, rests_once, tell
from tests.scenario.team import ENDS, PEOPLE, payload, states_of
from tests.waiting import eventually

ASKING = ("ask.before_commit", "ask.after_commit", "ask.after_post")
LAST_VOTE = ("vote.before_commit:2", "vote.after_commit:2")
"""Of the second vote, which is the last; the first is left alone."""

PLANNING_ANEW = ("plan.before_commit", "plan.after_commit")
ANNOUNCING = ("announce.before_post", "announce.after_post", "announce.after_commit")
APPLYING = (
    "apply.observed",
    "apply.before_post",
    "apply.after_post",
    "apply.before_commit",
    "apply.after_commit",
)
VOIDING = ("void.before_commit", "void.after_commit")
AGAIN = ("again.before_commit", "again.after_commit")
CHANGING = (
    "change.after_plan",
    "change.after_announce",
    "change.before_call",
    "change.after_call",
)


@pytest.fixture(scope="module")
def ruled(swarm: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokenStage]:
    """A stage to break, under a policy file of its own."""
    path = Path(tmp_path_factory.mktemp("rules")) / "policy.yml"
    path.write_text(RULES, encoding="utf-8")
    stage = opened(swarm, rate_limits=False, extra={"WAGGLE_POLICY": str(path)})
    stage.client.configure(scopes=BOT_SCOPES)
    yield stage
    stage.stop()


@pytest.fixture
def place() -> str:
    """What the name of the service begins with: by it the policy tells the environments apart."""
    return "prod"


@pytest.fixture
def bench(ruled: BrokenStage, place: str, request: pytest.FixtureRequest) -> Iterator[Bench]:
    ruled.start_missing()
    ruled.wait_ready()
    made = Bench(ruled, gathered(ruled, request.node.name))
    made.team.service = f"{place}-{secrets.token_hex(3)}"
    made.serve()
    yield made
    ruled.tap.reset()
    ruled.client.clear()
    made.team.remove_all()


def test_killed_at_every_step_from_the_question_to_the_end(bench: Bench) -> None:
    points = (*ASKING, *LAST_VOTE, *PLANNING_ANEW, *ANNOUNCING, *APPLYING)
    with killed_at(bench, *points):
        case = asks(bench)
        case.says_yes("bob")
        case.clicks("cat")
        took = case.ran_once("bob", "cat")
    tell(f"horse killed {len(points)} times", end=took)


def test_a_void_request_killed_at_every_step_is_planned_again_once(bench: Bench) -> None:
    points = (*VOIDING, *AGAIN, "vote.after_enqueue:4")
    with killed_at(bench, *points):
        case = asks(bench)
        case.says_yes("bob")
        bench.team.docker("service", "update", "-d", "--label-add", "by=hand", case.story.service)
        case.clicks("sam")
        case.comes_to("void")
        case.did_not_run()
        case.clicks("bob", "Plan again")
        again = planned_again(bench, case)
        again.says_yes("ann")
        again.clicks("sam")
        took = again.story.told_once()
        again.comes_to("approved")
    assert case.story.parents() == []
    assert len(bench.team.posts("waggle_approval")) == 2
    voided = Told(["approval void", "rollout refused", "click accepted", "click done"])
    rest = Told(f"rollout {what}" for what in ("planned", "started", "posted", "completed"))
    again.is_logged(APPROVED + voided + APPROVED + rest, ("bob", "sam", "ann", "sam"))
    tell(f"killed {len(points)} times around a void request", end=took)


def planned_again(bench: Bench, case: Case) -> Case:
    """Return the one new request that comes of an old one's button."""

    def others() -> list[Seen]:
        found = bench.team.posts("waggle_approval")
        return [m for m in found if payload(m)["rollout_id"] != case.story.id]

    eventually(others, "the new request")
    eventually(lambda: case.request().buttons == [], "the button to go away")
    (new,) = others()
    story = Story(
        bench=bench,
        id=str(payload(new)["rollout_id"]),
        service=case.story.service,
        service_id=case.story.service_id,
        tag=case.story.tag,
        done_before=case.story.done_before,
        revision=case.story.revision,  # the first one never came to be
    )
    return Case(bench, story)


def test_an_approved_removal_killed_at_every_step_happens_once(bench: Bench) -> None:
    team, points = bench.team, (*ASKING[:2], "vote.after_enqueue:2", *CHANGING)
    service_id = team.inspected()["ID"]
    with killed_at(bench, *points):
        story = bench.story(str(team.types(f"rm {team.service}").shown))
        case = Case(bench, story)
        case.says_yes("bob")
        case.clicks("sam")
        eventually(lambda: not team.exists(), "the removal")
        case.comes_to("approved")
        rests_once(lambda: team.posts("waggle_change"), "applied")
    assert bench.stage.tap.done(service_id) == 1
    asked = Told({key.replace("rollout", "change"): n for key, n in APPROVED.items()})
    case.is_logged(asked + Told(["change started", "change removed"]), ("bob", "sam"))


def changes_once(bench: Bench, line: str, target: str, done: str) -> None:
    """Type a one-step change, kill at each step, and check that it came to one end."""
    team = bench.team
    with killed_at(bench, *ASKING[:2], *LAST_VOTE, *CHANGING):
        story = replace(bench.story(str(team.types(line).shown)), service=target)
        case = Case(bench, story)
        case.says_yes("bob")
        case.clicks("sam")
        eventually(lambda: states_of_changes(bench)[-1:] == ["applied"], "its message")
        case.comes_to("approved")
    assert states_of_changes(bench).count("applied") == 1
    assert len(team.posts("waggle_change")) == len(team.posts("waggle_approval")) == 1
    asked = Told({key.replace("rollout", "change"): n for key, n in APPROVED.items()})
    case.is_logged(asked + Told(["change started", f"change {done}"]), ("bob", "sam"))


def states_of_changes(bench: Bench) -> list[str]:
    """Return which states the messages of one-step changes have shown, one after the other."""
    return [state for m in bench.team.posts("waggle_change") for state in states_of(m)]


def test_an_approved_label_of_a_node_killed_at_every_step_is_set_once(bench: Bench) -> None:
    team, label = bench.team, f"chaos{secrets.token_hex(3)}"
    node = team.docker("node", "inspect", "-f", "{{.ID}}", "n2").strip()
    try:
        changes_once(bench, f"node update --label-add {label}=1 n2", "n2", "node_changed")
        assert bench.stage.tap.carried_out(f"/nodes/{node}/update") == 1
        labels = team.docker("node", "inspect", "-f", "{{json .Spec.Labels}}", "n2")
        assert f'"{label}":"1"' in labels
    finally:
        team.docker("node", "update", "--label-rm", label, "n2")


def test_an_approved_network_killed_at_every_step_is_made_once(bench: Bench) -> None:
    team, name = bench.team, f"machines-{secrets.token_hex(3)}"
    try:
        changes_once(bench, f"network create --attachable {name}", name, "network_created")
        assert bench.stage.tap.carried_out("/networks/create") == 1
        named = team.docker("network", "ls", "--filter", f"name={name}", "--format", "{{.Name}}")
        assert named.split() == [name]
    finally:
        team.docker("network", "rm", name)


@pytest.mark.parametrize("role", [Role.STEWARD, Role.SUPERVISOR, Role.BOT, Role.VALKEY], ids=str)
def test_a_process_killed_between_the_last_click_and_the_start(bench: Bench, role: Role) -> None:
    case = asks(bench)
    case.says_yes("bob")
    with asleep(bench.stage):
        case.clicks("cat")
        assert bench.stage.kill(role)
        assert payload(case.request())["votes"] == 1  # nobody has counted it yet
        case.did_not_run()
    killed = time.monotonic()
    bench.stage.start_missing()
    eventually(lambda: bench.stage.tap.done(case.story.service_id), "the change")
    changed = time.monotonic() - killed
    tell(f"kill -9 {role} after the last click", changed=changed, end=case.ran_once("bob", "cat"))


def test_a_click_that_is_delivered_again_and_again_counts_once(bench: Bench) -> None:
    """At once, twice at the same moment, and after the bot was killed."""
    client, url = bench.team.client, bench.stage.workspace.settings.app_url
    case = asks(bench)
    client.control("repeat", count=1)
    case.says_yes("bob")
    client.configure(app_url=f"http://127.0.0.1:{free_port()}/nobody")
    assert client.click("cat", case.request(), "Approve").status == "unreachable"
    client.configure(app_url=url)
    number = client.deliveries()[-1]["number"]
    at_once(*[lambda: client.control("redeliver", number=number)] * 2)
    case.ran_once("bob", "cat")
    bench.stage.kill(Role.BOT)
    bench.stage.start_missing()
    bench.stage.wait_ready()
    assert client.control("redeliver", number=number)["status"] == "ok"
    case.ran_once("bob", "cat")
    assert private_words(bench, "bob") == private_words(bench, "cat") == []


def private_words(bench: Bench, who: str) -> list[str]:
    """Return what the bot has said to somebody alone: a click that counts is told by nothing."""
    found = bench.team.client.messages(bench.team.channel)
    return [m.text for m in found if m.ephemeral_to == PEOPLE[who] and m.author == "waggle"]


def at_once(*acts: Callable[[], Any]) -> None:
    """Do all of it at the same moment."""
    barrier = threading.Barrier(len(acts))

    def one(act: Callable[[], Any]) -> None:
        barrier.wait()
        act()

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_two_last_votes_at_the_same_moment_one_is_the_last(bench: Bench) -> None:
    """Two processes count them."""
    bench.stage.start_second_worker()
    eventually(lambda: len(bench.stage.actors(Role.RQ_WORKER)) == 4, "two workers")
    case = asks(bench)
    case.says_yes("bob")
    with asleep(bench.stage):
        at_once(lambda: case.clicks("cat"), lambda: case.clicks("sam"))
    case.story.told_once()
    case.comes_to("approved")
    bench.stage.end("second")
    last, late = (
        ("cat", "sam") if f"✓ <@{PEOPLE['cat']}>" in case.request().text else ("sam", "cat")
    )
    eventually(lambda: private_words(bench, late), "a word to who came too late")
    (told,) = private_words(bench, late)
    assert "approved already" in told
    assert private_words(bench, last) == []
    case.is_logged(RAN + Told(["click accepted", "click refused"]), ("bob", last))


@pytest.mark.parametrize("place", ["told"])
@pytest.mark.parametrize("mode", ["refuse", "503"])
def test_slack_away_at_the_question_and_at_the_end_and_all_is_told_once(
    bench: Bench, mode: str
) -> None:
    client, ops = bench.team.client, "C0OPS"
    client.down(mode=mode)
    case = asks(bench)
    heard = News(client, ops, case.story.id)
    eventually(lambda: case.is_told("approval requested"), "it waits for people")
    time.sleep(3)  # it is tried in vain
    assert (case.requests(), heard.told) == ([], [])
    client.up()
    case.says_yes("bob")
    case.clicks("cat")
    client.down(mode=mode)
    eventually(lambda: case.is_told("rollout completed"), "the rollout to be over meanwhile")
    assert case.story.state() not in ENDS
    client.up()
    case.ran_once("bob", "cat")
    heard.stands("completed")
    heard.hears("completed")
    assert heard.events == ["approved", "started", "completed"]
    for notes in (bench.team.thread(case.story.parents()[0]), heard.replies):
        assert in_order(notes)


def in_order(notes: list[Seen]) -> bool:
    """Tell whether what stands in a thread, by Slack's clock, was said in that order."""
    there = sorted(notes, key=lambda m: float(m.ts))
    numbers = [int(payload(m)["message_id"].rpartition(".")[2]) for m in there]
    return len(numbers) > 1 and numbers == sorted(set(numbers))


@pytest.mark.parametrize("place", ["hasty"])
def test_all_killed_while_it_waits_and_started_after_it_has_expired(bench: Bench) -> None:
    case = asks(bench)
    case.says_yes("bob")
    until = expiry(case.request())
    bench.stage.kill_all()
    assert time.time() < until, "it was too slow: the request has expired before"
    time.sleep(until + 1 - time.time())  # nobody is there to see it
    with primed(bench, "expire.before_commit"):
        bench.stage.start_missing()
        bench.stage.wait_ready()
        expired = case.comes_to("expired")
    assert payload(expired)["votes"] == 1
    notes = [m for m in bench.team.thread(expired) if payload(m).get("note") == "ended"]
    assert len(notes) == 1
    click = bench.team.client.click("cat", expired, "Approve", stale=True)
    assert click.status == "ok"
    eventually(lambda: private_words(bench, "cat"), "a word to who came too late")
    assert "expired" in private_words(bench, "cat")[0]
    case.did_not_run()
    told = Told(["approval expired", "rollout refused", "click denied"])
    case.is_logged(ASKED + yes(1) + told, ("bob",))


def expiry(request: Seen) -> float:
    """Return when a request expires, as its message says it."""
    found = re.search(r"<!date\^(\d+)\^", request.text)
    assert found, request.text
    return float(found[1])
