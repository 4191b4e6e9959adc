from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.policy_file import Reading, read, understood
from tests.unit.config.policies import (
    ISSUE,
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


def test_the_first_policy_that_was_asked_for_is_understood() -> None:
    reading = reading_of(ISSUE)
    assert reading.problems == ()
    assert [line.partition(": ")[2] for line in reading.warnings] == [
        "no environment staging; add it to environments, or remove it here",
        (
            "2 must approve and no approver can have the right; grant `approve` in production to "
            "a role of theirs"
        ),
    ]
    assert reading.values is not None
    production = reading.values["environments"]["production"]
    assert production["approvals"]["expires"] == timedelta(minutes=30)
    assert production["freeze"][0]["length"] == timedelta(hours=64)
    assert production["freeze"][0]["passes"] == ("rollback",)
    assert list(reading.values["environments"]) == ["production", "default"]


@pytest.mark.parametrize("text", ["", "# later\n", "---\n", "version: 1\nroles:\n"])
def test_an_empty_file_is_valid_and_says_that_nobody_may(text: str) -> None:
    assert warnings(text) == ["1:1: no roles: nobody may do anything"]


def test_roles_without_grants_are_warned_of() -> None:
    assert warnings(with_roles("grants:\n")) == ["1:1: no grants: nobody may do anything"]


@pytest.mark.parametrize(
    "text",
    [
        "roles:\n  nobody:\n",
        "environments:\n  default:\n",
        "grants: []\nenvironments: {}\n",
        "environments:\n  a: {match: {node: 'db-?'}}\n  b: {match: {all: [{cluster: eu}]}}\n",
        "environments:\n  a: {match: {label: canary}, update: {defaults: {delay: 0}}}\n",
        "environments:\n  a: {match: {constraint: 'node.role != manager'}}\n",
        "environments:\n  a: {match: {any: [{label: 'env=pr*'}, {label: 'team=site one'}]}}\n",
        "environments:\n  a: {match: {any: [{label: 'env='}, {label: 'opts=a=b'}]}}\n",
        "environments:\n  a: {match: {service: x}, freeze: [{cron: '0 0 29 2 *', for: 1.5h}]}\n",
        "environments:\n  a: {match: {service: x}, images: {allow: ['host:5000/*', httpd]}}\n",
        "roles:\n  a: {everyone: true}\ngrants: [{role: a, may: [read], environments: [default]}]",
    ],
)
def test_what_may_be_written(text: str) -> None:
    assert problems(f"version: 1\n{text}") == []


# -- what is wrong, one by one


@pytest.mark.parametrize(
    ("text", "part", "says"),
    [
        ("verzion: 1", "verzion", "unknown key verzion; did you mean version?"),
        ("- 1", "-", "want a mapping, `key: value`"),
        ("roles: {}", "roles", "version is missing"),
        ("version: 2", "2", "2 is unknown (want 1)"),
        ('version: "1"', '"1"', "'1' is unknown; did you mean 1? (want 1)"),
        ("version: 1\nroles: [a]", "[a]", "want a mapping, `name: …`"),
        ("version: 1\nroles:\n  2x: {}", "2x", "'2x' is no name; use letters, digits, - and _,"),
        ("version: 1\nroles:\n  a: {everyone: yes}", "yes", "want true or false"),
        ("version: 1\nroles:\n  a: {users: U001}", "U001", "want a list, for instance [a, b]"),
        ("version: 1\nroles:\n  a: {users: [1]}", "1]", "want text; put it in quotes"),
        ("version: 1\nroles:\n  a: {users:}", "}", "nothing stands here; write a value,"),
        ("version: 1\nroles:\n  a: {names: [x]}", "names", "unknown key names; known are everyone"),
        ("version: 1\nversion: 1", "\nversion", "version is there twice (first in line 1)"),
    ],
)
def test_the_form_of_the_file(text: str, part: str, says: str) -> None:
    (line,) = [each for each in problems(text) if says in each]
    assert line.startswith(f"{place(text, part.lstrip()) if part[0] != chr(10) else '2:1'}: {says}")


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ("@ann", "no id of a user (U… or W…); in Slack: the person's profile, ⋮, Copy member ID"),
        ("ann", "no id of a user"),
        ("u001", "no id of a user"),
        ("S001", "no id of a user"),
        ("U1", "no id of a user"),
    ],
)
def test_people_are_ids(user: str, says: str) -> None:
    (line,) = problems(f"version: 1\nroles:\n  a: {{users: ['{user}']}}\n")
    assert line.startswith(f"3:15: {user!r} is ")
    assert says in line


