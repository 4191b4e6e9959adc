"""What a client knows of a channel is what the workspace would tell it from the beginning."""

from typing import Any

from playground.workspace import WorkspaceClient
from playground.workspace.seen import Known, Seen, seen

Json = dict[str, Any]


def told(ts: str, text: str, seq: int, *, deleted: bool = False) -> Json:
    empty: Json = dict.fromkeys(Seen.__dataclass_fields__.keys() - {"raw"})
    more: Json = {"channel": "C1", "files": [], "deleted": deleted}
    return empty | more | {"ts": ts, "text": text, "seq": seq}


def texts(messages: list[Seen]) -> list[str]:
    return [message.text for message in messages]


class Workspace(WorkspaceClient):
    """Answers by itself, as the control API does."""

    def __init__(self) -> None:
        super().__init__("")
        self.there: list[Json] = []
        self.asked: list[int] = []

    def control(self, verb: str, **body: Any) -> Json:
        assert verb == "messages"
        since = int(body.get("since", 0))
        self.asked.append(since)
        found = [each for each in self.there if each["seq"] > since]
        return {"seq": max(each["seq"] for each in self.there), "messages": found}


def test_only_what_has_changed_is_asked_for_and_all_is_returned() -> None:
    client = Workspace()
    client.there = [told("1", "one", 1), told("2", "two", 2)]
    assert texts(client.messages("#ops")) == ["one", "two"]
    client.there[0] = told("1", "one, edited", 3)
    client.there.append(told("3", "three", 4))
    assert texts(client.messages("#ops")) == ["one, edited", "two", "three"]
    assert texts(client.messages("#ops")) == ["one, edited", "two", "three"]
    assert client.asked == [0, 2, 4]


def test_a_deleted_one_is_shown_to_who_asks_for_it() -> None:
    client = Workspace()
    client.there = [told("1", "one", 1), told("2", "two", 2)]
    client.messages()
    client.there[0] = told("1", "one", 3, deleted=True)
    assert texts(client.messages()) == ["two"]
    assert texts(client.messages(deleted=True)) == ["one", "two"]


def test_channels_are_known_apart() -> None:
    client = Workspace()
    client.there = [told("1", "one", 1)]
    client.messages("#ops")
    client.messages("#dev")
    assert client.asked == [0, 0]


def test_a_workspace_that_was_started_anew_is_asked_from_the_beginning() -> None:
    client = Workspace()
    client.there = [told("1", "one", 7)]
    client.messages()
    client.there = [told("9", "new", 1)]
    assert texts(client.messages()) == ["new"]
    assert client.asked == [0, 7, 0]


def test_an_answer_that_is_late_takes_nothing_back() -> None:
    known = Known()
    known.add(3, map(seen, [told("1", "newest", 3), told("2", "two", 2)]))
    assert texts(known.add(1, map(seen, [told("1", "old", 1)]))) == ["newest", "two"]
    assert known.seq == 3
