"""What Slack does to typed text, row by row."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import UserError
from bot.domain.grammar.normalise import MAX_LINE, normalise
from bot.domain.grammar.tokens import quote, tokenize

ROWS = [
    *(
        (f"update {dash}image shop/web:2.4 web", "update --image shop/web:2.4 web")
        for dash in "\u2012\u2013\u2014\u2015"
    ),
    ("update \u2011\u2011force web", "update --force web"),
    ("update \u2212\u2212force web", "update --force web"),
    ("update \u2010d web", "update -d web"),
    *(
        (f"update {two}dry-run --force web", "update --dry-run --force web")
        for two in ("\u2013\u2013", "\u2013-", "-\u2013", "\u2014-")
    ),
    ("--env-add MSG=a\u2014b", "--env-add MSG=a\u2014b"),
    ("update \u2014force \u2014 web", "update --force \u2014 web"),
    ("--env-add \u201cA=b c\u201d", '--env-add "A=b c"'),
    ("--env-add \u2018A=b c\u2019", "--env-add 'A=b c'"),
    ("\u201eA\u201c \u00abB\u00bb \u201aC'", '"A" "B" \'C\''),
    ("scale web=3\u00a0--detach", "scale web=3 --detach"),
    ("scale\u2007web=3\u202f-d", "scale web=3 -d"),
    ("\ufeffscale\u200b web=3\u2060", "scale web=3"),
    ("<@U012ABC|ann> <@U012ABC>", "<@U012ABC> <@U012ABC>"),
    ("<#C1|ops> <#C9|> <!subteam^S1|@sre>", "<#C1> <#C9> <!subteam^S1>"),
    ("<http://reg.io:5000/web:1|reg.io:5000/web:1>", "reg.io:5000/web:1"),
    ("<https://ghcr.io/x/y:1.2>", "https://ghcr.io/x/y:1.2"),
    ("<mailto:a@b.c|a@b.c>", "a@b.c"),
    ("&amp;&amp; &lt;x&gt;", "&& <x>"),
    ("&amp;lt;x&amp;gt;", "&lt;x&gt;"),
    ("A=x&amp;copy=1", "A=x&copy=1"),
    ("--format <x> <a|b>", "--format <x> <a|b>"),
    ('--label-add "note=a \u2014b"', '--label-add "note=a \u2014b"'),
    ("--label-add 'note=a \u2014b' \u2014force", "--label-add 'note=a \u2014b' --force"),
    ("--label-add \u201cnote=a \u2014b\u201d", '--label-add "note=a \u2014b"'),
    ("&lt;@U012ABC&gt;", "<@U012ABC>"),
]


@pytest.mark.parametrize(("typed", "meant"), ROWS)
def test_row(typed: str, meant: str) -> None:
    assert normalise(typed) == meant


@pytest.mark.parametrize("char", ["\u202e", "\u2066", "\x00", "\x1b", "\x7f", "\u200f", "\u061c"])
def test_invisible_characters_are_refused_with_their_place(char: str) -> None:
    with pytest.raises(UserError, match=rf"position 7 of this line: U\+{ord(char):04X}"):
        normalise(f"scale {char}web=3")


def test_a_line_over_the_cap_is_refused() -> None:
    assert normalise("a" * MAX_LINE)
    with pytest.raises(UserError, match="4001 characters"):
        normalise("a" * (MAX_LINE + 1))


@pytest.mark.parametrize(
    "piece", ["<@", "<http:", "\u2014", "'", '"', "\\", '"\\', "&amp;", "<!", " \u2011", "`", "' "]
)
def test_cost_grows_with_length_only(piece: str) -> None:
    """The work is counted in function calls, and its result is bounded by the cap."""
    line = (piece * MAX_LINE)[:MAX_LINE]
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        normal = normalise(line)
    finally:
        sys.setprofile(None)
    assert calls < 10 * MAX_LINE
    assert len(normal) <= 2 * MAX_LINE


WORDS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20)


@given(st.lists(WORDS, max_size=6))
def test_quoted_words_are_read_back(words: list[str]) -> None:
    line = " ".join(quote(word) for word in words)
    assert [token.text for token in tokenize(line)] == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a 'b c' \"d e\"", ["a", "b c", "d e"]),
        ('"A=it\'s"', ["A=it's"]),
        (r'a\ b "c\"d" "e\d" \x', ["a b", 'c"d', r"e\d", "x"]),
        ("A='b'\"c\"d", ["A=bcd"]),
        ("'' \"\"", ["", ""]),
        ("`update web`", ["update", "web"]),
        ("```\nscale a=1\n```", ["scale", "a=1"]),
        ("update \\\n  --force web", ["update", "--force", "web"]),
    ],
)
def test_words(line: str, words: list[str]) -> None:
    assert [token.text for token in tokenize(line)] == words


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("A=it's", "single quote .* position 5 is not closed"),
        ('--reason "oh', "double quote at position 10 is not closed"),
        ("a \\", "ends in a backslash"),
    ],
)
def test_an_open_quote_is_said_without_its_content(line: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        tokenize(line)
    assert "oh" not in caught.value.full_text
