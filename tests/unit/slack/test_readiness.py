"""/readyz: what is missing, and what is only worth a look."""

from datetime import timedelta
from typing import Any, Never

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.rollout.record import Rollout
from bot.domain.trouble import audit_trouble, policy_trouble
from bot.ports import Put, StoreUnavailableError, Transaction
from bot.slack.identity import Identity
from bot.slack.metrics import Metrics
from bot.slack.readiness import Readiness
from tests.contract import samples
from tests.fakes.clock import FakeClock
from tests.fakes.closed_channels import FakeClosedChannels
from tests.fakes.leases import FakeLeases
from tests.fakes.store import FakeRecordStore

MINUTE = timedelta(minutes=1)


def readiness(
    channels: FakeClosedChannels,
    leases: FakeLeases | None = None,
    records: FakeRecordStore | None = None,
    **more: Any,
) -> Readiness:
    client = AsyncWebClient(token="xoxb-x", base_url="http://127.0.0.1:9/api/")
    identity = Identity(client, FakeClock())
    return Readiness(
        identity=identity,
        leases=leases or FakeLeases(),
        channels=channels,
        records=records or FakeRecordStore(),
        **more,
    )


def beating(*roles: str) -> FakeLeases:
    leases = FakeLeases()
    for role in roles:
        leases.beat("eu", role, "host-1", MINUTE)
    return leases


@pytest.mark.parametrize(
    ("missing", "part"),
    [("queries", "queries worker"), ("rollouts", "rollouts worker"), ("steward", "steward")],
)
def test_each_part_of_a_cluster_is_missed_by_its_name(missing: str, part: str) -> None:
    leases = beating(*({"queries", "rollouts", "steward"} - {missing}))
    leases.beat("eu", "queries" if missing == "rollouts" else "rollouts", "host-2", MINUTE)
    assert readiness(FakeClosedChannels(), leases).others() == [
        f"cluster eu: no fresh heartbeat of a {part}"
    ]


def test_a_disk_that_cannot_be_written_is_a_problem_and_a_broken_policy_a_warning() -> None:
    leases = beating("queries", "rollouts", "steward")
    disk, file = audit_trouble("No space left on device"), policy_trouble("p.yaml:3:5: what?\nmore")
    leases.beat("eu", "steward", "host-1", MINUTE, [disk, file])
    leases.beat("eu", "rollouts", "host-1", MINUTE, [disk])
    seen = readiness(FakeClosedChannels({"C9": "is_archived"}), leases)
    assert seen.others() == [f"cluster eu: {disk.text} (rollouts host-1, steward host-1)"]
    assert disk.text.endswith("cannot be written, so nothing is changed: No space left on device")
    assert seen.warnings() == [
        "cluster eu: policy: p.yaml:3:5: what? (and 1 more) (steward host-1)",
        "channel C9: is not told of rollouts, Slack says is_archived",
    ]
    metrics = Metrics(FakeRecordStore(), leases).exposition().decode()
    assert 'waggle_troubles{cluster="eu",concern="audit"} 2.0' in metrics
    assert 'waggle_troubles{cluster="eu",concern="policy"} 1.0' in metrics
    leases.beat("eu", "steward", "host-1", MINUTE)
    leases.beat("eu", "rollouts", "host-1", MINUTE)
    assert seen.others() == []
    assert 'waggle_troubles{cluster="eu",concern="audit"} 0.0' in (
        Metrics(FakeRecordStore(), leases).exposition().decode()
    )


def test_a_closed_channel_is_a_warning_and_no_problem() -> None:
    channels = FakeClosedChannels()
    assert readiness(channels).warnings() == []
    channels.close("C9", "is_archived")
    channels.close("C8", "not_in_channel")
    assert readiness(channels).warnings() == [
        "channel C8: is not told of rollouts, Slack says not_in_channel",
        "channel C9: is not told of rollouts, Slack says is_archived",
    ]
    assert not any("channel" in problem for problem in readiness(channels).others())


def test_damaged_records_are_counted_and_some_are_named() -> None:
    store = FakeRecordStore()
    names = [f"r-{number}" for number in range(1, 8)]
    for name in names:
        put = Put(record=samples.rollout(name), rev=0)
        store.commit(Transaction(cluster="default", puts=(put,)))
        store.spoil(Rollout, name)
    seen = readiness(FakeClosedChannels(), records=store)
    assert seen.warnings() == [], "nobody has met one yet"
    assert store.get_many(Rollout, names[:1]) == []
    assert seen.warnings() == ["records: 1 cannot be read and is set aside: waggle:rollout:r-1"]
    assert store.get_many(Rollout, names) == []
    (line,) = seen.warnings()
    assert line.startswith("records: 7 cannot be read and are set aside: waggle:rollout:r-1, ")
    assert line.endswith("waggle:rollout:r-5 and 2 more")


@pytest.mark.parametrize(
    ("share", "lines"),
    [
        (None, []),
        (0.8, []),
        (0.809, ["redis: 80 % of its maxmemory is used; when it is full, nothing is recorded"]),
        (1.02, ["redis: 102 % of its maxmemory is used; when it is full, nothing is recorded"]),
    ],
)
def test_a_redis_that_is_filling_up_is_a_warning_and_no_problem(
    share: float | None, lines: list[str]
) -> None:
    leases = beating("queries", "rollouts", "steward")
    seen = readiness(FakeClosedChannels(), leases, memory_used=lambda: share)
    assert seen.warnings() == lines
    assert seen.others() == []


def test_an_unknown_redis_is_a_problem_and_no_warning() -> None:
    assert readiness(FakeClosedChannels({"C9": "is_archived"}, down=True)).warnings() == []


def test_user_groups_that_slack_does_not_know_are_warnings_beside_the_others() -> None:
    channels = FakeClosedChannels({"C9": "is_archived"})
    made = readiness(channels, policy_problem=lambda: "3:1: bad", unknown_groups=lambda: ["S0GONE"])
    assert made.warnings() == [
        "policy: 3:1: bad",
        "policy: it names user group S0GONE, which Slack does not know: nobody is in it",
        "channel C9: is not told of rollouts, Slack says is_archived",
    ]


def test_while_redis_is_away_nothing_is_said_of_groups() -> None:
    def away() -> Never:
        raise StoreUnavailableError

    made = readiness(FakeClosedChannels(), policy_problem=lambda: "3:1: bad", unknown_groups=away)
    assert made.warnings() == ["policy: 3:1: bad"]


def test_that_no_channel_is_told_the_head_is_a_warning() -> None:
    made = readiness(FakeClosedChannels(), unsaid_head=lambda: ["audit: no channel"])
    assert made.warnings() == ["audit: no channel"]
    assert not any("audit" in problem for problem in made.others())
