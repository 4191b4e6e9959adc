"""The policy file as a whole: rules that can never apply, limits, its version, the file itself."""

from pathlib import Path
from typing import Any

import pytest

from config.policy_file import Reading, read, understood
from tests.unit.config.policies import (
    place,
    problems,
    reading_of,
    warnings,
    with_roles,
)


def environment(text: str) -> str:
    """Return a file with one environment."""
    return with_roles(f"environments:\n  prod: {{match: {{service: p}}, {text}}}\n")


# -- what is right


def test_default_stands_last_and_goes_without_a_match() -> None:
    text = "version: 1\nenvironments:\n  default: {match: {service: a}}\n  z: {}\n"
    assert problems(text) == [
        "3:3: default must stand last: the first that matches counts",
        "3:13: default is what matches no other; remove match",
        "4:3: z has no match; write one (only `default` goes without)",
    ]


def test_an_environment_behind_one_that_takes_all_of_it() -> None:
    text = """\
        version: 1
        environments:
          web: {match: {service: "web*"}}
          two: {match: {service: web-2}}
          all: {match: {cluster: "*"}}
          eu: {match: {any: [{cluster: eu}, {label: a}]}}
          default:
    """
    assert problems(text) == [
        "4:3: can never apply: web matches all of it before; move it up or remove it",
        "6:3: can never apply: all matches all of it before; move it up or remove it",
    ]


def test_an_environment_behind_one_that_is_wrong_is_not_judged_by_it() -> None:
    text = """\
        version: 1
        environments:
          web: {match: {service: ""}}
          two: {}
          three: {match: {service: web-2}}
    """
    first, second = problems(text)
    assert first.startswith("3:26: '' is no pattern")
    assert second.startswith("4:3: two has no match")


def test_a_grant_behind_one_that_grants_all_of_it() -> None:
    text = with_roles("""\
        grants:
          - {role: ops, may: [read, update]}
          - {role: admin, may: [update]}
          - {role: ops, may: [update], services: ["web*"]}
          - {role: ops, may: [scale]}
    """)
    (line,) = problems(text)
    assert line == "8:5: can never apply: grants[0] grants all of it already; remove it"


def test_parts_that_are_wrong_do_not_hide_what_else_is() -> None:
    text = """\
        version: 1
        roles:
          ops: {users: ["@ann"]}
        grants:
          - {role: ops, may: [reed]}
          - {role: opps, may: [read]}
        environments:
          prod: {match: {service: a}, limits: {step: many}}
          test: {match: {service: b}, approvals: {required: 1}}
    """
    places = [line.partition(": ")[0] for line in problems(text)]
    assert places == ["3:17", "5:23", "6:12", "8:46", "9:42"]


# -- what may not be meant


def test_approvers_who_can_never_ask_themselves_are_warned_of() -> None:
    rule = "approvals: {required: 2, approvers: {users: [U001, U002]}"
    (line, _) = warnings(environment(rule + "}"))[::-1]
    assert "what one of the approvers asks for can never be approved" in line
    for more in (", self_approval: true}", "}"):
        text = rule.replace("U002", "U002, U003") if more == "}" else rule
        assert len(warnings(environment(text + more))) == 1


@pytest.mark.parametrize("who", ["groups: [S001]", "everyone: true"])
def test_a_group_may_have_any_number_of_members(who: str) -> None:
    text = environment(f"approvals: {{required: 5, approvers: {{{who}}}}}")
    told = [each for each in warnings(text) if "everybody in the workspace" not in each]
    assert len(told) == 1  # no grants


def test_a_limit_that_is_none_is_warned_of() -> None:
    text = environment("limits: {beyond: approve}, approvals: {approvers: {users: [U001]}}")
    assert any("there is no limit to go beyond" in line for line in warnings(text))


# -- limits of the file


def test_there_are_limits_to_what_is_compared_with_each_other() -> None:
    many = "".join(f"  e{n}: {{match: {{service: e}}}}\n" for n in range(51))
    assert problems(f"version: 1\nenvironments:\n{many}") == ["3:3: want no more than 50"]
    grants = "".join("  - {role: ops, may: [read]}\n" for _ in range(501))
    assert problems(with_roles(f"grants:\n{grants}")) == ["6:3: want no more than 500"]


