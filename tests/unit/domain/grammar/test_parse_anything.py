"""Whatever is typed: parsing never raises, and what is understood survives storage and echo."""

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.grammar import Command, Verb, VerbClass, parse, split
from bot.domain.grammar.verbs import BY_NAME
from tests.unit.domain.grammar.reading import refused, understood


def test_classes() -> None:
    classes = {verb: verb.verb_class for verb in Verb}
    assert classes[Verb.SCALE] is VerbClass.ROLLOUT
    assert classes[Verb.RM] is VerbClass.CHANGE
    assert classes[Verb.UNSTICK] is VerbClass.ACTION
    assert classes[Verb.LOGS] is VerbClass.READ


TYPED = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                *BY_NAME,
                "docker",
                "service",
                "node",
                "--",
                "-",
                "--image",
                "-e",
                "-p",
                "web",
                "a=1",
                "'",
                '"',
                "\\",
                "--help",
                "=",
                "--mount-add",
                "--publish-add",
                "type=bind",
                "\u2014force",
                "80:80",
                "--args",
                "--subnet",
                "1.1.1.1/8",
                "--gateway",
                "::1",
                "--network-add",
                "name=",
                ",",
                '"a"b',
                "--since",
                "--health-cmd",
                "--no-healthcheck",
                "--mode",
                "global",
                "x/y",
                "--name",
                "&lt;",
            ]
        ),
        max_size=12,
    ).map(" ".join),
)


@given(TYPED)
@example("-" * 4000)
@example("x" * 4001)
@example("update " + "--" * 1500)
@example("create --name a " + "x/" * 1500)
@example("create --name a " + "x_" * 1500)
@example("update --limit-cpu 1e999999999 web")
@example("update --update-delay " + "1h" * 1500 + " web")
@example("update --publish-add " + "1-65535:1-65535 " + "web")
@example("help " + "z" * 3900)
def test_parse_never_raises_and_commands_survive_storage(line: str) -> None:
    parsed = parse(line)
    if isinstance(parsed, Command):
        assert Command.from_json(parsed.to_json()) == parsed
        assert len(split(parsed)) >= 1
    else:
        assert parsed.text


SAFE = st.text(
    st.characters(whitelist_categories=["L", "N", "P", "Zs"], blacklist_characters="&<>"),
    max_size=15,
)
START = {"label-add": "k=", "reason": "r"}
QUOTES = dict.fromkeys(map(ord, '"\\`'))
CURLY = set("\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u00a0\u2007\u202f")


@given(st.lists(st.tuples(st.sampled_from(["label-add", "reason"]), SAFE), min_size=1, max_size=4))
def test_canonical_round_trip(pairs: list[tuple[str, str]]) -> None:
    """Whatever stands in a value: what is echoed is understood as the same command."""
    flags = [
        f'--{flag} "{START[flag]}{text.translate(QUOTES)}"'
        for flag, text in pairs
        if not CURLY & set(text)
    ]
    command = understood(f"update --force {' '.join(flags)} web")
    assert parse(command.canonical) == command


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("lock --reason why", "one service, or of one of --stack"),
        ("lock --reason why --all web", "one service, or of one of --stack"),
        ("lock web", "A reason is needed"),
        ("unlock --steal web", "A reason is needed"),
        ("lock --for 0s --reason why web", "a second is the least"),
        ("locks --notify", "Told of what?"),
    ],
)
def test_a_lock_is_of_one_thing_and_has_a_reason(line: str, told: str) -> None:
    assert told in refused(line)


def test_a_lock_is_read_whole() -> None:
    asked = understood("lock web --reason 'db migration' --for 2h").options
    assert (asked.reason, asked.lasting) == ("db migration", timedelta(hours=2))
    assert understood("service unlock web").targets == ("web",)
