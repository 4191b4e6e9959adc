"""Whatever comes, what leaves is within Slack's limits, and nothing is cut in silence."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.message import Content
from bot.rendering import blocks as make
from bot.rendering.cut import cut
from bot.rendering.guard import FILE_MAX, METADATA_MAX, TEXT_MAX, guard
from bot.rendering.limits import (
    ACTIONS_MAX,
    BLOCKS_MAX,
    CONTEXT_MAX,
    FIELD_MAX,
    FIELDS_MAX,
    HEADER_MAX,
    ID_MAX,
    TOTAL_MAX,
    total_text,
)
from bot.rendering.limits import (
    TEXT_MAX as SECTION_MAX,
)
from tests.unit.rendering.judge import judge

ROLLOUT = {"event_type": "waggle_rollout", "event_payload": {"rollout_id": "r-1"}}

lengths = st.one_of(st.integers(0, 60), st.integers(100, 160), st.integers(2_900, 20_000))
long_texts = st.builds(
    lambda unit, length: (unit * length)[:length],
    st.sampled_from(["a", "line\n", "&amp;", "```\nx\n", "<@U1> ", " "]),
    lengths,
)
ids = st.one_of(st.sampled_from(["a", "b", ""]), st.integers(200, 300).map(lambda n: "i" * n))
texts_of_a_block = st.builds(make.mrkdwn, long_texts)
buttons = st.builds(make.button, long_texts, ids, long_texts)
confirmed = st.builds(
    lambda button, text: {**button, "confirm": make.confirm(text, text, text)}, buttons, long_texts
)
with_ids = st.builds(
    lambda block, name: {**block, "block_id": name}, st.builds(make.section, long_texts), ids
)
blocks = st.one_of(
    st.builds(make.section, long_texts),
    with_ids,
    st.builds(make.header, long_texts),
    st.builds(make.context, st.lists(long_texts, max_size=3)),
    st.builds(
        lambda texts: {"type": "context", "elements": texts},
        st.lists(texts_of_a_block, max_size=14),
    ),
    st.builds(
        lambda texts: {"type": "section", "fields": texts}, st.lists(texts_of_a_block, max_size=14)
    ),
    st.builds(make.actions, st.lists(st.one_of(buttons, confirmed), max_size=30)),
)
odd_blocks = st.dictionaries(
    st.sampled_from(["type", "text", "elements", "fields", "rows", "block_id"]),
    st.one_of(st.none(), st.text(max_size=9), st.integers(), st.lists(st.none(), max_size=2)),
)
contents = st.builds(
    Content,
    text=long_texts,
    blocks=st.lists(st.one_of(blocks, odd_blocks), max_size=55).map(tuple),
    metadata=st.sampled_from([None, ROLLOUT]),
)


def _assert_within_limits(content: Content) -> None:
    assert 0 < len(content.text) <= TEXT_MAX
    assert len(content.blocks) <= BLOCKS_MAX
    assert total_text(content.blocks) <= TOTAL_MAX
    assert sum(block.get("type") == "table" for block in content.blocks) <= 1
    named = [block["block_id"] for block in content.blocks if "block_id" in block]
    for block in content.blocks:
        named += _assert_block(block)
    assert len(named) == len(set(named))
    assert all(0 < len(name) <= ID_MAX for name in named)


def _assert_block(block: dict[str, Any]) -> list[str]:
    """Check one block; return the action ids in it."""
    kind, elements = block.get("type"), block.get("elements") or []
    if kind == "header":
        assert 0 < len(block["text"]["text"]) <= HEADER_MAX
    if kind == "section":
        assert "text" in block or block["fields"]
        assert len(block.get("text", {}).get("text", "")) <= SECTION_MAX
        assert len(block.get("fields", ())) <= FIELDS_MAX
        assert all(len(one["text"]) <= FIELD_MAX for one in block.get("fields", ()))
    if kind == "context":
        assert 0 < len(elements) <= CONTEXT_MAX
    if kind == "actions":
        assert 0 < len(elements) <= ACTIONS_MAX
        assert all(
            len(one["text"]["text"]) <= 75 and len(one["value"]) <= 2_000 for one in elements
        )
        return [one["action_id"] for one in elements]
    return []


@settings(max_examples=40)
@given(contents)
def test_what_leaves_is_within_all_limits(content: Content) -> None:
    made = guard(content)
    _assert_within_limits(made)
    assert made.metadata == content.metadata


@settings(max_examples=40)
@given(contents)
def test_a_guarded_message_passes_unchanged(content: Content) -> None:
    once = guard(content)
    assert guard(once) == once


@settings(max_examples=40)
@given(st.lists(blocks, max_size=8).map(tuple))
def test_the_independent_judge_agrees(some: tuple[dict[str, Any], ...]) -> None:
    sections = tuple(block for block in some if "fields" not in block)
    judge(
        [
            {k: v for k, v in b.items() if k != "block_id"}
            for b in guard(Content(text="t", blocks=sections)).blocks
        ]
    )


@settings(max_examples=40)
@given(contents)
def test_a_long_private_answer_is_never_cut_in_silence(content: Content) -> None:
    made = guard(Content(text=content.text, blocks=content.blocks))
    if content.text.strip() and len(content.text) > TEXT_MAX:
        assert made.file_text is not None
        assert "in the file" in made.text


def test_a_parent_never_becomes_a_file_and_says_where_the_rest_is() -> None:
    lines = "\n".join(f"line {n}" for n in range(2_000))
    made = guard(Content(text=lines, blocks=(make.section(lines),), metadata=ROLLOUT))
    assert made.file_name is None
    assert made.text.endswith("more lines in the thread")
    assert made.blocks[0]["text"]["text"].endswith("more lines in the thread")


def test_the_lines_left_out_are_counted() -> None:
    lines = [f"line {n}" for n in range(1_000)]
    made = cut("\n".join(lines), 1_000, "in the file")
    kept, told = made.rsplit("\n", 1)
    assert told == f"… {1_000 - len(kept.splitlines())} more lines in the file"


def test_a_cut_closes_the_code_block_and_leaves_no_half_entity() -> None:
    assert cut("```\n" + "x\n" * 900, 500).count("```") == 2
    assert "&am\n" not in cut("&amp;" * 1_000, 500)
    assert cut("&amp;" * 1_000, 500).split("\n")[0].endswith("&amp;")


def test_buttons_stay_when_blocks_are_too_many() -> None:
    row = make.actions([make.button("Abort", "waggle.act.abort", "r-1")])
    made = guard(Content(text="t", blocks=(*[make.section("x")] * 80, row), metadata=ROLLOUT))
    assert made.blocks[-1] == row
    assert "more parts" in made.blocks[-2]["elements"][0]["text"]


def test_a_second_table_becomes_words() -> None:
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}
    first, second = guard(Content(text="t", blocks=(table, table))).blocks
    assert first == table
    assert "a table of 1 more rows" in second["text"]["text"]


def test_metadata_keeps_its_keys_when_it_is_too_big() -> None:
    payload = {"rollout_id": "r-1", "service": "w" * 9_000, "approval_id": None}
    made = guard(Content(text="t", metadata={"event_type": "e", "event_payload": payload}))
    assert made.metadata is not None
    assert made.metadata["event_payload"].keys() == payload.keys()
    assert len(json.dumps(made.metadata)) <= METADATA_MAX


def test_a_file_has_a_safe_name_and_a_bound() -> None:
    made = guard(Content(text="t", file_name="../a b/<c>.log", file_text="x" * (FILE_MAX + 1)))
    assert made.file_name == "a-b-c-.log"
    assert made.file_text is not None
    assert len(made.file_text) <= FILE_MAX
    assert "too long even for a file" in made.file_text


@pytest.mark.parametrize("text", ["", "  \n", 5, None])
def test_nothing_to_say_and_nonsense_are_said_somehow(text: Any) -> None:
    assert guard(Content(text=text, blocks=(None, "x", 3))).text.strip()  # type: ignore[arg-type]  # not blocks, on purpose
