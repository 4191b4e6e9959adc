"""The speaker over both stores: what the channel shows in the end, whatever went wrong."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.adapters.speaker import Speaker
from bot.domain.message import Address, Content, Message, Urgency
from bot.domain.outbox import Outcome
from bot.ports import (
    Destination,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnavailableError,
    SlackUnknownOutcomeError,
)
from tests.contract import samples
from tests.contract.scene import PARENT, Scene
from tests.fakes.clock import FakeClock
from tests.fakes.slack_writer import FakeSlackWriter

PRIVATE = Address(channel="C1", private_to="U1", response_url="https://hooks.slack.com/x")
DIVIDER = {"type": "divider"}


def thread(number: int, text: str, **fields: object) -> Message:
    address = Address(channel="C1", thread_of="r-1.parent")
    return replace(samples.message(f"r-1.{number}", text), address=address, **fields)  # type: ignore[arg-type]  # any field


def test_a_row_is_posted_once_and_then_edited(scene: Scene) -> None:
    scene.put(PARENT)
    assert scene.flush() == 1
    assert scene.flush() == 0
    scene.want("half")
    scene.want("done")
    scene.flush()
    (shown,) = scene.slack.shown("r-1.parent")
    assert (shown.content.text, shown.edits) == ("done", 1)


def test_flush_one_says_what_became_of_it(scene: Scene) -> None:
    scene.put(PARENT)
    assert scene.speaker.flush_one("r-1.parent").outcome is Outcome.SENT
    assert scene.speaker.flush_one("r-1.parent").outcome is Outcome.SENT
    assert len(scene.slack.messages) == 1
    with pytest.raises(KeyError):
        scene.speaker.flush_one("r-9.parent")


def test_a_refused_parent_is_dead_and_says_why(scene: Scene) -> None:
    scene.put(PARENT)
    scene.slack.fail_channel("C1", SlackRefusedError("not_in_channel"))
    for _ in range(2):
        spoken = scene.speaker.flush_one("r-1.parent")
        assert (spoken.outcome, spoken.code) == (Outcome.REFUSED, "not_in_channel")
    assert scene.row().dead == "not_in_channel"


def test_the_thread_waits_for_its_parent_and_keeps_its_order(scene: Scene) -> None:
    scene.put(thread(1, "one"), thread(2, "two", urgency=Urgency.FINAL), PARENT)
    for _ in range(5):
        scene.after(1)
    assert scene.slack.texts("C1") == ["rolling", "one", "two"]
    parent = scene.slack.messages[0]
    assert {m.thread_ts for m in scene.slack.messages[1:]} == {parent.ts}


def test_a_dead_row_holds_nobody_up(scene: Scene) -> None:
    scene.put(PARENT, thread(1, "one", dead="msg_too_long"), thread(2, "two"))
    scene.flush()
    scene.after(1)
    assert scene.slack.texts("C1") == ["rolling", "two"]


def test_nothing_overtakes_by_way_of_a_dead_row(scene: Scene) -> None:
    dead = thread(2, "two", dead="overtaken")
    scene.put(PARENT, thread(1, "one"), dead, thread(3, "three", urgency=Urgency.FINAL))
    for _ in range(4):
        scene.after(1)
    assert scene.slack.texts("C1") == ["rolling", "one", "three"]


def test_rows_of_a_dead_parent_die(scene: Scene) -> None:
    scene.put(replace(PARENT, dead="is_archived"), thread(1, "one"))
    spoken = scene.speaker.flush_one("r-1.1")
    assert (spoken.outcome, spoken.code) == (Outcome.REFUSED, "parent_is_archived")


def test_a_lost_reply_is_looked_up_not_repeated(scene: Scene) -> None:
    scene.put(PARENT)
    scene.slack.lose_reply("post")
    assert scene.speaker.flush_one("r-1.parent").outcome is Outcome.UNKNOWN
    scene.want("done")
    scene.after(4)
    (shown,) = scene.slack.shown("r-1.parent")
    assert shown.content.text == "done"
    assert scene.row().sent is not None


def test_a_lost_request_is_posted_after_looking(scene: Scene) -> None:
    scene.put(PARENT)
    scene.slack.fail("post", SlackUnknownOutcomeError("timeout"))
    scene.flush()
    scene.slack.fail("find", SlackUnavailableError("away"))
    scene.after(4)
    scene.slack.fail("post", SlackRateLimitedError(timedelta(seconds=2)))
    scene.after(20)
    scene.after(20)
    assert len(scene.slack.shown("r-1.parent")) == 1
    assert [name for name, _ in scene.slack.calls].count("find") == 3


def test_a_429_of_the_look_up_keeps_nobody_from_posting(scene: Scene) -> None:
    scene.put(PARENT)
    scene.slack.fail("post", SlackUnknownOutcomeError("timeout"))
    scene.flush()
    limited = SlackRateLimitedError(timedelta(seconds=30), "conversations.history")
    scene.slack.fail("find", limited)
    scene.after(4)
    scene.put(samples.message("r-2.parent", "other"))
    scene.after(1)
    assert scene.slack.texts("C1") == ["other"]
    scene.after(30)
    assert scene.slack.texts("C1") == ["other", "rolling"]


def test_while_look_ups_are_limited_none_is_made(scene: Scene) -> None:
    until = scene.clock.now() + timedelta(seconds=30)
    scene.budget.penalize("conversations.history", "", until)
    scene.put(PARENT)
    scene.slack.fail("post", SlackUnknownOutcomeError("timeout"))
    scene.flush()
    scene.after(20)
    assert [name for name, _ in scene.slack.calls] == ["post"]
    scene.after(11)
    assert [name for name, _ in scene.slack.calls] == ["post", "find", "post"]


def test_a_killed_speaker_is_followed_by_a_look(scene: Scene) -> None:
    claim = scene.clock.now()
    scene.slack.post(Destination(channel="C1"), Content(text="rolling"), message_id="r-1.parent")
    scene.put(replace(PARENT, posting_since=claim, extra={"posting": PARENT.wanted_hash}))
    scene.after(5)
    assert [name for name, _ in scene.slack.calls] == ["post"]
    scene.after(6)
    assert len(scene.slack.shown("r-1.parent")) == 1
    assert scene.row().sent is not None


def test_a_lost_edit_is_made_again(scene: Scene) -> None:
    scene.put(PARENT)
    scene.flush()
    scene.want("done")
    scene.slack.fail("update", SlackUnknownOutcomeError("timeout"))
    scene.flush()
    scene.after(2)
    (shown,) = scene.slack.shown("r-1.parent")
    assert shown.content.text == "done"


@pytest.mark.parametrize("code", ["message_not_found", "edit_window_closed", "cant_update_message"])
def test_what_cannot_be_edited_is_posted_anew(scene: Scene, code: str) -> None:
    scene.put(PARENT)
    scene.flush()
    scene.want("done")
    scene.slack.fail("update", SlackRefusedError(code))
    scene.flush()
    sent = scene.row().sent
    assert sent is not None
    assert sent.ts == scene.slack.messages[-1].ts
    assert scene.slack.messages[-1].content.text == "done"


def test_refused_blocks_go_as_text_once(scene: Scene) -> None:
    wanted = Content(text="rolling", blocks=(DIVIDER,))
    scene.put(samples.message("r-1.parent", wanted=wanted))
    scene.slack.fail("post", SlackRefusedError("invalid_blocks"))
    scene.flush()
    assert not scene.slack.messages[0].content.blocks
    scene.want("next")
    scene.flush()
    assert scene.slack.messages[0].content.blocks == (DIVIDER,)


def test_text_that_is_refused_too_is_given_up(scene: Scene) -> None:
    wanted = Content(text="rolling", blocks=(DIVIDER,))
    scene.put(samples.message("r-1.parent", wanted=wanted))
    scene.slack.fail("post", *[SlackRefusedError("invalid_blocks")] * 2)
    spoken = scene.speaker.flush_one("r-1.parent")
    assert (spoken.outcome, spoken.code) == (Outcome.REFUSED, "invalid_blocks")


def test_a_private_answer_takes_the_next_way(scene: Scene) -> None:
    scene.put(samples.message("q-1.1", "found", address=PRIVATE))
    scene.slack.fail("respond", SlackRefusedError("expired_url"))
    scene.slack.fail("post_ephemeral", SlackRefusedError("user_not_in_channel"))
    assert scene.speaker.flush_one("q-1.1").outcome is Outcome.SENT
    assert scene.slack.texts("DU1") == ["found"]
    assert scene.slack.messages[0].thread_ts is None


def test_a_private_answer_uses_the_response_url(scene: Scene) -> None:
    scene.put(samples.message("q-1.1", "found", address=PRIVATE))
    assert scene.flush() == 1
    assert [c.text for _, c in scene.slack.responses] == ["found"]
    assert scene.flush() == 0


def test_a_mentions_answer_is_ephemeral_in_its_thread(scene: Scene) -> None:
    address = Address(channel="C1", thread_ts="5.5", private_to="U1")
    scene.put(samples.message("q-1.1", "found", address=address))
    scene.flush()
    ((where, _),) = scene.slack.ephemerals
    assert (where.channel, where.thread_ts, where.user) == ("C1", "5.5", "U1")


def test_a_private_file_comes_by_direct_message(scene: Scene) -> None:
    wanted = Content(text="logs", file_name="web.log", file_text="line")
    scene.put(samples.message("q-1.1", wanted=wanted, address=PRIVATE))
    scene.flush()
    ((where, content),) = scene.slack.files
    assert (where.channel, content.file_text) == ("DU1", "line")
    assert scene.flush() == 0


def test_nobody_waits_for_an_answer_longer_than_half_an_hour(scene: Scene) -> None:
    scene.put(samples.message("q-1.1", "found", address=PRIVATE))
    scene.slack.down = SlackUnavailableError("away")
    scene.flush()
    scene.slack.down = None
    scene.after(1801)
    assert scene.row("q-1.1").dead == "too_late"
    assert scene.slack.responses == []


def test_a_final_state_survives_an_outage(scene: Scene) -> None:
    scene.put(PARENT)
    scene.flush()
    scene.slack.down = SlackUnavailableError("away")
    scene.want("half")
    for _ in range(30):
        scene.after(10)
    scene.want("done", urgency=Urgency.FINAL, final=True)
    scene.flush()
    scene.slack.down = None
    scene.after(11)
    assert scene.slack.texts("C1") == ["done"]


def test_a_429_waits_as_told_and_delays_no_other_channel(scene: Scene) -> None:
    other = replace(samples.message("r-2.parent", "other"), address=Address(channel="C2"))
    scene.put(PARENT, other)
    scene.slack.fail("post", SlackRateLimitedError(timedelta(seconds=30)))
    scene.flush()
    assert scene.slack.texts("C2") == ["other"]
    assert scene.after(29) == 0
    assert scene.after(2) == 1


def test_a_refusing_channel_delays_no_other(scene: Scene) -> None:
    rows = [samples.message(f"r-{n}.parent", f"text {n}") for n in range(1, 60)]
    other = replace(samples.message("x-1.parent", "other"), address=Address(channel="C2"))
    scene.put(*rows, other)
    scene.slack.fail_channel("C1", SlackRefusedError("missing_scope"))
    scene.flush()
    scene.flush()
    assert scene.slack.texts("C2") == ["other"]


def test_a_silent_slack_is_not_asked_for_every_row(scene: Scene) -> None:
    scene.put(*[samples.message(f"r-{n}.parent", f"text {n}") for n in range(1, 9)])
    scene.slack.down = SlackUnavailableError("away")
    scene.flush()
    assert len(scene.slack.calls) == 2


def test_those_without_a_token_do_not_hide_the_others(scene: Scene) -> None:
    rows = [samples.message(f"r-{n}.parent", f"text {n}") for n in range(1, 60)]
    other = replace(samples.message("x-1.parent", "other"), address=Address(channel="C2"))
    scene.put(*rows, other)
    scene.budget.penalize("chat.postMessage", "C1", scene.clock.now() + timedelta(seconds=9))
    scene.flush()
    scene.flush()
    assert scene.slack.texts("C2") == ["other"]
    assert scene.slack.texts("C1") == []


def test_an_archived_channel_sends_the_end_to_the_requester(scene: Scene) -> None:
    metadata = {"event_type": "waggle_rollout", "event_payload": {"requester": "U7"}}
    wanted = Content(text="rolling", metadata=metadata)
    scene.put(samples.message("r-1.parent", wanted=wanted))
    scene.flush()
    scene.slack.fail_channel("C1", SlackRefusedError("is_archived"))
    scene.want("half")
    scene.flush()
    assert scene.row().dead == "is_archived"
    scene.want("failed", urgency=Urgency.FINAL)
    assert scene.flush() == 1
    assert scene.slack.texts("DU7") == ["failed"]
    scene.want("failed, and why")
    scene.flush()
    assert scene.slack.texts("DU7") == ["failed, and why"]


def test_a_token_that_is_mended_later_loses_nothing(scene: Scene) -> None:
    scene.put(PARENT)
    scene.slack.down = SlackRefusedError("invalid_auth")
    scene.flush()
    scene.slack.down = None
    scene.after(2)
    assert scene.slack.texts("C1") == ["rolling"]


def test_what_is_wanted_meanwhile_is_not_lost(scene: Scene) -> None:
    class Slow(FakeSlackWriter):
        """While it posts, a use case wants something else."""

        def post(self, where: Destination, content: Content, *, message_id: str) -> str:
            scene.want("done")
            return super().post(where, content, message_id=message_id)

    slow = Slow(clock=scene.clock)
    scene.put(PARENT)
    speaker = Speaker(scene.store, slow, scene.budget, scene.clock)
    speaker.flush("default")
    speaker.flush("default")
    assert slow.texts("C1") == ["done"]


def test_two_speakers_post_once(scene: Scene) -> None:
    class Nested(FakeSlackWriter):
        """While it posts, another speaker looks at the same row."""

        def post(self, where: Destination, content: Content, *, message_id: str) -> str:
            other = Speaker(scene.store, scene.slack, scene.budget, scene.clock)
            assert other.flush_one(message_id).outcome is Outcome.DELAYED
            return super().post(where, content, message_id=message_id)

    nested = Nested(clock=scene.clock)
    scene.put(PARENT)
    Speaker(scene.store, nested, scene.budget, scene.clock).flush("default")
    assert len(nested.messages) == 1
    assert scene.slack.messages == []


def moment(seconds: float) -> datetime:
    return FakeClock().now() + timedelta(seconds=seconds)


def test_not_before_is_kept(scene: Scene) -> None:
    scene.put(replace(PARENT, not_before=moment(2.5)))
    assert scene.after(2) == 0
    assert scene.after(1) == 1


def test_a_row_that_is_shown_has_an_address_and_no_other(scene: Scene) -> None:
    scene.put(PARENT)
    assert scene.speaker.link_to("r-none.parent") == scene.speaker.link_to(PARENT.id) == ""
    scene.flush()
    assert scene.speaker.link_to(PARENT.id).startswith("https://")
    scene.slack.fail("permalink", SlackUnavailableError("away"))
    assert scene.speaker.link_to(PARENT.id) == ""
