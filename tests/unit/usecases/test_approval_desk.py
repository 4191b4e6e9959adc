"""Requests as the bot sees them: found by either id, a did-you-mean, objections at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.change import Action, ActionKind
from bot.domain.policy import NOBODY, Grant, Members
from bot.domain.request import Place, Principal, Source
from bot.usecases.click import Click, Clicked
from bot.usecases.propose import Ack, AckKind, Propose, Typed
from tests.fakes.leases import all_well
from tests.unit.usecases.approving import ALL, CAT, DAN, EVE, Approving, asking
from tests.unit.usecases.bed import ANN, BOB


def propose(bed: Approving, line: str, by: Principal = CAT, **fields: Any) -> Ack:
    """Type a line as the bot takes it."""
    use = Propose(
        store=bed.store,
        queue=bed.queue,
        clock=bed.clock,
        ids=bed.ids,
        gate=bed.gate,
        suggest=lambda word, known: next((each for each in known if each[:4] == word[:4]), None),
        clusters=all_well("default", "eu"),
        **fields,
    )
    typed = Typed(
        text=line, by=by, place=Place(channel="C9"), source=Source.MENTION, delivery=line + by.user
    )
    return use.run(typed)


@pytest.mark.parametrize("letter", ["p", "r", "P"])
def test_it_is_found_by_its_own_id_and_by_the_rollouts(letter: str) -> None:
    bed = asking()
    name = bed.asked()
    ack = propose(bed, f"approve {letter}-{name[2:]}")
    assert f"`/swarm approve {name}`" in ack.text
    bed.work()
    assert bed.approval(name).yes == (CAT.user,)
    assert bed.approval(name).votes[0].channel == "C9"


def test_its_own_cluster_gets_the_job_wherever_it_is_typed() -> None:
    bed = asking()
    name = bed.asked()
    assert propose(bed, f"approve {name}", cluster="eu").kind is AckKind.ACCEPTED
    assert bed.queue.jobs[-1].cluster == "default"


def listed_without_a_grant(bed: Approving) -> None:
    """Let the rules grant everything to bob alone, in one swarm; approvers are as before."""
    grants = (Grant(name="g", role="team", may=ALL, clusters=frozenset({"default"})),)
    roles = {"team": Members(users=frozenset({BOB.user}))}
    bed.policies.policy = replace(bed.policies.policy, roles=roles, grants=grants)


@pytest.mark.parametrize("where", ["", " --cluster default", " --cluster eu", " --cluster nope"])
@pytest.mark.parametrize("line", ["approve{} {}", "reject{} {} no"])
def test_whom_the_rule_lists_may_type_the_line_that_they_are_told_whatever_is_granted(
    line: str, where: str
) -> None:
    bed = asking()
    name = bed.asked()
    listed_without_a_grant(bed)
    ack = propose(bed, line.format(where, name))
    assert ack.kind is AckKind.ACCEPTED
    assert bed.queue.jobs[-1].cluster == "default"
    assert b"denied" not in b"".join(bed.store.audit_lines)
    bed.work()
    assert len(bed.approval(name).votes) == 1


def test_a_line_without_a_swarm_is_clear_where_there_are_several_and_no_default() -> None:
    """It is typed from the channel of one, by the text that a window's refusal names."""
    bed = asking()
    name = bed.asked()
    ack = propose(bed, f"reject {name} no", cluster="none-of-that-name")
    assert ack.kind is AckKind.ACCEPTED
    told = propose(bed, "reject p-none no", cluster="none-of-that-name")
    assert (told.kind, "Which swarm is meant?" in told.text) == (AckKind.ERROR, True)


@pytest.mark.parametrize("verb", ["approve", "reject", "cancel"])
@pytest.mark.parametrize("known", [True, False])
def test_a_guessed_swarm_tells_a_stranger_nothing_by_a_request(verb: str, *, known: bool) -> None:
    bed = asking()
    name = bed.asked() if known else "p-none"
    listed_without_a_grant(bed)
    words = " no" * (verb == "reject")
    acks = [
        propose(bed, f"{verb} --cluster {each} {name}{words}", EVE)
        for each in ("default", "eu", "xx")
    ]
    told = {ack.text.replace("`default`", "`xx`").replace("`eu`", "`xx`") for ack in acks}
    assert (len(told), {ack.kind for ack in acks}) == (1, {AckKind.REFUSED})
    assert ("No swarm" in told.pop()) is not known


def test_a_mistyped_id_gets_a_did_you_mean() -> None:
    bed = asking()
    name = bed.asked()
    ack = propose(bed, f"approve {name[:4]}x")
    assert ack.kind is AckKind.ERROR
    assert f"Did you mean `{name}`?" in ack.text
    assert "`approvals` lists them" in propose(bed, "cancel nonsense").text


def test_who_may_not_look_around_is_not_told_what_there_is() -> None:
    bed = asking()
    bed.asked()
    bed.policies.policy = NOBODY
    ack = propose(bed, "approve p-none")
    assert (ack.kind, "Not allowed" in ack.text) == (AckKind.REFUSED, True)


@pytest.mark.parametrize(
    ("line", "by", "says"),
    [
        ("approve {}", ANN, "yourself"),
        ("approve {}", EVE, "Not allowed"),
        ("approve {}", BOB, "not among those"),
        ("reject {} no", BOB, "not among those"),
        ("cancel {}", EVE, "Not allowed"),
    ],
)
def test_what_speaks_against_it_is_said_at_once(line: str, by: Principal, says: str) -> None:
    bed = asking()
    ack = propose(bed, line.format(bed.asked()), by)
    assert ack.kind is AckKind.REFUSED
    assert says in ack.text
    assert bed.store.open_ids("default", Action) == []


def test_the_store_being_away_is_said() -> None:
    bed = asking()
    name = bed.asked()
    bed.store.down = True
    assert propose(bed, f"approve {name}").kind is AckKind.UNAVAILABLE


def test_a_clock_that_is_ahead_objects_to_nothing() -> None:
    """Whether it has expired is the worker's to say, by the clock of Redis."""
    bed = asking()
    name = bed.asked()
    bed.clock.advance(10**6)
    assert propose(bed, f"approve {name}").kind is AckKind.ACCEPTED


def test_a_modals_word_is_taken_where_the_request_stands() -> None:
    bed = asking()
    name = bed.asked()
    click = Click(
        store=bed.store,
        queue=bed.queue,
        clock=bed.clock,
        ids=bed.ids,
        gate=bed.gate,
        clusters=all_well("default"),
    )
    ack = click.run(
        Clicked(
            action=ActionKind.REJECT.value,
            value=name,
            by=DAN,
            place=Place(channel=""),
            delivery="view:V1",
            words=" not now ",
        )
    )
    assert ack.kind is AckKind.ACCEPTED
    bed.work()
    approval = bed.approval(name)
    assert (approval.state.value, approval.reason) == ("rejected", "not now")
    assert approval.votes[0].channel == "C1"
