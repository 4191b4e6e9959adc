"""Which of all tasks are wanted."""

from bot.domain.convergence.wanted import wanted_of
from tests.builders import a_task


def test_what_is_meant_to_end_is_not_wanted() -> None:
    running, complete = a_task(1), a_task(2, "complete", desired="complete")
    ended = [a_task(3, "failed", desired="shutdown"), a_task(4, desired="remove")]
    assert wanted_of([running, *ended, complete]) == [running, complete]


def test_of_a_job_the_newest_run_is_wanted() -> None:
    of_a = [a_task(n, desired="complete", job_iteration=n) for n in (0, 4, 2)]
    of_b = a_task(5, desired="complete", job_iteration=1, service_id="b")
    assert wanted_of([*of_a, of_b]) == [of_a[1], of_b]
