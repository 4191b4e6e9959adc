"""Killed between the post and its record, and taken back before anybody looks: no second post."""

import copy

import pytest

from bot.domain.change import ActionKind
from bot.domain.jsontypes import Spec
from bot.domain.rollout.standing import wants_rollback
from tests.unit.usecases.bed import Bed, KilledError, made
from tests.unit.usecases.faults import crashing, kill_at


def killed_after_its_post(bed: Bed, line: str) -> str:
    """Return the rollout whose post was made, with nobody left to record it."""
    bed.fault = kill_at("apply.after_post")
    rollout = bed.type(line)
    with pytest.raises(KilledError):
        bed.work()
    bed.use = bed.wired()
    return rollout


def put_back(bed: Bed, old: Spec) -> None:
    def edit(spec: Spec) -> None:
        spec.clear()
        spec.update(copy.deepcopy(old))

    bed.swarm.post_outside("web", edit)


def test_what_a_person_put_back_is_not_overwritten() -> None:
    bed = made()
    before, old = bed.writes(), bed.swarm.service("web").spec
    rollout = killed_after_its_post(bed, "update --image reg/httpd:v2 web")
    put_back(bed, old)
    bed.settle(40)
    assert bed.image() == "reg/httpd:v1"
    assert len(bed.swarm.writes[before:]) == 1
    end = bed.rollout(rollout)
    assert end.state.value == "superseded"
    assert "image" in end.reason
    assert [entry.number for entry in bed.history().entries] == [1, 2], "it was live for a while"


def test_a_docker_service_rollback_by_hand_ends_rolled_back() -> None:
    bed = made()
    before = bed.writes()
    rollout = killed_after_its_post(bed, "update --image reg/httpd:v2 web")
    bed.swarm.rollback_outside("web")
    bed.settle(40)
    assert bed.image() == "reg/httpd:v1"
    assert len(bed.swarm.writes[before:]) == 1
    assert bed.rollout(rollout).state.value == "rolled_back"


@pytest.mark.parametrize("earlier", [False, True], ids=["first", "again"])
def test_what_swarm_took_back_by_itself_is_not_rolled_out_again(earlier: bool) -> None:  # noqa: FBT001  a case's figure
    bed = crashing(made(3, "--update-failure-action rollback"))
    if earlier:  # then UpdateStatus says rollback_completed before the post, too
        bed.done("update --image reg/httpd:crash web", "rolled_back")
        bed.type("unlock --reason mended web")
        bed.work()
    before = bed.writes()
    rollout = killed_after_its_post(bed, "update --image reg/httpd:crash web")
    bed.clock.advance(15)
    bed.settle(60)
    end = bed.rollout(rollout)
    assert len(bed.swarm.writes[before:]) == 1
    assert (end.state.value, end.attempts) == ("rolled_back", 1)
    assert bed.image() == "reg/httpd:v1"
    assert bed.history().entries[-1].mark.value == "bad"


def test_an_earlier_rollback_of_swarms_does_not_keep_the_next_change_from_being_posted() -> None:
    bed = crashing(made(3, "--update-failure-action rollback"))
    bed.done("update --image reg/httpd:crash web", "rolled_back")
    bed.fault = kill_at("apply.before_post")
    rollout = bed.type("update --image reg/httpd:v2 web")
    with pytest.raises(KilledError):
        bed.work()
    bed.use = bed.wired()
    bed.settle(40)
    assert bed.rollout(rollout).state.value == "completed"
    assert bed.image() == "reg/httpd:v2"


def test_a_retry_that_swarm_took_back_is_not_posted_again() -> None:
    bed = crashing(made(3, "--update-failure-action rollback"))
    line = "update --image reg/httpd:crash --constraint-add node.labels.x==y --deadline 10s web"
    rollout = bed.type(line)
    bed.until(rollout, "stalled")
    bed.fault = kill_at("apply.after_post")
    bed.click(ActionKind.UNSTICK, rollout)
    with pytest.raises(KilledError):
        bed.work()
    bed.use = bed.wired()
    writes = bed.writes()
    label(bed, x="y")
    bed.clock.advance(15)
    bed.use.apply.run(rollout)
    posting = bed.rollout(rollout).posting
    assert posting is not None
    assert wants_rollback(posting.spec)
    assert posting.posted_at is not None
    assert [verb for verb, _ in bed.swarm.writes[writes:] if verb == "update"] == []


def label(bed: Bed, **labels: str) -> None:
    """Give every node these labels."""
    for node in bed.swarm.nodes():
        bed.swarm.update_node(node.id, node.version, {**node.spec, "Labels": labels})
