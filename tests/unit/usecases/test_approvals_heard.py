"""What other channels see of requests, from the line that is typed to the end."""

from dataclasses import replace

import pytest

from bot.domain.message import Message
from bot.domain.notice import root_id
from bot.domain.policy import NotifyRule
from bot.domain.policy.events import LEVELS
from tests.unit.usecases.approving import Approving, asking
from tests.unit.usecases.bed import KilledError
from tests.unit.usecases.hearing import root


def overheard() -> Approving:
    """Return the bed of approvals, in which the channel C2 hears of production."""
    bed = asking()
    policy = bed.policies.policy
    rule = NotifyRule(channels=("C2",), on=LEVELS["all"])
    production, *others = policy.environments
    told = (replace(production, notify=rule), *others)
    bed.policies.policy = replace(policy, environments=told)
    return bed


def subject_of(bed: Approving, name: str) -> str:
    return bed.approval(name).subject


@pytest.mark.parametrize("line", ["update --image reg/httpd:v2 web", "rm web"])
def test_the_notice_of_a_request_links_to_it(line: str) -> None:
    bed = overheard()
    name = bed.asked(line)
    while bed.speaker.flush("default", 50):
        pass
    assert "|the request>" in root(bed, subject_of(bed, name)).content.text


def test_the_link_comes_though_the_worker_died_right_after_it_asked() -> None:
    bed = overheard()

    def die(at: str) -> None:
        if at == "ask.after_commit":
            raise KilledError(at)

    bed.fault = die
    made = bed.type("update --image reg/httpd:v2 web")
    with pytest.raises(KilledError):
        bed.work()
    bed.fault = lambda _: None
    bed.queue.jobs.clear()
    bed.settle(3)
    assert "|the request>" in root(bed, made).content.text
    row = bed.store.get(Message, root_id(made, "C2"))
    bed.settle(5)
    assert bed.store.get(Message, root_id(made, "C2")) == row, "written once"
