"""Forms where there are several swarms: which one is meant, and who may know of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.flags.verb import Verb
from bot.domain.form import Form
from bot.domain.grammar.wish import Wish
from bot.domain.inventory import Inventory
from bot.domain.policy import VerbGroup
from bot.domain.request import Place
from bot.usecases.form_rights import Asked
from bot.usecases.forms import Tried, Wrong
from bot.usecases.propose import Ack, AckKind
from tests.builders import a_stock
from tests.unit.usecases.bed import CHANNEL, made
from tests.unit.usecases.offices import Office, rules


@pytest.fixture
def office() -> Office:
    return Office(made(2))


def test_a_swarm_that_there_is_not_has_no_forms(office: Office) -> None:
    assert "No swarm `eu`" in office.refused(office.asked(Wish(Verb.SCALE, "web", "eu")))
    said = office.forms.filled(office.asked(Wish(Verb.SCALE, "web", "eu")), {}, {"replicas": "1"})
    assert isinstance(said, Wrong)
    assert "No swarm `eu`" in said.text


def test_what_is_deployed_is_of_the_swarm_whose_list_was_shown() -> None:
    """The channel that is chosen afterwards has a swarm of its own, with a service of that name."""
    office = Office(made(2), "eu")
    bed = office.bed
    bed.policies.policy = replace(rules(VerbGroup.READ, VerbGroup.UPDATE), channels={CHANNEL: "eu"})
    bed.inventories.keep("eu", Inventory(services=(a_stock("web", image="reg/other:v7"),)))
    anywhere = office.asked(Wish(Verb.UPDATE), nowhere=True, place=Place(channel=""))
    first = office.forms.open(anywhere)
    assert isinstance(first, Form)
    assert first.cluster == "default"
    form = office.forms.chosen(anywhere, "web", CHANNEL)
    assert isinstance(form, Form)
    assert (form.cluster, form.fields[0].value) == ("default", "reg/httpd:v1")
    asked = office.forms.with_choice(anywhere, "web", CHANNEL, form.cluster)
    assert (asked.wish.cluster, asked.place.channel) == ("default", CHANNEL)
    tried = office.forms.filled(asked, {"replicas": "2"}, {"replicas": "3"})
    assert isinstance(tried, Tried)
    bed.work()
    shown = office.forms.outcome(tried.record_id)
    assert shown is not None
    assert (shown.cluster, shown.line) == (
        "default",
        "update --replicas 3 --cluster default web",
    )
    assert bed.rollout(tried.record_id).cluster == "default"


def test_a_channels_swarm_does_not_count_where_there_is_one_alone(office: Office) -> None:
    policy = rules(VerbGroup.READ, VerbGroup.UPDATE)
    office.bed.policies.policy = replace(policy, channels={CHANNEL: "eu"})
    anywhere = office.asked(Wish(Verb.UPDATE), nowhere=True, place=Place(channel=""))
    form = office.forms.chosen(anywhere, "web", CHANNEL)
    assert isinstance(form, Form)
    assert form.cluster == "default"


def test_a_swarm_that_is_gone_when_one_has_chosen_is_said(office: Office) -> None:
    asked = office.asked(Wish(Verb.UPDATE, cluster="eu"), nowhere=True)
    said = office.forms.chosen(asked, "web", CHANNEL)
    assert isinstance(said, Wrong)
    assert "No swarm `eu`" in said.text


def opened(office: Office, asked: Asked) -> str:
    said = office.forms.open(asked)
    assert isinstance(said, Ack)
    assert said.kind is AckKind.REFUSED
    return said.text


def chosen(office: Office, asked: Asked) -> str:
    said = office.forms.chosen(replace(asked, nowhere=True), "web", CHANNEL)
    assert isinstance(said, Wrong)
    return said.text


def filled(office: Office, asked: Asked) -> str:
    said = office.forms.filled(asked, {}, {"replicas": "3"})
    assert isinstance(said, Wrong)
    return said.text


@pytest.mark.parametrize("step", [opened, chosen, filled])
def test_a_guess_gets_the_same_answer_everywhere_and_is_kept_where_there_is_one(
    step: Callable[[Office, Asked], str],
) -> None:
    office = Office(made(2), "eu")
    may = (VerbGroup.READ, VerbGroup.UPDATE, VerbGroup.SCALE)
    office.bed.policies.policy = rules(*may, clusters=frozenset({"default"}))
    before = len(office.entries())
    not_there = step(office, office.asked(Wish(Verb.SCALE, "web", "ex")))
    assert "No swarm `ex` is known in which you may do anything" in not_there
    assert len(office.entries()) == before
    there = step(office, office.asked(Wish(Verb.SCALE, "web", "eu")))
    assert there == not_there.replace("ex`", "eu`")
    (entry,) = office.entries()[before:]
    assert (entry.what, entry.cluster, entry.source) == ("denied", "eu", "form")
