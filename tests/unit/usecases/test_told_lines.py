"""What an answer tells people to type is for the swarm that it is about, wherever they type it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import approval_id
from bot.domain.change import ActionKind
from bot.domain.errors import NotAllowed, NotFound, UserError
from bot.domain.flags.verb import Verb
from bot.domain.grammar.suggest import nearest
from bot.domain.grammar.wish import Wish
from bot.domain.policy import VerbGroup
from bot.domain.refusal import Refusal
from bot.domain.reply import Reply
from bot.domain.request import Principal
from bot.domain.revision import Mark
from bot.domain.rollback import choose
from bot.domain.rollout.act import act
from bot.domain.rollout.record import RolloutState
from bot.domain.rollout.words import may_have_been_sent
from bot.usecases.about_message import AboutMessage, Pointed
from bot.usecases.approval_desk import ApprovalDesk
from bot.usecases.lookup import Lookup
from tests.builders import NOW, a_history, a_rollout
from tests.unit.rendering.told_lines import in_us, told
from tests.unit.usecases.answering import Desk
from tests.unit.usecases.approving import CAT, RULE, a_policy
from tests.unit.usecases.bed import ANN, BOB, Bed
from tests.unit.usecases.locked_bed import does
from tests.unit.usecases.offices import Office

V2 = "update --image reg/httpd:v2 web"
DRAIN = "node update --availability drain n2"


def verbs(text: str, *typed: str) -> set[Verb]:
    """Return what a text tells to type; each line of it is for `us`."""
    lines = list(told(text, *typed))
    assert [line.canonical for line in lines if line.options.cluster != "us"] == []
    return {line.verb for line in lines}


def american(*before: str) -> Bed:
    """Return a bed in the swarm `us` in which `web` runs v1, and some lines were typed."""
    bed = Bed(cluster="us")
    bed.done("create --name web --replicas 2 reg/httpd:v1")
    for line in before:
        does(bed, line)
    return bed


@pytest.mark.parametrize(
    ("before", "line", "by", "ways"),
    [
        (V2, "scale web=3", BOB, {Verb.RESUME, Verb.ROLLBACK, Verb.ABORT}),
        (V2, "rm web", ANN, {Verb.ABORT}),
        ("", "abort web", ANN, {Verb.ROLLOUTS}),
        ("", "rollback web", ANN, {Verb.RM}),
        ("", "rollback --to 9 web", ANN, {Verb.HISTORY}),
        ("", "lock --reason why web", ANN, {Verb.UNLOCK}),
        ("", "lock --reason why --all", ANN, {Verb.UNLOCK}),
        ("", "unlock web", ANN, {Verb.LOCKS}),
        ("lock --reason why web", "lock --reason more web", ANN, {Verb.UNLOCK}),
        ("lock --reason why web", "lock --reason more web", BOB, {Verb.LOCK}),
        ("lock --reason why web", "unlock web", BOB, {Verb.UNLOCK}),
        ("lock --reason why web", "scale web=3", BOB, {Verb.LOCKS}),
        ("lock --reason why --all", "network create x", BOB, {Verb.LOCKS}),
        ("", "node rm --force n1", ANN, {Verb.NODE_DEMOTE}),
        ("", "node rm n3", ANN, {Verb.NODE_UPDATE}),
        ("", "subscribe web*", ANN, {Verb.UNSUBSCRIBE}),
        ("", "unsubscribe web*", ANN, {Verb.SUBSCRIPTIONS}),
    ],
)
def test_what_a_line_is_answered(before: str, line: str, by: Principal, ways: set[Verb]) -> None:
    bed = american(*([before] if before else []))
    assert verbs(does(bed, line, by), before) == ways


def test_an_engine_that_is_away() -> None:
    bed = american()
    bed.swarm.unavailable = True
    assert verbs(does(bed, "abort web")) == {Verb.ROLLOUTS}


def test_a_name_that_is_taken() -> None:
    answer = does(american(), "create --name web reg/httpd:v1")
    assert "`update … web --cluster us`" in answer


def test_a_node_that_is_drained_already() -> None:
    bed = american(DRAIN)
    assert verbs(does(bed, f"{DRAIN} --then active")) == {Verb.NODE_UPDATE}
    bed.settle(60)
    assert verbs(does(bed, f"{DRAIN} --then active")) == {Verb.NODE_UPDATE}


def test_a_revision_that_was_bad() -> None:
    bed = american()
    bed.swarm.add_image("reg/httpd:crash", ends_in=timedelta(seconds=1), exit_code=1)
    crash = "update --update-failure-action rollback --image reg/httpd:crash web"
    bed.done(crash, "rolled_back")
    assert verbs(does(bed, crash, BOB)) == {Verb.UNLOCK}


def test_a_rollback_that_others_must_approve() -> None:
    bed = american(V2)
    bed.policies.policy = a_policy(replace(RULE, verbs=frozenset({VerbGroup.ROLLBACK})))
    assert verbs(does(bed, "rollback web", CAT)) == {Verb.ABORT, Verb.ROLLBACK}


def test_a_request_that_is_there_already() -> None:
    bed = american()
    bed.policies.policy = a_policy()
    name = approval_id(bed.type(V2))
    bed.work()
    assert verbs(does(bed, V2)) == {Verb.CANCEL}
    assert verbs(does(bed, f"approve {name}")) == {Verb.CANCEL}
    for number in range(9):
        does(bed, f"scale web={number + 10}")
    assert verbs(does(bed, "scale web=20")) == {Verb.APPROVALS, Verb.CANCEL}


def words(reply: Reply | object) -> str:
    assert isinstance(reply, Refusal)
    return reply.next_step


@pytest.mark.parametrize(
    ("state", "ways"),
    [
        (RolloutState.COMPLETED, {Verb.ROLLBACK, Verb.HISTORY}),
        (RolloutState.PROGRESSING, {Verb.ABORT, Verb.RM}),
    ],
)
def test_a_rollout_that_cannot_go_back(state: RolloutState, ways: set[Verb]) -> None:
    rollout = in_us(a_rollout(state=state))
    assert verbs(words(act(rollout, ActionKind.ROLLBACK, ANN, NOW))) == ways


def test_what_may_have_been_sent() -> None:
    assert verbs(may_have_been_sent(in_us(a_rollout()))) == {Verb.PS}


def test_no_good_revision() -> None:
    history = in_us(a_history(Mark.BAD, Mark.BAD))
    step = words(choose(history))
    assert "`history web --cluster us`" in step
    assert "`rollback --to N web --cluster us`" in step


@pytest.mark.parametrize(
    ("line", "ways"), [("stack ps shop", {Verb.STACK_LS}), ("history wbe", set())]
)
def test_what_a_read_is_answered(line: str, ways: set[Verb]) -> None:
    reply = Desk("us").ask(line)
    assert verbs(words(reply)) == ways


def test_the_workers_own_node_that_may_not_be_read() -> None:
    swarm = american().swarm
    lookup = Lookup(swarm=swarm, suggest=nearest, cluster="us", tells=lambda _: False)
    with pytest.raises(NotAllowed) as no:
        lookup.node_or_self("self")
    assert verbs(no.value.next_step) == {Verb.NODES}


def test_a_form_of_what_there_is_not() -> None:
    office = Office(american())
    text = office.refused(office.asked(Wish(Verb.UPDATE, "qqqqqqq")))
    assert verbs(text) == {Verb.SERVICES}


def test_a_request_for_approval_that_there_is_not() -> None:
    bed = american()
    desk = ApprovalDesk(store=bed.store, gate=bed.gate)
    with pytest.raises(NotFound) as no:
        desk.find("us", "p-none", ANN, "C1")
    assert verbs(no.value.next_step) == {Verb.APPROVALS}


def test_a_message_of_a_rollout_that_began_with_nothing() -> None:
    bed = Bed(cluster="us")
    first = bed.done("create --name web reg/httpd:v1")
    about = AboutMessage(store=bed.store, propose=Office(bed).forms.propose)
    at = Pointed(channel="C1", ts="0.1", rollout_id=first.id, cluster="us", service="web")
    with pytest.raises(UserError) as no:
        about.rollback(ANN, at)
    assert verbs(no.value.next_step) == {Verb.RM, Verb.HISTORY}
