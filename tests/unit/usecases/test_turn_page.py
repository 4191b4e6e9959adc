"""Next and Previous ask again, as who clicks; the value of a button is no authority."""

import pytest

from bot.domain.request import Place, Principal, Source
from bot.usecases.click import Clicked
from bot.usecases.propose import Ack, AckKind, Typed
from bot.usecases.turn_page import TurnPage, is_page

EVE = Principal(team="T0", user="U0EVE")
PLACE = Place(channel="C0OPS", response_url="https://hooks.slack.com/actions/1")


class Proposing:
    def __init__(self, kind: AckKind = AckKind.ACCEPTED, away: str = "") -> None:
        self.typed: list[Typed] = []
        self._kind, self._away = kind, away

    def __call__(self, typed: Typed) -> Ack:
        self.typed.append(typed)
        return Ack(kind=self._kind, text="said", verb="services", ids=("q-1",), away=self._away)


def turned(value: str, proposing: Proposing) -> Ack:
    clicked = Clicked(
        action="waggle.page.next", value=value, by=EVE, place=PLACE, delivery="click:1"
    )
    return TurnPage(propose=proposing).run(clicked)


def test_a_page_is_asked_for_as_if_it_was_typed() -> None:
    proposing = Proposing()
    ack = turned("services --page 2", proposing)
    assert ack == Ack(kind=AckKind.ACCEPTED, text="", verb="services", ids=("q-1",))
    (typed,) = proposing.typed
    assert (typed.text, typed.by, typed.place) == ("services --page 2", EVE, PLACE)
    assert (typed.source, typed.delivery) == (Source.BUTTON, "click:1")


@pytest.mark.parametrize("kind", [AckKind.ACCEPTED, AckKind.REPEATED])
def test_that_nobody_is_there_to_answer_is_said(kind: AckKind) -> None:
    away = "The worker of `us` is away."
    assert turned("services --page 2", Proposing(kind, away)).text == away


@pytest.mark.parametrize("kind", [AckKind.REFUSED, AckKind.UNAVAILABLE, AckKind.ERROR])
def test_what_speaks_against_it_is_said(kind: AckKind) -> None:
    assert turned("ps web --page 2", Proposing(kind)).text == "said"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "help",
        "services",
        "rm web",
        "scale web=9 --page 2",
        "ps web api --page 2",
        "?",
        "--page 2",
    ],
)
def test_nothing_else_is_asked_for(value: str) -> None:
    proposing = Proposing()
    assert "not known" in turned(value, proposing).text
    assert proposing.typed == []


def test_which_buttons_turn_pages() -> None:
    assert is_page("waggle.page.previous")
    assert not is_page("approve")
