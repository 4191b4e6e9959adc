"""What a process of the worker says of itself, and how its heartbeat carries it."""

from dataclasses import dataclass, field

import pytest

from bot.domain.trouble import LONGEST, Trouble, audit_trouble, policy_trouble
from bot.jobs import QueueName
from bot.ports import EngineUnavailableError, StoreUnavailableError
from tests.fakes.audit import FakeAuditLog, FakeMirror
from tests.fakes.leases import FakeLeases
from tests.fakes.policy import FakePolicies
from tests.fakes.store import FakeRecordStore
from workers.pulse import Pulse
from workers.troubles import NotedMirror, Troubles


@dataclass
class Bed:
    said: list[str] = field(default_factory=list)
    policies: FakePolicies = field(default_factory=FakePolicies)
    leases: FakeLeases = field(default_factory=FakeLeases)
    store: FakeRecordStore = field(default_factory=FakeRecordStore)

    def __post_init__(self) -> None:
        self.mirror = FakeMirror(FakeAuditLog(self.store))
        self.noted = NotedMirror(mirror=self.mirror)

    def troubles(self, *, tries: bool = True) -> Troubles:
        return Troubles(
            policies=self.policies, say=self.said.append, mirror=self.noted, tries=tries
        )

    def pulse(self, engine: list[Exception]) -> Pulse:
        def probe() -> None:
            if engine:
                raise engine[0]

        return Pulse(
            cluster="eu",
            queue=QueueName.ROLLOUTS,
            who="host-1",
            leases=self.leases,
            probe=probe,
            troubles=self.troubles(),
        )


def test_all_is_well() -> None:
    assert list(Bed().troubles()()) == []


def test_a_disk_is_tried_at_each_call_and_told_until_it_can_be_written() -> None:
    bed = Bed()
    look = bed.troubles()
    bed.mirror.broken = "Read-only file system"
    assert list(look()) == [audit_trouble("Read-only file system")]
    bed.mirror.broken, bed.mirror.note = "", "a new copy was begun"
    assert list(look()) == []
    assert bed.said == ["a new copy was begun"]


def test_where_others_write_the_copy_their_last_try_counts() -> None:
    bed = Bed()
    look = bed.troubles(tries=False)
    bed.mirror.broken = "Read-only file system"
    assert list(look()) == []
    with pytest.raises(Exception, match="Read-only"):
        bed.noted.keep_up()
    assert list(look()) == [audit_trouble("Read-only file system")]


def test_a_broken_policy_is_told_in_one_line() -> None:
    bed = Bed()
    bed.policies.wrong = "p.yaml:1:1: first\np.yaml:2:1: second"
    (trouble,) = bed.troubles()()
    assert trouble.text == "policy: p.yaml:1:1: first (and 1 more)"
    assert not trouble.stops_changes


def test_a_long_text_is_cut_and_keeps_its_end() -> None:
    told = policy_trouble("x" * 999 + "\nmore").text
    assert len(told) == LONGEST
    assert told.endswith("… (and 1 more)")


def told(bed: Bed) -> tuple[Trouble, ...]:
    return bed.leases.troubles().get("eu", {}).get("rollouts host-1", ())


def test_the_heartbeat_names_the_queue_and_carries_the_troubles() -> None:
    bed = Bed()
    pulse = bed.pulse([])
    bed.mirror.broken = "No space left on device"
    pulse.look()
    assert bed.leases.beats() == {"eu": {"rollouts": 1}}
    assert told(bed) == (audit_trouble("No space left on device"),)
    bed.mirror.broken = ""
    pulse.beat()
    assert told(bed), "RQ's own beats repeat what was seen last"
    pulse.look()
    assert told(bed) == ()


def test_without_the_engine_it_does_not_beat() -> None:
    bed = Bed()
    bed.pulse([EngineUnavailableError("no leader")]).look()
    assert bed.leases.beats() == {}


def test_with_redis_away_it_goes_on_and_knows_what_it_knew() -> None:
    bed = Bed()
    pulse = bed.pulse([])
    bed.mirror.broken = "No space left on device"
    pulse.look()
    bed.mirror.broken, bed.store.down = "", True
    with pytest.raises(StoreUnavailableError):
        bed.troubles()()
    pulse.look()
    assert told(bed) == (audit_trouble("No space left on device"),)
