"""YAML as a tree of which every key and value knows its line and column.

Made from the parser's events, so nothing is ever constructed from a tag. Of YAML 1.2 only what a
policy needs is taken: one document of mappings, lists and scalars. Anchors, aliases and tags are
refused (a rule should stand where it is read, and aliases can make a small file grow without
bounds), and so is a key that is there twice, of which YAML readers silently drop one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import yaml

MAX_BYTES: Final = 128 * 1024
"""Of a file; about 3,000 lines."""

MAX_DEPTH: Final = 32

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
Step = str | int
Path = tuple[Step, ...]


class Spot(NamedTuple):
    """Where something stands; both count from 1."""

    line: int
    column: int


class Problem(NamedTuple):
    """What is wrong, and where. Problems sort as they stand in the file."""

    at: Spot
    text: str


@dataclass(frozen=True)
class Node:
    """One value. `keys` says where each key of a mapping stands."""

    value: "str | int | float | bool | list[Node] | dict[str, Node] | None"
    at: Spot
    keys: dict[str, Spot] = field(default_factory=dict)

    def plain(self) -> Plain:
        """Return the values alone."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def spot(self, path: Path, *, key: bool = False) -> Spot:
        """Return where the value at a path stands, or as near to it as the file goes.

        Args:
            path: keys and indexes from here.
            key: where the key of the last step stands, instead of its value.
        """
        if not path:
            return self.at
        step, rest = path[0], path[1:]
        if key and not rest and step in self.keys:
            return self.keys[str(step)]
        inner = self._inner(step)
        return inner.spot(rest, key=key) if inner else self.at

    def _inner(self, step: Step) -> "Node | None":
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            return self.value[step]
        return None


def parse(data: bytes) -> tuple[Node | None, list[Problem]]:
    """Return the tree of a file, and what is wrong with its form.

    The tree is None when the file is empty or cannot be read to its end. With problems it is good
    for finding more of them, and for nothing else.
    """
    if len(data) > MAX_BYTES:
        return None, [Problem(Spot(1, 1), f"longer than {MAX_BYTES // 1024} KiB")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        spot = _spot_of(data[: error.start].decode("utf-8-sig", "replace"))
        return None, [Problem(spot, "this is not UTF-8 text: save the file as UTF-8")]
    builder = _Builder(text)
    try:
        node = builder.document()
    except _StopError as stop:
        return None, sorted([*builder.problems, stop.problem])
    except yaml.reader.ReaderError as error:
        spot = _spot_of(text[: error.position])
        return None, [Problem(spot, "a control character: remove it")]
    except yaml.MarkedYAMLError as error:
        return None, sorted([*builder.problems, _syntax(error)])
    return node, sorted(builder.problems)


class _StopError(Exception):
    """It makes no sense to read on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


class _Builder:
    """Events → nodes, depth first."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=yaml.SafeLoader))

    def document(self) -> Node | None:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        node = self._node(next(self._events), 0)
        next(self._events)  # the document's end
        more = next(self._events)
        if not isinstance(more, yaml.StreamEndEvent):
            self._wrong(more, "a second document: a policy is one document, remove this `---`")
        return node

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise _StopError(Problem(_at(event), f"nested more than {MAX_DEPTH} levels deep"))
        if isinstance(event, yaml.AliasEvent):
            self._wrong(event, f"the alias *{event.anchor} is not supported: write it out here")
            return Node(None, _at(event))
        self._is_bare(event)
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0] and event.style is None
            return Node(resolved(event.value) if plain else event.value, _at(event))
        if isinstance(event, yaml.SequenceStartEvent):
            return Node([*self._items(depth)], _at(event))
        return self._mapping(event, depth)

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _mapping(self, start: yaml.Event, depth: int) -> Node:
        values: dict[str, Node] = {}
        keys: dict[str, Spot] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, depth)
            if key in keys:
                self._wrong(event, f"{key} is there twice (first in line {keys[key].line})")
            value = self._node(next(self._events), depth + 1)
            values[key], keys[key] = value, _at(event)
        return Node(values, _at(start), keys)

    def _key(self, event: yaml.Event, depth: int) -> str:
        if isinstance(event, yaml.ScalarEvent):
            self._is_bare(event)
            return str(event.value)  # as it stands: `on` and `1` are names here
        self._wrong(event, "a key must be one word")
        self._node(event, depth + 1)
        return ""

    def _is_bare(self, event: yaml.Event) -> None:
        if anchor := getattr(event, "anchor", None):
            self._wrong(event, f"the anchor &{anchor} is not supported: remove it")
        if tag := getattr(event, "tag", None):
            self._wrong(event, f"the tag {tag} is not supported: remove it")

    def _wrong(self, event: yaml.Event, text: str) -> None:
        self.problems.append(Problem(_at(event), text))


_WORDS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT: Final = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]{1,18}|[0-9]{1,18}\.[0-9]{0,18})")


def resolved(text: str) -> str | int | float | bool | None:
    """Return what an unquoted scalar is by YAML 1.2 (core schema, without exponents).

    So `on`, `yes` and `1:30` are text, which YAML 1.1 reads as something else.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _at(event: yaml.Event) -> Spot:
    return _spot(event.start_mark)


def _spot(mark: "yaml.error.Mark | yaml._yaml.Mark | None") -> Spot:
    return Spot(mark.line + 1, mark.column + 1) if mark else Spot(1, 1)


def _spot_of(before: str) -> Spot:
    return Spot(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _syntax(error: yaml.MarkedYAMLError) -> Problem:
    text = error.problem or "it cannot be read"
    hint = ": indent with spaces" if r"'\t'" in text else ""
    return Problem(_spot(error.problem_mark), f"this is not YAML ({text}){hint}")
