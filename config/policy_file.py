"""The policy file: YAML in, validated plain values out, or every problem with line and column.

`WAGGLE_POLICY` names the file (docs/reference/policy.md). This module only reads; which rules are
in force, and since when, is `bot.adapters.policy_source`'s business.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config import yaml_tree
from config.policy_checks import Parts, findings
from config.policy_errors import problems_in
from config.policy_ids import NamedId, ids_in
from config.policy_known import NOTHING_TOLD, Known, strangers
from config.policy_model import Channel, Environment, Grant, Members, PolicyFile
from config.yaml_tree import Node, Plain, Problem, Spot

M = TypeVar("M", bound=BaseModel)
_MAY_BE_EMPTY = ("roles", "grants", "environments", "channels")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a file says.

    Attributes:
        values: the validated content; None with problems.
        canonical: the same content as text, equal whatever the comments, the layout and the order
            of keys that has no meaning; its hash is the version in force.
        problems: one line each, `policy.yaml:LINE:COL: what is wrong, what to write instead`.
        warnings: the same of what is valid and perhaps not meant.
        named: Slack's ids in it, as they stand there; with problems, those of the parts without.
    """

    values: dict[str, Any] | None = None
    canonical: str = ""
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    named: tuple[NamedId, ...] = ()


def read(path: Path, known: Known = NOTHING_TOLD) -> Reading:
    """Read a file; what keeps it from being read is a problem like any other.

    Args:
        path: of the file.
        known: the clusters and user groups that there are, where that is told.
    """
    try:
        with path.open("rb") as file:
            data = file.read(yaml_tree.MAX_BYTES + 1)
    except OSError as error:
        return Reading(problems=(f"{path}: cannot be read: {error.strerror}",))
    return understood(data, str(path), known)


def understood(data: bytes, name: str, known: Known = NOTHING_TOLD) -> Reading:
    """Return what a file's content says; `name` stands at the head of its problems."""
    tree, wrong = yaml_tree.parse(data)
    if tree is None and wrong:
        return Reading(problems=_lines(name, wrong))
    if tree is None or tree.value is None:
        tree = Node({"version": Node(1, Spot(1, 1))}, Spot(1, 1))
    file = _validated(tree, wrong)
    warnings: list[Problem] = []
    parts = _parts(tree)
    for each in (*findings(parts), *strangers(parts, known)):
        found = Problem(tree.spot(each.path, key=each.at_key), each.text)
        (warnings if each.is_warning else wrong).append(found)
    told, named = _lines(name, warnings), _named(parts, tree)
    if wrong or file is None:
        return Reading(problems=_lines(name, wrong), warnings=told, named=named)
    return Reading(
        values=file.model_dump(),
        canonical=_canonical(tree.plain()),
        warnings=told,
        named=named,
    )


def _validated(tree: Node, problems: list[Problem]) -> PolicyFile | None:
    """Return the file if it is right in itself; add what is not, once for each place."""
    problems += [each for each in _nulls(tree) if each.at not in {known.at for known in problems}]
    known = {each.at for each in problems}
    try:
        return _model(PolicyFile, tree)
    except ValidationError as error:
        problems += [each for each in problems_in(error, tree) if each.at not in known]
    return None


def _nulls(tree: Node) -> Iterator[Problem]:
    """A key without a value is one that was forgotten, and could be taken for no limit at all."""
    for key, node in _children(tree):
        if node.value is None and key in _MAY_BE_EMPTY:
            continue
        for _, inner in _children(node):
            if inner.value is None and key in ("roles", "environments"):
                continue
            yield from _null(inner)
        if node.value is None:
            yield from _null(node)


def _null(node: Node) -> Iterator[Problem]:
    if node.value is None:
        yield Problem(node.at, "nothing stands here; write a value, or remove the key")
    for _, inner in _children(node):
        yield from _null(inner)


def _children(node: Node) -> Iterable[tuple[str, Node]]:
    if isinstance(node.value, dict):
        return node.value.items()
    if isinstance(node.value, list):
        return [("", each) for each in node.value]
    return ()


def _parts(tree: Node) -> Parts:
    """Return the parts that are right, so that one problem does not hide others."""
    top = dict(_children(tree))
    empty = Node(None, tree.at)
    return Parts(
        roles={key: _part(Members, node) for key, node in _children(top.get("roles", empty))},
        grants=[_part(Grant, node) for _, node in _children(top.get("grants", empty))],
        environments={
            key: _part(Environment, node) for key, node in _children(top.get("environments", empty))
        },
        channels={key: _part(Channel, node) for key, node in _children(top.get("channels", empty))},
    )


def _named(parts: Parts, tree: Node) -> tuple[NamedId, ...]:
    places = ((each, tree.spot(each.path, key=each.at_key)) for each in ids_in(parts))
    return tuple(sorted(NamedId(at, each.kind, each.id) for each, at in places))


def _part(model: type[M], node: Node) -> M | None:
    try:
        return model() if node.value is None else _model(model, node)
    except ValidationError:
        return None


def _model(model: type[M], node: Node) -> M:
    # by way of JSON: there lists are tuples and types are strict, `"2"` is no number
    return model.model_validate_json(json.dumps(node.plain()), strict=True)


def _canonical(content: Plain) -> str:
    """Return the content as text. Environments keep their order: the first that matches counts."""
    assert isinstance(content, dict)  # noqa: S101 - it was validated
    environments = content.get("environments") or {}
    assert isinstance(environments, dict)  # noqa: S101 - as above
    ordered = content | {"environments": [[name, each] for name, each in environments.items()]}
    return json.dumps(ordered, sort_keys=True, separators=(",", ":"))


def _lines(name: str, problems: Iterable[Problem]) -> tuple[str, ...]:
    return tuple(
        f"{name}:{at.line}:{at.column}: {text}" for at, text in dict.fromkeys(sorted(problems))
    )
