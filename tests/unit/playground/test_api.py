"""The Web API's rules, asked of the handlers themselves, without a network."""

import copy
from pathlib import Path
from typing import Any

import pytest

from playground.workspace.api.endpoint import METHODS
from playground.workspace.arguments import Arguments
from playground.workspace.errors import SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import PERSON, Json, Message
from playground.workspace.settings import Settings

FIDELITY = Path(__file__).parents[3] / "docs" / "reference" / "workspace-fidelity.md"
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "a"}}]
METADATA = {"event_type": "waggle_rollout", "event_payload": {"state": "progressing"}}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def hub() -> Hub:
    return Hub(Settings(clock=Clock()))


def call(hub: Hub, method: str, **arguments: Any) -> Json:
    return METHODS[method].handler(hub, Arguments(arguments))


def post(hub: Hub, **arguments: Any) -> str:
    defaults: Json = {"channel": "C0OPS", "text": "a"}
    return str(call(hub, "chat.postMessage", **(defaults | arguments))["ts"])


def stored(hub: Hub, ts: str, channel: str = "C0OPS") -> Message:
    message = hub.world.message(channel, ts)
    assert message is not None
    return message


def update(hub: Hub, ts: str, **arguments: Any) -> Json:
    return call(hub, "chat.update", channel="C0OPS", ts=ts, **arguments)


def refusal(hub: Hub, method: str, **arguments: Any) -> str:
    with pytest.raises(SlackError) as refused:
        call(hub, method, **arguments)
    return refused.value.code


def test_text_alone_removes_the_blocks_and_marks_the_message_edited(hub: Hub) -> None:
    ts = post(hub, blocks=BLOCKS, metadata=METADATA)

    update(hub, ts, text="b")

    message = stored(hub, ts)
    assert (message.text, message.blocks, message.metadata) == ("b", [], METADATA)
    assert message.edited_mark is not None


def test_an_edit_with_blocks_shows_no_edited_mark(hub: Hub) -> None:
    ts = post(hub, blocks=BLOCKS)

    answer = update(hub, ts, text="b", blocks=[{"type": "divider"}])

    assert "edited" not in answer["message"]
    assert [block["type"] for block in stored(hub, ts).blocks] == ["divider"]


def test_metadata_is_replaced_when_given_and_every_edit_is_kept(hub: Hub) -> None:
    ts = post(hub, metadata=METADATA)
    done = {"event_type": "waggle_rollout", "event_payload": {"state": "completed"}}

    update(hub, ts, text="b", metadata=done)

    history = [(r.text, r.metadata) for r in stored(hub, ts).revisions]
    assert history == [("a", METADATA), ("b", done)]


def test_metadata_in_a_form_is_json_in_a_string(hub: Hub) -> None:
    ts = post(hub, metadata='{"event_type": "x", "event_payload": {"n": 1}}')
    assert stored(hub, ts).metadata == {"event_type": "x", "event_payload": {"n": 1}}


def test_an_update_has_4000_characters(hub: Hub) -> None:
    ts = post(hub)
    update(hub, ts, text="x" * 4000)
    long = "x" * 4001
    assert refusal(hub, "chat.update", channel="C0OPS", ts=ts, text=long) == "msg_too_long"


def test_a_long_post_is_cut_with_a_warning(hub: Hub) -> None:
    answer = call(hub, "chat.postMessage", channel="C0OPS", text="x" * 40_001)

    assert len(answer["message"]["text"]) == 40_000
    assert answer["response_metadata"]["warnings"] == ["message_truncated"]


def test_only_own_messages_can_be_changed(hub: Hub) -> None:
    ts = hub.world.new_ts()
    hub.world.add(Message("C0OPS", ts, "U0ANN", "mine", 1.0, PERSON))

    place = {"channel": "C0OPS", "ts": ts}
    assert refusal(hub, "chat.update", text="x", **place) == "cant_update_message"
    assert refusal(hub, "chat.delete", **place) == "cant_delete_message"


