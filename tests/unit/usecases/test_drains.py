"""A drain is followed to its end: in its message, in its thread, past any kill."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pytest

from bot.domain.change import ActionKind, Change
from bot.domain.jsontypes import JsonObject
from bot.domain.policy import NOBODY
from bot.ports import EngineUnavailableError
from bot.usecases.speak import parent_id
from tests.unit.usecases.approving import CAT, DAN, asking
from tests.unit.usecases.bed import BOB, Bed, KilledError
from tests.unit.usecases.faults import kill_at

DRAIN = "node update --availability drain n2"


def peopled(*flags: str, replicas: int = 3) -> Bed:
    """Return a bed in which `web` runs a task on each node."""
    bed = Bed()
    bed.done(f"create --name web --replicas {replicas} {' '.join(flags)} reg/httpd:v1")
    bed.points.clear()
    return bed


def note(bed: Bed, change_id: str, kind: str) -> list[str]:
    """Return the texts of a kind in the thread."""
    found = []
    for message in bed.thread(change_id):
        payload: JsonObject = (message.content.metadata or {})["event_payload"]
        if payload["note"] == kind:
            found.append(message.content.text)
    return found


def until(bed: Bed, change_id: str, state: str, limit: float = 120) -> Change:
    """Tick until the change is in that state; a kill restarts the process."""
    end = bed.clock.now() + timedelta(seconds=limit)
    while bed.change(change_id).state.value != state:
        assert bed.clock.now() < end, bed.change(change_id)
        go_on(bed)
    return bed.change(change_id)


def go_on(bed: Bed) -> None:
    try:
        bed.tick()
    except KilledError:
        bed.use = bed.wired()


def said(bed: Bed, change_id: str) -> list[str]:
    """Return the audit log's words of a change."""
    entries = (json.loads(line) for line in bed.store.audit_lines)
    return [entry["what"] for entry in entries if entry["subject"] == change_id]


def on_node(bed: Bed, name: str = "n2") -> int:
    node = bed.swarm.node(name).id
    return sum(task.node_id == node for task in bed.swarm.tasks())


def test_a_drain_ends_when_the_node_is_empty_and_all_runs_elsewhere() -> None:
    bed = peopled()
    assert on_node(bed) == 1
    change = bed.type(DRAIN)
    bed.work()
    assert bed.change(change).state.value == "draining"
    bed.settle(3)
    assert bed.parent(change).blocks[-1]["elements"][0]["text"]["text"] == "Abort"
    done = until(bed, change, "applied")
    bed.settle(5)
    assert on_node(bed) == 0
    assert len(bed.swarm.tasks()) == 3
    assert done.drain is not None
    (web,) = done.drain.services
    assert (web.here, web.left, web.elsewhere, web.needs) == (1, 0, 3, 3)
    told = bed.parent(change).text
    assert "Empty after" in told
    assert "node update --availability active n2" in told
    assert bed.parents(change)[0].content.blocks[-1]["type"] != "actions"
    assert len(note(bed, change, "progress")) == 1
    (ended,) = note(bed, change, "ended")
    assert "`web`: 3 run" in ended
    assert "<@U1ANN>" in ended
    assert [m.broadcast for m in bed.thread(change)].count(True) == 1


def test_a_drain_is_over_only_when_all_has_run_for_a_while() -> None:
    bed = peopled()
    change = bed.type(DRAIN)
    bed.work()
    while bed.change(change).state.value == "draining":
        drain = bed.change(change).drain
        assert drain is not None
        if drain.done_since is not None:
            break
        bed.tick()
    since = bed.clock.now()
    until(bed, change, "applied")
    assert bed.clock.now() - since >= timedelta(seconds=5)


