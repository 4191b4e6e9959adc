"""`subscribe web* --on failed`: patterns and words."""

import pytest

from bot.domain.grammar import Answer, Command, Verb, parse


def understood(line: str) -> Command:
    command = parse(line)
    assert isinstance(command, Command), command
    return command


def refused(line: str) -> str:
    answer = parse(line)
    assert isinstance(answer, Answer)
    assert answer.kind == "error"
    return answer.text


def test_a_pattern_may_hold_stars_and_the_events_are_kept_as_typed() -> None:
    command = understood("subscribe web* api-? --on failed,rolled_back")
    assert command.targets == ("web*", "api-?")
    assert command.options.on == "failed,rolled_back"
    assert parse(command.canonical) == command
    assert Command.from_json(command.to_json()) == command


def test_without_events_it_is_for_all() -> None:
    assert understood("subscribe *").options.on == ""


@pytest.mark.parametrize("pattern", ["'we b'", "'<!channel>'", "-- -x", "[a]", ".", "a" * 129])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    for verb in ("subscribe", "unsubscribe"):
        assert "pattern" in refused(f"{verb} {pattern}")


def test_an_unknown_event_gets_a_did_you_mean() -> None:
    told = refused("subscribe web --on failed,completd")
    assert "Did you mean `completed`?" in told
    assert "trouble" in told
    assert "Known are" in refused("subscribe web --on ,")


def test_names_of_services_still_hold_no_star() -> None:
    assert "name of a service" in refused("ps web*")


def test_a_pattern_is_needed() -> None:
    assert "which pattern" in refused("unsubscribe")
    assert understood("subscriptions").verb is Verb.SUBSCRIPTIONS
