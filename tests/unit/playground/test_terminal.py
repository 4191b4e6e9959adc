import re
from pathlib import Path
from typing import Any

import pytest

from playground.workspace.seen import Seen
from playground.workspace.terminal.live import Journal
from playground.workspace.terminal.names import Names
from playground.workspace.terminal.transcript import transcript
from playground.workspace.terminal.words import message_lines

ROOT = Path(__file__).parents[3]
NAMES = Names({"U0ANN": "ann"}, {"C0OPS": "ops"}, {"S0SRE": "sre"})


def a_message(text: str = "hello", ts: str = "1.0", **more: Any) -> Seen:
    fields: dict[str, Any] = {
        "channel": "C0OPS",
        "channel_name": "ops",
        "ts": ts,
        "user": "U0WAGGLE",
        "author": "waggle",
        "text": text,
        "at": 0.0,
        "origin": "posted",
        "blocks": [],
        "metadata": None,
        "thread_ts": None,
        "broadcast": False,
        "ephemeral_to": None,
        "edited_mark": None,
        "deleted": False,
        "reactions": {},
        "revisions": [],
        "files": {},
        "seq": 1,
        "raw": {},
    }
    return Seen(**(fields | more))


def mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def button(text: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": text}}


def test_blocks_read_as_plain_lines() -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": "web"}},
        {"type": "section", "text": mrkdwn("*paused* by <@U0ANN> in <#C0OPS> &lt;3")},
        {"type": "section", "fields": [mrkdwn("*From*\nv1"), mrkdwn("*To*\nv2")]},
        {"type": "context", "elements": [mrkdwn("4/6 updated")]},
        {"type": "actions", "elements": [button("Resume"), button("Roll back")]},
        {"type": "divider"},
        {
            "type": "table",
            "rows": [
                [{"type": "raw_text", "text": "web"}, {"type": "raw_text", "text": "6"}],
                [{"type": "raw_text", "text": "shop_api"}, {"type": "raw_text", "text": "2"}],
            ],
        },
    ]

    assert message_lines("not shown", blocks, NAMES) == [
        "web",
        "paused by @ann in #ops <3",
        "From                                To",
        "v1                                  v2",
        "· 4/6 updated",
        "[ Resume ]  [ Roll back ]",
        "─" * 24,
        "web       6",
        "shop_api  2",
    ]


def test_code_keeps_its_stars_and_links_their_labels() -> None:
    text = "`a *b* c` <http://x.io/a|x.io/a> <!subteam^S0SRE> snake_case_name"
    assert NAMES.plain(text) == "a *b* c x.io/a @sre snake_case_name"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("*create web_http* _by_ ~me~", "create web_http by me"),
        ("*web_1* and *web_2*", "web_1 and web_2"),
        ("*_both_*", "both"),
        ("2 * 3 * 4 is *b*", "2 * 3 * 4 is b"),
        ("_a*b_", "a*b"),
    ],
)
def test_a_mark_stands_inside_of_another_mark_as_a_letter(text: str, read: str) -> None:
    assert NAMES.plain(text) == read


def test_every_emoji_that_the_bot_uses_is_drawn() -> None:
    sources = (path.read_text() for path in (ROOT / "bot" / "rendering").rglob("*.py"))
    used = {name for text in sources for name in re.findall(r":[a-z_]+:(?=[\" ])", text)}
    assert len(used) > 8
    assert [name for name in used if NAMES.plain(name) == name] == []


def test_replies_stand_below_their_parent() -> None:
    messages = [
        a_message("parent"),
        a_message("other", ts="2.0"),
        a_message("reply", ts="3.0", thread_ts="1.0", broadcast=True),
        a_message("secret", ts="4.0", ephemeral_to="U0BOB"),
        a_message("gone", ts="5.0", deleted=True),
        a_message("mine", ts="6.0", ephemeral_to="U0ANN", edited_mark=9.0),
    ]

    assert transcript(messages, NAMES, reader="U0ANN") == [
        "waggle APP  00:00:00",
        "  parent",
        "    waggle APP  00:00:00  (also sent to the channel)",
        "      reply",
        "",
        "waggle APP  00:00:00",
        "  other",
        "",
        "waggle APP  00:00:00  (only visible to you, edited)",
        "  mine",
        "",
    ]


def test_files_are_shown_with_their_beginning() -> None:
    content = "\n".join(str(n) for n in range(20)).encode()
    lines = transcript([a_message("log", files={"web.log": content})], NAMES)

    assert lines[2] == f"  [file web.log, {len(content)} bytes]"
    assert lines[3] == "  | 0"
    assert lines[-2] == "  | … 8 more lines"


def state(name: str) -> dict[str, Any]:
    return {"event_type": "waggle_rollout", "event_payload": {"state": name}}


def test_edits_wait_and_only_the_newest_is_printed() -> None:
    entries: list[list[str]] = []
    journal = Journal(lambda lines, _: entries.append(lines))
    journal.observe(a_message("web\n1/6"), NAMES, now=0.0)
    for second, text in ((0.5, "web\n2/6"), (1.0, "web\n3/6")):
        journal.observe(a_message(text), NAMES, now=second)
        journal.flush(NAMES, now=second)
    assert len(entries) == 1

    journal.flush(NAMES, now=2.0)
    assert entries[1:] == [["↻ waggle APP  00:00:00", "  3/6"]]

    journal.flush(NAMES, now=9.0, everything=True)
    assert len(entries) == 2


def test_a_turn_of_the_state_is_printed_at_once() -> None:
    entries: list[list[str]] = []
    journal = Journal(lambda lines, _: entries.append(lines))
    journal.observe(a_message("4/6", metadata=state("progressing")), NAMES, now=0.0)
    paused = a_message("paused", metadata=state("paused"), revisions=[{"at": 61.0}])
    journal.observe(paused, NAMES, now=0.1)
    journal.observe(a_message("paused", metadata=state("paused"), deleted=True), NAMES, now=0.2)

    assert entries[1][0] == "↻ waggle APP  00:01:01"
    assert [lines[1] for lines in entries] == ["  4/6", "  paused", "  (deleted)"]
