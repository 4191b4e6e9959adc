"""What only the fake can do: troubles that a test arranges."""

import pytest

from bot.ports import EngineUnavailableError, OutOfSequenceError
from tests.builders import a_spec
from tests.fakes.clock import FakeClock
from tests.fakes.swarm import FakeSwarm


class Bench:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.swarm = FakeSwarm(self.clock)
        for tag in ("v1", "v2"):
            self.swarm.add_image(f"httpd:{tag}")
        self.id = self.swarm.create_service(a_spec("httpd:v1"))
        self.clock.advance(3)

    def post(self, image: str) -> None:
        live = self.swarm.service(self.id)
        live.spec["TaskTemplate"]["ContainerSpec"]["Image"] = image
        self.swarm.update_service(self.id, live.version, live.spec)

    def images(self) -> list[str]:
        return sorted(t.image for t in self.swarm.tasks([self.id]) if t.state == "running")


@pytest.mark.parametrize("applied", [True, False])
def test_a_reply_is_lost(*, applied: bool) -> None:
    bench = Bench()
    bench.swarm.lose_next_reply(applied=applied)
    with pytest.raises(EngineUnavailableError):
        bench.post("httpd:v2")
    live = bench.swarm.service(bench.id).spec["TaskTemplate"]["ContainerSpec"]["Image"]
    assert live == ("httpd:v2" if applied else "httpd:v1")
    assert bench.swarm.writes == [("create", "web")] + [("update", "web")] * applied
    bench.post("httpd:v2")


def test_another_tool_changes_the_service() -> None:
    bench = Bench()
    before = bench.swarm.service("web")
    bench.swarm.post_outside("web", lambda spec: spec["Labels"].update(by="someone"))
    with pytest.raises(OutOfSequenceError):
        bench.swarm.update_service(bench.id, before.version, before.spec)
    bench.swarm.remove_outside("web")
    assert bench.swarm.services() == []
    assert bench.swarm.tasks([bench.id]) == []


def test_the_engine_is_away() -> None:
    bench = Bench()
    bench.swarm.unavailable = True
    with pytest.raises(EngineUnavailableError):
        bench.swarm.services()
    bench.swarm.unavailable = False
    assert len(bench.swarm.services()) == 1


def test_tasks_leave_a_lost_node() -> None:
    bench = Bench()
    lost = bench.swarm.node("n2").id
    bench.swarm.node_down("n2")
    bench.clock.advance(3)
    tasks = bench.swarm.tasks([bench.id])
    assert [task.state for task in tasks] == ["running"] * 3
    assert lost not in {task.node_id for task in tasks}
    assert bench.swarm.node("n2").status == "down"


def test_an_update_hangs_on_a_lost_node_until_a_changed_post() -> None:
    bench = Bench()
    bench.post("httpd:v2")
    new = next(t for t in bench.swarm.tasks([bench.id]) if t.image == "httpd:v2")
    every = bench.swarm.tasks([bench.id], wanted=False)
    old = next(t for t in every if t.slot == new.slot and t.image == "httpd:v1")
    bench.swarm.node_down(_host(bench, old.node_id))
    bench.clock.advance(120)
    assert bench.swarm.service(bench.id).update_state.value == "updating"
    assert "httpd:v1" in bench.images()
    bench.swarm.post_outside("web", lambda spec: spec["Labels"].update(kick="1"))
    bench.clock.advance(60)
    assert bench.images() == ["httpd:v2"] * 3
    assert bench.swarm.service(bench.id).update_state.value == "completed"


def _host(bench: Bench, node_id: str) -> str:
    return next(n.hostname for n in bench.swarm.nodes() if n.id == node_id)


def test_a_moved_tag_leaves_what_runs_by_digest() -> None:
    bench = Bench()
    old = bench.swarm.resolve_image("httpd:v1")
    bench.swarm.add_image("httpd:v1", digest="sha256:" + "9" * 64)
    assert bench.swarm.resolve_image("httpd:v1").digest != old.digest
    bench.post(old.reference)
    bench.clock.advance(30)
    assert bench.images() == [old.reference] * 3


def test_an_image_that_no_registry_has_is_rejected() -> None:
    bench = Bench()
    bench.post("httpd:v9")
    bench.clock.advance(5)
    live = bench.swarm.service(bench.id)
    assert live.update_state.value == "paused"
    failed = bench.swarm.failures(bench.id)[0]
    assert (failed.state, failed.error) == ("rejected", "No such image: httpd:v9")
