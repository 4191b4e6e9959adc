"""From the file's words to the rules: nothing that can be written is lost or turned around."""

from datetime import timedelta
from typing import get_args

from bot.adapters.policy_rules import policy_of
from bot.domain.policy import (
    AllOf,
    AnyOf,
    ApprovalRule,
    Beyond,
    Criterion,
    Environment,
    Freeze,
    Grant,
    ImageRule,
    Limits,
    Members,
    NotifyOn,
    NotifyRule,
    On,
    Policy,
    UpdateDefaults,
    VerbGroup,
)
from config import policy_model as model
from config.policy_words import Changing, Event, Right
from tests.unit.config.policies import ISSUE, reading_of


def policy(text: str) -> Policy:
    reading = reading_of(text)
    assert reading.values is not None, reading.problems
    return policy_of(reading.values, reading.canonical)


def test_every_key_has_its_place() -> None:
    found = policy("""\
        version: 1
        roles:
          all: {everyone: true}
          ops: {users: [U001, W002], groups: [S001]}
          none:
        grants:
          - {role: all, may: [read]}
          - {role: ops, may: [node, break_glass], environments: [p], services: [a, "b*"],
             channels: [C001, G002], clusters: [eu]}
        channels:
          C0EU: {cluster: eu}
        environments:
          p:
            match:
              all:
                - any: [{service: a}, {label: b}, {network: c}]
                - {constraint: d==e}
                - {cluster: eu}
                - {node: n}
            approvals: {required: 1, approvers: {users: [U003], groups: [S002]}, expires: 1h,
                        self_approval: true, remind: 5m, verbs: [rollback]}
            notify: {channels: [C003], on: [aborted]}
            freeze:
              - {cron: "0 0 * * *", for: 90m, timezone: Europe/Berlin, reason: why, except: []}
              - {cron: "0 0 * * 1", for: 1h}
            images: {allow: [a/*], require_digest: true}
            limits: {replicas: 5, step: 2, beyond: approve}
            update:
              defaults: {parallelism: 2, delay: 1s, failure_action: rollback, monitor: 2s,
                         max_failure_ratio: 0.5, order: start-first}
          default:
    """)
    assert len(found.hash) == 64
    assert found == Policy(
        hash=found.hash,
        roles={
            "all": Members(everyone=True),
            "ops": Members(users=frozenset({"U001", "W002"}), groups=frozenset({"S001"})),
            "none": Members(),
        },
        channels={"C0EU": "eu"},
        grants=(
            Grant(name="grants[0] (all)", role="all", may=frozenset({VerbGroup.READ})),
            Grant(
                name="grants[1] (ops)",
                role="ops",
                may=frozenset({VerbGroup.NODE, VerbGroup.BREAK_GLASS}),
                environments=frozenset({"p"}),
                services=("a", "b*"),
                channels=frozenset({"C001", "G002"}),
                clusters=frozenset({"eu"}),
            ),
        ),
        environments=(
            Environment(
                name="p",
                match=AllOf(
                    (
                        AnyOf(
                            (
                                Criterion(On.SERVICE, "a"),
                                Criterion(On.LABEL, "b"),
                                Criterion(On.NETWORK, "c"),
                            )
                        ),
                        Criterion(On.CONSTRAINT, "d==e"),
                        Criterion(On.CLUSTER, "eu"),
                        Criterion(On.NODE, "n"),
                    )
                ),
                approvals=ApprovalRule(
                    required=1,
                    approvers=Members(users=frozenset({"U003"}), groups=frozenset({"S002"})),
                    expires=timedelta(hours=1),
                    self_approval=True,
                    remind=timedelta(minutes=5),
                    verbs=frozenset({VerbGroup.ROLLBACK}),
                ),
                notify=NotifyRule(channels=("C003",), on=frozenset({NotifyOn.ABORTED})),
                freezes=(
                    Freeze(
                        cron="0 0 * * *",
                        length=timedelta(minutes=90),
                        timezone="Europe/Berlin",
                        reason="why",
                        passes=frozenset(),
                    ),
                    Freeze(cron="0 0 * * 1", length=timedelta(hours=1)),
                ),
                images=ImageRule(allow=("a/*",), require_digest=True),
                limits=Limits(replicas=5, step=2, beyond=Beyond.APPROVE),
                update=UpdateDefaults(
                    parallelism=2,
                    delay=timedelta(seconds=1),
                    failure_action="rollback",
                    monitor=timedelta(seconds=2),
                    max_failure_ratio=0.5,
                    order="start-first",
                ),
            ),
            Environment(name="default"),
        ),
    )


def test_the_defaults_of_the_file_are_those_of_the_domain() -> None:
    found = policy("version: 1\nenvironments: {default: {images: {}}}").environments
    told = NotifyRule(on=frozenset(map(NotifyOn, model.Notify().on)))
    assert found == (Environment(name="default", notify=told),)


def test_an_empty_file_lets_nobody() -> None:
    found = policy("")
    assert (found.roles, found.grants, found.environments) == ({}, (), ())
    assert not found.open_to_all


def test_the_words_of_the_file_are_those_of_the_domain() -> None:
    assert set(get_args(Right)) == {each.value for each in VerbGroup}
    assert set(get_args(Event)) == {each.value for each in NotifyOn}
    assert set(get_args(Changing)) < set(get_args(Right))
    criteria = set(model.Match.model_fields) - {"any", "all"}
    assert criteria == {each.value for each in On}


def test_the_version_follows_the_content() -> None:
    assert policy(ISSUE).hash == policy(ISSUE + "# a comment\n").hash
    assert policy(ISSUE).hash != policy(ISSUE.replace("U001", "U005")).hash
