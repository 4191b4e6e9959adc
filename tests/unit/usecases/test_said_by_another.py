"""The steward may be saying a rollout's first message while the job looks for Slack's answer."""

from dataclasses import replace
from datetime import timedelta

from bot.domain import outbox
from bot.domain.message import Message
from bot.ports import Put, Transaction
from bot.usecases.speak import parent_id
from tests.unit.usecases.bed import Bed, made

UPDATE = "update --image reg/httpd:v2 web"


def put(bed: Bed, name: str, *, dead: str | None = None) -> None:
    """Let another process claim a row, or hear Slack's answer to it."""
    row = bed.store.get(Message, parent_id(name))
    assert row is not None
    message = outbox.claimed(row.value, bed.clock.now())
    if dead is not None:
        message = replace(message, posting_since=None, dead=dead)
    bed.store.commit(Transaction(cluster="default", puts=(Put(record=message, rev=row.rev),)))


def being_said() -> tuple[Bed, str]:
    """A rollout whose first message is claimed between its plan and its announcement."""
    bed = made()
    name = bed.type(UPDATE)
    bed.fault = lambda point: put(bed, name) if point == "announce.before_post" else None
    bed.work()
    bed.fault = lambda _: None
    return bed, name


def test_it_waits_for_the_answer_and_a_closed_channel_refuses_it() -> None:
    bed, name = being_said()
    assert bed.rollout(name).state.value == "planned"
    before = bed.swarm.service("web")
    put(bed, name, dead="not_in_channel")
    bed.settle(10)
    assert bed.rollout(name).state.value == "refused"
    assert "not_in_channel" in bed.private(name)
    assert bed.swarm.service("web") == before


def test_who_claimed_it_and_died_holds_it_up_for_seconds_only() -> None:
    bed, name = being_said()
    began = bed.clock.now()
    bed.until(name, "progressing", 30.0)
    assert bed.clock.now() - began < outbox.LONGEST_CALL + timedelta(seconds=4)
    bed.until(name, "completed")
