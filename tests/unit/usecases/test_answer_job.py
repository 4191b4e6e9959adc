"""The job itself: once, whole, and never silent."""

import pytest

from bot.domain.change import DoneState, Query
from bot.domain.message import Message
from bot.domain.reply import NodeList, Refusal
from bot.ports import StoreUnavailableError
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
