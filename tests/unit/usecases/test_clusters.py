"""What the bot says of the swarms that it knows, without asking any of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.policy import NOBODY, OPEN, Decision, Environment, Grant, Members, Policy, VerbGroup
from bot.domain.request import Principal
from bot.domain.vitals import PARTS, Vitals, missing, span, vitals_of
from bot.usecases.clusters import Clusters
from bot.usecases.keep_vitals import KeepVitals
from tests.builders import a_node
from tests.fakes.clock import FakeClock
from tests.fakes.leases import FakeLeases
from tests.fakes.policy import a_gate

ANN = Principal(team="T0", user="U0ANN")
FINE = Vitals(
    nodes=3, ready=3, active=3, managers=1, managers_ready=1, leader="n1", engines=("29",)
)
MINUTE = timedelta(minutes=1)


def leases(**told: Vitals) -> FakeLeases:
    """Return leases in which each of these swarms has all its processes, and has told that."""
    found = FakeLeases(clock=FakeClock())
    for name, vitals in told.items():
        for role in PARTS:
            found.beat(name, role, "one", MINUTE)
        found.tell(name, vitals)
    return found


def listed(found: FakeLeases, policy: Policy = OPEN) -> str:
    told = Clusters(gate=a_gate(policy), roster=found).listed(ANN, "C1")
    assert isinstance(told, str)
    return told


def test_a_line_for_each_with_its_health() -> None:
    big = replace(FINE, managers=3, managers_ready=2)
    eu, us = listed(leases(eu=FINE, us=big), replace(OPEN, channels={"C1": "us"})).splitlines()
    assert eu == (
        ":white_check_mark: `eu`: 3 of 3 nodes ready · leader n1 · Engine 29 · "
        "processes: 1 queries, 1 rollouts, steward · reported 0s ago"
    )
    assert us.startswith(":white_check_mark: `us` (this channel's): ")
    assert "2 of 3 managers ready" in us


@pytest.mark.parametrize(
    ("vitals", "says"),
    [
        (replace(FINE, ready=2, active=2), "2 of 3 nodes ready"),
        (replace(FINE, leader=""), "no leader"),
    ],
)
def test_a_swarm_that_ails_is_marked(vitals: Vitals, says: str) -> None:
    told = listed(leases(eu=vitals))
    assert told.startswith(":warning: `eu`")
    assert says in told


def test_drained_nodes_are_no_alarm() -> None:
    told = listed(leases(eu=replace(FINE, active=2)))
    assert "3 of 3 nodes ready, 1 of them drained or paused" in told
    assert told.startswith(":white_check_mark:")


def test_who_is_away_is_named_with_what_was_known_last() -> None:
    found = leases(eu=FINE)
    clock = found.clock
    assert isinstance(clock, FakeClock)
    clock.advance(240)
    found.beat("eu", "queries", "one", MINUTE)
    found.beat("us", "queries", "one", timedelta(seconds=-1))
    eu, us = listed(found).splitlines()
    assert eu.startswith(":x: `eu`: 3 of 3 nodes ready")
    assert "1 queries; no rollouts worker and no steward" in eu
    assert eu.endswith("reported 4m ago")
    assert us == ":x: `us`: nothing is known of its nodes yet · no process answers"


def test_before_any_worker_it_says_so() -> None:
    assert "No cluster is known" in listed(FakeLeases())


def test_only_what_one_may_read_is_listed() -> None:
    may = Policy(
        hash="x",
        roles={"all": Members(everyone=True)},
        grants=(
            Grant(
                name="g", role="all", may=frozenset({VerbGroup.READ}), clusters=frozenset({"eu"})
            ),
        ),
    )
    told = listed(leases(eu=FINE, us=FINE), may)
    assert "`eu`" in told
    assert "`us`" not in told
    assert told.endswith("And 1 more that you may not read.")
    no = Clusters(gate=a_gate(NOBODY), roster=leases(eu=FINE)).listed(ANN, "C1")
    assert isinstance(no, Decision)
    none = replace(may, grants=(replace(may.grants[0], clusters=frozenset({"x"})),))
    no = Clusters(gate=a_gate(none), roster=leases(eu=FINE)).listed(ANN, "C1")
    assert isinstance(no, Decision)
    assert "any cluster" in no.why
    assert "eu" not in no.why


@pytest.mark.parametrize("leader", ["n1", ""])
def test_which_node_leads_is_for_who_may_read_them_all(leader: str) -> None:
    read = Grant(
        name="g", role="all", may=frozenset({VerbGroup.READ}), environments=frozenset({"test"})
    )
    may = Policy(
        hash="x",
        roles={"all": Members(everyone=True)},
        grants=(read,),
        environments=(Environment(name="prod"), Environment(name="test")),
    )
    told = listed(leases(eu=replace(FINE, leader=leader)), may)
    assert "3 of 3 nodes ready" in told
    assert "Engine" not in told
    assert "n1" not in told
    assert ("no leader" in told) is (not leader)
    everywhere = replace(may, grants=(replace(read, environments=None),))
    assert "Engine 29" in listed(leases(eu=FINE), everywhere)


@pytest.mark.parametrize(
    ("verb", "gone", "says"),
    [
        (Verb.SERVICES, "queries", "no queries worker answers"),
        (Verb.SERVICES, "rollouts", ""),
        (Verb.UPDATE, "rollouts", "no rollouts worker answers"),
        (Verb.NODE_UPDATE, "steward", "no steward answers"),
        (Verb.ABORT, "queries", ""),
    ],
)
def test_a_worker_that_is_away_is_said_for_what_needs_it(verb: Verb, gone: str, says: str) -> None:
    found = FakeLeases(clock=FakeClock())
    for role in PARTS.keys() - {gone}:
        found.beat("eu", role, "one", MINUTE)
    told = Clusters(gate=a_gate(OPEN), roster=found).away("eu", verb.verb_class)
    assert says in told
    assert bool(told) is bool(says)


def test_what_becomes_of_the_line_is_said_too() -> None:
    found = leases(eu=FINE)
    assert isinstance(found.clock, FakeClock)
    found.clock.advance(240)
    clusters = Clusters(gate=a_gate(OPEN), roster=found)
    assert clusters.away("eu", VerbClass.ROLLOUT) == (
        "The worker of `eu` is away: no rollouts worker and no steward answers; it was last heard "
        "of 4m ago. It is carried out if that one is back within 15m, and refused otherwise."
    )
    told = clusters.away("eu", VerbClass.ACTION, whenever=True)  # Docker hears nothing of it
    assert told.endswith("It is carried out once that one is back.")
    assert clusters.away("eu", VerbClass.READ).endswith("The answer comes once it is back.")
    assert clusters.away("nobody", VerbClass.READ) == ""


def test_vitals_are_counted() -> None:
    nodes = (
        a_node("n1", role="manager", leader=True, engine="29.1"),
        a_node("n2", availability="drain", engine="28.0"),
        a_node("n3", status="down", role="manager", engine="29.1"),
    )
    assert vitals_of(nodes) == Vitals(
        nodes=3,
        ready=2,
        active=1,
        managers=2,
        managers_ready=1,
        leader="node-n1",
        engines=("28.0", "29.1"),
    )
    assert missing({"queries": 1}) == ("rollouts worker", "steward")


@pytest.mark.parametrize(
    ("seconds", "says"), [(0, "0s"), (61.7, "1m1s"), (599, "9m59s"), (619, "10m"), (7300, "2h1m")]
)
def test_times_are_told_as_exactly_as_anybody_wants(seconds: float, says: str) -> None:
    assert span(timedelta(seconds=seconds)) == says


def test_vitals_are_told_when_they_change_and_now_and_then() -> None:
    clock, told = FakeClock(), []

    class Counting(FakeLeases):
        def tell(self, cluster: str, vitals: Vitals) -> None:
            told.append(vitals.ready)
            super().tell(cluster, vitals)

    keep = KeepVitals(leases=Counting(clock=clock), clock=clock)
    for _ in range(5):
        keep.note("eu", [a_node("n1")])
        clock.advance(2)
    keep.note("eu", [a_node("n1", status="down")])
    assert told == [1, 1, 0]