def test_groups_and_channels_are_ids() -> None:
    (line,) = problems("version: 1\nroles:\n  a: {groups: ['@sre']}\n")
    assert line.startswith("3:16: '@sre' is no id of a user group (S…); in Slack: People, User")
    (line,) = problems(environment("notify: {channels: ['#ops']}"))
    assert "'#ops' is no id of a channel (C… or G…); in Slack: the channel's details" in line


@pytest.mark.parametrize(
    ("grant", "says"),
    [
        ("{role: ops, may: [updat]}", "'updat' is unknown; did you mean update? (want one of read"),
        ("{role: ops, may: []}", "nothing is listed; list something, or remove the key"),
        ("{role: ops, may: read}", "want a list"),
        ("{role: ops}", "may is missing"),
        ("{rol: ops, may: [read]}", "unknown key rol; did you mean role?"),
        ("{role: opps, may: [read]}", "no role opps; did you mean ops?"),
        ("{role: viewer, may: [read]}", "no role viewer; add it to roles"),
        ("{role: empty, may: [read]}", "can never apply: nobody is in the role empty; list users"),
        ("{role: ops, may: [read], services:}", "nothing stands here"),
        ("{role: ops, may: [read], services: []}", "nothing is listed"),
        ("{role: ops, may: [read], services: ['']}", "'' is no pattern; write a name, with *"),
        ("{role: ops, may: [read], services: ['a b']}", "'a b' is no pattern"),
        ("{role: ops, may: [read], clusters: ['e*']}", "'e*' is no name"),
        ("{role: ops, may: [read], environments: [prd]}", "no environment prd; did you mean prod?"),
        ("{role: ops, may: [read], environments: [eu]}", "no environment eu; add it"),
        ("{role: ops, may: [read], environments: [prod, prd]}", "no environment prd; did you"),
    ],
)
def test_grants(grant: str, says: str) -> None:
    text = with_roles(f"""
        grants:
          - {grant}
        environments:
          prod: {{match: {{service: p}}}}
    """).replace("  ops:", "  empty:\n  ops:")
    found = problems(text)
    assert any(says in line for line in found)
    assert all(line.startswith("8:") for line in found)