def test_ephemeral_messages_are_in_no_history_and_cannot_be_changed(hub: Hub) -> None:
    sent = call(hub, "chat.postEphemeral", channel="C0OPS", user="U0ANN", text="a")

    assert call(hub, "conversations.history", channel="C0OPS")["messages"] == []
    place = {"channel": "C0OPS", "ts": sent["message_ts"], "text": "b"}
    assert refusal(hub, "chat.update", **place) == "message_not_found"
    place = {"channel": "C0OPS", "user": "U0NEW", "text": "b"}
    assert refusal(hub, "chat.postEphemeral", **place) == "user_not_in_channel"


def test_a_reply_to_a_reply_joins_the_parents_thread(hub: Hub) -> None:
    parent = post(hub)
    reply = post(hub, thread_ts=parent)
    third = post(hub, thread_ts=reply, reply_broadcast=True)

    thread = call(hub, "conversations.replies", channel="C0OPS", ts=reply)["messages"]
    assert [m["ts"] for m in thread] == [parent, reply, third]
    assert thread[0]["reply_count"] == 2
    assert thread[2]["subtype"] == "thread_broadcast"
    top = call(hub, "conversations.history", channel="C0OPS")["messages"]
    assert [m["ts"] for m in top] == [third, parent]


def test_a_reply_can_be_broadcast_later_but_not_changed_with_it(hub: Hub) -> None:
    reply = post(hub, thread_ts=post(hub))
    place = {"channel": "C0OPS", "ts": reply, "reply_broadcast": True}

    word = refusal(hub, "chat.update", text="b", **place)
    assert word == "no_dual_broadcast_content_update"
    call(hub, "chat.update", **place)
    assert stored(hub, reply).broadcast


