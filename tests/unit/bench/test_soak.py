"""What a soak is judged by, and what it says of itself."""

from collections import Counter

import pytest

from bench.soak import (
    KILLS,
    MEMORY,
    READS_ANSWERED,
    ROLLOUTS,
    TITLES,
    TOLD,
    Samples,
    verdict,
)


def test_what_grows_is_found_and_what_grows_on_purpose_is_not_held_against_it() -> None:
    samples = Samples()
    for number in range(50):
        samples.add("flat", 100 + number % 3)
        samples.add("leak", 100 + 4 * number)
        samples.add("revisions", 4 * number, grows=True)
        samples.add("few", 5 + number // 25)
    samples.done |= Counter({ROLLOUTS: 300, READS_ANSWERED: 300, KILLS: 12})
    table, found = verdict(samples, 60)
    assert found == ["leak", KILLS]
    words = {row[0]: row[-1] for row in table.rows}
    assert words == {
        "flat": "flat", "few": "flat", "leak": "**grows**", "revisions": "on purpose",
        ROLLOUTS: "enough", READS_ANSWERED: "enough", KILLS: "**too few**",
    }  # fmt: skip


def after_half_an_hour(name: str, middle: float, end: float) -> str:
    """Return what is said of a series that stays at a value, then at another."""
    samples = Samples()
    for number in range(50):
        samples.add(name, middle if number < 35 else end)
    return verdict(samples, 60)[0].rows[0][-1]


@pytest.mark.parametrize(
    ("name", "middle", "end", "word"),
    [
        ("bot: MiB", 76.0, 83.0, "flat"),  # a tenth
        ("bot: MiB", 76.0, 84.0, "**grows**"),
        ("valkey: MiB", 4.0, 6.0, "flat"),
        ("valkey: MiB", 4.0, 6.1, "**grows**"),
        ("bot: open files", 12, 15, "flat"),
        ("bot: open files", 12, 16, "**grows**"),
        ("keys: message", 1130, 1240, "flat"),
        ("keys: message", 1130, 1250, "**grows**"),
        ("keys: beats", 1, 5, "**grows**"),
    ],
)
def test_more_of_little_is_growth_too(name: str, middle: float, end: float, word: str) -> None:
    assert after_half_an_hour(name, middle, end) == word


def test_a_soak_says_what_it_calls_flat() -> None:
    said = "at most a tenth or 2 MiB above"
    assert said in verdict(Samples(), 60)[0].about


def test_a_soak_in_which_nothing_was_done_proves_nothing() -> None:
    assert verdict(Samples(), 60)[1] == [ROLLOUTS, READS_ANSWERED, KILLS]


def test_a_soak_tells_what_a_rollout_leaves_behind() -> None:
    samples = Samples()
    for number in range(50):
        samples.add(MEMORY, 10 + number / 1024 * 20, grows=True)
        samples.add(TOLD, 5 * number, grows=True)
    about = verdict(samples, 60)[0].about
    assert "Redis' memory grows for good" in about
    assert "by 4.00 KiB a rollout" in about


def test_a_soak_says_how_long_a_process_lived_at_most() -> None:
    table, _ = verdict(Samples(), 60)
    assert (table.title, table.command) == (TITLES[0], "make soak ARGS=60")
    assert "each role about once in 6 minutes, so none lives for longer than that" in table.about


def test_a_soak_without_kills_says_so_and_does_not_miss_them() -> None:
    samples = Samples(done=Counter({ROLLOUTS: 300, READS_ANSWERED: 300}))
    table, found = verdict(samples, 60, kills=False)
    assert (table.title, found) == (TITLES[1], [])
    assert table.command == 'make soak ARGS="60 --no-kills"'
    assert "nothing is killed, so each process lives for all of it" in table.about
    assert KILLS not in {row[0] for row in table.rows}
