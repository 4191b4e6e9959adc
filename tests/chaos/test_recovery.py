"""What counts as gone on, and as under way: by the records, not by what is shown late."""

import time
from collections.abc import Sequence

import pytest

from tests.chaos.history import Entry, History, Interruption, Spec, Told
from tests.chaos.recovery import percentile, recoveries, shown_after, table
from tests.chaos.telling import tell, verdict


def life(rollout: str, begins: float, ends: float | None, end: str = "completed") -> list[Entry]:
    begun = Entry(what="accepted", subject=rollout, at=begins)
    return [begun] if ends is None else [begun, Entry(what=end, subject=rollout, at=ends)]


def parent(rollout: str, *moved_at: float) -> Told:
    return Told(rollout=rollout, service="web", state="completed", moved_at=moved_at)


def history(*broken: Interruption, entries: Sequence[Entry], told: Sequence[Told] = ()) -> History:
    spec = Spec(service="web", version=1, spec={"Labels": {"waggle.rollout": "r-3"}}, at=16.0)
    return History(
        typed=[],
        specs={"web": [spec]},
        told=told,
        entries=entries,
        verdict="",
        running={},
        image_events={},
        interruptions=broken,
    )


def killed(
    at: float, *struck: str, back_at: float | None = None, what: str = "kill bot"
) -> Interruption:
    back = at + 0.5 if back_at is None else back_at
    return Interruption(what=what, at=at, broken_at=at, back_at=back, struck=struck)


def test_under_way_is_what_the_log_knows_as_accepted_and_not_ended() -> None:
    entries = [
        *life("r-1", 1.0, 9.0),
        *life("r-2", 2.0, None),
        *life("r-3", 10.0, 11.0),  # not yet accepted
        *life("r-4", 3.0, 12.0, "refused"),  # never became a rollout
        *life("a-1", 3.0, 12.0, "done"),  # is none
    ]
    # that the channel shows the end of r-1 long after it was recorded does not keep it under way
    told = [parent("r-1", 3.0, 30.0)]
    before, after = recoveries(history(killed(8.0), killed(9.5), entries=entries, told=told))
    assert (before.in_flight, after.in_flight) == (2, 1)


def test_the_shown_is_counted_beside_the_recorded() -> None:
    waits = Interruption(
        what="kill bot", at=8.0, broken_at=8.0, back_at=8.5, in_flight=("r-1", "r-2")
    )
    (found,) = recoveries(history(waits, entries=life("r-1", 1.0, 7.0)))
    assert (found.in_flight, found.shown) == (0, 2)


def test_of_a_sleep_is_counted_what_was_under_way_when_it_began() -> None:
    slept = Interruption(what="sleep bot", at=14.0, broken_at=8.0, back_at=14.5)
    entries = [*life("r-1", 1.0, 10.0), *life("r-3", 2.0, 20.0)]
    (found,) = recoveries(history(slept, entries=entries, told=[parent("r-1", 3.0, 19.0)]))
    assert found.in_flight == 2
    # r-1 ended while it slept: nothing more has to come of it; the service of r-3 is changed at 16
    assert found.all == 2.0


def test_every_rollout_has_got_on_when_the_last_one_has_got_a_sign() -> None:
    entries = [*life("r-1", 1.0, 20.0), *life("r-3", 1.0, 30.0)]
    (found,) = recoveries(history(killed(15.0), entries=entries))
    assert (found.next, found.all) == (0.5, 5.0)


def test_it_goes_on_when_what_was_struck_goes_on_not_anything_else() -> None:
    entries = [*life("r-1", 1.0, 20.0), *life("r-3", 1.0, 17.0)]
    (found,) = recoveries(history(killed(10.0, "r-1"), entries=entries))
    assert found.next == 10.0


def test_what_was_struck_and_never_goes_on_is_not_excused_by_others() -> None:
    entries = [*life("r-1", 1.0, None), *life("r-3", 1.0, 17.0)]
    (found,) = recoveries(history(killed(10.0, "r-1"), entries=entries))
    assert found.next is None


