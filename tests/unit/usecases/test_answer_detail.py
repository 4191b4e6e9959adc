"""`inspect`: whose revision runs, what differs from it, what its tag is now, what is in the way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.jsontypes import Spec
from bot.domain.lock import Lock, Scope, ScopeKind
from bot.domain.policy import OPEN, AnyOf, Criterion, Environment, On, Policy, Window
from bot.domain.reads import ServiceDetail
from bot.domain.revision import RevisionSpec
from bot.domain.rollout.record import RolloutState
from bot.domain.spec import spec_hash
from tests.builders import ANN, BOB, NOW, a_history, a_request, a_revision, a_rollout
from tests.unit.usecases.answering import Desk


def inspected(desk: Desk) -> ServiceDetail:
    reply = desk.ask("inspect web")
    assert isinstance(reply, ServiceDetail)
    return reply


def known(desk: Desk, made: str, number: int = 3) -> None:
    """Let Waggle have what runs now as that revision, made by bob."""
    spec = desk.swarm.service(made).spec
    entry = a_revision(number, spec_hash=spec_hash(spec), actor=BOB.user, reason="why not")
    history = replace(a_history(), service_id=made, entries=(entry,), current=number)
    kept = RevisionSpec(cluster="default", service_id=made, number=number, spec=spec)
    desk.keep(history, kept)


def rotated(spec: Spec) -> None:
    container = spec["TaskTemplate"]["ContainerSpec"]
    container["Env"] = ["DB_PASSWORD=another1"]
    spec["Mode"]["Replicated"]["Replicas"] = 2


def test_the_revision_that_runs_and_who_made_it() -> None:
    desk = Desk()
    made = desk.run("web", labels={"waggle.rollout": "r-7"})
    known(desk, made)
    rollout = a_rollout(
        id="r-7", service="web", state=RolloutState.COMPLETED, request=a_request(id="r-7", by=ANN)
    )
    desk.keep(rollout)
    reply = inspected(desk)
    assert reply.revision is not None
    assert (reply.revision.number, reply.current, reply.rollout) == (3, 3, "r-7")
    assert (reply.row.changed_by, reply.row.drift, reply.drift) == (ANN.user, False, ())
    (runs,) = reply.runs
    assert runs[1] == 3


def test_drift_says_what_differs_and_hides_env_values() -> None:
    desk = Desk()
    made = desk.run("web", env=["DB_PASSWORD=hunter22"])
    known(desk, made)
    desk.swarm.post_outside(made, rotated)
    desk.clock.advance(20)
    reply = inspected(desk)
    assert (reply.row.drift, reply.revision, reply.row.changed_by) == (True, None, "")
    assert {change.path for change in reply.drift} == {"env DB_PASSWORD", "replicas"}
    assert "hunter22" not in repr(reply)
    assert "another1" not in repr(reply)


def test_drift_is_told_where_the_revisions_spec_is_gone() -> None:
    desk = Desk()
    made = desk.run("web")
    entry = a_revision(3, spec_hash="another")
    desk.keep(replace(a_history(), service_id=made, entries=(entry,), current=3))
    reply = inspected(desk)
    assert (reply.row.drift, reply.drift) == (True, ())


def test_what_was_posted_last_is_what_it_is_compared_with() -> None:
    """A rollback that kept the replicas: that they differ from the record is no drift."""
    desk = Desk()
    made = desk.run("web", env=["A=hunter22"])
    first = desk.swarm.service(made).spec
    desk.swarm.post_outside(made, rotated)
    posted = desk.swarm.service(made).spec
    entry = a_revision(3, spec_hash=spec_hash(first), posted_hash=spec_hash(posted))
    history = replace(a_history(), service_id=made, entries=(entry,), current=3)
    kept = RevisionSpec(cluster="default", service_id=made, number=3, spec=first, posted=posted)
    desk.keep(history, kept)
    assert inspected(desk).row.drift is False

    def scaled(spec: Spec) -> None:
        spec["Mode"]["Replicated"]["Replicas"] = 1

    desk.swarm.post_outside(made, scaled)
    assert {change.path for change in inspected(desk).drift} == {"replicas"}


def test_a_tag_that_moved_is_known_by_its_digest() -> None:
    desk = Desk()
    desk.run("web")
    tag = inspected(desk).tag
    assert tag is not None
    assert tag.digest == tag.now
    assert not tag.has_moved
    desk.swarm.add_image("httpd:v1", digest="sha256:" + "9" * 64)
    moved = inspected(desk).tag
    assert moved is not None
    assert (moved.image, moved.digest, moved.has_moved) == ("httpd:v1", tag.digest, True)


def test_a_registry_that_is_away_is_said_and_no_moved_tag_is_claimed() -> None:
    desk = Desk()
    desk.run("web")
    desk.swarm.registry_away = True
    reply = inspected(desk)
    assert reply.tag is not None
    assert (reply.tag.now, reply.tag.has_moved) == (None, False)
    assert "registry does not answer" in reply.unknown[0]


def test_an_image_without_a_tag_has_none_that_could_move() -> None:
    desk = Desk()
    made = desk.run("web")

    def untagged(spec: Spec) -> None:
        container = spec["TaskTemplate"]["ContainerSpec"]
        container["Image"] = "httpd@" + container["Image"].partition("@")[2]

    desk.swarm.post_outside(made, untagged)
    assert inspected(desk).tag is None


def test_a_tag_that_the_registry_has_no_more() -> None:
    desk = Desk()
    made = desk.run("web")

    def renamed(spec: Spec) -> None:
        container = spec["TaskTemplate"]["ContainerSpec"]
        container["Image"] = "httpd:gone@" + container["Image"].partition("@")[2]

    desk.swarm.post_outside(made, renamed)
    tag = inspected(desk).tag
    assert tag is not None
    assert (tag.now, tag.has_moved) == ("", True)


def a_lock(name: str, kind: ScopeKind = ScopeKind.SERVICE) -> Lock:
    return Lock(
        id=f"l-{name}",
        cluster="default",
        scope=Scope(kind=kind, name=name),
        owner=BOB,
        reason="migration",
        since=NOW,
    )


def test_locks_that_hold_it_and_freezes_that_are_on_are_shown() -> None:
    desk = Desk()
    desk.run("web")
    desk.keep(a_lock("web"), a_lock("api"), a_lock("default", ScopeKind.CLUSTER))
    desk.policies.policy = Policy(
        hash="h",
        open_to_all=True,
        environments=(
            Environment(name="production", match=AnyOf((Criterion(On.SERVICE, "web"),))),
        ),
    )
    now = desk.clock.now()
    day = timedelta(days=1)
    desk.calendar.known = [
        Window(environment="production", begins=now - day, ends=now + day),
        Window(environment="staging", begins=now - day, ends=now + day),
    ]
    reply = inspected(desk)
    assert {lock.id for lock in reply.locks} == {"l-web", "l-default"}
    assert [window.environment for window in reply.freezes] == ["production"]


@pytest.mark.parametrize("line", ["inspect web", "inspect --pretty web"])
def test_who_may_not_read_it_learns_nothing(line: str) -> None:
    desk = Desk()
    desk.run("web")
    desk.policies.policy = replace(OPEN, open_to_all=False)
    assert "httpd" not in repr(desk.ask(line))
