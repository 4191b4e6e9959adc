"""Names of environments, clusters and user groups that there are not."""

from __future__ import annotations

import textwrap

import pytest

from config.policy_file import understood
from config.policy_known import Known
from tests.unit.config.policies import place, warnings, with_roles

FILE = textwrap.dedent("""\
    version: 1
    roles:
      ops: {groups: [S0OPS, S0OSP], users: [U001]}
    grants:
      - {role: ops, may: [read, approve], clusters: [eu, ue]}
    environments:
      prod:
        match: {any: [{cluster: "eu*"}, {all: [{cluster: "us-?"}, {service: web}]}]}
        approvals: {required: 1, approvers: {groups: [S0SRE]}}
    channels:
      C0EU: {cluster: eu}
      C0AP: {cluster: uss}
""")


def told(known: Known, text: str = FILE) -> list[str]:
    reading = understood(text.encode(), "policy.yaml", known)
    assert reading.values is not None
    return [line.removeprefix("policy.yaml:") for line in reading.warnings]


def test_what_nobody_has_told_is_not_looked_at() -> None:
    assert told(Known()) == []


def test_a_cluster_that_there_is_not_is_warned_of_wherever_it_is_named() -> None:
    assert told(Known(clusters=["eu", "us"])) == [
        f"{place(FILE, 'ue]')}: no cluster ue",
        f"{place(FILE, chr(34) + 'us-?')}: no cluster fits us-?",
        f"{place(FILE, 'uss}')}: no cluster uss; did you mean us?",
    ]
    assert told(Known(clusters=["eu", "ue", "us-1", "uss"])) == []


def test_a_user_group_that_there_is_not_is_warned_of_wherever_it_is_named() -> None:
    assert told(Known(groups=["S0OPS"])) == [
        f"{place(FILE, 'S0OSP')}: no user group S0OSP: nobody is in it",
        f"{place(FILE, 'S0SRE')}: no user group S0SRE: nobody is in it",
    ]


def test_a_warning_stands_beside_what_is_wrong() -> None:
    broken = FILE.replace("role: ops,", "role: opz,")
    reading = understood(broken.encode(), "policy.yaml", Known(groups=["S0OPS", "S0OSP"]))
    assert len(reading.problems) == 1
    assert len(reading.warnings) == 1


GRANT = """\
grants:
  - {{role: ops, may: [read], environments: [{names}]}}
environments:
  prod: {{match: {{service: p}}}}
"""


@pytest.mark.parametrize(
    ("names", "warned"),
    [
        ("prod, canary", ["canary"]),
        ("canary, default", ["canary"]),
        ("canary, prod, lab", ["canary", "lab"]),
        ("prod, default", []),
    ],
)
def test_an_environment_that_there_is_not_is_warned_of_each_time(
    names: str, warned: list[str]
) -> None:
    text = with_roles(GRANT.format(names=names))
    assert warnings(text) == [
        f"{place(text, name)}: no environment {name}; add it to environments, or remove it here"
        for name in warned
    ]


@pytest.mark.parametrize("names", ["canary", "canary, lab", "prot", "prod, prot"])
def test_a_line_about_nothing_that_there_is_or_a_mistyped_name_is_refused(names: str) -> None:
    assert understood(with_roles(GRANT.format(names=names)).encode(), "p").values is None
