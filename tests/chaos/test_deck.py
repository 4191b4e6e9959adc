"""What is broken follows from the seed, nothing is left out, and it is known what was struck."""

import random

import pytest

from bot.jobs import Job, JobName
from playground.stage import Role
from tests.chaos.havoc import POINTS, deck
from tests.chaos.inside import subject_of


def test_fifty_blows_hold_every_kind_and_every_point() -> None:
    blows = deck(50, random.Random(7))
    assert {blow.what for blow in blows if blow.how == "kill"} == set(Role)
    assert sorted(blow.what for blow in blows if blow.how == "point") == sorted(POINTS)
    assert {blow.what for blow in blows if blow.how == "sleep"} == set(Role)


def test_the_same_seed_breaks_the_same() -> None:
    assert deck(120, random.Random(3)) == deck(120, random.Random(3))
    assert deck(120, random.Random(3)) != deck(120, random.Random(4))


@pytest.mark.parametrize("name", JobName)
@pytest.mark.parametrize("step", [0, 2])
def test_a_job_tells_which_record_it_is_for(name: JobName, step: int) -> None:
    job = Job(name=name, cluster="default", subject="r-k48crnb4", step=step)
    assert subject_of(job.job_id) == "r-k48crnb4"
