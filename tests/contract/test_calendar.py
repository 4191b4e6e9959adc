"""The calendar: what every one must say, and what cron lines and time zones mean."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.adapters.calendar import CronCalendar
from bot.domain.policy import OPEN, Environment, Freeze, Policy, VerbGroup, Window
from bot.ports import Calendar
from tests.fakes.policy import FakeCalendar

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEKEND = Freeze(cron="0 16 * * FRI", length=64 * HOUR, timezone="Europe/Berlin", reason="weekend")


def at(text: str) -> datetime:
    """Return a moment, UTC: `2026-03-27 15:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def frozen(*freezes: Freeze, name: str = "production", **fields: Any) -> Policy:
    environment = Environment(name=name, freezes=freezes)
    return Policy(environments=(environment,), **fields)


def spans(windows: Sequence[Window]) -> list[tuple[str, str]]:
    return [(f"{w.begins:%Y-%m-%d %H:%M}", f"{w.ends:%Y-%m-%d %H:%M}") for w in windows]


def asked(freeze: Freeze, begin: str, end: str = "") -> list[tuple[str, str]]:
    windows = CronCalendar().windows(frozen(freeze), at(begin), at(end or begin))
    return spans(windows)


# -- both


@pytest.fixture(params=["fake", "cron"])
def calendar(request: pytest.FixtureRequest) -> Calendar:
    """A calendar of POLICY: a freeze on the 24th at noon, for two hours."""
    if request.param == "cron":
        return CronCalendar()
    begins = at("2026-11-24 12:00")
    noon = Window(
        environment="production",
        begins=begins,
        ends=begins + 2 * HOUR,
        reason="the audit",
        passes=frozenset({VerbGroup.SCALE}),
    )
    return FakeCalendar([noon])


POLICY = frozen(
    Freeze(
        cron="0 12 24 11 *",
        length=2 * HOUR,
        reason="the audit",
        passes=frozenset({VerbGroup.SCALE}),
    )
)


def test_a_window_says_what_its_freeze_says(calendar: Calendar) -> None:
    (found,) = calendar.windows(POLICY, at("2026-11-01 00:00"), at("2026-11-30 00:00"))
    assert found.environment == "production"
    assert (found.begins, found.ends) == (at("2026-11-24 12:00"), at("2026-11-24 14:00"))
    assert found.reason == "the audit"
    assert found.passes == {VerbGroup.SCALE}


@pytest.mark.parametrize(
    ("begin", "end", "count"),
    [
        ("2026-11-24 11:00", "2026-11-24 11:59", 0),
        ("2026-11-24 11:00", "2026-11-24 12:00", 1),
        ("2026-11-24 13:00", "2026-11-24 13:00", 1),
        ("2026-11-24 13:59", "2026-11-24 20:00", 1),
        ("2026-11-24 14:00", "2026-11-24 20:00", 0),
    ],
)
def test_the_last_moment_is_not_in_it_and_the_first_is(
    calendar: Calendar, begin: str, end: str, count: int
) -> None:
    assert len(calendar.windows(POLICY, at(begin), at(end))) == count


# -- cron lines in a zone


@pytest.mark.parametrize(
    ("asked_at", "begins", "ends"),
    [
        ("2026-01-17 12:00", "2026-01-16 15:00", "2026-01-19 07:00"),  # 16:00 CET to 08:00 CET
        ("2026-07-18 12:00", "2026-07-17 14:00", "2026-07-20 06:00"),  # 16:00 CEST to 08:00 CEST
        ("2026-03-28 12:00", "2026-03-27 15:00", "2026-03-30 07:00"),  # 16:00 CET to 09:00 CEST
        ("2026-10-24 12:00", "2026-10-23 14:00", "2026-10-26 06:00"),  # 16:00 CEST to 07:00 CET
    ],
)
def test_a_weekend_in_berlin(asked_at: str, begins: str, ends: str) -> None:
    assert asked(WEEKEND, asked_at) == [(begins, ends)]


def test_a_weekend_is_shown_by_the_clocks_of_its_zone() -> None:
    (window,) = CronCalendar().windows(frozen(WEEKEND), *[at("2026-03-28 12:00")] * 2)
    assert window.there is not None
    assert window.there.zone == "Europe/Berlin"
    assert f"{window.there.begins:%a %H:%M %Z}" == "Fri 16:00 CET"
    assert f"{window.there.ends:%a %H:%M %Z}" == "Mon 09:00 CEST"
    assert window.begins.tzinfo is UTC
    assert window.ends.tzinfo is UTC


def test_it_holds_to_the_minute_on_both_sides_of_a_clock_change() -> None:
    calendar, policy = CronCalendar(), frozen(WEEKEND)
    first, minute = at("2026-03-27 14:00"), timedelta(minutes=1)
    on = [
        moment
        for moment in (first + n * minute for n in range(70 * 60))
        if any(w.holds(moment) for w in calendar.windows(policy, moment, moment))
    ]
    assert on[0] == at("2026-03-27 15:00")
    assert on[-1] == at("2026-03-30 06:59")
    assert len(on) == 64 * 60


def test_a_moment_that_summer_time_skips_begins_right_after_it() -> None:
    night = Freeze(cron="30 2 * * *", length=HOUR, timezone="Europe/Berlin")
    assert asked(night, "2026-03-29 01:30") == [("2026-03-29 01:00", "2026-03-29 02:00")]


@pytest.mark.parametrize(
    ("asked_at", "count"),
    [("2026-10-25 00:29", 0), ("2026-10-25 00:30", 1), ("2026-10-25 01:29", 1),
     ("2026-10-25 01:30", 0), ("2026-10-25 01:45", 0)],
)  # fmt: skip
def test_a_moment_that_comes_twice_counts_the_first_time(asked_at: str, count: int) -> None:
    night = Freeze(cron="30 2 * * *", length=HOUR, timezone="Europe/Berlin")
    assert len(asked(night, asked_at)) == count


@pytest.mark.parametrize("minutes", range(0, 180, 7))
def test_what_began_before_a_repeated_hour_is_found_within_it(minutes: int) -> None:
    evening = Freeze(cron="0 22 * * SAT", length=12 * HOUR, timezone="Europe/Berlin")
    moment = at("2026-10-25 00:00") + timedelta(minutes=minutes)
    windows = CronCalendar().windows(frozen(evening), moment, moment)
    assert spans(windows) == [("2026-10-24 20:00", "2026-10-25 08:00")]


def test_there_are_zones_without_those_of_the_machine() -> None:
    import zoneinfo

    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    try:
        assert asked(WEEKEND, "2026-07-18 12:00") == [("2026-07-17 14:00", "2026-07-20 06:00")]
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache()


# -- many, none, broken


def test_all_of_a_month_come_in_order() -> None:
    policy = Policy(
        environments=(
            Environment(name="b", freezes=(Freeze(cron="0 0 * * MON", length=HOUR),)),
            Environment(name="a", freezes=(Freeze(cron="0 0 * * MON,TUE", length=HOUR),)),
            Environment(name="c"),
        )
    )
    found = CronCalendar().windows(policy, at("2026-11-02 00:00"), at("2026-11-12 00:00"))
    days = [(w.begins.day, w.environment) for w in found]
    assert days == [(2, "a"), (2, "b"), (3, "a"), (9, "a"), (9, "b"), (10, "a")]


def test_windows_that_overlap_or_touch_are_one() -> None:
    daily = Freeze(cron="0 0 1-3,20 * *", length=DAY)
    assert asked(daily, "2026-11-01 05:00", "2026-11-30 00:00") == [
        ("2026-11-01 00:00", "2026-11-04 00:00"),
        ("2026-11-20 00:00", "2026-11-21 00:00"),
    ]
    assert asked(Freeze(cron="0 0 1-3 * *", length=30 * HOUR), "2026-11-02 00:00") == [
        ("2026-11-01 00:00", "2026-11-04 06:00")
    ]


@pytest.mark.parametrize("length", [3 * DAY, 365 * DAY])
@pytest.mark.parametrize("cron", ["* * * * *", "0 * * * *", "0 0 * * *"])
def test_a_freeze_that_never_ends_is_always_on_and_is_worked_out(
    cron: str, length: timedelta
) -> None:
    calendar, policy = CronCalendar(), frozen(Freeze(cron=cron, length=length))
    for hours in range(0, 100, 9):
        moment = at("2026-11-01 00:00") + hours * HOUR
        (window,) = calendar.windows(policy, moment, moment)
        assert window.holds(moment)
        assert window.holds(moment + HOUR)


def test_an_end_past_the_asked_period_is_the_true_one() -> None:
    workday = Freeze(cron="*/10 8-17 * * *", length=HOUR)
    assert asked(workday, "2026-11-02 08:30")[0][1] == "2026-11-02 18:50"
    assert asked(workday, "2026-11-01 12:00", "2026-11-02 08:30") == [
        ("2026-11-01 11:10", "2026-11-01 18:50"),
        ("2026-11-02 08:00", "2026-11-02 18:50"),
    ]


@pytest.mark.parametrize("cron", ["0 0 30 2 *", "0 0 31 4,6 *", "* * */20 * 1L"])
def test_a_line_that_never_fires_ends(cron: str) -> None:
    assert asked(Freeze(cron=cron, length=HOUR), "2026-01-01 00:00", "2027-01-01 00:00") == []


@pytest.mark.parametrize(
    ("cron", "timezone"),
    [
        ("soon", "UTC"),
        ("61 * * * *", "UTC"),
        ("0 0 32 2 *", "UTC"),
        ("0 0 * * * 5", "UTC"),
        ("0 0 1 1 *", "Mars/Phobos"),
        ("0 0 1 1 *", "Europe"),
        ("0 0 1 1 *", "../etc/passwd"),
    ],
)
def test_what_cannot_be_read_is_on(cron: str, timezone: str) -> None:
    freeze = Freeze(cron=cron, length=HOUR, timezone=timezone)
    moment = at("2026-06-01 00:00")
    (window,) = CronCalendar().windows(frozen(freeze), moment, moment)
    assert window.holds(moment)
    assert window.passes == freeze.passes
    assert "cannot be read" in window.reason


def test_no_freezes_no_windows() -> None:
    assert CronCalendar().windows(OPEN, *[at("2026-11-01 00:00")] * 2) == ()


# -- remembered


def test_a_decision_costs_less_than_a_millisecond() -> None:
    calendar = CronCalendar()
    policy = frozen(WEEKEND, Freeze(cron="* * */20 * 1L", length=HOUR), hash="h1")
    moment = at("2026-11-20 00:00")
    calendar.windows(policy, moment, moment)
    costs = []
    for n in range(200):
        began = time.perf_counter()
        calendar.windows(policy, moment + n * timedelta(minutes=5), moment + n * HOUR / 12)
        costs.append(time.perf_counter() - began)
    assert sorted(costs)[len(costs) // 2] < 0.001


def test_another_policy_and_another_time_are_worked_out_anew() -> None:
    """Also when the hash is the same: what counts is what it was made from."""
    calendar, moment = CronCalendar(), at("2026-01-17 12:00")
    assert calendar.windows(frozen(WEEKEND), moment, moment)
    assert not calendar.windows(frozen(Freeze(cron="0 0 1 7 *", length=HOUR)), moment, moment)
    (renamed,) = calendar.windows(frozen(WEEKEND, name="staging"), moment, moment)
    assert renamed.environment == "staging"
    for days in (7, -14, 21, 0):
        (window,) = calendar.windows(frozen(WEEKEND), *[moment + days * DAY] * 2)
        assert window.holds(moment + days * DAY)
    assert len(calendar.windows(frozen(WEEKEND), moment, moment + 28 * DAY)) == 5
