"""What happens before the ack: parse, decide, record once, enqueue."""

import json
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.domain.audit import from_line
from bot.domain.change import Action, ActionKind, Change, ChangeKind, ChangeState, Query
from bot.domain.drain import Drain
from bot.domain.plan import Kind
from bot.domain.policy import NOBODY, OPEN, Grant, Members, Policy, VerbGroup
from bot.domain.request import Place, Principal, Source
from bot.domain.rollout.record import Rollout
from bot.jobs import JobName
from bot.ports import Put, Transaction
from bot.usecases.propose import Ack, AckKind, Propose, Typed
from tests.contract import samples
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.fakes.leases import FakeLeases, all_well
from tests.fakes.policy import a_gate
from tests.fakes.queue import FakeJobQueue
from tests.fakes.store import FakeRecordStore

ANN = Principal(team="T0", user="U0ANN")


@dataclass
class Desk:
    policy: Policy = OPEN
    clusters: tuple[str, ...] = ("default",)
    store: FakeRecordStore = field(default_factory=FakeRecordStore)
    queue: FakeJobQueue = field(default_factory=FakeJobQueue)
    ids: FakeIds = field(default_factory=FakeIds)
    deliveries: int = 0
    away: tuple[str, ...] = ()

    def type(self, text: str, delivery: str | None = None, by: Principal = ANN) -> Ack:
        self.deliveries += 1
        propose = Propose(
            store=self.store,
            queue=self.queue,
            clock=FakeClock(),
            ids=self.ids,
            gate=a_gate(self.policy),
            clusters=self.roster(),
            suggest=lambda word, among: next((x for x in among if x[0] == word[0]), None),
        )
        return propose.run(
            Typed(
                text=text,
                by=by,
                place=Place(channel="C0OPS"),
                source=Source.SLASH,
                delivery=delivery or f"trigger:{self.deliveries}",
            )
        )

    def roster(self) -> FakeLeases:
        roster = all_well(*self.clusters)
        for name in self.away:
            roster.beat(name, "steward", "one", timedelta(seconds=-1))
        return roster

    def rollouts(self) -> list[Rollout]:
        ids = self.store.open_ids("default", Rollout)
        return [stored.value for stored in self.store.get_many(Rollout, ids)]


def test_scale_of_two_services_is_two_rollouts_with_a_job_each() -> None:
    desk = Desk()
    ack = desk.type("scale a=6 b=3")
    assert ack.kind is AckKind.ACCEPTED
    assert [(r.kind, r.service) for r in desk.rollouts()] == [(Kind.SCALE, "a"), (Kind.SCALE, "b")]
    assert [(job.name, job.subject) for job in desk.queue.jobs] == [
        (JobName.PLAN, rollout.id) for rollout in desk.rollouts()
    ]
    for rollout in desk.rollouts():
        assert rollout.id in ack.text


def test_the_ack_echoes_the_understood_line_with_its_secrets_hidden() -> None:
    ack = Desk().type("docker service update —env-add PASSWORD=hunter2 web")
    assert "`/swarm update --env-add PASSWORD=•••• web`" in ack.text
    assert "hunter2" not in ack.text


def test_a_repeated_delivery_gets_the_first_answer_and_changes_nothing() -> None:
    desk = Desk()
    first = desk.type("scale web=3", delivery="trigger:7")
    second = desk.type("scale web=3", delivery="trigger:7")
    assert second.kind is AckKind.REPEATED
    assert second.text == first.text
    assert len(desk.rollouts()) == len(desk.queue.jobs) == 1


def test_a_repeated_delivery_is_not_refused_for_what_came_of_the_first() -> None:
    desk = Desk()
    first = desk.type("scale web=3", delivery="trigger:7")
    desk.policy = NOBODY
    second = desk.type("scale web=3", delivery="trigger:7")
    assert (second.kind, second.text) == (AckKind.REPEATED, first.text)
    assert len(desk.store.audit_lines) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [("", AckKind.HELP), ("help update", AckKind.HELP), ("scael web=3", AckKind.ERROR)],
)
def test_help_and_errors_leave_no_trace(text: str, kind: AckKind) -> None:
    desk = Desk()
    assert desk.type(text).kind is kind
    assert not desk.store.commits
    assert not desk.queue.jobs


def test_nobody_may_do_anything_without_a_policy() -> None:
    desk = Desk(policy=NOBODY)
    ack = desk.type("scale web=3")
    assert ack.kind is AckKind.REFUSED
    assert "Nothing was changed" in ack.text
    assert not any(commit.puts for commit in desk.store.commits)


def test_equal_denials_are_one_entry_a_minute() -> None:
    clock = FakeClock()
    desk = Desk(policy=NOBODY, store=FakeRecordStore(clock=clock))
    for _ in range(5):
        assert desk.type("scale web=3").kind is AckKind.REFUSED
    desk.type("scale web=4")
    desk.type("scale api=3")
    desk.type("scale web=3", by=Principal(team="T0", user="U0BOB"))
    assert len(desk.store.audit_lines) == 4
    clock.advance(61)
    desk.type("scale web=3")
    assert len(desk.store.audit_lines) == 5


