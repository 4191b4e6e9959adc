"""What a decision is made of: membership, grants, matching, resources."""

import re
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.policy import (
    AllOf,
    AnyOf,
    ApprovalRule,
    Criterion,
    Environment,
    Grant,
    Match,
    Members,
    On,
    Policy,
    Resource,
    Side,
    VerbGroup,
    environments_of,
    fits,
    is_member,
    network_side,
    node_side,
    roles_of,
    side_of,
)
from bot.domain.policy.matching import matches
from bot.domain.policy.resource import as_compared
from bot.domain.request import Principal
from tests.builders import a_spec
from tests.unit.domain.policy.rules import OPERATOR, STRANGER, a_context, a_policy, decided, web

GROUP = frozenset({"S1"})


# -- membership


@pytest.mark.parametrize(
    ("members", "who", "groups", "is_one"),
    [
        (Members(), OPERATOR, GROUP, False),
        (Members(everyone=True), STRANGER, None, True),
        (Members(everyone=True), Principal(team="T1", user=""), None, False),
        (Members(users=frozenset({"U001"})), OPERATOR, None, True),
        (Members(users=frozenset({"U001"})), STRANGER, GROUP, False),
        (Members(groups=GROUP), STRANGER, frozenset({"S1", "S2"}), True),
        (Members(groups=GROUP), STRANGER, frozenset({"S2"}), False),
        (Members(groups=GROUP), STRANGER, frozenset(), False),
        (Members(groups=GROUP), STRANGER, None, False),
    ],
)
def test_who_is_a_member(
    members: Members,
    who: Principal,
    groups: frozenset[str] | None,
    is_one: bool,  # noqa: FBT001
) -> None:
    assert is_member(members, who, groups) is is_one


def test_a_person_may_have_several_roles() -> None:
    roles = {"a": Members(everyone=True), "b": Members(groups=GROUP), "c": Members()}
    policy = Policy(roles=roles)
    assert roles_of(policy, OPERATOR, a_context(groups=GROUP)) == {"a", "b"}


def test_a_policy_names_its_groups() -> None:
    approvers = ApprovalRule(approvers=Members(groups=frozenset({"S2"})))
    policy = replace(
        a_policy(Environment(name="e", approvals=approvers)), roles={"a": Members(groups=GROUP)}
    )
    assert policy.groups == {"S1", "S2"}


# -- grants


def granted(grant: dict[str, Any], what: Resource, channel: str = "C1") -> bool:
    line = Grant(name="g", role="all", may=frozenset({VerbGroup.UPDATE}), **grant)
    policy = a_policy(Environment(name="prod"), grants=[line])
    return decided(policy, what=what, channel=channel).outcome.value == "allow"


@pytest.mark.parametrize(
    ("grant", "yes", "no"),
    [
        ({"services": ("web*", "db")}, "web-1", "cache"),
        ({"services": ("db",)}, "db", "db2"),
        ({"services": ()}, "", "web"),
    ],
)
def test_a_grant_is_for_services_by_name(grant: dict[str, Any], yes: str, no: str) -> None:
    assert not yes or granted(grant, web(service=yes))
    assert not granted(grant, web(service=no))


def test_a_grant_for_services_is_none_for_what_is_no_service() -> None:
    assert not granted({"services": ("*",)}, web(service="", node="n1"))
    assert granted({}, web(service="", node="n1"))


def test_a_grant_is_for_channels_clusters_and_environments() -> None:
    assert granted({"channels": frozenset({"C1"})}, web())
    assert not granted({"channels": frozenset({"C2"})}, web())
    assert not granted({"channels": frozenset({"C1"})}, web(), channel="")
    assert granted({"clusters": frozenset({"eu"})}, web(cluster="eu"))
    assert not granted({"clusters": frozenset({"eu"})}, web())
    assert granted({"environments": frozenset({"prod"})}, web())
    assert not granted({"environments": frozenset({"test"})}, web())
    assert not granted({"environments": frozenset()}, web())


def test_a_policy_without_grants_says_so() -> None:
    assert decided(a_policy(grants=[])).reasons == (
        "no rule lets you update web in default",
        "the policy grants nothing to anybody",
    )


def test_a_refusal_names_who_may() -> None:
    rights = frozenset({VerbGroup.UPDATE})
    lines = [Grant(name="g", role=role, may=rights) for role in ("ops", "admin")]
    assert decided(a_policy(grants=lines)).reasons == (
        "no rule lets you update web in default",
        "the roles admin, ops may",
    )
    assert decided(a_policy(grants=lines[:1])).reasons[1] == "the role ops may"


