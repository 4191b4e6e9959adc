"""What is broken follows from the seed, and nothing is left out."""

import random

from playground.stage import Role
from tests.chaos.havoc import POINTS, deck


def test_fifty_blows_hold_every_kind_and_every_point() -> None:
    blows = deck(50, random.Random(7))
    assert {blow.what for blow in blows if blow.how == "kill"} == set(Role)
    assert sorted(blow.what for blow in blows if blow.how == "point") == sorted(POINTS)
    assert {blow.what for blow in blows if blow.how == "sleep"} == set(Role)


def test_the_same_seed_breaks_the_same() -> None:
    assert deck(120, random.Random(3)) == deck(120, random.Random(3))
    assert deck(120, random.Random(3)) != deck(120, random.Random(4))
