"""What a person sees at once: the ack, over HTTP and over Socket Mode, from the real process."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.domain.rollout.record import Rollout
from bot.usecases.propose import ONCE_FOR
from tests.integration.front_bed import FrontBed, front
from tests.waiting import eventually

APPLIED_FOR = timedelta(seconds=60)
"""See bot/adapters/lua/commit.lua: a client repeats a transaction whose reply was lost at once."""


@pytest.fixture(scope="module", params=[False, True], ids=["http", "socket"])
def bed(request: pytest.FixtureRequest) -> Iterator[FrontBed]:
    with front(socket_mode=request.param) as running:
        yield running


def of(bed: FrontBed, service: str) -> list[Rollout]:
    return [rollout for rollout in bed.rollouts() if rollout.service == service]


def test_every_ack_is_200_json_and_private(bed: FrontBed) -> None:
    for line in ("/swarm", "/swarm help rm", "/swarm scael a=1", "/swarm scale a=1", "/swarm ls"):
        ack = bed.client.type("ann", "#ops", line)
        assert ack.status == "ok"
        assert ack.http_status in {200, None}
        assert ack.body["response_type"] == "ephemeral"


def test_a_bare_command_is_help_in_a_code_block(bed: FrontBed) -> None:
    shown = bed.client.type("ann", "#ops", "/swarm").shown or ""
    assert shown == bed.client.type("ann", "#ops", "/swarm help").shown
    assert shown.startswith("```\n")
    assert shown.endswith("\n```")
    assert "update" in shown


def test_a_grammar_error_stands_in_the_ack_with_what_was_meant(bed: FrontBed) -> None:
    shown = bed.client.type("ann", "#ops", "/swarm scael web=3").shown or ""
    assert "`scael`" in shown
    assert "Did you mean `scale`?" in shown


def test_a_change_is_echoed_as_understood_with_an_id_for_each_record(bed: FrontBed) -> None:
    shown = bed.client.type("ann", "#ops", "/swarm docker service scale x1=6 x2=3").shown or ""
    assert "`/swarm scale x1=6 x2=3`" in shown
    (first,), (second,) = of(bed, "x1"), of(bed, "x2")
    assert re.findall(r"`(r-[a-z0-9]+)`", shown) == [first.id, second.id]
    assert first.request.by.user == "U0ANN"


def test_what_was_typed_is_shown_and_never_obeyed(bed: FrontBed) -> None:
    for line in ("/swarm <!channel>", "/swarm update --label-add x=<!channel> pinged"):
        ack = bed.client.type("ann", "#ops", line)
        assert "<!channel>" not in ack.body["text"]
        assert "&lt;!channel&gt;" in ack.body["text"]


def test_env_values_reach_neither_the_ack_nor_the_log(bed: FrontBed) -> None:
    shown = bed.client.type("ann", "#ops", "/swarm update --env-add PW=canary-71fe secret").shown
    assert "PW=••••" in (shown or "")
    bed.client.type("ann", "#ops", "/swarm update --env-ad PW=canary-71fe secret")
    bed.client.mention("ann", "#ops", "update --env-add PW=canary-71fe secret2")
    eventually(lambda: bool(of(bed, "secret2")))
    assert "canary-71fe" not in bed.log()


def test_a_command_leaves_one_canonical_line_in_the_log(bed: FrontBed) -> None:
    bed.client.type("bob", "#ops", "/swarm scale logged=2")
    (record,) = of(bed, "logged")
    (line,) = [each for each in bed.lines() if each.get("ids") == [record.id]]
    assert (line["source"], line["verb"], line["outcome"]) == ("command", "scale", "accepted")
    assert (line["user"], line["channel"]) == ("U0BOB", "C0OPS")
    assert 0 < line["ms"] < 1000


def test_the_same_request_again_gets_the_first_answer_and_one_record(bed: FrontBed) -> None:
    bed.client.type("ann", "#ops", "/swarm scale again=2")
    repeated = bed.client.control("redeliver")
    first, second = bed.client.deliveries()[-1]["answers"][:2]
    assert repeated["ok"]
    assert first["body"] == second["body"]
    assert first["status"] == second["status"] == "ok"
    assert len(of(bed, "again")) == 1


def test_a_request_delivered_twice_at_once_is_one(bed: FrontBed) -> None:
    bed.client.control("repeat", count=1)
    bed.client.type("ann", "#ops", "/swarm scale twice=2")
    eventually(lambda: len(bed.client.deliveries()[-1]["answers"]) == 2)
    assert len(of(bed, "twice")) == 1


def test_a_mention_is_answered_privately_in_its_thread(bed: FrontBed) -> None:
    parent = bed.client.say("bob", "#ops", "let us go")
    bed.client.mention("ann", "#ops", "scale mentioned=7", thread_ts=parent)
    answer = bed.client.wait_for(
        lambda m: m.ephemeral_to == "U0ANN" and "scale mentioned=7" in m.text, channel="#ops"
    )
    assert (answer.origin, answer.thread_ts) == ("ephemeral", parent)
    assert of(bed, "mentioned")[0].request.place.thread_ts == parent


def test_a_mention_without_words_is_help_in_columns(bed: FrontBed) -> None:
    bed.client.mention("cat", "#ops", "")
    answer = bed.client.wait_for(lambda m: m.ephemeral_to == "U0CAT", channel="#ops")
    assert "```" in answer.text
    assert "What can be asked" in answer.text


def test_the_same_event_twice_is_one_record_and_one_answer(bed: FrontBed) -> None:
    bed.client.control("repeat", count=1)
    bed.client.mention("bob", "#ops", "scale event=7")
    eventually(lambda: len(bed.client.deliveries()[-1]["answers"]) == 2)

    def answers() -> int:
        said = [m for m in bed.client.messages("#ops") if m.ephemeral_to == "U0BOB"]
        return sum("event=7" in m.text for m in said)

    eventually(lambda: answers() == 1)
    assert len(of(bed, "event")) == 1
    assert answers() == 1


def test_the_counters_know_what_became_of_each(bed: FrontBed) -> None:
    bed.client.type("ann", "#ops", "/swarm scale counted=1")
    bed.client.type("ann", "#ops", "/swarm nonsense")
    page = bed.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    accepted = 'waggle_commands_total{outcome="accepted",source="command",verb="scale"}'
    assert accepted in page.text
    assert 'outcome="error",source="command",verb="none"' in page.text
    assert 'waggle_ack_seconds_count{source="command"}' in page.text
    assert 'waggle_open_records{cluster="default",kind="rollout"}' in page.text


def test_what_tells_deliveries_apart_is_forgotten_by_itself(bed: FrontBed) -> None:
    """A one-time key after ONCE_FOR, the mark of an applied transaction after a minute."""
    bed.client.type("ann", "#ops", "/swarm scale forgotten=2")
    with bed.redis() as redis:
        for pattern, longest in (("waggle:once:*", ONCE_FOR), ("waggle:applied:*", APPLIED_FOR)):
            found = list(redis.scan_iter(pattern))
            assert found, pattern
            left = {key: int(redis.pttl(key)) for key in found}
            longest_ms = longest.total_seconds() * 1000
            assert {key: ms for key, ms in left.items() if not 0 < ms <= longest_ms} == {}
            assert max(left.values()) > longest_ms - 30_000, "the newest is seconds old"