def test_a_refusal_names_the_channels_in_which_it_would_do() -> None:
    rights = frozenset({VerbGroup.NODE})
    channels = frozenset({"C2", "C1"})
    lines = [
        Grant(name="g", role="ops", may=rights, channels=channels),
        Grant(name="g", role="ops", may=frozenset({VerbGroup.READ}), channels=frozenset({"C3"})),
        Grant(name="g", role="ops", may=rights, channels=frozenset({"C4"}), services=("db",)),
    ]
    reasons = decided(a_policy(grants=lines), VerbGroup.NODE, channel="C9").reasons
    assert reasons == ("no rule lets you change web in default", "that is for <#C1> <#C2>")


def test_a_refusal_names_no_channel_in_which_it_would_not_do_either() -> None:
    elsewhere = Grant(
        name="g",
        role="ops",
        may=frozenset({VerbGroup.UPDATE}),
        channels=frozenset({"C1"}),
        environments=frozenset({"test"}),
    )
    reasons = decided(a_policy(Environment(name="prod"), grants=[elsewhere])).reasons
    assert reasons == ("no rule lets you update web in prod",)


def test_a_refusal_names_no_environment_while_nobody_has_looked() -> None:
    unseen = Resource(cluster="default", service="web")
    reasons = decided(a_policy(grants=[]), what=unseen).reasons
    assert reasons == ("no rule lets you update web", "the policy grants nothing to anybody")


def test_a_refusal_says_that_slack_could_not_be_asked() -> None:
    reasons = decided(a_policy(grants=[]), groups=None).reasons
    assert reasons[-1] == "Slack could not be asked for your user groups, so they do not count now"


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (VerbGroup.ROLLBACK, "roll back web"),
        (VerbGroup.APPROVE, "oversee changes of web"),
        (VerbGroup.REMOVE, "remove web"),
    ],
)
def test_a_right_is_said_as_a_verb(verb: VerbGroup, words: str) -> None:
    assert f"no rule lets you {words}" in decided(a_policy(grants=[]), verb).why


# -- matching

PROD = Side(
    labels={"env": "prod", "bare": ""},
    constraints=frozenset({"node.labels.env==prod"}),
    networks=frozenset({"front", "prod_net"}),
)
WHAT = Resource(cluster="eu", service="web-1", node="")


def on(kind: str, wanted: str) -> Criterion:
    return Criterion(On(kind), wanted)


@pytest.mark.parametrize(
    ("match", "holds"),
    [
        (on("service", "web-?"), True),
        (on("service", "web"), False),
        (on("label", "env=prod"), True),
        (on("label", "env=p*"), True),
        (on("label", "env=test"), False),
        (on("label", "env"), True),
        (on("label", "bare"), True),
        (on("label", "bare="), True),
        (on("label", "en*"), False),
        (on("constraint", "node.labels.env == prod"), True),
        (on("constraint", "node.labels.env==*"), False),
        (on("network", "prod*"), True),
        (on("network", "back"), False),
        (on("cluster", "e?"), True),
        (on("cluster", "us"), False),
        (on("node", "*"), False),
        (AnyOf((on("cluster", "us"), on("cluster", "eu"))), True),
        (AnyOf((on("cluster", "us"),)), False),
        (AnyOf(()), False),
        (AllOf((on("cluster", "eu"), on("label", "env"))), True),
        (AllOf((on("cluster", "eu"), on("label", "no"))), False),
        (AllOf(()), False),
        (AllOf((AnyOf((on("cluster", "eu"), on("node", "n"))), on("service", "w*"))), True),
    ],
)
def test_what_matches(match: Match, holds: bool) -> None:  # noqa: FBT001
    assert matches(match, WHAT, PROD) is holds


def test_a_node_matches_by_its_name() -> None:
    assert matches(on("node", "db-*"), Resource(cluster="eu", node="db-1"), Side())


@pytest.mark.parametrize(
    ("name", "pattern", "fit"),
    [
        ("web", "web", True),
        ("web", "WEB", False),
        ("webs", "web", False),
        ("web", "w*", True),
        ("w", "w*", True),
        ("w.b", "w?b", True),
        ("web\nx", "web*", True),
        ("w..b", "w?b", False),
        ("wb", "w?b", False),
        ("wxb", "w.b", False),
        ("[ab]", "[ab]", True),
        ("a", "[ab]", False),
        ("", "*", True),
    ],
)
def test_patterns_know_two_signs(name: str, pattern: str, fit: bool) -> None:  # noqa: FBT001
    assert fits(name, [pattern]) is fit


