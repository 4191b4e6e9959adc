from dataclasses import replace
from datetime import timedelta

from bot.domain.policy import (
    OPEN,
    AllOf,
    AnyOf,
    ApprovalRule,
    Criterion,
    Environment,
    Freeze,
    Grant,
    Limits,
    Members,
    On,
    Piece,
    Side,
    VerbGroup,
    explain,
)
from bot.domain.request import Principal
from tests.unit.domain.policy.rules import (
    HERE,
    OPERATOR,
    STRANGER,
    a_context,
    a_policy,
    issue_policy,
    web,
)

UPDATE = frozenset({VerbGroup.UPDATE})


def test_it_says_whether_they_may_take_away_others_locks() -> None:
    def last(who: Principal, admins: Members) -> str:
        policy = a_policy()
        asked = replace(policy, roles={**policy.roles, "admin": admins})
        return explain(asked, who, VerbGroup.LOCK, web(), a_context())[-1]

    operators = Members(users=frozenset({OPERATOR.user}))
    may = "Where they may lock, they may take away somebody else's lock, by roles.admin."
    assert last(OPERATOR, operators) == may
    no = "They may not take away somebody else's lock: only who is in the role admin takes away"
    assert last(STRANGER, operators) == f"{no} somebody else's lock."
    assert last(OPERATOR, Members()) == f"{no} somebody else's lock; nobody is in it."
    assert (
        "somebody else"
        not in explain(a_policy(), OPERATOR, VerbGroup.UPDATE, web(), a_context())[-1]
    )


def test_it_says_whether_their_vote_counts() -> None:
    def last(**context: frozenset[str] | None) -> str:
        asked = a_context(**context)
        return explain(issue_policy(), STRANGER, VerbGroup.APPROVE, web(HERE), asked)[-1]

    line = "environments.production.approvals.approvers"
    counts = f"On requests in production their vote counts: {line} lists them."
    assert last(groups=frozenset({"S0SRE"})) == counts
    assert last(groups=frozenset()) == (
        "On requests in production their vote does not count: you are not among those who may "
        "approve in production."
    )


def test_it_says_who_decides_and_what_was_looked_at() -> None:
    lines = explain(issue_policy(), OPERATOR, VerbGroup.UPDATE, web(HERE), a_context())
    assert lines == (
        "U001 may update web once it is approved.",
        "Decided by: environments.production.approvals.",
        "Because to update in production needs the yes of 2 people.",
        "U001 is in operator, viewer.",
        "No user group of theirs was given, so nobody is in a role by a group here.",
        "Environment production: it matches by label `env=prod`.",
        "grants[0] (viewer): it does not grant update.",
        "grants[1] (operator): it applies.",
        "production: to create, remove, scale, update needs 2 of S0SRE, within 30m.",
        (
            "production: it tells C0RELEASES of requested, approved, rejected, expired, started, "
            "paused, failed, completed, rolled_back."
        ),
        (
            "production: frozen for 64h from `0 16 * * FRI` in Europe/Berlin (weekend); "
            "rollback goes on."
        ),
        "production: images come from registry.example.com/*.",
        "production: the line must name the image's digest.",
        (
            "production: at most so many replicas: 50 in all, 10 more or fewer at once; what goes "
            "beyond asks for approval."
        ),
        (
            "production: the update policy, where neither line nor service has one, is "
            "failure_action rollback, monitor 10s."
        ),
    )


def test_it_says_why_not() -> None:
    lines = explain(issue_policy(), OPERATOR, VerbGroup.UPDATE, web(service="db"), a_context())
    assert lines[:3] == (
        "U001 may not update db.",
        "Decided by: no grant.",
        "Because no rule lets you update db in default.",
    )
    assert (
        "Environment production: it does not match: any of (service `prod_*`, label `env=prod`, "
        "constraint `node.labels.env==prod`, network `prod`, cluster `eu`)." in lines
    )
    assert "Environment default: it is for what matches no other." in lines
    assert (
        "grants[1] (operator): it is only for services web*; "
        "environments production, staging, not default." in lines
    )


def test_it_names_every_way_in_which_a_grant_does_not_apply() -> None:
    where = frozenset({"eu", "us"})
    lines = [
        Grant(name="a", role="ops", may=UPDATE),
        Grant(name="b", role="all", may=UPDATE, environments=frozenset({"prod"})),
        Grant(name="c", role="all", may=UPDATE, clusters=where),
    ]
    said = explain(a_policy(grants=lines), STRANGER, VerbGroup.UPDATE, web(), a_context())
    assert said[-3:] == (
        "a: they are not in the role.",
        "b: it is only for environments prod, not default.",
        "c: it is only for clusters eu, us.",
    )


