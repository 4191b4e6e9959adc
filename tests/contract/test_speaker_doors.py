"""What the speaker learns on its way: addresses, and doors that are shut; over both stores."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.adapters.speaker import Speaker
from bot.domain import outbox
from bot.domain.message import Address, Content, Message, Urgency
from bot.ports import (
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnavailableError,
    SlackUnknownOutcomeError,
    StoreUnavailableError,
)
from tests.contract import samples
from tests.contract.scene import PARENT, Scene
from tests.fakes.clock import START

# -- the address of a message that others point at


def link(scene: Scene, message_id: str = "r-1.parent") -> str:
    sent = scene.row(message_id).sent
    assert sent is not None
    return sent.link


def permalinks(scene: Scene) -> int:
    return [name for name, _ in scene.slack.calls].count("permalink")


def test_the_address_is_asked_for_once_and_kept(scene: Scene) -> None:
    scene.put(replace(PARENT, linked=True))
    scene.flush()
    assert link(scene) == scene.slack.permalink("C1", scene.slack.messages[0].ts)
    scene.want("done")
    scene.flush()
    assert link(scene) != ""
    assert permalinks(scene) == 2, "one of them is this test's own"


def test_a_row_that_nobody_points_at_asks_for_no_address(scene: Scene) -> None:
    scene.put(PARENT)
    scene.flush()
    assert (link(scene), permalinks(scene)) == ("", 0)


@pytest.mark.parametrize(
    "error",
    [
        SlackRefusedError("channel_not_found"),
        SlackUnknownOutcomeError("timeout"),
        SlackUnavailableError("away"),
        SlackRateLimitedError(timedelta(seconds=1)),
    ],
)
def test_an_address_that_slack_did_not_give_is_asked_for_after_the_next_edit(
    scene: Scene, error: SlackError
) -> None:
    scene.put(replace(PARENT, linked=True))
    scene.slack.fail("permalink", error)
    assert scene.flush() == 1
    assert link(scene) == ""
    scene.want("done")
    scene.after(5)
    assert link(scene).startswith("https://")


def test_without_a_token_no_address_is_asked_for(scene: Scene) -> None:
    scene.put(replace(PARENT, linked=True))
    scene.budget.penalize("chat.getPermalink", "", scene.clock.now() + timedelta(seconds=9))
    scene.flush()
    assert (link(scene), permalinks(scene)) == ("", 0)


def test_a_message_that_is_posted_anew_has_a_new_address(scene: Scene) -> None:
    scene.put(replace(PARENT, linked=True))
    scene.flush()
    first = link(scene)
    scene.want("done")
    scene.slack.fail("update", SlackRefusedError("message_not_found"))
    scene.flush()
    assert link(scene) not in {"", first}


def test_the_address_of_a_message_that_moved_on_meanwhile_is_dropped(scene: Scene) -> None:
    scene.put(PARENT)
    scene.flush()
    row = scene.row()
    assert row.sent is not None
    other = replace(row.sent, ts="9.9")
    assert outbox.with_link(row, other, "https://x.y/p") == row
    assert outbox.with_link(replace(row, sent=None), other, "https://x.y/p").sent is None


def test_a_direct_message_has_no_address_for_others(scene: Scene) -> None:
    metadata = {"event_type": "waggle_rollout", "event_payload": {"requester": "U1"}}
    wanted = Content(text="failed", metadata=metadata)
    scene.put(samples.message("r-1.parent", wanted=wanted, urgency=Urgency.FINAL, linked=True))
    scene.slack.fail_channel("C1", SlackRefusedError("is_archived"))
    scene.flush()
    scene.flush()
    assert scene.slack.texts("DU1") == ["failed"]
    assert permalinks(scene) == 0


# -- doors


class Porter:
    """A doorkeeper that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def refused(self, row: Message, code: str) -> None:
        self.told.append((row.id, code))

    def opened(self, row: Message) -> None:
        self.told.append((row.id, "open"))


def test_the_doorkeeper_hears_of_what_is_given_up_and_of_what_is_taken(scene: Scene) -> None:
    porter = Porter()
    speaker = Speaker(scene.store, scene.slack, scene.budget, scene.clock, porter)
    scene.put(PARENT, samples.message("r-2.parent", address=Address(channel="C2")))
    scene.slack.fail_channel("C1", SlackRefusedError("not_in_channel"))
    scene.slack.fail("post", SlackUnavailableError("away"), SlackRefusedError("invalid_auth"))
    speaker.flush("default")
    assert porter.told == [], "neither says anything of a channel"
    scene.clock.advance(20)
    speaker.flush("default")
    assert sorted(porter.told) == [("r-1.parent", "not_in_channel"), ("r-2.parent", "open")]


def test_a_doorkeeper_that_cannot_write_is_asked_again(scene: Scene) -> None:
    """The outcome is not recorded before it: a kill between the two loses nothing."""

    class Away(Porter):
        def refused(self, row: Message, code: str) -> None:
            super().refused(row, code)
            if len(self.told) == 1:
                raise StoreUnavailableError("redis is away")

    porter = Away()
    speaker = Speaker(scene.store, scene.slack, scene.budget, scene.clock, porter)
    scene.put(PARENT)
    scene.slack.fail_channel("C1", SlackRefusedError("is_archived"))
    with pytest.raises(StoreUnavailableError):
        speaker.flush("default")
    assert scene.row().dead is None
    scene.clock.advance(20)
    speaker.flush("default")
    assert scene.row().dead == "is_archived"
    assert len(porter.told) == 2


# -- a channel that fails, and the others


@pytest.mark.parametrize(
    "error",
    [
        SlackRefusedError("is_archived"),
        SlackRefusedError("not_in_channel"),
        SlackRateLimitedError(timedelta(seconds=30)),
    ],
)
def test_a_channel_that_fails_delays_no_other(scene: Scene, error: SlackError) -> None:
    rows = [
        samples.message(
            f"r-{number}.n.{channel}",
            f"{channel} {number}",
            address=Address(channel=channel),
            created_at=START + timedelta(milliseconds=number),
        )
        for number in range(8)
        for channel in ("C9", "C1", "C2")
    ]
    scene.put(*rows)
    scene.slack.fail_channel("C9", error)
    scene.after(1)
    for channel in ("C1", "C2"):
        assert scene.slack.texts(channel) == [f"{channel} {number}" for number in range(8)]
    assert scene.slack.texts("C9") == []
