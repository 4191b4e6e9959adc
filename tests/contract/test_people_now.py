"""Slack is asked anew who is in a group: before what people have approved is begun."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bot.adapters import keys
from bot.adapters.redis_budget import RedisBudget
from bot.adapters.slack_groups import METHOD
from tests.contract.office import ANN, BOTH, IN_SRE, OPS, SAM, SRE, Office, wait_for_the_questions
from tests.waiting import eventually


def test_each_that_wants_to_know_now_asks_once_more(office: Office) -> None:
    people = office.people()
    for _ in range(3):
        assert people.members_now(IN_SRE) == {SRE: {SAM}}
    assert office.asked() == 3


def test_an_answer_to_an_earlier_question_does_not_count_and_many_share_the_next(
    office: Office,
) -> None:
    """The first question is under way while the group changes: Slack may have looked before."""
    office.workspace.client.fault("slow", METHOD, count=2, seconds=1)
    people = office.people()
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(people.groups_of, SAM, IN_SRE)
        eventually(lambda: office.redis.exists(keys.group_asked(SRE)) == 1)
        later = [pool.submit(people.members_now, IN_SRE) for _ in range(8)]
        assert first.result() == IN_SRE
        assert [each.result() for each in later] == [{SRE: {SAM}}] * 8
    assert office.asked() in {2, 3}  # who looks too late to see the second one asks the third


def test_asked_now_a_slow_slack_is_not_waited_for_longer_than_patience(office: Office) -> None:
    people = office.people(patience=timedelta(seconds=0.3))
    assert people.groups_of(SAM, BOTH) == IN_SRE
    office.workspace.client.fault("slow", METHOD, count=4, seconds=4)
    began = time.monotonic()
    for _ in range(5):
        assert people.members_now(BOTH) == {SRE: {SAM}, OPS: {ANN}}
    assert time.monotonic() - began < 3.5
    wait_for_the_questions()


def test_asked_now_stays_within_slacks_limit(office: Office) -> None:
    office.budget = RedisBudget(office.redis)
    people = office.people(patience=timedelta(seconds=0.3))
    assert people.groups_of(SAM, BOTH) == IN_SRE
    for _ in range(20):
        assert people.members_now(BOTH) == {SRE: {SAM}, OPS: {ANN}}
    assert office.asked() <= 10
