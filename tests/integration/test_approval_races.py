"""Fifty people click at once, on a real Redis: each vote is counted once, and one is the last."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from redis import Redis

from bot.adapters.audit_chain import AuditChain
from bot.adapters.redis_client import connect
from bot.adapters.redis_leases import RedisLeases
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.speaker import Speaker
from bot.adapters.valkey import EmbeddedValkey
from bot.domain.change import Action, ActionKind, DoneState
from bot.domain.policy import Grant, Members, VerbGroup
from bot.domain.request import Principal
from bot.jobs import JobName
from tests.fakes.budget import FakeBudget
from tests.fakes.store import AUDIT_KEY
from tests.unit.usecases.approving import RULE, Approving, a_policy

CROWD = [Principal(team="T1", user=f"U{n:03d}") for n in range(50)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis(server: EmbeddedValkey) -> Iterator[Redis]:
    client = connect(server.url)
    client.flushall()
    yield client
    client.close()


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
