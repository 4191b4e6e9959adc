"""A line that somebody is told to type is for the swarm that it is about."""

import pytest

from bot.domain.grammar import Command, parse
from bot.domain.typed import typed


def test_where_swarms_have_no_names_none_is_named() -> None:
    assert typed("/swarm abort web", "default") == "/swarm abort web"


@pytest.mark.parametrize(
    "line",
    [
        "node update --availability active n1",
        "rollback --to 3 web",
        "unlock --reason WHY --stack shop",
        "lock --steal --reason WHY --all",
        "reject p-1 REASON",
        "locks --notify web",
        "subscribe web* --on trouble",
        "wait c-1",
        "stack ls",
        "node demote n1",
        "unsubscribe web*",
    ],
)
def test_what_is_read_is_the_same_line_of_that_swarm(line: str) -> None:
    plain, named = parse(line), parse(typed(line, "us"))
    assert isinstance(plain, Command)
    assert isinstance(named, Command)
    assert named.options.cluster == "us"
    assert (named.verb, named.targets, named.edits) == (plain.verb, plain.targets, plain.edits)
    assert named.options.reason == plain.options.reason