def test_then_active_gives_the_node_back() -> None:
    bed = peopled()
    change = bed.type(f"{DRAIN} --then active")
    bed.work()
    assert "At the end the node is made active again" in bed.parent(change).text
    until(bed, change, "applied")
    bed.settle(5)
    assert bed.swarm.node("n2").availability == "active"
    assert [w for w in bed.swarm.writes if w[0] == "node_update"] == [("node_update", "n2")] * 2
    assert "It is active again." in bed.parent(change).text
    assert "availability active" not in bed.parent(change).text


def test_a_node_that_somebody_else_has_paused_is_not_given_back() -> None:
    bed = peopled()
    change = bed.type(f"{DRAIN} --then active")
    bed.fault = lambda at: _pauses(bed) if at == "change.before_call" else None
    with_pause = until(bed, change, "failed")
    bed.settle(5)
    assert "somebody else has set n2 to pause" in with_pause.reason
    assert "It was to be active, and is left as it is." in bed.parent(change).text


def _pauses(bed: Bed) -> None:
    node = bed.swarm.node("n2")
    if node.availability == "drain":
        bed.swarm.update_node(node.id, node.version, {**node.spec, "Availability": "pause"})


def test_what_cannot_move_stalls_and_says_why_in_swarms_words() -> None:
    bed = peopled("--constraint node.hostname==n2", replicas=1)
    change = bed.type(f"{DRAIN} --deadline 30s")
    bed.work()
    assert "web has no other home: constraint node.hostname==n2" in bed.parent(change).text
    assert "its only task will stop before others start" in bed.parent(change).text
    until(bed, change, "stalled")
    bed.settle(3)
    assert "no suitable node" in bed.parent(change).text
    (asked,) = note(bed, change, "stalled")
    assert "no suitable node" in asked
    assert "`/swarm wait c-" in asked
    assert len([m for m in bed.thread(change) if m.broadcast]) == 1
    bed.swarm.post_outside("web", lambda s: s["TaskTemplate"].update(Placement={}))
    until(bed, change, "applied")


def test_keep_waiting_gives_it_another_deadline_and_stalls_anew() -> None:
    bed = peopled("--constraint node.hostname==n2", replicas=1)
    change = bed.type(f"{DRAIN} --deadline 30s")
    until(bed, change, "stalled")
    early = bed.type(f"wait {change}")
    bed.work()
    assert "Going on waiting" in bed.private(early)
    assert bed.change(change).state.value == "draining"
    again = bed.type("wait n2")
    bed.work()
    assert "is not stalled" in bed.private(again)
    until(bed, change, "stalled")
    bed.settle(2)
    assert len(note(bed, change, "stalled")) == 2
    bed.click(ActionKind.KEEP_WAITING, change, BOB)
    bed.work()
    assert bed.change(change).state.value == "draining"


@pytest.mark.parametrize("named", ["n2", "the id", "the node's id", "a click"])
def test_abort_stops_following_and_leaves_the_node_drained(named: str) -> None:
    bed = peopled("--constraint node.hostname==n2", replicas=1)
    change = bed.type(DRAIN)
    bed.work()
    if named == "a click":
        bed.click(ActionKind.ABORT, change, BOB)
    else:
        word = {"the id": change, "the node's id": bed.swarm.node("n2").id}.get(named, named)
        bed.type(f"abort {word}", BOB)
    bed.work()
    assert bed.change(change).state.value == "aborted"
    bed.settle(5)
    assert bed.swarm.node("n2").availability == "drain"
    told = bed.parent(change).text
    assert f"<@{BOB.user}> stopped following it" in told
    assert "node update --availability active n2" in told
    late = bed.type(f"abort {change}")
    bed.work()
    assert "is aborted already" in bed.private(late)
    assert len(note(bed, change, "ended")) == 1


def test_an_abort_of_what_there_is_not_says_so() -> None:
    bed = peopled()
    action = bed.type("abort c-nothing")
    bed.work()
    assert "no service `c-nothing`" in bed.private(action)


