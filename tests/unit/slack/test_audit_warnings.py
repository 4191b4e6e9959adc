"""When /readyz says that no channel is told the audit log's head."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.audit.heads import head_row
from bot.domain.message import Sent
from bot.ports import Put, StoreUnavailableError, Transaction
from bot.slack.audit_warnings import UNSAID, UnsaidHead
from tests.contract import samples
from tests.fakes.audit import FakeAuditLog
from tests.fakes.clock import FakeClock
from tests.fakes.closed_channels import FakeClosedChannels
from tests.fakes.store import FakeRecordStore

SHUT = "channel C9: is not told the audit log's last hash, Slack says is_archived"


class Log:
    """A log of one entry."""

    def __init__(self) -> None:
        self.store, self.clock, self.closed = FakeRecordStore(), FakeClock(), FakeClosedChannels()

    def begins(self) -> None:
        self._write(samples.rollout())

    def says(self, ago: timedelta, *, sent: bool = True) -> None:
        at = self.clock.now() - ago
        row = samples.message(head_row(at))
        shown = Sent(channel="C9", ts="1.1", content_hash="h", at=at) if sent else None
        self._write(replace(row, sent=shown))

    def _write(self, record: object) -> None:
        put = Put(record=record, rev=0)  # type: ignore[arg-type]
        self.store.commit(Transaction(cluster="default", puts=(put,)))

    def told(self, *, matters: bool = True) -> list[str]:
        return UnsaidHead(
            log=FakeAuditLog(self.store),
            records=self.store,
            closed=self.closed,
            clock=self.clock,
            matters=matters,
        )()


def test_an_empty_log_has_no_head() -> None:
    assert Log().told() == []


def test_a_head_that_no_channel_was_told_is_said() -> None:
    log = Log()
    log.begins()
    assert log.told() == [UNSAID]
    log.says(timedelta(0), sent=False)
    assert log.told() == [UNSAID]


@pytest.mark.parametrize(("days", "lines"), [(0, []), (1, []), (2, [UNSAID])])
def test_one_of_yesterday_is_enough(days: int, lines: list[str]) -> None:
    log = Log()
    log.begins()
    log.says(timedelta(days=days))
    assert log.told() == lines


def test_where_it_does_not_matter_only_the_channel_that_refused_is_said() -> None:
    log = Log()
    log.begins()
    assert log.told(matters=False) == []
    log.closed.close("C9", "is_archived")
    assert log.told(matters=False) == [SHUT]


def test_the_channel_that_refused_is_reason_enough() -> None:
    log = Log()
    log.begins()
    log.closed.close("C9", "is_archived")
    assert log.told() == [SHUT]
    log.says(timedelta(days=1))
    assert log.told() == [SHUT]


def test_while_redis_is_away_nothing_is_known() -> None:
    log = Log()
    log.closed.down = True
    with pytest.raises(StoreUnavailableError):
        log.told()