@pytest.mark.timeout(20)
def test_the_most_that_may_be_written_is_read_in_seconds() -> None:
    pairs = ", ".join(f"{{any: [{{service: 'a{n}*'}}, {{service: 'b{n}*'}}]}}" for n in range(6))
    many = "".join(f"  e{n}: {{match: {{all: [{{label: x{n}}}, {pairs}]}}}}\n" for n in range(50))
    assert problems(f"version: 1\nenvironments:\n{many}") == []


# -- the version


def same(one: str, other: str) -> bool:
    first, second = reading_of(one), reading_of(other)
    assert first.problems == second.problems == ()
    return first.canonical == second.canonical


def test_comments_layout_and_the_order_of_keys_change_no_version() -> None:
    assert same(
        "version: 1\nroles: {a: {users: [U001]}, b: {everyone: true}}\n",
        "# new\nroles:\n  b:\n    everyone: true   # all\n  'a': {users: ['U001']}\nversion: 1",
    )


def test_the_order_of_environments_is_a_new_version() -> None:
    one = "  a: {match: {service: x}}\n"
    two = "  b: {match: {service: y}}\n"
    assert not same(
        f"version: 1\nenvironments:\n{one}{two}", f"version: 1\nenvironments:\n{two}{one}"
    )


def test_any_other_content_is_a_new_version() -> None:
    assert not same(
        "version: 1\nroles: {a: {users: [U001]}}", "version: 1\nroles: {a: {users: [U002]}}"
    )


# -- the file


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    assert read(tmp_path / "none").problems == (
        f"{tmp_path}/none: cannot be read: No such file or directory",
    )
    assert read(tmp_path).problems == (f"{tmp_path}: cannot be read: Is a directory",)


def test_a_file_is_read_to_its_limit_only() -> None:
    assert read(Path("/dev/zero")).problems == ("/dev/zero:1:1: longer than 128 KiB",)


def test_the_name_of_the_file_heads_each_line(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("version: 1\nrolls:\n", encoding="utf-8")
    assert read(file).problems[0].startswith(f"{file}:2:1: unknown key rolls; did you mean roles")


@pytest.mark.parametrize("data", [b"\x00", b"a: *b", b"[" * 99, b"{}", b"- - -", b"? a"])
def test_whatever_stands_there_it_never_raises(data: bytes) -> None:
    assert isinstance(understood(data, "p"), Reading)


def test_nested_matches_have_an_end() -> None:
    match: Any = "{service: a}"
    for _ in range(40):
        match = f"{{any: [{match}]}}"
    (line,) = problems(f"version: 1\nenvironments: {{p: {{match: {match}}}}}")
    assert line.endswith("nested more than 32 levels deep")


LOCKS = "grants: [{role: ops, may: [read]}, {role: ops, may: [update, lock]}]\n"
STUCK = "a forgotten lock can then only end by its owner or its time: nobody is in admin"


@pytest.mark.parametrize("admin", ["", "  admin:\n", "  admin: {users: []}\n"])
def test_locks_that_nobody_could_take_away_are_told_once(admin: str) -> None:
    text = f"version: 1\nroles:\n  ops: {{users: [U001]}}\n{admin}{LOCKS}"
    assert warnings(text) == [f"{place(text, '[update, lock]')}: {STUCK}"]


@pytest.mark.parametrize("admin", ["{users: [U002]}", "{groups: [S001]}", "{everyone: true}"])
def test_locks_that_an_admin_can_take_away_are_fine(admin: str) -> None:
    text = f"version: 1\nroles:\n  ops: {{users: [U001]}}\n  admin: {admin}\n{LOCKS}"
    assert warnings(text) == []


def test_where_nobody_may_lock_no_admin_is_missed() -> None:
    text = "version: 1\nroles: {ops: {users: [U001]}}\ngrants: [{role: ops, may: [read]}]\n"
    assert warnings(text) == []
    (line,) = problems(f"version: 1\nroles: {{ops: {{users: [U001]}}, admin: [U1]}}\n{LOCKS}")
    assert STUCK not in line
