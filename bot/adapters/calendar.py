"""When freezes come: cron lines and time zones (cronsim, which follows Debian's cron).

A line means the clocks of its zone: Friday 16:00 in Berlin is 14:00 or 15:00 UTC. A moment that the
change to summer time skips begins right after it, one that comes twice counts the first time. How
long it lasts is time that passes, whatever the clocks do meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from bot.domain.policy import Freeze, Policy, There, Window

AT_ONCE: Final = timedelta(days=1)
"""Worked out together: a decision then looks its windows up in a list."""

_FIELDS: Final = 5
_CLOCK_CHANGE: Final = timedelta(hours=2)
"""cronsim does not tell the two halves of an hour that comes twice apart: begin before it."""

_CHAIN: Final = 100
"""Occurrences past the asked period that may put off its end: some freezes never end."""

_UNREADABLE: Final = "its cron line or its time zone cannot be read, so it is on until it can"

_Freezes = tuple[tuple[str, tuple[Freeze, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class _Sheet:
    """The windows between two moments."""

    freezes: _Freezes
    begin: datetime
    end: datetime
    windows: tuple[Window, ...]

    def covers(self, freezes: _Freezes, begin: datetime, end: datetime) -> bool:
        return self.begin <= begin and end <= self.end and self.freezes == freezes


class CronCalendar:
    """Implements `bot.ports.Calendar`; any number of threads may ask."""

    def __init__(self) -> None:
        self._sheet: _Sheet | None = None

    def windows(self, policy: Policy, begin: datetime, end: datetime) -> tuple[Window, ...]:
        """Return the windows that are on at any moment between two, by when they begin.

        Occurrences of one freeze that overlap or touch are one window. A line that never fires has
        none; one that cannot be read is on all the time, until somebody mends it.
        """
        freezes = tuple((each.name, each.freezes) for each in policy.environments if each.freezes)
        if not freezes:
            return ()
        found = self._worked_out(freezes, begin, end)
        return tuple(each for each in found if each.begins <= end and each.ends > begin)

    def _worked_out(self, freezes: _Freezes, begin: datetime, end: datetime) -> tuple[Window, ...]:
        sheet = self._sheet
        if sheet is not None and sheet.covers(freezes, begin, end):
            return sheet.windows
        ahead = max(end, begin + AT_ONCE)
        windows = _windows(freezes, begin, ahead)
        if end <= begin + AT_ONCE:
            self._sheet = _Sheet(freezes=freezes, begin=begin, end=ahead, windows=windows)
        return windows


def _windows(freezes: _Freezes, begin: datetime, end: datetime) -> tuple[Window, ...]:
    found = [
        window
        for environment, each in freezes
        for freeze in each
        for window in _windows_of(environment, freeze, begin, end)
    ]
    return tuple(sorted(found, key=lambda window: (window.begins, window.environment)))


def _windows_of(
    environment: str, freeze: Freeze, begin: datetime, end: datetime
) -> Iterator[Window]:
    try:
        zone = ZoneInfo(freeze.timezone)
        runs = _runs(freeze, zone, begin, end)
    except (CronSimError, OSError, ValueError, LookupError):
        # no zone of that name is a LookupError, one that is no name at all a ValueError or OSError
        yield Window(
            environment=environment,
            begins=begin,
            ends=end + AT_ONCE,
            reason=_UNREADABLE,
            passes=freeze.passes,
        )
        return
    for begins, ends in runs:
        there = There(
            zone=freeze.timezone, begins=begins.astimezone(zone), ends=ends.astimezone(zone)
        )
        yield Window(
            environment=environment,
            begins=begins,
            ends=ends,
            reason=freeze.reason,
            passes=freeze.passes,
            there=None if freeze.timezone == "UTC" else there,
        )


def _runs(
    freeze: Freeze, zone: ZoneInfo, begin: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return when the freeze is on, merged, from what is on at `begin` to what begins by `end`."""
    runs: list[tuple[datetime, datetime]] = []
    past = 0
    for at in _occurrences(freeze.cron, zone, begin - freeze.length):
        past += at > end
        if runs and at <= runs[-1][1] and past <= _CHAIN:
            runs[-1] = (runs[-1][0], at + freeze.length)
        elif at > end:
            break
        else:
            runs.append((at, at + freeze.length))
    return runs


def _occurrences(cron: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield when a cron line fires after a moment, in UTC; ends when it does not in 50 years."""
    start = (after - _CLOCK_CHANGE).astimezone(zone)
    for at in _fires(cron, start):
        if (utc := at.astimezone(UTC)) > after:
            yield utc


def _fires(cron: str, start: datetime) -> Iterator[datetime]:
    fields = cron.split()
    if len(fields) != _FIELDS:
        raise CronSimError("a cron line has five fields")
    try:
        return CronSim(cron, start)
    except CronSimError:
        # It also refuses a day that none of the months has (`0 0 30 2 *`): rightly written, never.
        CronSim(" ".join([*fields[:3], "*", fields[4]]), start)
        return iter(())
