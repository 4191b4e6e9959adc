"""What /readyz says of the audit log: whether a channel is told its head.

An end that is cut off the log and off its copies shows by the heads that were said alone.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.domain.audit.heads import head_row
from bot.domain.message import Message
from bot.ports import AuditLog, Clock, ClosedChannels, RecordStore

_A_DAY: Final = timedelta(days=1)

KNOWN_FOR: Final = 2 * _A_DAY
"""Rows that are kept for less do not tell whether yesterday's head was said."""

UNSAID: Final = (
    "audit: no channel was told the log's last hash today or yesterday (WAGGLE_AUDIT_CHANNEL): "
    "an end that is cut off the log and its copies would not show"
)


@dataclass(frozen=True, kw_only=True)
class UnsaidHead:
    """Callable: the lines.

    It looks at what was said, not at a setting: one worker of several may be told the channel.

    Attributes:
        closed: the channel that refused it.
        matters: whether it is worth a warning that no channel is told.
    """

    log: AuditLog
    records: RecordStore
    closed: ClosedChannels
    clock: Clock
    matters: bool

    def __call__(self) -> list[str]:
        """Return them.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        shut = [
            f"channel {channel}: is not told the audit log's last hash, Slack says {code}"
            for channel, code in self.closed.closed().items()
        ]
        if shut or not self.matters or self._is_said() or self.log.head().seq == 0:
            return shut
        return [UNSAID]

    def _is_said(self) -> bool:
        now = self.clock.now()
        rows = self.records.get_many(Message, [head_row(now), head_row(now - _A_DAY)])
        return any(row.value.sent is not None for row in rows)
