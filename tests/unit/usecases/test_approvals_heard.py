"""What other channels see of requests, from the line that is typed to the end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.message import Message
from bot.domain.notice import root_id
from bot.domain.policy import NotifyRule, Window
from bot.domain.policy.events import LEVELS
from tests.unit.usecases.approving import CAT, DAN, Approving, asking
from tests.unit.usecases.bed import KilledError
from tests.unit.usecases.hearing import events, payload, root


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


def approved_after(bed: Approving, line: str, *later: str) -> str:
    """Ask, do something else, and let two people say yes to what is not the same any more."""
    name = bed.asked(line)
    for each in later:
        bed.type(each, CAT)
        bed.work()
    bed.votes(name, CAT, DAN)
    bed.settle(5)
    assert bed.approval(name).state.value == "void"
    return name


@pytest.mark.parametrize("line", ["update --image reg/httpd:v2 web", "rm web"])
def test_a_request_that_is_void_is_void_in_other_channels_too(line: str) -> None:
    bed = overheard()
    name = approved_after(bed, line, "lock --reason migration web")
    shown = root(bed, subject_of(bed, name))
    assert payload(shown)["state"] == "void"
    assert "void, it cannot run now" in shown.content.text
    assert f"web is locked by <@{CAT.user}>" in shown.content.text
    assert events(bed, subject_of(bed, name)) == ["approved"]


def test_what_is_planned_and_never_begins_is_void_in_other_channels_too() -> None:
    bed = overheard()
    name = bed.asked()

    def die(at: str) -> None:
        if at == "plan.after_commit":
            raise KilledError(at)

    bed.fault = die
    with pytest.raises(KilledError):
        bed.votes(name, CAT, DAN)
    bed.fault = lambda _: None
    bed.clock.advance(timedelta(minutes=16))
    bed.settle(5)
    assert bed.rollout(subject_of(bed, name)).state.value == "aborted"
    assert payload(root(bed, subject_of(bed, name)))["state"] == "void"


@pytest.mark.parametrize("line", ["update --image reg/httpd:v2 web", "rm web"])
def test_what_has_begun_ends_as_itself_in_other_channels(line: str) -> None:
    """It is void as well; but what they follow is the change, and that has failed."""
    bed = overheard()
    name = bed.asked(line)

    def freeze(at: str) -> None:
        if at in {"announce.after_commit", "change.after_plan"}:
            now = bed.clock.now()
            end = now + timedelta(hours=1)
            bed.calendar.known.append(Window(environment="production", begins=now, ends=end))

    bed.fault = freeze
    bed.votes(name, CAT, DAN)
    bed.settle(5)
    assert bed.approval(name).state.value == "void"
    assert payload(root(bed, subject_of(bed, name)))["state"] == "failed"
    assert events(bed, subject_of(bed, name)) == ["approved", "started", "failed"]
