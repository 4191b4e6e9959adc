"""Flags and arguments that only reads have."""

import pytest

from bot.domain.flags.verb import Verb
from bot.domain.grammar import Answer, Command, parse


def understood(line: str) -> Command:
    command = parse(line)
    assert isinstance(command, Command), command
    assert parse(command.canonical) == command
    return command


def test_pages_patterns_and_whole_answers() -> None:
    assert understood("services --page 3").options.page == 3
    assert understood("docker service ps --no-trunc web").options.no_trunc
    found = understood("logs --grep 'connection refused' --tail 5 web")
    assert (found.options.grep, found.options.tail) == ("connection refused", 5)


@pytest.mark.parametrize(
    ("line", "targets"),
    [
        ("tags web", ("web",)),
        ("tags shop/web:2.4", ("shop/web",)),
        ("tags httpd:2", ("httpd",)),
        ("tags reg.io:5000/a/b@sha256:" + "a" * 64, ("reg.io:5000/a/b",)),
    ],
)
def test_tags_of_a_service_or_a_repository(line: str, targets: tuple[str, ...]) -> None:
    command = understood(line)
    assert (command.verb, command.targets) == (Verb.TAGS, targets)


@pytest.mark.parametrize(
    "line",
    [
        "services --page 0",
        "services --page x",
        "services --page 99999",
        "inspect web --page 2",
        "logs --grep '' web",
        "logs --grep '**' web",
        f"logs --grep {'x' * 201} web",
        "tags",
        "tags a b",
        "tags shop/WEB",
        "tags a/../b",
        "tags a//b",
        "tags ../x",
    ],
)
def test_what_cannot_be_meant_is_answered(line: str) -> None:
    answer = parse(line)
    assert isinstance(answer, Answer)
    assert answer.kind == "error"
