"""What the tables say of the calls to Slack."""

from collections import Counter
from dataclasses import replace

from bench.at_once import Ended
from bench.speaking import One, calls_table, ends_table

QUICK = Ended(
    ends=[1.0, 2.0],
    ends_said=[1.0],
    calls=[3.0],
    calls_said=[1.0],
    edited=1,
    edits=9,
    edits_of_progress=0,
    limited=0,
    typed=3.4,
    last=54.9,
)


def test_calls_stand_beside_the_pace_they_were_counted_at() -> None:
    slow = Counter({"chat.update": 12, "chat.postMessage": 4})
    table = calls_table(
        {
            "quick": One(took=6.5, made=Counter({"chat.postMessage": 4})),
            "slow": One(took=66, made=slow),
        }
    )
    assert table.head == ("method", "quick", "slow")
    assert table.rows == [
        ("chat.update", "0", "12"),
        ("chat.postMessage", "4", "4"),
        ("all", "4", "16"),
        ("from the line to its end, s", "6.50", "66.0"),
    ]
    assert [line.partition(", aim")[0] for line in table.verdict] == [
        "calls for a rollout of six tasks, quick: 4.00",
        "calls for a rollout of six tasks, slow: 16.0",
    ]
    assert "**missed**: what has changed is shown" in table.verdict[1]


def test_posts_and_edits_are_judged_each() -> None:
    late = replace(QUICK, ends=[1.0, 301.0], edits_of_progress=1, limited=2)
    good, bad = ends_table(QUICK, QUICK), ends_table(QUICK, late)
    assert all(line.endswith("met") for line in good.verdict)
    assert [": met" in line for line in bad.verdict] == [True, False, False, False]
    assert "at best" in bad.verdict[1]


def test_each_row_says_how_it_is_shown() -> None:
    rows = ends_table(QUICK, QUICK).rows
    assert rows[0] == ("ends of what began seconds ago: mostly a post", "2", "1.00", "2.00", "2.00")
    assert [row[0].rpartition(": ")[2] for row in rows] == [
        "mostly a post", "an edit", "a post", "a post", "an edit",
    ]  # fmt: skip


def test_what_edits_cost_is_not_said_to_be_why_posts_are_late() -> None:
    late = replace(QUICK, ends=[1.0, 301.0])
    lines = ends_table(late, late).verdict
    assert "aim ≤ 300 s: **missed**: Waggle makes 240 posts a minute" in lines[0]
    assert "aim ≤ 300 s: **missed**: Waggle makes 42 edits a minute" in lines[1]