def test_a_node_made_active_meanwhile_ends_the_drain() -> None:
    bed = peopled("--constraint node.hostname==n2", replicas=1)
    change = bed.type(f"{DRAIN} --then active")
    bed.work()
    bed.tick()
    undone = bed.type("node update --availability active n2")
    bed.work()
    assert bed.change(undone).state.value == "applied"
    assert "nothing moves back by itself" in bed.parent(undone).text
    over = until(bed, change, "aborted")
    assert "n2 was set to active meanwhile" in over.reason


def test_detach_only_begins_it() -> None:
    bed = peopled()
    change = bed.type(f"{DRAIN} --detach")
    bed.work()
    assert bed.change(change).state.value == "applied"
    assert "1 task of 1 service leaves it" in bed.parent(change).text
    assert "node update --availability active n2" in bed.parent(change).text
    assert bed.thread(change) == []


def test_a_dry_run_shows_what_would_move_and_changes_nothing() -> None:
    bed = Bed()
    bed.done("create --name agent --mode global reg/httpd:v1")
    bed.done("create --name web --replicas 3 reg/httpd:v1")
    writes = bed.writes()
    change = bed.type(f"{DRAIN} --dry-run")
    bed.work()
    told = bed.private(change)
    assert "agent is global: its task on n2 ends and is not replaced" in told
    assert "2 tasks of 2 services leave it" in told
    assert bed.writes() == writes


@pytest.mark.parametrize(
    ("word", "hint"), [("pause", "its one task stays"), ("drain", "leaves it")]
)
def test_a_pause_moves_nothing_and_says_so(word: str, hint: str) -> None:
    bed = peopled()
    change = bed.type(f"node update --availability {word} n2")
    bed.work()
    assert bed.change(change).state.value == {"pause": "applied", "drain": "draining"}[word]
    assert hint in bed.parent(change).text


def test_a_service_removed_meanwhile_is_not_waited_for() -> None:
    bed = peopled("--constraint node.hostname==n2", replicas=1)
    change = bed.type(DRAIN)
    bed.work()
    bed.swarm.remove_outside("web")
    until(bed, change, "applied")
    bed.settle(3)
    assert "was removed meanwhile" in bed.parent(change).text


def test_env_values_do_not_reach_the_channel() -> None:
    bed = peopled("--env TOKEN=hush-hush", "--constraint node.hostname==n2", replicas=1)
    change = bed.type(f"{DRAIN} --deadline 30s")
    until(bed, change, "stalled")
    bed.settle(2)
    everything = "".join(m.content.text for m in bed.slack.messages)
    assert "hush-hush" not in everything


def test_env_values_of_the_spec_before_do_not_either() -> None:
    """A word of Swarm's own error stands for the value: the error repeats it."""
    bed = peopled("--env TOKEN=suitable", "--constraint node.hostname==n2", replicas=1)
    bed.done("update --env-add TOKEN=another-one web")
    change = bed.type(f"{DRAIN} --deadline 30s")
    until(bed, change, "stalled")
    bed.settle(2)
    assert "no •••• node" in bed.parent(change).text
    assert not any(
        "suitable" in m.content.text for m in [*bed.thread(change), bed.parents(change)[0]]
    )


def points() -> list[tuple[str, int]]:
    bed = peopled()
    change = bed.type(f"{DRAIN} --then active")
    until(bed, change, "applied")
    bed.settle(5)
    seen = Counter(bed.points)
    return [(point, n) for point, most in seen.items() for n in range(1, min(3, most) + 1)]