def test_what_had_ended_and_was_told_when_it_was_struck_has_nothing_to_go_on_with() -> None:
    (found,) = recoveries(history(killed(10.0, "r-1"), entries=life("r-1", 1.0, 9.0)))
    assert found.next == 0.5


def test_of_a_struck_action_it_is_its_own_record_and_after_that_its_rollouts() -> None:
    done = Entry(what="done", subject="a-1", at=12.0)
    entries = [*life("r-1", 1.0, 20.0), done]
    struck = [killed(10.0, "a-1", "r-1"), killed(13.0, "a-1", "r-1")]
    first, second = recoveries(history(*struck, entries=entries))
    assert (first.next, second.next) == (2.0, 7.0)


def test_what_was_not_replaced_in_time_has_not_gone_on() -> None:
    never = Interruption(what="kill bot", at=10.0, broken_at=10.0, back_at=None, struck=("r-1",))
    (found,) = recoveries(history(never, entries=life("r-1", 1.0, 20.0)))
    assert found.next is None


def test_a_point_is_told_apart_by_whether_it_is_known_what_was_struck() -> None:
    at = "kill -9 at tick.before_commit"
    broken = [killed(10.0, "r-1", what=at), killed(10.0, what=at)]
    rows = "\n".join(table(recoveries(history(*broken, entries=life("r-1", 1.0, 11.0)))))
    assert "| kill -9 at a named point, of a job | 1 | 1.0 / 1.0 / 1.0 s |" in rows
    assert "| kill -9 at a named point, of the steward | 1 | 0.5 / 0.5 / 0.5 s |" in rows


def test_an_end_is_shown_some_time_after_it_is_recorded() -> None:
    entries = [*life("r-1", 1.0, 9.0), *life("r-2", 1.0, None)]
    told = [parent("r-1", 3.0, 12.0), parent("r-2", 3.0)]
    assert shown_after(history(entries=entries, told=told)) == [3.0]


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (20.0, "**Kept:** after 95 in 100 of 1 it went on within 10.0 s"),
        (26.0, "**Not kept:** after 95 in 100 of 1 it went on within 16.0 s"),
    ],
)
def test_the_verdict_is_by_what_is_promised(back: float, words: str) -> None:
    found = recoveries(history(killed(10.0, back_at=back), entries=[]))
    assert verdict(found).startswith(words)


def test_one_that_never_went_on_is_not_kept_whatever_the_others() -> None:
    never = Interruption(what="kill bot", at=10.0, broken_at=10.0, back_at=None)
    found = recoveries(history(killed(10.0), never, entries=[]))
    assert verdict(found).startswith("**Not kept:**")
    assert verdict(found).endswith(", and never after 1.")


def test_what_is_told_names_what_was_recorded_what_was_shown_and_what_slack_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHAOS_REPORT", raising=False)
    what = "kill -9 work horse"
    waits = Interruption(what=what, at=8.0, broken_at=8.0, back_at=8.5, in_flight=("r-1",))
    entries = [*life("r-1", 1.0, 9.0), *life("r-2", 2.0, 10.0)]
    seen = history(waits, entries=entries).but(limited={"chat.update": 3})
    tell(seen, 7, time.monotonic())
    told = capsys.readouterr().out
    assert told.startswith("SEED=7, 1 interruptions in 0 s\n")
    assert "in flight at each, by the audit log: 2 to 2, median 2\n" in told
    assert "waited for at each, by the channels: 1 to 1, median 1\n" in told
    assert "work horses struck: 1, 1 of them with no job any more\n" in told
    assert "calls that Slack's limits refused (429): 3 chat.update\n" in told
    assert "| **all** | 1 | 0.5 / 0.5 / 0.5 s |" in told


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2.0), (0.95, 4.0), (1.0, 4.0)])
def test_percentiles_are_figures_that_were_measured(share: float, expected: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], share) == expected
