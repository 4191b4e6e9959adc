"""The shape of a form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.flags.verb import Verb


class FieldKind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    LINES = "lines"
    NUMBER = "number"
    CHOICE = "choice"
    IMAGE = "image"
    SERVICE = "service"
    NODE = "node"
    CHANNEL = "channel"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field.

    Attributes:
        name: of the flag that it stands for, without dashes and `-add`.
        value: what it is now; empty for nothing.
        choices: the words of a CHOICE.
        optional: it may be left empty.
    """

    name: str
    label: str
    kind: FieldKind
    value: str = ""
    hint: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a person is asked.

    Attributes:
        target: the service or node; empty for what is to be chosen or made.
        notes: what they should know, a sentence each.
        cluster: the swarm that it is of; empty where there is one alone.
    """

    verb: Verb
    target: str
    fields: tuple[Field, ...]
    notes: tuple[str, ...] = ()
    cluster: str = ""