def test_a_denial_is_an_entry_of_the_audit_log_also_when_it_comes_twice() -> None:
    desk = Desk(policy=NOBODY)
    desk.type("update --env-add PASSWORD=hunter2 web", delivery="trigger:7")
    desk.type("update --env-add PASSWORD=hunter2 web", delivery="trigger:7")
    (line,) = desk.store.audit_lines
    draft = from_line(line).draft
    assert (draft.what, draft.target, draft.source) == ("denied", "web", "slash")
    assert draft.decision is not None
    assert (draft.decision.outcome, draft.decision.rule) == ("deny", "no grant")
    assert b"hunter2" not in line


def test_what_is_accepted_is_an_entry_with_the_decision_and_a_read_is_none() -> None:
    desk = Desk()
    desk.type("scale web=3 api=2")
    desk.type("services")
    drafts = [from_line(line).draft for line in desk.store.audit_lines]
    assert [(draft.what, draft.target) for draft in drafts] == [
        ("accepted", "web"),
        ("accepted", "api"),
    ]
    assert all(draft.decision and draft.decision.outcome == "allow" for draft in drafts)


def test_without_redis_a_denial_is_a_denial() -> None:
    desk = Desk(policy=NOBODY)
    desk.store.down = True
    desk.clusters = ("default",)
    assert desk.type("scale web=3").kind is AckKind.REFUSED


@pytest.mark.parametrize(
    ("text", "kind", "job"),
    [
        ("services", Query, JobName.ANSWER),
        ("rm web", Change, JobName.CHANGE),
        ("node update --availability drain n1", Change, JobName.CHANGE),
        ("resume web", Action, JobName.ACT),
        ("wait web", Action, JobName.ACT),
        ("rollback web", Rollout, JobName.PLAN),
    ],
)
def test_each_verb_becomes_its_record_and_its_job(text: str, kind: type, job: JobName) -> None:
    desk = Desk()
    desk.type(text)
    (put,) = desk.store.commits[0].puts
    assert isinstance(put.record, kind)
    assert [each.name for each in desk.queue.jobs] == [job]


def test_an_action_names_its_service_and_its_kind() -> None:
    desk = Desk()
    desk.type("unstick web")
    (put,) = desk.store.commits[0].puts
    assert isinstance(put.record, Action)
    assert (put.record.kind, put.record.service) == (ActionKind.UNSTICK, "web")


def test_a_change_names_its_kind_and_its_target() -> None:
    desk = Desk()
    desk.type("network rm front")
    (put,) = desk.store.commits[0].puts
    assert isinstance(put.record, Change)
    assert (put.record.kind, put.record.target) == (ChangeKind.NETWORK_RM, "front")


def test_the_store_being_away_is_said_and_nothing_is_enqueued() -> None:
    desk = Desk()
    desk.store.down = True
    ack = desk.type("scale web=3")
    assert ack.kind is AckKind.UNAVAILABLE
    assert "rollouts" in ack.text
    assert not desk.queue.jobs


def test_a_lost_enqueue_leaves_the_record_for_the_reconciler() -> None:
    desk = Desk()
    desk.queue.down = True
    assert desk.type("scale web=3").kind is AckKind.ACCEPTED
    assert len(desk.rollouts()) == 1


def test_a_line_goes_to_the_swarm_that_it_names() -> None:
    desk = Desk(clusters=("default", "eu"))
    assert desk.type("scale --cluster eu web=3").kind is AckKind.ACCEPTED
    assert [job.cluster for job in desk.queue.jobs] == ["eu"]
    assert desk.store.open_ids("eu", Rollout)


def test_the_channels_swarm_is_meant_when_none_is_named() -> None:
    policy = replace(OPEN, channels={"C0OPS": "eu", "C0US": "us"})
    desk = Desk(clusters=("default", "eu"), policy=policy)
    ack = desk.type("scale web=3")
    assert "(cluster eu)" in ack.text
    desk.type("services --cluster default")
    assert [job.cluster for job in desk.queue.jobs] == ["eu", "default"]


def test_a_channels_swarm_that_there_is_not_is_said() -> None:
    desk = Desk(clusters=("default",), policy=replace(OPEN, channels={"C0OPS": "eu"}))
    ack = desk.type("scale web=3")
    assert ack.kind is AckKind.ERROR
    assert "The policy names `eu` as this channel's swarm" in ack.text
    assert "Known: default." in ack.text
    assert desk.type("scale --cluster default web=3").kind is AckKind.ACCEPTED


def test_clusters_is_answered_at_once_and_leaves_nothing() -> None:
    desk = Desk(clusters=("default", "eu"))
    ack = desk.type("clusters")
    assert ack.kind is AckKind.ANSWERED
    assert "`default`" in ack.text
    assert "`eu`" in ack.text
    assert not desk.store.commits
    assert not desk.queue.jobs


