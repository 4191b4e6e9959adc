"""A click: its value is an opaque id, all else comes from the store."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.domain.audit import from_line
from bot.domain.change import Action, ActionKind
from bot.domain.policy import NOBODY, OPEN, ApprovalRule, Members, Policy
from bot.domain.request import Place, Principal, Source
from bot.domain.rollout.record import Rollout
from bot.jobs import JobName
from bot.ports import Put, Transaction
from bot.usecases.click import Click, Clicked
from bot.usecases.propose import Ack, AckKind, Propose, Typed
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.fakes.leases import FakeLeases, all_well
from tests.fakes.policy import a_gate
from tests.fakes.queue import FakeJobQueue
from tests.fakes.store import FakeRecordStore
from tests.unit.domain.approval.samples import an_approval

BOB = Principal(team="T0", user="U0BOB")
PLACE = Place(channel="C0OPS", response_url="https://hooks.slack.com/actions/1")


@dataclass
class Desk:
    store: FakeRecordStore = field(default_factory=FakeRecordStore)
    queue: FakeJobQueue = field(default_factory=FakeJobQueue)
    ids: FakeIds = field(default_factory=FakeIds)
    roster: FakeLeases = field(default_factory=lambda: all_well("default"))

    def record(self, line: str) -> str:
        """Type a line; return the id of what it became, its job taken from the queue."""
        propose = Propose(
            store=self.store,
            queue=self.queue,
            clock=FakeClock(),
            ids=self.ids,
            gate=a_gate(),
            clusters=self.roster,
            suggest=lambda _word, _among: None,
        )
        typed = Typed(text=line, by=BOB, place=PLACE, source=Source.SLASH, delivery=f"t:{line}")
        (made,) = propose.run(typed).ids
        self.queue.jobs.clear()
        return made

    def click(self, action: str, value: str, *, at: str = "1", policy: Policy = OPEN) -> Ack:
        click = Click(
            store=self.store,
            queue=self.queue,
            clock=FakeClock(),
            ids=self.ids,
            gate=a_gate(policy),
            clusters=self.roster,
        )
        delivery = f"click:C0OPS:1.2:{action}:{at}"
        return click.run(
            Clicked(action=action, value=value, by=BOB, place=PLACE, delivery=delivery)
        )

    def actions(self) -> list[Action]:
        ids = self.store.open_ids("default", Action)
        return [stored.value for stored in self.store.get_many(Action, ids)]


def test_a_denied_click_is_an_entry_of_the_audit_log() -> None:
    desk = Desk()
    rollout = desk.record("update --image shop/web:2 web")
    desk.click("rollback", rollout, policy=NOBODY)
    desk.click("rollback", rollout, policy=NOBODY)
    denied = [from_line(line).draft for line in desk.store.audit_lines][1:]
    assert [(draft.what, draft.target, draft.source) for draft in denied] == [
        ("denied", "web", "button")
    ]
    assert denied[0].who == BOB
    for at in ("2", "3"):
        assert desk.click("rollback", rollout, at=at, policy=NOBODY).kind is AckKind.REFUSED
    assert len(desk.store.audit_lines) == 2, "the same within a minute"
    desk.click("abort", rollout, at="4", policy=NOBODY)
    assert len(desk.store.audit_lines) == 3


def test_a_click_becomes_an_action_on_the_rollout_and_says_nothing_itself() -> None:
    desk = Desk()
    rollout = desk.record("scale web=3")
    ack = desk.click("resume", rollout)
    (action,) = desk.actions()
    assert (ack.kind, ack.text, ack.ids) == (AckKind.ACCEPTED, "", (action.id,))
    assert (action.kind, action.subject, action.service) == (ActionKind.RESUME, rollout, "web")
    assert action.request.by == BOB
    assert action.request.source is Source.BUTTON
    assert [(job.name, job.subject) for job in desk.queue.jobs] == [(JobName.ACT, action.id)]


@pytest.mark.parametrize(
    ("line", "button", "then"),
    [
        ("scale web=3", "rollback", "carried out if that one is back within 15m"),
        ("scale web=3", "abort", "carried out once that one is back"),
        ("rm web", "confirm", "carried out if that one is back within 15m"),
        ("rm web", "cancel", "carried out once that one is back"),
    ],
)
def test_a_click_that_nobody_is_there_to_carry_out_says_so(
    line: str, button: str, then: str
) -> None:
    desk = Desk()
    record = desk.record(line)
    desk.roster = FakeLeases()
    desk.roster.beat("default", "queries", "one", timedelta(minutes=1))
    for kind in (AckKind.ACCEPTED, AckKind.REPEATED):
        ack = desk.click(button, record)
        assert ack.kind is kind
        assert ack.text.startswith("The worker of `default` is away: no rollouts worker and no ")
        assert then in ack.text
    assert len(desk.actions()) == 1


def test_a_vote_that_nobody_is_there_to_count_says_so() -> None:
    desk = Desk()
    everyone = ApprovalRule(required=1, approvers=Members(everyone=True))
    asked = an_approval(id="p-1", subject="r-1", rule=everyone)
    desk.store.commit(Transaction(cluster="default", puts=(Put(record=asked, rev=0),)))
    desk.roster = FakeLeases()
    desk.roster.beat("default", "queries", "one", timedelta(minutes=1))
    assert "The worker of `default` is away" in desk.click("approve", "p-1").text


def test_a_confirming_click_is_about_a_change() -> None:
    desk = Desk()
    change = desk.record("rm web")
    assert desk.click("confirm", change).kind is AckKind.ACCEPTED
    assert [(a.kind, a.subject) for a in desk.actions()] == [(ActionKind.CONFIRM, change)]


def test_the_same_click_again_is_silent_and_changes_nothing() -> None:
    desk = Desk()
    rollout = desk.record("scale web=3")
    desk.click("abort", rollout)
    again = desk.click("abort", rollout)
    assert (again.kind, again.text) == (AckKind.REPEATED, "")
    assert len(desk.actions()) == len(desk.queue.jobs) == 1


def test_the_same_click_again_is_not_refused_for_what_came_of_it() -> None:
    desk = Desk()
    rollout = desk.record("scale web=3")
    desk.click("abort", rollout)
    again = desk.click("abort", rollout, policy=NOBODY)
    assert (again.kind, again.text) == (AckKind.REPEATED, "")
    assert desk.click("abort", rollout, at="2", policy=NOBODY).kind is AckKind.REFUSED
    assert [from_line(line).draft.what for line in desk.store.audit_lines] == [
        *["accepted"] * 2,
        "denied",
    ]


def test_another_click_on_the_same_button_is_another_action() -> None:
    desk = Desk()
    rollout = desk.record("scale web=3")
    desk.click("abort", rollout, at="1")
    desk.click("abort", rollout, at="2")
    assert len(desk.actions()) == 2


def test_a_button_that_is_not_known_is_said_so() -> None:
    desk = Desk()
    ack = desk.click("launch", desk.record("scale web=3"))
    assert ack.kind is AckKind.ERROR
    assert "not known" in ack.text
    assert not desk.actions()


def test_a_value_that_names_nothing_is_said_so() -> None:
    desk = Desk()
    ack = desk.click("resume", "r-forged")
    assert ack.kind is AckKind.ERROR
    assert "too old" in ack.text
    assert not desk.queue.jobs


def test_a_value_of_another_kind_of_record_names_nothing() -> None:
    desk = Desk()
    assert desk.click("confirm", desk.record("scale web=3")).kind is AckKind.ERROR
    assert not desk.actions()


def test_nobody_may_click_without_a_policy() -> None:
    desk = Desk()
    ack = desk.click("rollback", desk.record("scale web=3"), policy=NOBODY)
    assert ack.kind is AckKind.REFUSED
    assert "Nothing was changed" in ack.text
    assert not desk.actions()


def test_the_store_being_away_is_said() -> None:
    desk = Desk()
    rollout = desk.record("scale web=3")
    desk.store.down = True
    assert desk.click("resume", rollout).kind is AckKind.UNAVAILABLE
    assert not desk.queue.jobs


def test_a_lost_enqueue_leaves_the_record_for_the_reconciler() -> None:
    desk = Desk()
    rollout = desk.record("scale web=3")
    desk.queue.down = True
    assert desk.click("resume", rollout).kind is AckKind.ACCEPTED
    assert len(desk.actions()) == 1
    assert desk.store.get(Rollout, rollout) is not None
