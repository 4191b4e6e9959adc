"""The flag table holds together."""

import pytest

from bot.domain.flags.flag import Flag
from bot.domain.flags.lookup import by_name, by_short, edit_flag, flags_of, not_yet
from bot.domain.flags.table import FLAGS
from bot.domain.flags.verb import Verb
from bot.domain.grammar.command import Options
from bot.domain.spec.edit import _RULES


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.name)
def test_a_row_edits_a_spec_or_sets_an_option(flag: Flag) -> None:
    assert (flag.effect is None) != (flag.option == "")
    assert flag.help[0].isupper()
    assert not flag.help.endswith(".")
    if flag.option:
        assert hasattr(Options(), flag.option) or flag.name == "rollback"
    elif {Verb.CREATE, Verb.UPDATE} & set(flag.verbs):
        assert flag.effect is not None
        assert flag.effect.rule in _RULES


@pytest.mark.parametrize("verb", Verb)
def test_names_and_letters_are_unique_for_a_verb(verb: Verb) -> None:
    names = [flag.name for flag in flags_of(verb)]
    letters = [flag.short for flag in flags_of(verb) if flag.short]
    assert len(set(names)) == len(names)
    assert len(set(letters)) == len(letters)
    assert not any(not_yet(verb, name) for name in names)


def test_only_the_environment_and_options_of_log_drivers_are_secret() -> None:
    assert {flag.name for flag in FLAGS if flag.secret} == {"env", "env-add", "log-opt"}


def test_finding() -> None:
    assert by_name(Verb.CREATE, "ENV") is by_short(Verb.CREATE, "e")
    assert by_short(Verb.UPDATE, "e") is None
    driver = by_short(Verb.NETWORK_CREATE, "d")
    assert driver is not None
    assert driver.name == "driver"
    assert edit_flag("args", creating=True).name == "args"
    with pytest.raises(KeyError):
        edit_flag("detach")
