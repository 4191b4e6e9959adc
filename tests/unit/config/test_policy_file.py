from datetime import timedelta

import pytest

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


@pytest.mark.parametrize(
    ("line", "at", "says"),
    [
        ("C0EU: {clustr: eu}", 10, "unknown key clustr; did you mean cluster?"),
        ("C0EU: {cluster: EU!}", 19, "EU!"),
        ("C0EU: {}", 9, "cluster"),
        ("C0EU: eu", 9, "want a mapping"),
        ("C0EU:", 8, "nothing stands here"),
        ("general: {cluster: eu}", 3, "general"),
    ],
)
def test_what_holds_in_a_channel_is_checked_by_line_and_column(
    line: str, at: int, says: str
) -> None:
    found = problems(f"version: 1\nchannels:\n  {line}\n")
    assert any(each.startswith(f"3:{at}:") and says in each for each in found), found
