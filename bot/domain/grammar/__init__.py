"""From a typed line to a command or an answer; nothing is guessed and nothing raises."""

from bot.domain.flags.flag import Edit
from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.grammar.command import Command, Options, split
from bot.domain.grammar.parse import Answer, Parsed, parse

__all__ = [
    "Answer",
    "Command",
    "Edit",
    "Options",
    "Parsed",
    "Verb",
    "VerbClass",
    "parse",
    "split",
]
