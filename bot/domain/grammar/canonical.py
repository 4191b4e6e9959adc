"""The understood line, written back: short verbs, hidden secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.domain.flags.flag import Edit, Flag
from bot.domain.flags.lookup import by_name, flags_of
from bot.domain.flags.verb import Verb
from bot.domain.grammar.tokens import HIDDEN, quote
from bot.domain.grammar.verbs import info_of
from bot.domain.units import format_duration

_SECRET_IN_MOUNT = re.compile(r"(?i)((?:pass(?:word|wd)?|secret|token|key)=)[^,\"]+")


def canonical_line(verb: Verb, targets: Sequence[str], edits: Sequence[Edit], options: Any) -> str:
    """`update --env-add DB=•••• --replicas 6 web`; see `Command.canonical`."""
    flags, tail = _edit_words(verb, targets, edits)
    numbers = [str(revision) for revision in options.revisions]
    words = [info_of(verb).name, *flags, *_option_words(verb, options), *tail, *numbers]
    return " ".join(words)


def _edit_words(
    verb: Verb, targets: Sequence[str], edits: Sequence[Edit]
) -> tuple[list[str], list[str]]:
    if verb is Verb.SCALE:
        pairs = zip(targets, edits, strict=True)
        return [], [quote(f"{target}={edit.value}") for target, edit in pairs]
    if verb in (Verb.NODE_PROMOTE, Verb.NODE_DEMOTE):
        return [], [quote(target) for target in targets]  # the verb says which role
    if verb is not Verb.CREATE:
        return [word for edit in edits for word in _words(verb, edit)], [quote(t) for t in targets]
    flags = [word for edit in edits if not _positional(edit) for word in _words(verb, edit)]
    image = [quote(edit.text) for edit in edits if edit.flag == "image"]
    command = [quote(word) for edit in edits if edit.flag == "args" for word in edit.value]
    return flags, [*image, *command]


def _positional(edit: Edit) -> bool:
    return edit.flag in ("image", "args")


def _words(verb: Verb, edit: Edit) -> list[str]:
    flag = by_name(verb, edit.flag)
    if flag is not None and flag.kind.is_bool:
        return [f"--{edit.flag}" if edit.value else f"--{edit.flag}=false"]
    return [f"--{edit.flag}", quote(shown(flag, edit.text))]


def shown(flag: Flag | None, text: str) -> str:
    """A flag's value as it may be seen: `DB=••••` for the environment."""
    if flag is not None and flag.secret:
        key, has_value, _ = text.partition("=")
        return f"{key}={HIDDEN}" if has_value else key
    if flag is not None and flag.name.startswith("mount"):
        return _SECRET_IN_MOUNT.sub(rf"\g<1>{HIDDEN}", text)
    return text


def _option_words(verb: Verb, options: Any) -> list[str]:
    words: list[str] = []
    for flag in flags_of(verb):
        value = getattr(options, flag.option, None) if flag.option else None
        if isinstance(value, tuple):
            words += [word for one in value for word in (f"--{flag.name}", quote(one))]
        elif value is True:
            words.append(f"--{flag.name}")
        elif value is not None and value is not False and value != "":
            words += [f"--{flag.name}", quote(_option_text(flag, value))]
    return words


def _option_text(flag: Flag, value: Any) -> str:
    if isinstance(value, timedelta):
        return format_duration(value)
    return "all" if flag.name == "tail" and value == -1 else str(value)