@given(st.text(max_size=8))
def test_every_name_fits_itself_and_the_star(name: str) -> None:
    assert fits(name, ["*"])
    if not set(name) & set("*?"):
        assert fits(name, [name])


def test_the_first_environment_that_matches_counts() -> None:
    first = Environment(name="first", match=on("service", "web*"))
    second = Environment(name="second", match=on("label", "env"))
    default = Environment(name="default")
    policy = a_policy(first, second, default)
    assert environments_of(policy, web(PROD)) == (first,)
    assert environments_of(policy, web(PROD, service="db")) == (second,)
    assert environments_of(policy, web(service="db")) == (default,)
    assert environments_of(policy, web(PROD, PROD)) == (first,)
    assert environments_of(policy, Resource(cluster="c")) == ()


def test_what_matches_none_is_in_an_environment_that_asks_for_nothing() -> None:
    (found,) = environments_of(a_policy(), web())
    assert (found.name, found.approvals.required) == ("default", 0)


# -- resources


def test_a_service_is_seen_by_its_labels_constraints_and_networks() -> None:
    spec = a_spec(labels={"env": "prod"}, Networks=[{"Target": "n1"}, {"Target": "n9"}])
    spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.labels.env == prod"]}
    spec["Networks"] = [{"Target": "n2"}]
    assert side_of(spec, {"n1": "front", "n2": "back"}) == Side(
        labels={"env": "prod"},
        constraints=frozenset({"node.labels.env==prod"}),
        networks=frozenset({"front", "n9", "back"}),
    )


def test_an_empty_spec_is_seen_as_nothing() -> None:
    assert side_of({}) == Side()
    assert side_of({"Networks": [{}]}).networks == {""}


def test_a_node_counts_as_what_services_could_be_constrained_to() -> None:
    side = node_side({"Labels": {"env": "prod"}, "Role": "worker"})
    assert side.labels == {"env": "prod"}
    assert side.constraints == {"node.labels.env==prod", "node.role==worker"}
    assert node_side({}).constraints == {"node.role=="}


def test_a_network_is_seen_by_its_name_and_labels() -> None:
    assert network_side("prod") == Side(networks=frozenset({"prod"}))
    assert network_side("back", {"env": "prod"}).labels == {"env": "prod"}


@pytest.mark.parametrize(
    ("what", "name"),
    [
        (Resource(cluster="eu", service="web", node="n"), "web"),
        (Resource(cluster="eu", node="n"), "n"),
        (Resource(cluster="eu"), "cluster eu"),
    ],
)
def test_what_reasons_call_a_thing(what: Resource, name: str) -> None:
    assert what.name == name


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("node.labels.env == PROD", "node.labels.env==prod"),
        ("NODE.Labels.env==Prod", "node.labels.env==prod"),
        ("Node.Role==Manager", "node.role==manager"),
        ("engine.labels.Zone!=A", "engine.labels.Zone!=a"),
        ("odd", "odd"),
    ],
)
def test_constraints_are_compared_as_swarm_does(typed: str, same: str) -> None:
    assert as_compared(typed) == as_compared(same) == same
    prod = Environment(name="prod", match=on("constraint", same))
    there = side_of({"TaskTemplate": {"Placement": {"Constraints": [typed]}}})
    assert environments_of(a_policy(prod), web(there))[0].name == "prod"


def test_the_name_of_a_label_keeps_its_case() -> None:
    assert as_compared("node.labels.ENV==prod") != as_compared("node.labels.env==prod")


def test_a_node_counts_by_its_labels_whatever_their_case() -> None:
    prod = Environment(name="prod", match=on("constraint", "node.labels.env==prod"))
    found = environments_of(a_policy(prod), web(node_side({"Labels": {"env": "PROD"}})))
    assert [each.name for each in found] == ["prod"]


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_patterns_fit_as_their_regular_expressions_would(pattern: str, name: str) -> None:
    wild = {"*": ".*", "?": "."}
    expected = re.fullmatch("".join(wild.get(c, c) for c in pattern), name) is not None
    assert fits(name, [pattern]) is expected


def test_no_pattern_takes_long() -> None:
    started = time.process_time()
    assert not fits("a" * 400, ["*?" * 60 + "zz"])
    assert time.process_time() - started < 1
