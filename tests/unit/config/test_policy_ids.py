"""Slack's ids in a policy file, and where each stands."""

import textwrap
from collections.abc import Iterator
from typing import Any

from config.policy_file import understood
from config.policy_model import schema
from tests.unit.config.policies import place

FILE = textwrap.dedent("""\
    version: 1
    roles:
      ops:   {groups: [S0OPS, S0DEV], users: [U001, W002]}
      empty:
    grants:
      - {role: ops, may: [read]}
      - {role: ops, may: [update], channels: [C0OPS, G0OLD]}
    environments:
      prod:
        match: {service: "U0PATTERN*"}
        approvals: {required: 1, approvers: {groups: [S0SRE], users: [U003]}}
        notify: {channels: [C0REL]}
      default:
    channels:
      C0EU: {cluster: eu}
""")
"""Every place where an id can stand has one."""

KINDS = {"U": "user", "W": "user", "S": "user group", "C": "channel", "G": "channel"}


def told(text: str) -> list[str]:
    named = understood(text.encode(), "policy.yaml").named
    return [f"{at.line}:{at.column} {kind} {each}" for at, kind, each in named]


def test_every_id_is_told_with_its_place() -> None:
    ids = ["S0OPS", "S0DEV", "U001", "W002", "C0OPS", "G0OLD", "S0SRE", "U003", "C0REL", "C0EU"]
    assert told(FILE) == [f"{place(FILE, each)} {KINDS[each[0]]} {each}" for each in ids]


def test_an_id_that_is_named_twice_is_told_twice() -> None:
    text = "version: 1\nroles: {a: {users: [U001]}, b: {users: [U001]}}\n"
    assert told(text) == ["2:21 user U001", "2:41 user U001"]


def test_of_a_broken_file_the_ids_of_the_parts_that_are_right_are_told() -> None:
    broken = FILE.replace("role: ops, may: [update]", "role: ops, may: [updat]")
    broken = broken.replace("cluster: eu", "clutter: eu")
    assert understood(broken.encode(), "policy.yaml").values is None
    assert [line.rpartition(" ")[2] for line in told(broken)] == [
        "S0OPS", "S0DEV", "U001", "W002", "S0SRE", "U003", "C0REL",
    ]  # fmt: skip
    assert told("version: 1\n\troles: {}\n") == []
    assert told("") == []


def patterns(part: Any) -> Iterator[str]:
    """Yield the patterns of ids in a JSON schema, one for each place that has it."""
    if isinstance(part, list):
        for each in part:
            yield from patterns(each)
    if isinstance(part, dict):
        for key, each in part.items():
            if key == "pattern" and each.endswith("{2,20}$"):
                yield each
            if key == "patternProperties":
                yield from (name for name in each if name.endswith("{2,20}$"))
            yield from patterns(each)


def test_no_key_that_holds_ids_is_left_out() -> None:
    """A new one is to be added to `ids_in`, to FILE, and here."""
    found = sorted(patterns(schema()))
    assert found == sorted(
        [
            "^[UW][A-Z0-9]{2,20}$",  # users of a role, and of approvers
            "^S[A-Z0-9]{2,20}$",  # groups, likewise
            "^[CG][A-Z0-9]{2,20}$",  # channels of a grant
            "^[CG][A-Z0-9]{2,20}$",  # channels of notify
            "^[CG][A-Z0-9]{2,20}$",  # the keys of `channels`
        ]
    )
