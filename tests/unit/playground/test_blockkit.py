import pytest

from playground.workspace.blockkit import check_message_blocks, check_view
from playground.workspace.errors import SlackError

Block = dict[str, object]


def section(length: int) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


def button(number: int, **more: object) -> Block:
    text = {"type": "plain_text", "text": "Go"}
    return {"type": "button", "action_id": f"a{number}", "text": text, **more}


def actions(count: int) -> Block:
    return {"type": "actions", "elements": [button(n) for n in range(count)]}


def table(rows: int, columns: int, text: str = "x") -> Block:
    row = [{"type": "raw_text", "text": text}] * columns
    return {"type": "table", "rows": [row] * rows}


def header(length: int) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": "x" * length}}


def fields(count: int, length: int = 1) -> Block:
    field = {"type": "mrkdwn", "text": "x" * length}
    return {"type": "section", "fields": [field] * count}


def with_button(**more: object) -> Block:
    return {"type": "actions", "elements": [button(0, **more)]}


def plain(length: int) -> Block:
    return {"type": "plain_text", "text": "x" * length}


def context(count: int) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * count}


def plan(status: str) -> Block:
    task = {"type": "task_card", "task_id": "1", "title": "pull", "status": status}
    return {"type": "plan", "title": "steps", "tasks": [task]}


AT_THE_LIMIT = {
    "blocks": [{"type": "divider"}] * 50,
    "section": [section(3000)],
    "header": [header(150)],
    "fields": [fields(10)],
    "field": [fields(1, 2000)],
    "context": [context(10)],
    "actions": [actions(25)],
    "button text": [with_button(text=plain(75))],
    "button value": [with_button(value="x" * 2000)],
    "confirm": [with_button(confirm={"title": plain(100), "text": plain(300)})],
    "table rows": [table(100, 1)],
    "table columns": [table(1, 20)],
    "table characters": [table(1, 1, "x" * 10_000)],
    "total": [section(3000)] * 4 + [section(1200)],
    "plan": [plan("in_progress")],
    "markdown": [{"type": "markdown", "text": "x" * 12_000}],
}
BEYOND = {
    "blocks": ([{"type": "divider"}] * 51, "no more than 50 items"),
    "section": ([section(3001)], "/blocks/0/text/text"),
    "empty text": ([section(0)], "must be more than 0 characters"),
    "header": ([header(151)], "must be less than 151 characters"),
    "fields": ([fields(11)], "no more than 10 items"),
    "field": ([fields(1, 2001)], "/blocks/0/fields/0/text"),
    "context": ([context(11)], "no more than 10 items"),
    "actions": ([actions(26)], "no more than 25 items"),
    "button text": ([with_button(text=plain(76))], "/blocks/0/elements/0/text/text"),
    "button value": ([with_button(value="x" * 2001)], "/blocks/0/elements/0/value"),
    "confirm": ([with_button(confirm={"title": plain(101), "text": plain(1)})], "confirm/title"),
    "style": ([with_button(style="green")], "primary, danger"),
    "same action": (
        [{"type": "actions", "elements": [button(1), button(1)]}],
        '`action_id` "a1" already exists',
    ),
    "same block": (
        [{"type": "divider", "block_id": "b"}] * 2,
        '`block_id` "b" already exists',
    ),
    "table rows": ([table(101, 1)], "no more than 100 items"),
    "table columns": ([table(1, 21)], "no more than 20 items"),
    "empty cell": ([table(1, 1, "")], "must be more than 0 characters"),
    "table characters": ([table(2, 1, "x" * 5001)], "table exceeds 10000 characters"),
    "two tables": ([table(1, 1), table(1, 1)], "only_one_table_allowed"),
    "unknown": ([{"type": "marquee"}], "unsupported type: marquee"),
    "alert": ([{"type": "alert", "text": plain(5)}], "alert is not supported in messages"),
    "task status": ([plan("done")], "must be one of pending"),
    "markdown": ([{"type": "markdown", "text": "x" * 6001}] * 2, "exceed 12000 characters"),
    "no object": (["text"], "unsupported type"),
}


@pytest.mark.parametrize("blocks", AT_THE_LIMIT.values(), ids=AT_THE_LIMIT)
def test_the_limit_itself_is_accepted(blocks: list[Block]) -> None:
    check_message_blocks(blocks)


@pytest.mark.parametrize(("blocks", "complaint"), BEYOND.values(), ids=BEYOND)
def test_one_beyond_is_refused_and_named(blocks: list[Block], complaint: str) -> None:
    with pytest.raises(SlackError) as refused:
        check_message_blocks(blocks)
    assert refused.value.code == "invalid_blocks"
    assert complaint in " ".join(refused.value.messages)


def test_all_text_together_has_a_limit() -> None:
    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        check_message_blocks([section(3000)] * 4 + [section(1201)])


def test_blocks_must_be_a_list() -> None:
    with pytest.raises(SlackError, match="invalid_blocks_format"):
        check_message_blocks({"type": "divider"})


def modal(**more: object) -> Block:
    title = {"type": "plain_text", "text": "Why?"}
    return {"type": "modal", "title": title, "blocks": [], **more}


INPUT = {
    "type": "input",
    "label": {"type": "plain_text", "text": "Reason"},
    "element": {"type": "plain_text_input", "action_id": "reason"},
}


def test_a_modal_with_an_input_needs_a_submit_button() -> None:
    with pytest.raises(SlackError) as refused:
        check_view(modal(blocks=[INPUT]))
    assert "submit is required" in refused.value.messages[0]
    check_view(modal(blocks=[INPUT], submit={"type": "plain_text", "text": "Go"}))


@pytest.mark.parametrize(
    "view",
    [
        modal(title=plain(25)),
        modal(private_metadata="x" * 3001),
        modal(blocks=[{"type": "divider"}] * 101),
        {"type": "drawer"},
        None,
    ],
)
def test_views_beyond_their_limits_are_refused(view: object) -> None:
    with pytest.raises(SlackError, match="invalid_arguments"):
        check_view(view)
