"""What the ack's table says of its figures."""

from bench.ack import best_rate


def test_the_best_of_some_rates_names_the_others_too() -> None:
    assert best_rate({1: 362, 10: 289, 50: 345}) == (
        "changes a second, recorded, by one bot process, the best of 362 with 1, 289 with 10, "
        "345 with 50 at once: 362/s, aim ≥ 300/s: met"
    )


def test_where_the_best_rate_misses_the_aim_all_do() -> None:
    assert "299/s, aim ≥ 300/s: **missed**" in best_rate({1: 299, 10: 289, 50: 245})