def test_of_a_grant_it_names_only_what_is_not_met() -> None:
    context = a_context(channel="C0OTHER")
    lines = explain(issue_policy(), OPERATOR, VerbGroup.UPDATE, web(HERE), context)
    assert "grants[1] (operator): it is only for lines typed in C0OPS." in lines


def test_it_names_each_environment_that_a_grant_is_not_for() -> None:
    prod = Environment(name="prod", match=Criterion(On.LABEL, "env=prod"))
    grant = Grant(name="a", role="all", may=UPDATE, environments=frozenset({"prod"}))
    policy = a_policy(prod, grants=[grant])
    said = explain(policy, STRANGER, VerbGroup.UPDATE, web(HERE, Side()), a_context())
    assert "a: it is only for environments prod, not default." in said


def test_one_limit_is_told_alone_and_that_it_refuses() -> None:
    policy = a_policy(Environment(name="default", limits=Limits(step=3)))
    lines = explain(policy, STRANGER, VerbGroup.SCALE, web(), a_context())
    assert lines[-1] == (
        "default: at most so many replicas: 3 more or fewer at once; what goes beyond is refused."
    )


def test_the_open_policy_needs_no_more_words() -> None:
    lines = explain(OPEN, STRANGER, VerbGroup.REMOVE, web(), a_context())
    assert lines == (
        "U009 may remove web.",
        "Decided by: open.",
        "Because WAGGLE_POLICY=open: everyone may do everything.",
    )


def test_who_has_no_role_is_told_so() -> None:
    policy = replace(a_policy(), roles={})
    lines = explain(policy, STRANGER, VerbGroup.READ, web(), a_context())
    assert "U009 is in no role." in lines
    assert not any("user group" in line for line in lines)
    assert "Environment default: nothing matches, and it asks for nothing." in lines


def test_given_groups_count() -> None:
    context = a_context(groups=frozenset({"S0OPS"}))
    lines = explain(issue_policy(), STRANGER, VerbGroup.UPDATE, web(HERE), context)
    assert "U009 is in operator, viewer." in lines
    assert not any("No user group" in line for line in lines)


def test_a_freeze_lets_a_rollback_pass_unless_it_says_otherwise() -> None:
    environment = Environment(
        name="e", freezes=(Freeze(cron="0 0 * * *", length=timedelta(hours=1)),)
    )
    lines = explain(a_policy(environment), STRANGER, VerbGroup.READ, web(), a_context())
    assert lines[-1] == "e: frozen for 1h from `0 0 * * *` in UTC; rollback goes on."


def test_the_part_that_matches_is_named() -> None:
    both = AllOf((Criterion(On.LABEL, "a"), Criterion(On.CLUSTER, "default")))
    rule = ApprovalRule(required=1, approvers=Members(everyone=True))
    frozen = Freeze(cron="0 0 * * *", length=timedelta(hours=1), passes=frozenset())
    environment = Environment(
        name="e",
        match=AnyOf((Criterion(On.SERVICE, "db"), AnyOf((both,)))),
        approvals=rule,
        freezes=(frozen,),
    )
    later = Environment(name="later", match=Criterion(On.SERVICE, "web"))
    lines = explain(
        a_policy(environment, later),
        STRANGER,
        VerbGroup.READ,
        web(Side(labels={"a": ""})),
        a_context(),
    )
    assert "Environment e: it matches by all of (label `a`, cluster `default`)." in lines
    assert not any("later" in line for line in lines)
    assert "e: to create, remove, scale, update needs 1 of everyone, within 30m." in lines
    assert "e: frozen for 1h from `0 0 * * *` in UTC." in lines
    assert "U009 may read web." in lines


def test_it_says_how_a_secret_that_is_new_to_the_service_was_judged() -> None:
    grant = Grant(name="g", role="all", may=UPDATE, environments=frozenset({"test"}))
    other = replace(grant, name="other", may=frozenset({VerbGroup.READ}))
    nobodys = replace(grant, name="nobodys", role="ops")
    prod = Environment(name="prod", match=Criterion(On.LABEL, "env=prod"))
    test = Environment(name="test", match=Criterion(On.LABEL, "env=test"))
    policy = a_policy(prod, test, grants=(grant, other, nobodys))
    key = Piece(kind="secret", name="key", labels={"env": "prod"})
    what = web(Side(labels={"env": "test"}), takes=(key,))
    lines = explain(policy, OPERATOR, VerbGroup.UPDATE, what, a_context())
    of_key = [line for line in lines if line.startswith("secret key: ")]
    assert of_key == [
        "secret key: environment prod: it matches by label `env=prod`.",
        "secret key: g: it is only for environments test, not prod.",
    ]
