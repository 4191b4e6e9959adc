"""Approvals need people who are approvers and have the right to approve."""

import pytest

from tests.unit.config.policies import place, problems, warnings, with_roles


def consent(grants: str, rule: str = "required: 2, approvers: {groups: [S009]}") -> str:
    """Return a file with an environment that asks for approvals."""
    place = f"  prod: {{match: {{service: p}}, approvals: {{{rule}}}}}"
    return with_roles(f"""\
        grants: [{grants}]
        environments:
        {place}
    """)


@pytest.mark.parametrize(
    ("grants", "rule", "says"),
    [
        (
            "{role: admin, may: [approve], environments: [default]}",
            "required: 2, approvers: {groups: [S009]}",
            "2 must approve and no approver can have the right; grant `approve` in prod to a role",
        ),
        (
            "{role: ops, may: [approve]}",
            "required: 2, approvers: {groups: [S009]}",
            "2 must approve and only 1 of the approvers can have the right; grant `approve`",
        ),
        (
            "{role: ops, may: [approve]}",
            "required: 1, approvers: {users: [U002, U003]}",
            "1 must approve and no approver can have the right",
        ),
        (
            "{role: ops, may: [approve], environments: [default]}",
            "approvers: {everyone: true}",
            "1 must approve and no approver can have the right",
        ),
    ],
)
def test_approvals_that_nobody_has_the_right_to_give(grants: str, rule: str, says: str) -> None:
    text = consent(grants, rule)
    if "required" not in rule:
        text = text.replace("}}\n", "}, limits: {step: 1, beyond: approve}}\n")
    (line,) = problems(text)
    assert says in line
    assert line.startswith(f"{place(text, '{' + rule.rpartition('{')[2])}: ")


@pytest.mark.parametrize(
    ("grants", "rule"),
    [
        ("{role: admin, may: [approve]}", "required: 2, approvers: {groups: [S009]}"),
        ("{role: admin, may: [approve]}", "required: 1, approvers: {users: [U005, U006]}"),
        ("{role: ops, may: [approve]}", "required: 1, approvers: {users: [U001, U006]}"),
        (
            "{role: ops, may: [approve], environments: [prod]}",
            "required: 1, approvers: {everyone: true}",
        ),
        ("{role: ops, may: [read]}", "required: 0, approvers: {everyone: true}"),
    ],
)
def test_approvals_that_somebody_may_be_able_to_give(grants: str, rule: str) -> None:
    assert problems(consent(grants, rule)) == []


def test_a_grant_or_a_role_that_is_wrong_may_have_meant_anybody() -> None:
    wrong = consent("{role: ops, may: [approv]}, {role: ops, may: [approve]}")
    (line,) = problems(wrong)
    assert "'approv' is unknown" in line
    wrong = consent("{role: ops, may: [approve]}").replace("[U001]", "[ann]")
    (line,) = problems(wrong)
    assert "'ann' is no id" in line
    assert len(problems(consent("{role: opps, may: [approve]}"))) == 1


def test_too_few_approvers_are_told_once() -> None:
    rule = "required: 2, approvers: {users: [U001]}"
    (line,) = problems(consent("{role: ops, may: [approve]}", rule))
    assert "2 must approve and only 1 may; list more" in line


def test_where_the_right_is_granted_to_nobody_at_all_it_is_a_warning() -> None:
    (line,) = warnings(consent("{role: ops, may: [read]}"))
    assert "2 must approve and no approver can have the right" in line
