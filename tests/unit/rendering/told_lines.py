"""The samples as another swarm's, and the lines that their messages tell people to type."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from bot.domain.grammar import Command, parse
from bot.domain.request import Request

_SPAN = re.compile(r"`([^`\n]+)`")


def in_us(value: Any) -> Any:
    """Return a record with all that is in it, in the cluster `us`."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = _parts(value).items()
        moved = {name: "us" if name == "cluster" else in_us(part) for name, part in parts}
        return replace(value, **moved)
    return type(value)(map(in_us, value)) if type(value) in (tuple, list) else value


def was_typed(value: Any) -> Iterator[str]:
    """Yield the lines that people have typed: those are shown as they were."""
    if isinstance(value, Request):
        yield value.line
    if is_dataclass(value) and not isinstance(value, type):
        value = tuple(_parts(value).values())
    if type(value) in (tuple, list):
        for each in value:
            yield from was_typed(each)


def told(text: str, *typed: str) -> Iterator[Command]:
    """Yield the commands that stand in it as code, without those that were typed.

    Args:
        text: of a message.
        typed: what people have typed, which is shown as it was.
    """
    for span in _SPAN.findall(text):
        command = parse(span.removeprefix("/swarm "))
        if isinstance(command, Command) and span not in typed:
            yield command


def _parts(value: Any) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in fields(value) if each.init}
