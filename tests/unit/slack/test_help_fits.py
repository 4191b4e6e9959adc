"""Help stands in the ack's own text: every page of it must fit a message and keep its columns."""

import pytest

from bot.domain.flags.verb import Verb
from bot.domain.grammar import Answer, parse
from bot.domain.reply import Said
from bot.rendering.escape import FENCE, escape
from bot.rendering.guard import guard
from bot.rendering.voice import BlockKitVoice

LONGEST_TEXT = 4000
"""Slack docs, chat.update and message limits: above that a text is cut or refused."""

PAGES = ["", *(f"help {verb.value.replace('_', ' ')}" for verb in Verb)]


@pytest.mark.parametrize("line", PAGES)
def test_a_page_of_help_fits_the_ack(line: str) -> None:
    page = parse(line)
    assert isinstance(page, Answer)
    assert page.kind == "help"
    shown = f"{FENCE}\n{escape(page.text)}\n{FENCE}"
    assert len(shown) <= LONGEST_TEXT
    assert shown.count(FENCE) == 2


@pytest.mark.parametrize("line", PAGES)
def test_a_page_of_help_fits_the_answer_to_a_mention(line: str) -> None:
    page = parse(line)
    assert isinstance(page, Answer)
    content = BlockKitVoice("/swarm", open_policy=True).private(Said(text=page.text, as_block=True))
    checked = guard(content)
    assert len(checked.text) <= LONGEST_TEXT
    assert checked.file_name is None, "a file goes by direct message, out of the thread"
    for text in page.text.splitlines():
        assert escape(text) in checked.text
    drawn = "\n".join(block["text"]["text"] for block in checked.blocks)
    assert drawn == checked.text


def test_what_is_too_long_even_so_is_a_file_with_all_of_it() -> None:
    text = "\n".join(["Flags:", *("x" * 70 + str(n) for n in range(80))])
    content = BlockKitVoice("/swarm", open_policy=True).private(Said(text=text, as_block=True))
    assert content.file_text == text + "\n"
