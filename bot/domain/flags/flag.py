"""The shape of one row of the flag table, and of one edit that a person typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.domain.flags.kinds import Kind
from bot.domain.flags.verb import Verb
from bot.domain.jsontypes import JsonObject, JsonValue


@dataclass(frozen=True)
class Effect:
    """How a flag edits a spec.

    Attributes:
        rule: the name of the rule in `bot.domain.spec.rules`.
        path: the dotted path of the field in the raw spec, as the Engine spells it.
        role: what the rule does with the value: `set`, `add`, `rm`, or a field's name.
    """

    rule: str
    path: str
    role: str = "set"


@dataclass(frozen=True)
class Flag:
    """One flag of one or more verbs.

    Attributes:
        effect: how it edits a spec, or
        option: the field of `Options` that it sets; exactly one of the two is there.
        many: it may be given several times and adds up; else the last one counts.
        secret: its value never reaches Slack, a log or an error's text.
        since: the API version that an Engine must speak, as the docker CLI has it; empty: any.
    """

    name: str
    kind: Kind
    verbs: tuple[Verb, ...]
    help: str
    short: str = ""
    effect: Effect | None = None
    option: str = ""
    many: bool = False
    secret: bool = False
    since: str = ""


@dataclass(frozen=True)
class Edit:
    """One edit, in the order in which it was typed.

    Attributes:
        flag: the flag's name without dashes; IMAGE and CMD of `create` are `image` and `args`.
        value: what its kind made of the text; plain JSON.
        text: what was typed, for the echo.
    """

    flag: str
    value: JsonValue
    text: str = ""

    def to_json(self) -> JsonObject:
        """A plain object; `from_json` gives an equal edit."""
        return {"flag": self.flag, "value": self.value, "text": self.text}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Edit:
        """The edit of `to_json`."""
        return cls(data["flag"], data["value"], data["text"])
