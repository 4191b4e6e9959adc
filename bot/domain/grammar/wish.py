"""A line that names what to change and says nothing of how: who types it is shown a form."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.errors import UserError
from bot.domain.flags.verb import Verb
from bot.domain.grammar.normalise import normalise
from bot.domain.grammar.parse import find_verb, without_noise
from bot.domain.grammar.read import HelpWanted, Line
from bot.domain.grammar.suggest import Suggest, nearest
from bot.domain.grammar.tokens import tokenize
from bot.domain.grammar.verbs import info_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_WORDS = {Verb.UPDATE: (0, 1), Verb.SCALE: (1, 1), Verb.CREATE: (0, 0), Verb.NODE_UPDATE: (0, 1)}
"""The verbs that have a form, with how many words may follow them."""

HAVE_FORMS = tuple(_WORDS)
"""The verbs that have a form."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants to change by a form.

    Attributes:
        target: service or node; empty where it is to be chosen, or made.
        cluster: as typed; empty: the only one, or the default.
    """

    verb: Verb
    target: str = ""
    cluster: str = ""

    @property
    def line(self) -> str:
        """The line that says so; reading it gives this wish again."""
        named = f"--cluster {self.cluster}" if self.cluster else ""
        return " ".join(word for word in (info_of(self.verb).name, named, self.target) if word)


def wish(text: str, suggest: Suggest = nearest) -> Wish | None:
    """Return what a line asks a form for, None for every other line: `parse` answers those."""
    try:
        tokens = without_noise(tokenize(normalise(text)))
        info, rest = find_verb(tokens, suggest) if tokens else (None, ())
        if info is None or info.verb not in _WORDS:
            return None
        line = Line(info.verb, rest, suggest).read()
    except (UserError, HelpWanted):
        return None
    least, most = _WORDS[info.verb]
    said = {given.flag.name: given.value for given in line.given}
    names = all(_NAME.fullmatch(word) for word in line.words)
    if not names or set(said) - {"cluster"} or not least <= len(line.words) <= most:
        return None
    return Wish(info.verb, "".join(line.words), str(said.get("cluster", "")))
