"""The line that a filled-in form means: what differs from what was shown, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.domain.flags.verb import Verb
from bot.domain.grammar.tokens import quote
from bot.domain.grammar.verbs import info_of
from bot.domain.grammar.wish import Wish

Values = Mapping[str, str]
"""Field name → what stands in it."""

_MANY = ("constraint", "label", "publish", "network", "env")
_OF_NO_FLAG = {"image": "image", "service=n": "replicas"}


def typed_line(wish: Wish, shown: Values, filled: Values) -> str:
    """Return the line that a person would have typed; env values are in it, so it is not shown.

    Args:
        wish: what the form was for.
        shown: what stood in it when it was opened: whatever is left as it was is not said, so a
            change that somebody else made meanwhile stays.
        filled: what stands in it now.
    """
    words = [info_of(wish.verb).name]
    if wish.cluster:
        words += ["--cluster", quote(wish.cluster)]
    if wish.verb is Verb.SCALE:
        return " ".join([*words, quote(f"{wish.target}={filled.get('replicas', '').strip()}")])
    if wish.verb is Verb.CREATE:
        image = quote(filled.get("image", "").strip())
        # what stands after -- is no flag, whatever it looks like
        return " ".join([*words, *_made(shown, filled), "--", image])
    return " ".join([*words, *_changed(shown, filled), wish.target])


def field_of(about: str) -> str:
    """Return the field that an error about a flag or an argument is about."""
    name = about.lower().removesuffix("-add").removesuffix("-rm")
    return _OF_NO_FLAG.get(name, name)


def _made(shown: Values, filled: Values) -> Iterator[str]:
    for name, text in filled.items():
        if name in _MANY:
            for line in _lines(text):
                yield from (f"--{name}", quote(line))
        elif name != "image" and text.strip() != shown.get(name, ""):
            yield from (f"--{name}", quote(text.strip()))


def _changed(shown: Values, filled: Values) -> Iterator[str]:
    for name, text in filled.items():
        before = shown.get(name, "")
        if name == "label":
            yield from _labels(before, text)
        elif name in _MANY:
            yield from _entries(name, _lines(before), _lines(text))
        elif text.strip() != before.strip():
            yield from (f"--{name}", quote(text.strip()))


def _entries(name: str, before: list[str], after: list[str]) -> Iterator[str]:
    for line in before:
        if line not in after:
            yield from (f"--{name}-rm", quote(line))
    for line in after:
        if line not in before:
            yield from (f"--{name}-add", quote(line))


def _labels(before: str, after: str) -> Iterator[str]:
    """A label is known by its key: another value takes the place of the old one."""
    old, new = _lines(before), _lines(after)
    kept = {line.partition("=")[0] for line in new}
    for key in (line.partition("=")[0] for line in old):
        if key not in kept:
            yield from ("--label-rm", quote(key))
    for line in new:
        if line not in old:
            yield from ("--label-add", quote(line))


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