@pytest.mark.parametrize(("point", "number"), points())
def test_a_kill_anywhere_ends_as_if_there_had_been_none(point: str, number: int) -> None:
    bed = peopled()
    visits = 0

    def fault(at: str) -> None:
        nonlocal visits
        visits += at == point
        if at == point and visits == number:
            raise KilledError(at)

    bed.fault = fault
    change = bed.type(f"{DRAIN} --then active")
    until(bed, change, "applied")
    for _ in range(20):
        go_on(bed)
    assert visits >= number
    assert [w for w in bed.swarm.writes if w[0] == "node_update"] == [("node_update", "n2")] * 2
    assert bed.swarm.node("n2").availability == "active"
    assert len(bed.parents(change)) == 1
    kinds = Counter((m.content.metadata or {})["event_payload"]["note"] for m in bed.thread(change))
    assert kinds == {"progress": 1, "ended": 1}
    words = said(bed, change)
    assert words == ["accepted", "started", "node_changed", "drained", "node_changed"]


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_reply_is_no_second_change(applied: bool) -> None:  # noqa: FBT001  a case's figure
    bed = peopled()
    bed.swarm.lose_next_reply(applied=applied)
    change = bed.type(DRAIN)
    until(bed, change, "applied")
    assert [w for w in bed.swarm.writes if w[0] == "node_update"] == [("node_update", "n2")]


def test_an_engine_that_is_away_concludes_nothing() -> None:
    bed = peopled()
    change = bed.type(DRAIN)
    bed.work()
    bed.swarm.unavailable = True
    for _ in range(4):  # less than the deadline: see test_silence
        with pytest.raises(EngineUnavailableError):
            bed.tick(120)
    assert bed.change(change).state.value == "draining"
    bed.swarm.unavailable = False
    until(bed, change, "applied")


def test_a_killed_abort_is_done_once() -> None:
    bed = peopled("--constraint node.hostname==n2", replicas=1)
    change = bed.type(DRAIN)
    bed.work()
    bed.fault = kill_at("drain_act.after_commit")
    bed.type("abort n2")
    go_on(bed)
    until(bed, change, "aborted")
    for _ in range(20):
        go_on(bed)
    assert len(note(bed, change, "ended")) == 1


def test_an_approval_is_of_the_drain_and_of_what_comes_after() -> None:
    bed = asking()
    mounts = [{"Type": "volume", "Source": "data", "Target": "/data"}]
    bed.swarm.post_outside(
        "web", lambda s: s["TaskTemplate"]["ContainerSpec"].update(Mounts=mounts)
    )
    bed.settle(40)
    name = bed.asked("node update --availability drain --then active n2")
    request = bed.approval(name)
    plain = bed.asked("node update --availability drain n2")
    assert bed.approval(plain).fingerprint != request.fingerprint
    assert request.warnings == ("web keeps data in the volume data of n2: elsewhere it is empty",)
    (shown,) = bed.slack.shown(parent_id(name))
    assert all(f":warning: {each}" in shown.content.text for each in request.warnings)
    assert bed.swarm.node("n2").availability == "active"
    bed.votes(name, CAT, DAN)
    change = request.subject
    until(bed, change, "applied")
    bed.settle(3)
    assert bed.swarm.node("n2").availability == "active"
    assert [w for w in bed.swarm.writes if w[0] == "node_update"] == [("node_update", "n2")] * 2
    assert "It is active again." in bed.parent(change).text


def test_what_is_not_allowed_any_more_at_the_end_leaves_the_node_drained_and_says_so() -> None:
    bed = peopled()
    change = bed.type(f"{DRAIN} --then active")
    bed.work()
    bed.policies.policy = NOBODY
    failed = until(bed, change, "failed")
    bed.settle(3)
    assert "not allowed any more" in failed.reason
    assert bed.swarm.node("n2").availability == "drain"
    told = bed.parent(change).text
    assert "It stays drained, and was to be active." in told
    assert "node update --availability active n2" in told


def test_who_may_not_change_nodes_may_not_act_on_a_drain() -> None:
    bed = peopled("--constraint node.hostname==n2", replicas=1)
    change = bed.type(DRAIN)
    bed.work()
    bed.policies.policy = NOBODY
    action = bed.type("abort n2", BOB)
    bed.work()
    assert "Not allowed" in bed.private(action)
    assert bed.change(change).state.value == "draining"