def test_history_pages_newest_first_and_hides_metadata_unless_asked(hub: Hub) -> None:
    sent = [post(hub, text=str(n), metadata=METADATA) for n in range(5)]

    first = call(hub, "conversations.history", channel="C0OPS", limit=3)
    cursor = first["response_metadata"]["next_cursor"]
    rest = call(hub, "conversations.history", channel="C0OPS", limit=3, cursor=cursor)

    assert [m["ts"] for m in first["messages"] + rest["messages"]] == sent[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert "metadata" not in first["messages"][0]
    full = call(hub, "conversations.history", channel="C0OPS", include_all_metadata="true")
    assert full["messages"][0]["metadata"] == METADATA


def test_history_leaves_out_its_ends_unless_inclusive(hub: Hub) -> None:
    sent = [post(hub) for _ in range(3)]
    span = {"channel": "C0OPS", "oldest": sent[0], "latest": sent[2]}

    inner = call(hub, "conversations.history", **span)["messages"]
    whole = call(hub, "conversations.history", inclusive=True, **span)["messages"]

    assert [m["ts"] for m in inner] == [sent[1]]
    assert [m["ts"] for m in whole] == sent[::-1]


def test_history_refuses_nonsense(hub: Hub) -> None:
    assert refusal(hub, "conversations.history", channel="C0OPS", limit=1000) == "invalid_limit"
    assert refusal(hub, "conversations.history", channel="C0OPS", cursor="?") == "invalid_cursor"


def test_a_users_id_as_channel_is_the_direct_message(hub: Hub) -> None:
    answer = call(hub, "chat.postMessage", channel="U0ANN", text="psst")

    opened = call(hub, "conversations.open", users="U0ANN")["channel"]["id"]
    assert answer["channel"] == opened
    assert opened.startswith("D")


def test_a_private_channel_hides_from_strangers(hub: Hub) -> None:
    hub.world.channels["C0LONELY"].is_private = True
    word = refusal(hub, "chat.postMessage", channel="C0LONELY", text="x")
    assert word == "channel_not_found"


def test_chat_write_public_opens_public_channels(hub: Hub) -> None:
    hub.settings.scopes = (*hub.settings.scopes, "chat:write.public")
    assert call(hub, "chat.postMessage", channel="C0LONELY", text="x")["channel"] == "C0LONELY"


def test_metadata_has_a_size(hub: Hub) -> None:
    huge = {"event_type": "x", "event_payload": {"a": "x" * 9000}}
    word = refusal(hub, "chat.postMessage", channel="C0OPS", text="x", metadata=huge)
    assert word == "metadata_too_large"


def test_a_disabled_group_shows_no_members_unless_asked(hub: Hub) -> None:
    assert call(hub, "usergroups.users.list", usergroup="S0SRE")["users"] == ["U0SRE"]
    hub.world.groups["S0SRE"].disabled = True
    assert call(hub, "usergroups.users.list", usergroup="S0SRE")["users"] == []
    assert refusal(hub, "usergroups.users.list", usergroup="S0NONE") == "no_such_subteam"


def test_a_disabled_group_is_listed_if_asked_with_the_time_of_its_end(hub: Hub) -> None:
    hub.world.groups["S0SRE"].disabled = True
    assert call(hub, "usergroups.list")["usergroups"] == []
    (group,) = call(hub, "usergroups.list", include_disabled=True)["usergroups"]
    assert (group["id"], group["date_delete"] > 0) == ("S0SRE", True)


def test_who_was_deactivated_is_still_there_and_marked(hub: Hub) -> None:
    assert call(hub, "users.info", user="U0ANN")["user"]["deleted"] is False
    hub.world.people["U0ANN"].deleted = True
    assert call(hub, "users.info", user="U0ANN")["user"]["deleted"] is True
    assert refusal(hub, "users.info", user="U0NOBODY") == "user_not_found"


def test_each_kind_of_channel_has_a_scope_of_its_own_to_be_described(hub: Hub) -> None:
    direct = call(hub, "conversations.open", users="U0ANN")["channel"]["id"]
    hub.world.channels["C0PROD"].is_private = True
    hub.world.channels["C0LONELY"].is_private = True
    needs = {"C0OPS": "channels:read", "C0PROD": "groups:read", direct: "im:read"}
    for channel, scope in needs.items():
        hub.settings.scopes = (scope,)
        assert call(hub, "conversations.info", channel=channel)["channel"]["id"] == channel
        hub.settings.scopes = tuple(set(needs.values()) - {scope})
        with pytest.raises(SlackError) as refused:
            call(hub, "conversations.info", channel=channel)
        assert (refused.value.code, refused.value.extra["needed"]) == ("missing_scope", scope)
    for nowhere in ("C0LONELY", "C0NONE"):
        assert refusal(hub, "conversations.info", channel=nowhere) == "channel_not_found"


def test_a_trigger_opens_one_view_within_three_seconds(hub: Hub) -> None:
    clock = hub.settings.clock
    assert isinstance(clock, Clock)
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Why?"}, "blocks": []}
    late, used = hub.triggers.issue("U0ANN"), hub.triggers.issue("U0ANN")
    call(hub, "views.open", trigger_id=used, view=view)
    clock.now += 3.1

    assert refusal(hub, "views.open", trigger_id=late, view=view) == "expired_trigger_id"
    assert refusal(hub, "views.open", trigger_id=used, view=view) == "exchanged_trigger_id"
    assert refusal(hub, "views.open", trigger_id="none", view=view) == "invalid_trigger_id"


def test_a_home_is_published_once_and_then_replaced(hub: Hub) -> None:
    home = {"type": "home", "blocks": BLOCKS}
    first = call(hub, "views.publish", user_id="U0ANN", view=home)["view"]
    second = call(hub, "views.publish", user_id="U0ANN", view=home, hash=first["hash"])["view"]

    assert first["id"] == second["id"]
    stale = {"user_id": "U0ANN", "view": home, "hash": first["hash"]}
    assert refusal(hub, "views.publish", **stale) == "hash_conflict"


def test_every_method_stands_in_the_fidelity_page() -> None:
    page = FIDELITY.read_text(encoding="utf-8")
    assert [name for name in METHODS if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        ("chat.update", {"text": "", "blocks": []}, "no_text"),
        ("chat.update", {"text": ""}, "no_text"),
        ("reactions.remove", {"name": "eyes"}, "no_reaction"),
    ],
)
def test_what_is_refused_changes_nothing(hub: Hub, method: str, arguments: Json, code: str) -> None:
    ts = post(hub, blocks=BLOCKS, metadata=METADATA)
    before, seq = copy.deepcopy(stored(hub, ts)), hub.world.seq
    assert refusal(hub, method, channel="C0OPS", ts=ts, timestamp=ts, **arguments) == code
    assert (stored(hub, ts), hub.world.seq) == (before, seq)
