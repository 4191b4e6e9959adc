"""Many people at once, on a real Redis: each vote is counted once, and one is the last.

The same for requests: nobody has one too many, however many jobs plan at the same moment.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from redis import Redis

from bot.adapters.audit_chain import AuditChain
from bot.adapters.redis_leases import RedisLeases
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.speaker import Speaker
from bot.domain.approval import Approval
from bot.domain.change import Action, ActionKind, DoneState
from bot.domain.policy import Grant, Members, VerbGroup
from bot.domain.request import Principal
from bot.domain.rollout.record import Rollout
from bot.jobs import JobName
from bot.usecases.pending import MOST
from tests.fakes.budget import FakeBudget
from tests.fakes.store import AUDIT_KEY
from tests.unit.usecases.approving import RULE, Approving, a_policy
from tests.unit.usecases.bed import ANN, BOB

CROWD = [Principal(team="T1", user=f"U{n:03d}") for n in range(50)]


def crowded(redis: Redis, required: int) -> Approving:
    """Return a bed over that Redis; everybody in the crowd may approve."""
    bed = Approving()
    store = RedisRecordStore(redis, AuditChain(AUDIT_KEY, bed.clock))
    bed.store, bed.leases = store, RedisLeases(redis)  # type: ignore[assignment]  # the real ones
    bed.speaker = Speaker(store, bed.slack, FakeBudget(), bed.clock)
    bed.use = bed.wired()
    bed.done("create --name web --replicas 3 reg/httpd:v1")
    crowd = Members(users=frozenset(who.user for who in CROWD))
    policy = a_policy(replace(RULE, required=required, approvers=crowd))
    right = Grant(name="grants[3] (crowd)", role="crowd", may=frozenset({VerbGroup.APPROVE}))
    bed.policies.policy = replace(
        policy, roles={**policy.roles, "crowd": crowd}, grants=(*policy.grants, right)
    )
    return bed


def at_once(bed: Approving, clicks: list[tuple[ActionKind, str, Principal]]) -> list[Action]:
    """Record the clicks, run all of their jobs at the same moment; return the actions' ends."""
    names = [bed.click(*each) for each in clicks]
    bed.queue.jobs.clear()
    barrier = Barrier(len(names))

    def run(name: str) -> None:
        barrier.wait()
        bed.wired().act.run(name)

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(run, names))
    ends = [stored.value for stored in bed.store.get_many(Action, names)]
    assert all(end.state is not DoneState.ACCEPTED for end in ends)
    return ends


def counted(ends: list[Action]) -> int:
    return sum(end.state is DoneState.DONE for end in ends)


@pytest.mark.parametrize("required", [1, 20, 50])
def test_fifty_people_at_once_count_exactly(redis: Redis, required: int) -> None:
    bed = crowded(redis, required)
    name = bed.asked()
    ends = at_once(bed, [(ActionKind.APPROVE, name, who) for who in CROWD])
    approval = bed.approval(name)
    assert approval.state.value == "approved"
    assert len(approval.votes) == len(set(approval.yes)) == required == counted(ends)
    assert {(job.name, job.subject) for job in bed.queue.jobs} == {(JobName.PLAN, approval.subject)}
    assert len(bed.queue.jobs) == 1
    bed.until(approval.subject, "completed")
    assert bed.swarm.writes == [("create", "web"), ("update", "web")]
    assert len(bed.parents(approval.subject)) == 1


def test_fifty_clicks_of_one_person_are_one_vote(redis: Redis) -> None:
    bed = crowded(redis, 2)
    name = bed.asked()
    ends = at_once(bed, [(ActionKind.APPROVE, name, CROWD[0])] * 50)
    assert (bed.approval(name).yes, counted(ends)) == ((CROWD[0].user,), 1)
    assert bed.approval(name).state.value == "pending"


def test_of_a_yes_and_a_no_at_once_the_first_end_stands(redis: Redis) -> None:
    for _ in range(5):
        redis.flushall()
        bed = crowded(redis, 25)
        name = bed.asked()
        kinds = [ActionKind.APPROVE] * 25 + [ActionKind.REJECT] * 25
        pairs = zip(kinds, CROWD, strict=True)
        ends = at_once(bed, [(kind, name, who) for kind, who in pairs])
        approval = bed.approval(name)
        noes = [vote for vote in approval.votes if not vote.yes]
        assert len(approval.votes) == counted(ends)
        if approval.state.value == "approved":
            assert (len(approval.yes), noes) == (25, [])
        else:
            assert approval.state.value == "rejected"
            assert noes == [approval.votes[-1]]


def plan_at_once(bed: Approving, lines: list[tuple[str, Principal]]) -> list[str]:
    """Record the lines, run all of their jobs at the same moment; return the records' ids."""
    names = [bed.type(line, who) for line, who in lines]
    bed.queue.jobs.clear()
    barrier = Barrier(len(names))

    def run(name: str) -> None:
        barrier.wait()
        bed.wired().plan.run(name)

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(run, names))
    return names


def pending(bed: Approving) -> list[Approval]:
    ids = bed.store.open_ids("default", Approval)
    found = [stored.value for stored in bed.store.get_many(Approval, ids)]
    assert all(each.state.value == "pending" for each in found)
    return found


def refused(bed: Approving, names: list[str]) -> list[str]:
    """Return why each of those that were not let in was refused; the others wait."""
    found = [stored.value for stored in bed.store.get_many(Rollout, names)]
    assert {each.state.value for each in found} <= {"awaiting", "refused"}
    return [each.reason for each in found if each.state.value == "refused"]


def test_of_twenty_jobs_for_one_person_as_many_are_let_in_as_there_is_room(redis: Redis) -> None:
    for _ in range(3):
        redis.flushall()
        bed = crowded(redis, 2)
        for number in range(MOST - 3):
            bed.asked(f"scale web={number + 100}")
        names = plan_at_once(bed, [(f"scale web={n + 10}", ANN) for n in range(20)])
        assert len(pending(bed)) == bed.store.asked_count("default") == MOST
        told = refused(bed, names)
        assert len(told) == 17
        assert all(f"You have {MOST} requests pending" in each for each in told)


def test_of_twenty_jobs_for_the_same_change_one_is_let_in(redis: Redis) -> None:
    for _ in range(3):
        redis.flushall()
        bed = crowded(redis, 2)
        line = "update --image reg/httpd:v2 web"
        names = plan_at_once(bed, [(line, ANN if n % 2 else BOB) for n in range(20)])
        (one,) = pending(bed)
        told = refused(bed, names)
        assert len(told) == 19
        assert all(f"{one.id} asks for the very same already" in each for each in told)


def test_of_nine_requests_at_once_one_calls_the_people(redis: Redis) -> None:
    bed = crowded(redis, 2)
    plan_at_once(bed, [(f"scale web={n + 10}", ANN) for n in range(9)])
    (caller,) = [each for each in pending(bed) if not each.called_in]
    assert {each.called_in for each in pending(bed)} == {"", caller.id}
