"""The flag table against the docker CLI's own list: each name, letter, type and API version."""

import pytest

from bot.domain.flags.flag import Flag
from bot.domain.flags.lookup import by_name, flags_of, not_yet
from bot.domain.flags.verb import Verb
from tests.unit.domain.flags import docker_cli

CLI = {
    Verb.CREATE: f"{docker_cli.BOTH} {docker_cli.CREATE_ONLY}".split(),
    Verb.UPDATE: f"{docker_cli.BOTH} {docker_cli.UPDATE_ONLY}".split(),
}
ALL = [(verb, word) for verb, words in CLI.items() for word in words]
METAVARS = {
    "duration": "DURATION", "decimal": "CPUS", "bytes": "BYTES", "uint": "N", "int": "N",
    "float": "RATIO", "port": "PORT", "mount": "MOUNT", "network": "NETWORK",
    "pref": "spread=LABEL", "secret": "SECRET", "config": "CONFIG", "command": "COMMAND",
    "ulimit": "NAME=SOFT[:HARD]", "credential-spec": "SPEC",
}  # fmt: skip
MANY = ("list", "port", "mount", "network", "pref", "secret", "config", "ulimit")
OURS = {
    "dry-run", "reason", "deadline", "supersede", "break-glass", "cluster",
}  # fmt: skip
MEANT = {
    "host-add": "1.25", "generic-resource": "1.32", "generic-resource-add": "1.32",
    "generic-resource-rm": "1.32", "network": "1.29",
}  # fmt: skip
"""Where the CLI's own table slips, and what it must have meant."""


def _split(word: str) -> tuple[str, str, str]:
    head, _, sort = word.partition(":")
    name, _, short = head.partition("/")
    return name, short, sort


def _flag(verb: Verb, name: str) -> Flag:
    flag = by_name(verb, name)
    assert flag is not None, f"--{name} of {verb} is missing"
    return flag


def test_the_counts_are_the_clis() -> None:
    assert (len(CLI[Verb.CREATE]), len(CLI[Verb.UPDATE])) == (73, 92)


@pytest.mark.parametrize(("verb", "word"), ALL, ids=str)
def test_a_flag_of_the_cli_is_ours_with_its_letter_and_its_type(verb: Verb, word: str) -> None:
    name, short, sort = _split(word)
    flag = _flag(verb, name)
    assert flag.short == short
    assert flag.kind.is_bool == (sort == "")
    assert flag.many == (sort in MANY)
    assert flag.kind.metavar == METAVARS.get(sort, flag.kind.metavar)


@pytest.mark.parametrize("verb", CLI)
def test_what_is_not_the_clis_is_known_to_be_ours(verb: Verb) -> None:
    theirs = {_split(word)[0] for word in CLI[verb]}
    assert {flag.name for flag in flags_of(verb)} - theirs == OURS
    assert not any(not_yet(verb, name) for name in theirs)


@pytest.mark.parametrize(("verb", "word"), ALL, ids=str)
def test_a_flag_asks_for_the_api_that_the_cli_asks_for(verb: Verb, word: str) -> None:
    name = _split(word)[0]
    asked = {flag: since for since, names in docker_cli.SINCE.items() for flag in names.split()}
    assert _flag(verb, name).since == {**asked, **MEANT}.get(name, "")
