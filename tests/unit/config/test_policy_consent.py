"""Who can say yes, and who can do without: approvers need no grant, break_glass needs names."""

import pytest

from tests.unit.config.policies import place, problems, warnings, with_roles


def consent(
    grants: str, rule: str = "required: 2, approvers: {groups: [S009]}", more: str = ""
) -> str:
    """Return a file with an environment that asks for approvals."""
    place = f"  prod: {{match: {{service: p}}, approvals: {{{rule}}}{more}}}"
    return with_roles(f"""\
        grants: [{grants}]
        environments:
        {place}
    """)


@pytest.mark.parametrize(
    ("grants", "rule"),
    [
        ("{role: ops, may: [read]}", "required: 2, approvers: {groups: [S009]}"),
        ("{role: ops, may: [read]}", "required: 1, approvers: {users: [U005, U006]}"),
        ("{role: ops, may: [approve]}", "required: 1, approvers: {users: [U005, U006]}"),
        (
            "{role: ops, may: [approve], environments: [default]}",
            "required: 2, approvers: {groups: [S009]}",
        ),
        ("{role: ops, may: [read]}", "required: 0, approvers: {everyone: true}"),
    ],
)
def test_approvers_need_no_grant(grants: str, rule: str) -> None:
    assert warnings(consent(grants, rule)) == []


EVERYBODY = "required: {}, approvers: {{everyone: true}}"
BEYOND = ", limits: {replicas: 3, beyond: approve}"


@pytest.mark.parametrize(
    ("rule", "limits"), [(EVERYBODY.format(2), ""), (EVERYBODY.format(0), BEYOND)]
)
@pytest.mark.parametrize("may", ["approve", "read"])
def test_that_everybody_has_a_vote_is_told(may: str, rule: str, limits: str) -> None:
    text = consent(f"{{role: ops, may: [{may}]}}", rule, limits)
    (line,) = warnings(text)
    assert line == (
        f"{place(text, 'true')}: everybody in the workspace may approve and reject, "
        "whatever is granted; list users or groups if that is not meant"
    )


def test_a_limit_for_which_a_group_is_asked_is_fine() -> None:
    assert warnings(consent("{role: ops, may: [read]}", more=BEYOND)) == []


def test_the_right_to_break_the_glass_is_for_names_only() -> None:
    head = "version: 1\nroles: {all: {everyone: true}, ops: {users: [U001]}}\n"
    wrong = head + "grants:\n  - {role: all, may: [read, break_glass]}\n"
    (line,) = problems(wrong)
    assert line == (
        f"{place(wrong, 'break_glass')}: names only: the role all is everyone; "
        "grant it to a role of users, groups"
    )
    assert problems(wrong.replace("role: all", "role: ops")) == []


def test_too_few_approvers_are_told_once_whatever_is_granted() -> None:
    rule = "required: 2, approvers: {users: [U001]}"
    (line,) = problems(consent("{role: ops, may: [approve]}", rule))
    assert "2 must approve and only 1 may; list more" in line
