"""Lines that ask for a form, and all the others."""

import pytest

from bot.domain.flags.verb import Verb
from bot.domain.grammar.wish import Wish, wish


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("update web", Wish(Verb.UPDATE, "web")),
        ("docker service update web", Wish(Verb.UPDATE, "web")),
        ("update", Wish(Verb.UPDATE)),
        ("update --cluster eu web", Wish(Verb.UPDATE, "web", "eu")),
        ("service scale web", Wish(Verb.SCALE, "web")),
        ("create", Wish(Verb.CREATE)),
        ("node update n1", Wish(Verb.NODE_UPDATE, "n1")),
        ("node update", Wish(Verb.NODE_UPDATE)),
    ],
)
def test_a_line_without_flags_asks_for_a_form(line: str, wanted: Wish) -> None:
    found = wish(line)
    assert found == wanted
    assert wish(wanted.line) == wanted


@pytest.mark.parametrize(
    "line",
    [
        "",
        "help",
        "update --help",
        "update web api",
        "update --force web",
        "update --reason x web",
        "update --image x web",
        "update we*b",
        "update 'web",
        "scale",
        "scale web=3",
        "create web",
        "node update n1 n2",
        "nodes",
        "updat web",
        "rollback web",
    ],
)
def test_every_other_line_is_answered_as_ever(line: str) -> None:
    assert wish(line) is None
