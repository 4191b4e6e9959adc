"""Long lists a page at a time, with what is asked for by Next and Previous in the buttons."""

from collections.abc import Sequence
from typing import Any

import pytest

from bot.domain.health import Health, Standing
from bot.domain.message import Content
from bot.domain.page import Asked
from bot.domain.reads import ServiceList, ServiceRow
from bot.domain.reply import HistoryList, NodeList, TaskList
from bot.domain.revision import Mark
from bot.rendering.voice import BlockKitVoice
from tests.builders import a_history, a_node, a_task
from tests.unit.rendering.judge import judge

VOICE = BlockKitVoice(open_policy=False)


def rows(count: int, **fields: Any) -> tuple[ServiceRow, ...]:
    values: dict[str, Any] = {"mode": "replicated", "running": 1, "wanted": 1, "image": "i:1"}
    return tuple(ServiceRow(name=f"s{n:03}", **{**values, **fields}) for n in range(count))


def services(count: int, page: int = 1, **fields: Any) -> Content:
    asked = Asked(line="services", page=page)
    return VOICE.private(ServiceList(rows=rows(count, **fields), asked=asked))


def buttons(content: Content) -> list[tuple[str, str]]:
    found = [b for block in content.blocks if block["type"] == "actions" for b in block["elements"]]
    return [(button["text"]["text"], button["value"]) for button in found]


def named(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if line.startswith("s0")]


@pytest.mark.parametrize(
    ("page", "first", "count", "shown"),
    [
        (1, "s000", 20, [("Next", "services --page 2")]),
        (2, "s020", 20, [("Previous", "services --page 1"), ("Next", "services --page 3")]),
        (3, "s040", 10, [("Previous", "services --page 2")]),
    ],
)
def test_each_page_shows_its_rows_and_the_way_to_its_neighbours(
    page: int, first: str, count: int, shown: Sequence[tuple[str, str]]
) -> None:
    content = services(50, page)
    judge(content.blocks)
    assert named(content.text)[0] == first
    assert len(named(content.text)) == count
    assert buttons(content) == shown
    assert f"Page {page} of 3" in content.text
    assert "*50 services*" in content.text
    assert content.file_name is None


def test_what_fits_on_a_page_has_no_buttons() -> None:
    assert buttons(services(20)) == []


def test_what_is_more_than_pages_carry_is_a_file() -> None:
    content = services(201)
    assert buttons(content) == []
    assert content.file_text is not None
    assert len(content.file_text.splitlines()) == 202


def test_wide_rows_are_cut_before_a_page_is_given_up() -> None:
    content = services(50, image="registry.example.com/" + "i" * 200)
    assert len(named(content.text)) == 20
    assert content.file_name is None
    too_wide = services(50, image="i" * 200, ports="p" * 200, rollout="r" * 200, mode="m" * 200)
    assert buttons(too_wide) == []
    assert too_wide.file_name == "services.txt"


def test_the_small_print_is_of_the_page() -> None:
    troubled = Health(standing=Standing.FAILING, why="no database")
    content = services(50, 2, health=troubled)
    assert "`s020` failing: `no database`" in content.text
    assert "`s019`" not in content.text
    assert ":warning: 50 to look at" in content.text


def test_tasks_nodes_and_revisions_have_pages_too() -> None:
    tasks = tuple(a_task(n) for n in range(1, 31))
    ps = VOICE.private(
        TaskList(service="web", tasks=tasks, node_names={}, asked=Asked(line="ps web", page=2))
    )
    assert buttons(ps) == [("Previous", "ps web --page 1")]
    assert "web.21 " in ps.text
    nodes = tuple(a_node(f"n{n}") for n in range(25))
    assert buttons(VOICE.private(NodeList(nodes=nodes, asked=Asked(line="nodes")))) == [
        ("Next", "nodes --page 2")
    ]
    history = a_history(*[Mark.GOOD] * 25)
    told = VOICE.private(HistoryList(history=history, asked=Asked(line="history web", page=2)))
    assert "*5* good" in told.text
    assert "*6* good" not in told.text
    assert buttons(told) == [("Previous", "history web --page 1")]