def test_an_environment_that_is_not_written_yet_is_warned_of_where_the_line_does_something() -> (
    None
):
    text = with_roles("""
        grants: [{role: ops, may: [update], environments: [default, later]}]
    """)
    (line,) = warnings(text)
    assert "no environment later; add it to environments, or remove it here" in line


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("approvals: {required: -1}", "want at least 0"),
        ("approvals: {required: 21}", "want at most 20"),
        ("approvals: {required: 1.5}", "want a whole number"),
        ("approvals: {required: 2}", "2 must approve and nobody may; list users or groups"),
        (
            "approvals: {required: 2, approvers: {users: [U001, U001]}}",
            "2 must approve and only 1 may; list more, or a group",
        ),
        ("approvals: {expires: 30}", "30 has no unit; write a duration, for instance 30m"),
        ("approvals: {expires: [1]}", "want a duration, for instance 30m"),
        ("approvals: {expires: true}", "want a duration, for instance 30m"),
        ("approvals: {expires: 0}", "want more than 0, for instance 30m"),
        ("approvals: {expires: '0'}", "want more than 0, for instance 30m"),
        ("approvals: {expires: 2d}", "'2d' is no duration; write 48h"),
        ("approvals: {expires: 1w}", "'1w' is no duration; write 168h"),
        ("approvals: {expires: soon}", "'soon' is no duration; write it as for instance 30m"),
        ("approvals: {expires: 9000h}", "'9000h' is longer than a year"),
        ("approvals: {remind: 30m}", "remind is the time before it expires: want less than"),
        ("approvals: {remind:}", "nothing stands here"),
        ("approvals: {verbs: [read]}", "'read' is unknown"),
        ("approvals: {verbs: []}", "nothing is listed"),
        ("approvals:", "nothing stands here"),
        ("notify: {channels: [C001], on: [startd]}", "'startd' is unknown; did you mean started?"),
        ("freeze: {cron: '0 0 * * *', for: 1h}", "want a list"),
        ("freeze: [{cron: '0 0 * * *'}]", "for is missing"),
        ("freeze: [{for: 1h}]", "cron is missing"),
        ("freeze: [{cron: '0 0 * *', for: 1h}]", "is no cron line (wrong number of fields); write"),
        ("freeze: [{cron: '0 0 * * * 0', for: 1h}]", "is no cron line (wrong number of fields)"),
        ("freeze: [{cron: '61 0 * * *', for: 1h}]", "'61 0 * * *' is no cron line (bad minute)"),
        ("freeze: [{cron: '0 0 31 2 *', for: 1h}]", "is no cron line (bad day-of-month)"),
        (
            "freeze: [{cron: '0 0 * * *', for: 1h, timezone: Europe/Berln}]",
            "'Europe/Berln' is no time zone; did you mean Europe/Berlin?",
        ),
        (
            "freeze: [{cron: '0 0 * * *', for: 1h, timezone: qqqq}]",
            "'qqqq' is no time zone; write it as Area/City",
        ),
        ("freeze: [{cron: '0 0 * * *', for: 1h, except: [read]}]", "'read' is unknown"),
        (f"freeze: [{{cron: '0 0 * * *', for: 1h, reason: {'x' * 201}}}]", "want at most so many"),
        ("images: {allow: ['a/b:1.0']}", "'a/b:1.0' has a tag or a digest; name registry"),
        ("images: {allow: ['a/b@sha256:00']}", "has a tag or a digest"),
        ("limits: {replicas: 0}", "want at least 1"),
        ("limits: {replicas:}", "nothing stands here"),
        ("limits: {step: 1, beyond: approve}", "nobody could approve it; list approvers"),
        ("update: {defaults: {order: startfirst}}", "did you mean start-first?"),
        ("update: {defaults: {max_failure_ratio: 2}}", "want at most 1"),
        ("update: {defaults: {max_failure_ratio: half}}", "want a number"),
        ("update: {defaults: {monitor: 10}}", "10 has no unit"),
        ("match2: {}", "unknown key match2; did you mean match?"),
    ],
)
def test_environments(text: str, says: str) -> None:
    found = problems(environment(text))
    assert [line for line in found if says not in line] == []
    assert found[0].startswith("6:")


@pytest.mark.parametrize(
    ("match", "says"),
    [
        ("{}", "want exactly one of any, all, service, label"),
        ("{service: a, label: b}", "for several write `any: […]` or `all: […]`"),
        ("{any: []}", "nothing is listed"),
        ("{any: [{service: a}, {nam: b}]}", "unknown key nam"),
        ("{label: '=x'}", "'=x' names no label; write `key` or `key=value`"),
        ("{label: 'env==prod'}", "compares as a constraint does; write a label as `key=value`"),
        ("{label: 'env!=prod'}", "compares as a constraint does; write a label as `key=value`"),
        ("{label: 'env = prod'}", "has blanks that would count; write `key=value` without them"),
        ("{label: ' env=prod'}", "has blanks that would count; write `key=value` without them"),
        ("{label: 'env=prod '}", "has blanks that would count; write `key=value` without them"),
        ("{label: 'en v=prod'}", "has blanks that would count; write `key=value` without them"),
        ("{label: 'e*v=prod'}", "a pattern may stand for the value alone; write `key=value*`"),
        ("{constraint: 'node.labels.env=prod'}", "is no constraint; write it as Docker does"),
        ("{constraint: 'node.labels.env==pr*'}", "compared as it stands, without * and ?"),
        ("{constraint: 'node.labels.env==pro?'}", "compared as it stands, without * and ?"),
        ("{service: 5}", "want text; put it in quotes"),
        ("a", "want a mapping"),
    ],
)
def test_matches(match: str, says: str) -> None:
    found = problems(f"version: 1\nenvironments:\n  prod: {{match: {match}}}\n")
    assert any(says in line for line in found)
    assert all(line.startswith("3:") for line in found)


# -- rules that can never apply


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
    assert len(warnings(text)) == 1  # no grants


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
