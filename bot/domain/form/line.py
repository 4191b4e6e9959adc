"""The line that a filled-in form means: what differs from what was shown, and nothing else.

It is read literally (`parse`). Slack escapes `&`, `<` and `>` and marks links in the text of
messages and of slash commands (docs.slack.dev, formatting message text); the values of a submitted
view (`view.state`) come as they were typed. To undo there what was never done would change them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.domain.flags.verb import Verb
from bot.domain.grammar.normalise import refuse_invisible
from bot.domain.grammar.tokens import quote
from bot.domain.grammar.verbs import info_of
from bot.domain.grammar.wish import Wish

Values = Mapping[str, str]
"""Field name → what stands in it."""

_MANY = ("constraint", "label", "publish", "network", "env")
_ENV = "env"
_OF_NO_FLAG = {"image": "image", "service=n": "replicas"}


def typed_line(wish: Wish, shown: Values, filled: Values) -> str:
    """Return the line that this means; env values are in it, so it is not shown.

    `parse` reads it back, literally.

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


def check_visible(filled: Values) -> None:
    """Refuse what can make a text read otherwise than it works, but where nobody reads it: in env.

    Raises:
        UserError: about the field in which it stands.
    """
    for name, text in filled.items():
        if name != _ENV:
            refuse_invisible(text, name)


def field_of(about: str) -> str:
    """Return the field that an error about a flag or an argument is about."""
    name = about.lower().removesuffix("-add").removesuffix("-rm")
    return _OF_NO_FLAG.get(name, name)


def _made(shown: Values, filled: Values) -> Iterator[str]:
    for name, text in filled.items():
        if name in _MANY:
            for line in _lines(text, name):
                yield from (f"--{name}", quote(line))
        elif name != "image" and text.strip() != shown.get(name, ""):
            yield from (f"--{name}", quote(text.strip()))


def _changed(shown: Values, filled: Values) -> Iterator[str]:
    for name, text in filled.items():
        before = shown.get(name, "")
        if name == "label":
            yield from _labels(before, text)
        elif name in _MANY:
            yield from _entries(name, _lines(before, name), _lines(text, name))
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
    old, new = _lines(before, "label"), _lines(after, "label")
    kept = {line.partition("=")[0] for line in new}
    for key in (line.partition("=")[0] for line in old):
        if key not in kept:
            yield from ("--label-rm", quote(key))
    for line in new:
        if line not in old:
            yield from ("--label-add", quote(line))


def _lines(text: str, name: str) -> list[str]:
    lines = _of_env_file(text) if name == _ENV else (line.strip() for line in text.split("\n"))
    return list(dict.fromkeys(line for line in lines if line))


def _of_env_file(text: str) -> Iterator[str]:
    """Yield the lines of an env file by the docker CLI's rules, so that one can be pasted whole.

    A byte order mark, blanks before a name, blank lines and comments are left out; blanks at the
    end belong to the value. Source: docker/cli pkg/kvfile.
    """
    for line in text.removeprefix("\ufeff").split("\n"):
        said = line.removesuffix("\r").lstrip()
        if not said.startswith("#"):
            yield said
