"""A node is emptied while something on it starts, or fails, or is being updated."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.jsontypes import JsonObject
from tests.builders import a_spec
from tests.unit.usecases.bed import Bed
from tests.unit.usecases.test_drains import DRAIN, note, on_node, peopled, until


def starting() -> Bed:
    """Return a bed in which `web`, one replica, starts on n2 and takes its time; v1 of it ran."""
    bed = Bed()
    bed.swarm.add_image("reg/httpd:v2", healthy_in=timedelta(seconds=20))
    bed.done("create --name web --constraint node.hostname==n2 --replicas 1 reg/httpd:v1")
    bed.swarm.post_outside("web", to_v2)
    bed.settle(10)
    (task,) = bed.swarm.tasks()
    assert (task.state, task.node_id) == ("starting", bed.swarm.node("n2").id)
    return bed


def to_v2(spec: JsonObject) -> None:
    spec["TaskTemplate"]["ContainerSpec"]["Image"] = "reg/httpd:v2"


def freed(bed: Bed) -> Bed:
    """Let `web` run anywhere; that replaces no task."""
    bed.swarm.post_outside("web", lambda spec: spec["TaskTemplate"].update(Placement={}))
    return bed


def test_what_starts_on_the_node_is_waited_for_elsewhere() -> None:
    bed = freed(starting())
    change = bed.type(f"{DRAIN} --then active")
    bed.work()
    told = bed.parent(change).text
    assert "web is away for a while: its only task will stop before others start" in told
    assert "move; 0 of 1 run now, 1 starts" in told
    while on_node(bed):
        bed.tick()
    bed.settle(10)
    assert bed.change(change).state.value == "draining", "it runs nowhere yet"
    until(bed, change, "applied")
    (task,) = bed.swarm.tasks()
    assert (task.state, task.node_id == bed.swarm.node("n2").id) == ("running", False)
    bed.settle(2)
    (ended,) = note(bed, change, "ended")
    assert "`web`: 1 run" in ended


def test_what_fails_again_and_again_does_not_hold_the_drain() -> None:
    bed = peopled()
    quick = timedelta(seconds=1)
    bed.swarm.add_image("reg/httpd:bad", unhealthy_in=quick)
    bed.swarm.create_service(a_spec("reg/httpd:bad", 6, name="bad"))
    bed.settle(40)
    assert any(task.state == "starting" for task in bed.swarm.tasks())
    change = bed.type(DRAIN)
    bed.work()
    drain = bed.change(change).drain
    assert drain is not None
    assert all(each.needs == 0 for each in drain.services if each.name == "bad")
    until(bed, change, "applied", 60)


def test_an_update_under_way_is_warned_of() -> None:
    bed = starting()
    dry = bed.type(f"{DRAIN} --dry-run")
    bed.work()
    assert "web is being updated" in bed.private(dry)
