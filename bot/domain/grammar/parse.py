"""parse(text): a command, or an answer for the person. It never raises.

text → normalise → tokens → verb → flags and arguments → Command
                               ↘ help or a refusal → Answer
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.domain.errors import UserError
from bot.domain.flags.verb import Verb
from bot.domain.grammar.build import build
from bot.domain.grammar.command import Command
from bot.domain.grammar.help import overview, verb_help
from bot.domain.grammar.normalise import normalise
from bot.domain.grammar.read import HelpWanted, Line
from bot.domain.grammar.suggest import Suggest, did_you_mean, nearest
from bot.domain.grammar.tokens import Token, tokenize
from bot.domain.grammar.verbs import BY_NAME, ELSEWHERE, GROUPS, VerbInfo, names_in

_HELP = ("help", "--help", "-h", "?", "usage")


@dataclass(frozen=True)
class Answer:
    """What to tell the person at once, in full, as plain text.

    Attributes:
        about: the flag or argument that is wrong, where it is one; empty otherwise.
    """

    text: str
    kind: Literal["help", "error"]
    about: str = ""


Parsed = Command | Answer


def parse(text: str, suggest: Suggest = nearest, *, literal: bool = False) -> Parsed:
    """Understand one line, as typed or pasted into Slack.

    Args:
        text: what stands after the slash command or the mention.
        suggest: finds the word that was likely meant.
        literal: the line was never a message of Slack's: nothing that Slack does to those is
            undone, and it may be of any length.
    """
    try:
        return _understand(text if literal else normalise(text), suggest)
    except UserError as error:
        return Answer(error.full_text, "error", error.about)


def _understand(line: str, suggest: Suggest) -> Parsed:
    tokens = without_noise(tokenize(line))
    if not tokens:
        return Answer(overview(), "help")
    if tokens[0].text.lower() in _HELP:
        return _help(tokens[1:], suggest)
    info, rest = find_verb(tokens, suggest)
    if info is None:
        return Answer(overview(), "help")
    try:
        read = Line(info.verb, rest, suggest).read()
    except HelpWanted:
        return Answer(verb_help(info.verb), "help")
    return build(read)


def without_noise(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Without a pasted prompt and the word `docker`."""
    if tokens and tokens[0].text in ("$", "#") and not tokens[0].quoted:
        tokens = tokens[1:]
    return tokens[1:] if tokens and tokens[0].text.lower() == "docker" else tokens


def _help(tokens: Sequence[Token], suggest: Suggest) -> Answer:
    tokens = without_noise(tuple(tokens))
    if not tokens:
        return Answer(overview(), "help")
    info, _ = find_verb(tokens, suggest)
    return Answer(overview() if info is None else verb_help(info.verb), "help")


def find_verb(tokens: Sequence[Token], suggest: Suggest) -> tuple[VerbInfo | None, Sequence[Token]]:
    """The verb and what follows it; None if only a group such as `service` stands there."""
    group = tokens[0].text.lower()
    if group not in GROUPS:
        if group in BY_NAME:
            return BY_NAME[group], tokens[1:]
        raise _unknown_verb(tokens[0].text, "", suggest)
    if len(tokens) == 1 or tokens[1].text.lower() in _HELP:
        return None, ()
    name = tokens[1].text.lower()
    if name not in names_in(group):
        raise _unknown_verb(tokens[1].text, group, suggest)
    return BY_NAME[name if group == "service" else f"{group} {name}"], tokens[2:]


def _unknown_verb(word: str, group: str, suggest: Suggest) -> UserError:
    if not group and word.lower() in ELSEWHERE:
        return UserError(
            f"Waggle has nothing for `docker {word.lower()}`: it cares for services, nodes and "
            "networks.",
            "`help` lists what can be asked.",
        )
    known = names_in(group) if group else tuple(BY_NAME)
    prefix = f"{group} " if group not in ("", "service") else ""
    meant = did_you_mean(word, known, suggest, prefix=prefix)
    shown = f"{group} {word}" if group else word
    return UserError(
        f"`{shown}` is not a command.", f"{meant} `help` lists what can be asked.".strip()
    )


__all__ = ["Answer", "Command", "Parsed", "Verb", "parse"]