def test_a_worker_that_is_away_is_said_in_the_ack_and_nothing_is_lost() -> None:
    desk = Desk(clusters=())
    desk.away = ("eu",)
    ack = desk.type("scale web=3")
    assert ack.kind is AckKind.ACCEPTED
    assert "The worker of `eu` is away" in ack.text
    assert [job.cluster for job in desk.queue.jobs] == ["eu"]


def test_a_drain_is_aborted_by_who_may_change_nodes_wherever_it_is() -> None:
    desk = Desk(clusters=("default", "eu"))
    drain = samples.change(state=ChangeState.DRAINING, drain=Drain(services=()))
    drain = replace(drain, cluster="eu")
    desk.store.commit(Transaction(cluster="eu", puts=(Put(record=drain, rev=0),)))
    assert desk.type(f"abort {drain.id}").kind is AckKind.ACCEPTED
    assert [job.cluster for job in desk.queue.jobs] == ["eu"]
    node = frozenset({VerbGroup.NODE})
    role = {"all": Members(everyone=True)}
    desk.policy = Policy(hash="x", roles=role, grants=(Grant(name="g", role="all", may=node),))
    assert desk.type(f"wait {drain.id}").kind is AckKind.ACCEPTED
    assert desk.type("wait web").kind is AckKind.REFUSED


def test_the_only_swarm_is_meant_when_none_is_named() -> None:
    desk = Desk(clusters=("eu",))
    desk.type("services")
    assert [job.cluster for job in desk.queue.jobs] == ["eu"]


@pytest.mark.parametrize(
    ("text", "says"),
    [("services --cluster ue", "No swarm `ue`"), ("services", "Which swarm")],
)
def test_a_swarm_that_is_not_clear_is_asked_for(text: str, says: str) -> None:
    desk = Desk(clusters=("eu", "us"))
    ack = desk.type(text)
    assert ack.kind is AckKind.ERROR
    assert says in ack.text
    assert "eu, us" in ack.text
    assert not desk.store.commits


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("services --cluster ux", "No swarm `ux` is known in which you may do anything: no rule"),
        ("services", "Which swarm is meant?"),
    ],
)
@pytest.mark.parametrize(
    ("may", "known"), [({"eu"}, "Known: eu."), (set(), "None is known that you may read.")]
)
def test_only_swarms_that_one_may_read_are_named(
    text: str, says: str, may: set[str], known: str
) -> None:
    desk = Desk(clusters=("eu", "us"), policy=reading(may))
    told = desk.type(text).text
    assert says in told
    assert known in told
    assert {"eu", "us"}.intersection(re.findall(r"\w+", told)) == may


@pytest.mark.parametrize(
    "line", ["services", "scale web=3", "update --force web", "approve p-1", "locks"]
)
@pytest.mark.parametrize("may", [{"eu"}, set()])
def test_a_guessed_swarm_gets_the_same_answer_whether_there_is_one_or_not(
    line: str, may: set[str]
) -> None:
    desk = Desk(clusters=("eu", "us"), policy=reading(may))
    there = desk.type(f"{line} --cluster us")
    not_there = desk.type(f"{line} --cluster ux")
    assert (there.kind, there.text.replace("us`", "ux`")) == (not_there.kind, not_there.text)
    assert there.kind is AckKind.REFUSED
    assert not desk.queue.jobs


def test_that_somebody_asked_of_a_swarm_that_is_not_for_them_is_kept() -> None:
    desk = Desk(clusters=("eu", "us"), policy=reading({"eu"}))
    desk.type("services --cluster ux")
    assert not desk.store.audit_lines
    desk.type("services --cluster us")
    (entry,) = (json.loads(line) for line in desk.store.audit_lines)
    assert (entry["what"], entry["cluster"]) == ("denied", "us")


def test_who_may_do_something_somewhere_in_a_swarm_is_told_what_is_not_allowed() -> None:
    desk = Desk(clusters=("eu", "us"), policy=reading({"eu"}))
    assert "no rule lets you scale web" in desk.type("scale --cluster eu web=3").text
    desk.policy = reading(None)
    assert "No swarm `ux` is known." in desk.type("services --cluster ux").text


def test_a_channels_swarm_is_named_to_who_may_read_it() -> None:
    home = {"C0OPS": "far"}
    desk = Desk(clusters=("eu",), policy=replace(reading({"eu"}), channels=home))
    told = desk.type("services").text
    assert "The policy names one that you may not read as this channel's swarm" in told
    assert "far" not in told
    desk.policy = replace(reading({"eu", "far"}), channels=home)
    assert "The policy names `far` as this channel's swarm" in desk.type("services").text


def reading(clusters: set[str] | None) -> Policy:
    """Return rules by which everybody may read in these clusters, and do nothing else."""
    read = frozenset({VerbGroup.READ})
    grant = Grant(
        name="g",
        role="all",
        may=read,
        clusters=clusters if clusters is None else frozenset(clusters),
    )
    return Policy(hash="x", roles={"all": Members(everyone=True)}, grants=(grant,))
