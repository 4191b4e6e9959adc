"""The job itself: once, whole, and never silent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import DoneState, Query
from bot.domain.message import Message
from bot.domain.observation import NodeView
from bot.domain.page import Asked
from bot.domain.reply import NodeList, Refusal
from bot.domain.request import Source
from bot.ports import StoreUnavailableError
from bot.usecases.refusals import TOO_LATE
from tests.fakes.swarm import FakeSwarm
from tests.unit.usecases.answering import Desk


def test_the_answer_and_the_end_of_the_query_are_one_commit() -> None:
    desk = Desk()
    assert isinstance(desk.ask("nodes"), NodeList)
    kinds = {type(put.record).__name__ for put in desk.store.commits[-1].puts}
    assert kinds == {"Query", "Message"}
    stored = desk.store.get(Query, "q-1")
    assert stored is not None
    assert stored.value.state is DoneState.DONE


def test_the_answer_is_private() -> None:
    desk = Desk()
    desk.ask("nodes")
    message = desk.message("q-1")
    assert message is not None
    assert message.address.private_to == "U1ANN"
    assert message.address.response_url == "https://hooks.slack.com/commands/1"


@pytest.mark.parametrize("line", ["nodes", "nodes --page 2", "ps none --page 2"])
@pytest.mark.parametrize("source", [Source.SLASH, Source.BUTTON])
def test_only_a_page_that_was_turned_takes_the_place_of_another(line: str, source: Source) -> None:
    desk = Desk()
    query = desk.typed(line)
    request = replace(query.request, id="q-9", source=source)
    desk.keep(replace(query, id="q-9", request=request))
    desk.answer().run("q-9")
    message = desk.message("q-9")
    assert message is not None
    refused = line.startswith("ps")
    assert message.address.replaces is (source is Source.BUTTON and not refused)


def test_a_list_knows_what_its_other_pages_are_asked_for_with() -> None:
    desk = Desk()
    reply = desk.ask("docker node ls --page 2")
    assert isinstance(reply, NodeList)
    assert reply.asked == Asked(line="nodes", page=2)


def test_who_gets_a_file_directly_is_told_so_where_they_asked() -> None:
    desk = Desk()
    desk.ear.file_name = "nodes.txt"
    desk.ask("nodes")
    stored = desk.store.get(Message, "q-1.private.where")
    assert stored is not None
    assert stored.value.address.response_url == "https://hooks.slack.com/commands/1"
    assert "directly" in stored.value.wanted.text


def test_a_repeated_job_answers_once_and_tries_to_send_again() -> None:
    desk = Desk()
    query = desk.typed("nodes")
    for _ in range(3):
        desk.answer().run(query.id)
    assert len(desk.ear.replies) == 1
    assert desk.ear.flushed == ["q-1.private"] * 3


def test_a_lost_reply_of_the_store_leads_to_one_answer() -> None:
    desk = Desk()
    query = desk.typed("nodes")
    desk.store.lose_replies = 1
    with pytest.raises(StoreUnavailableError):
        desk.answer().run(query.id)
    desk.answer().run(query.id)
    assert len(desk.ear.replies) == 1
    assert desk.ear.flushed == ["q-1.private"]


def test_an_unknown_query_is_nothing() -> None:
    desk = Desk()
    desk.answer().run("q-gone")
    assert desk.ear.flushed == []


def test_an_engine_that_is_away_is_said() -> None:
    desk = Desk()
    desk.swarm.unavailable = True
    reply = desk.ask("services")
    assert isinstance(reply, Refusal)
    assert "does not answer" in reply.why


@pytest.mark.parametrize("verb", ["ps", "inspect", "logs", "history"])
def test_an_unknown_service_gets_a_did_you_mean(verb: str) -> None:
    desk = Desk()
    desk.run("web_http")
    reply = desk.ask(f"{verb} web_htp")
    assert isinstance(reply, Refusal)
    assert reply.why == "There is no service `web_htp`."
    assert reply.next_step == "Did you mean `web_http`?"


def test_an_unknown_node_gets_a_did_you_mean() -> None:
    reply = Desk().ask("node inspect nn2")
    assert isinstance(reply, Refusal)
    assert reply.next_step == "Did you mean `n2`?"


def test_another_judge_of_nearness_can_be_given() -> None:
    desk = Desk()
    query = desk.typed("ps web")
    desk.answer(suggest=lambda word, known: "other").run(query.id)
    reply = desk.ear.replies[-1]
    assert isinstance(reply, Refusal)
    assert reply.next_step == "Did you mean `other`?"


class Heard:
    """Takes what nobody foresaw: whose, and of which kind."""

    def __init__(self) -> None:
        self.of: list[tuple[str, str]] = []

    def __call__(self, record_id: str, error: Exception) -> None:
        self.of.append((record_id, type(error).__name__))


class OddSwarm(FakeSwarm):
    """Fails as nobody foresaw."""

    error: Exception = ZeroDivisionError("PW=hunter2")

    def nodes(self) -> list[NodeView]:
        raise self.error


def state_of(desk: Desk) -> DoneState:
    stored = desk.store.get(Query, "q-1")
    assert stored is not None
    return stored.value.state


def test_an_answer_that_cannot_be_shown_is_said_and_not_tried_for_ever() -> None:
    desk, heard = Desk(), Heard()
    desk.ear.chokes_on = (NodeList,)
    desk.answer(report=heard).run(desk.typed("nodes").id)
    (reply,) = desk.ear.replies
    assert isinstance(reply, Refusal)
    assert "failed inside" in reply.why
    assert "Ask again" in reply.next_step
    assert state_of(desk) is DoneState.DONE
    assert desk.ear.flushed == ["q-1.private"]
    assert heard.of == [("q-1", "OverflowError")]


def test_an_answer_that_cannot_be_found_is_said_without_the_errors_text() -> None:
    desk, heard = Desk(), Heard()
    odd = OddSwarm(desk.clock)
    desk.answer(report=heard, swarm=odd).run(desk.typed("nodes").id)
    message = desk.message("q-1")
    assert message is not None
    assert "failed inside" in message.wanted.text
    assert "hunter2" not in message.wanted.text
    assert heard.of == [("q-1", "ZeroDivisionError")]


@pytest.mark.parametrize("error", [StoreUnavailableError("away"), TimeoutError("the job's")])
def test_what_is_to_run_again_is_left_open(error: Exception) -> None:
    desk, heard = Desk(), Heard()
    odd = OddSwarm(desk.clock)
    odd.error = error
    answer = desk.answer(report=heard, swarm=odd, again=(TimeoutError,))
    with pytest.raises(type(error)):
        answer.run(desk.typed("nodes").id)
    assert state_of(desk) is DoneState.ACCEPTED
    assert heard.of == []


def test_a_query_that_waited_too_long_ends() -> None:
    desk = Desk()
    query = desk.typed("nodes")
    desk.clock.advance(TOO_LATE)
    desk.answer().run(query.id)
    assert isinstance(desk.ear.replies[-1], NodeList)

    late = Desk()
    query = late.typed("nodes")
    late.clock.advance(TOO_LATE + timedelta(seconds=1))
    late.answer(swarm=OddSwarm(late.clock)).run(query.id)
    (reply,) = late.ear.replies
    assert isinstance(reply, Refusal)
    assert "waited too long" in reply.why
    assert state_of(late) is DoneState.DONE


def test_a_query_of_which_nothing_can_be_said_ends_when_it_is_too_old() -> None:
    desk, heard = Desk(), Heard()
    desk.ear.chokes_on = (NodeList, Refusal)
    query = desk.typed("nodes")
    with pytest.raises(OverflowError):
        desk.answer(report=heard).run(query.id)
    assert state_of(desk) is DoneState.ACCEPTED
    desk.clock.advance(TOO_LATE + timedelta(seconds=1))
    desk.answer(report=heard).run(query.id)
    assert state_of(desk) is DoneState.DONE
    assert (desk.message("q-1"), desk.ear.flushed) == (None, [])
    assert len(heard.of) == 2
