"""Forms within Slack's three seconds: what is shown while the worker takes longer, or Slack."""

import asyncio
import threading
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event
from time import perf_counter
from typing import Any

import pytest

from bot.domain.flags.verb import Verb
from bot.domain.grammar import Command, parse
from bot.domain.grammar.wish import Wish
from bot.domain.policy import NOBODY
from bot.domain.request import Place, Principal
from bot.rendering.forms import view_name
from bot.slack.form_desk import FormDesk
from bot.slack.form_payload import Submission
from bot.slack.payload import Used
from bot.usecases.about_message import AboutMessage, Pointed
from bot.usecases.form_rights import Asked
from bot.usecases.forms import Forms
from bot.usecases.propose import Ack, AckKind
from tests.fakes.clock import FakeClock
from tests.fakes.leases import FakeLeases
from tests.unit.desks import shortcuts_of
from tests.unit.usecases.bed import made
from tests.unit.usecases.offices import SCALE, UPDATE, Office

Json = dict[str, Any]


@dataclass
class Slack:
    """Remembers the modals; `opens` says whether it opens any."""

    opens: bool = True
    seconds: float = 0.0
    opened: list[Json] = field(default_factory=list)
    updated: list[tuple[str, Json]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def open_modal(self, trigger: str, view: Json) -> bool:
        del trigger
        await asyncio.sleep(self.seconds)
        self.opened.append(view)
        return self.opens

    async def update_modal(self, view: Json, *, name: str = "", view_id: str = "") -> bool:
        self.updated.append((name or view_id, view))
        self.changed.set()
        return True


@dataclass
class Rig:
    office: Office
    slack: Slack
    desk: FormDesk

    def given(self, wish: Wish = SCALE, **filled: str) -> Submission:
        asked = self.office.asked(wish)
        shown = dict.fromkeys(filled, "")
        return Submission(asked=asked, first=next(iter(filled), ""), shown=shown, filled=filled)


@pytest.fixture
def rig() -> Rig:
    office, slack = Office(made(2)), Slack()
    desk = FormDesk(
        forms=office.forms,
        choices=office.choices,
        open_modal=slack.open_modal,
        update_modal=slack.update_modal,
        pool=ThreadPoolExecutor(4),
        planned_within=0.0,
        look_later_every=0.01,
    )
    return Rig(office, slack, desk)


def a_command(line: str) -> Command:
    found = parse(line)
    assert isinstance(found, Command)
    return found


def never_late(answer: Awaitable[Ack]) -> None:
    pytest.fail(f"nothing is late here: {answer}")


def record_of(rig: Rig) -> str:
    (job,) = rig.office.bed.queue.jobs
    return job.subject


async def test_where_slack_opens_nothing_the_line_is_named(rig: Rig) -> None:
    rig.slack.opens = False
    ack = await rig.desk.open(rig.office.asked(), "t")
    assert ack.kind is AckKind.UNAVAILABLE
    assert "help update" in ack.text
    rig.slack.opens, rig.slack.seconds = True, 5.0
    rig.desk.deadline = 0.2
    assert "did not open" in (await rig.desk.open(rig.office.asked(), "t")).text
    command = a_command("rollback --to 1 web")
    ack = await rig.desk.preview(rig.office.asked(), command, "t", perf_counter() + 5)
    assert "rollback --to 1 web" in ack.text


async def test_a_worker_that_takes_longer_is_waited_for_in_the_modal(
    rig: Rig,
) -> None:
    ack = await rig.desk.submit(rig.given(replicas="3"), never_late)
    assert ack["response_action"] == "push"
    assert "submit" not in ack["view"]
    record = record_of(rig)
    assert ack["view"]["external_id"] == view_name(record)
    await asyncio.to_thread(rig.office.bed.work)
    await rig.slack.changed.wait()
    (name, view) = rig.slack.updated[0]
    assert name == view_name(record)
    assert "submit" in view
    assert "replicas: 2 → 3" in str(view["blocks"])


async def test_a_worker_that_does_not_come_is_said(
    rig: Rig,
) -> None:
    rig.desk.looked_for = 0.02
    await rig.desk.submit(rig.given(replicas="3"), never_late)
    await rig.slack.changed.wait()
    assert "has not answered yet" in str(rig.slack.updated[0][1]["blocks"])
    record, asked = record_of(rig), rig.office.asked(SCALE)
    rig.desk.opened_after = 0.0
    await rig.desk.look(asked, record, "V7")
    assert len(rig.slack.updated) == 1
    await asyncio.to_thread(rig.office.bed.work)
    await rig.desk.look(asked, record, "V7")
    assert rig.slack.updated[1][0] == "V7"
    assert "submit" in rig.slack.updated[1][1]
    rig.desk.stop()


async def test_a_worker_that_is_away_is_told_in_the_modal_that_waits(rig: Rig) -> None:
    leases = rig.office.forms.propose.clusters
    assert isinstance(leases, FakeLeases)
    assert isinstance(leases.clock, FakeClock)
    leases.clock.advance(timedelta(days=2))
    rig.desk.looked_for = 0.02
    ack = await rig.desk.submit(rig.given(replicas="3"), never_late)
    (waiting, _) = ack["view"]["blocks"]
    assert waiting["text"]["text"].startswith("The worker of `default` is away: no rollouts worker")
    assert "working out" not in str(ack["view"])
    await rig.slack.changed.wait()
    told = rig.slack.updated[0][1]["blocks"][0]["text"]["text"]
    assert "is away" in told
    assert told.count("Nothing was changed") == 1
    assert "Press Look again" in told


async def test_what_the_worker_refuses_is_said_at_its_field_or_in_a_modal(rig: Rig) -> None:
    rig.desk.planned_within = 5.0
    given = rig.given(UPDATE, image="reg/httpd:v9", replicas="2")
    ack = await submitted(rig, replace(given, shown={"image": "", "replicas": "2"}))
    assert ack["response_action"] == "errors"
    assert "knows no reg/httpd:v9" in ack["errors"]["image"]
    rig.office.bed.swarm.remove_outside("web")
    ack = await submitted(rig, rig.given(replicas="3"))
    assert ack["response_action"] == "push"
    assert "There is no service" in str(ack["view"]["blocks"])
    assert "submit" not in ack["view"]


async def submitted(rig: Rig, given: Submission) -> Json:
    """Submit a form, with a worker at work beside it."""
    submitting = asyncio.create_task(rig.desk.submit(given, never_late))
    while not rig.office.bed.queue.jobs:  # noqa: ASYNC110 - the fake queue tells nobody
        await asyncio.sleep(0.01)
    await asyncio.to_thread(rig.office.bed.work)
    return await submitting


async def test_a_use_case_that_fails_changes_nothing_and_says_so(rig: Rig) -> None:
    broken = Asked(wish=Wish(Verb.SCALE, "web"), by=rig.office.asked().by, place=Place(channel="C"),
                   delivery="d")  # fmt: skip
    rig.office.bed.queue.enqueue = None  # type: ignore[assignment, method-assign]  # what no store says
    given = Submission(asked=broken, first="replicas", shown={"replicas": "2"},
                       filled={"replicas": "3"})  # fmt: skip
    ack = await rig.desk.submit(given, never_late)
    assert "Nothing was changed" in ack["errors"]["replicas"]


@dataclass(frozen=True, kw_only=True)
class HeldForms(Forms):
    """Records what is sent only when it is let."""

    let: Event = field(default_factory=Event)

    def send(self, record_id: str, asked: Asked) -> Ack:
        self.let.wait(10.0)
        return super().send(record_id, asked)


async def a_review(rig: Rig) -> Submission:
    """Return the second step of a form: what would change is shown."""
    ack = await rig.desk.submit(rig.given(replicas="3"), never_late)
    assert ack["response_action"] == "push"
    given = replace(rig.given(), record_id=record_of(rig))
    await asyncio.to_thread(rig.office.bed.work)
    return given


def held(rig: Rig, threads: int) -> Event:
    """Let nothing be recorded in time; return what lets it be."""
    forms = HeldForms(propose=rig.office.forms.propose, inventories=rig.office.bed.inventories)
    rig.desk.forms, rig.desk.deadline, rig.desk.pool = forms, 0.05, ThreadPoolExecutor(threads)
    return forms.let


async def test_what_is_sent_late_is_not_said_to_have_changed_nothing(rig: Rig) -> None:
    given, late = await a_review(rig), list[Awaitable[Ack]]()
    let = held(rig, 1)
    ack = await rig.desk.submit(given, late.append)
    told = str(ack["view"]["blocks"])
    assert "could not record" in told
    assert "Nothing was changed" not in told
    let.set()
    (answer,) = late
    assert (await answer).kind is AckKind.ACCEPTED


async def test_what_was_not_begun_to_be_sent_never_is(rig: Rig) -> None:
    given = await a_review(rig)
    let, late = held(rig, 1), list[Awaitable[Ack]]()
    first = asyncio.create_task(rig.desk.submit(given, late.append))
    await asyncio.sleep(0)  # it takes the only thread
    second = await rig.desk.submit(replace(given, asked=rig.office.asked(SCALE)), never_late)
    assert "was not begun, nothing was changed" in str(second["view"]["blocks"])
    await first
    let.set()
    assert (await late[0]).kind is AckKind.ACCEPTED
    assert len(rig.office.bed.queue.jobs) == 1


async def test_a_sending_that_fails_says_no_more_than_is_known(rig: Rig) -> None:
    given = await a_review(rig)
    rig.office.bed.queue.enqueue = None  # type: ignore[assignment, method-assign]  # what no store says
    ack = await rig.desk.submit(given, never_late)
    told = str(ack["view"]["blocks"])
    assert "failed inside" in told
    assert "Nothing was changed" not in told


async def test_a_chosen_node_turns_the_form_into_its_own(rig: Rig) -> None:
    given = rig.given(Wish(Verb.NODE_UPDATE), node="n1")
    ack = await rig.desk.submit(given, never_late)
    assert ack["response_action"] == "update"
    assert [each["block_id"] for each in ack["view"]["blocks"][1:]] == ["availability", "label"]
    ack = await rig.desk.submit(rig.given(Wish(Verb.NODE_UPDATE), node="x9"), never_late)
    assert "no node x9" in ack["errors"]["node"]


def no_worker(rig: Rig) -> Rig:
    """Let nobody be there from now on."""
    roster = rig.office.forms.propose.clusters
    assert isinstance(roster, FakeLeases)
    assert isinstance(roster.clock, FakeClock)
    roster.clock.advance(timedelta(days=2).total_seconds())
    return rig


async def test_what_is_sent_to_nobody_is_said_so(rig: Rig) -> None:
    given = await a_review(rig)
    ack = await no_worker(rig).desk.submit(given, never_late)
    assert ack["response_action"] == "update"
    assert "The worker of `default` is away" in str(ack["view"]["blocks"])
    assert len(rig.office.bed.queue.jobs) == 1


async def test_a_history_that_nobody_is_there_to_look_up_is_said_so(rig: Rig) -> None:
    rollout = rig.office.bed.done("scale web=3")
    rig.office.bed.settle(2)
    (parent,) = rig.office.bed.parents(rollout.id)
    asked = rig.office.asked()
    used = Used(
        name="waggle.show_history",
        by=asked.by,
        place=asked.place,
        at=Pointed(channel=parent.channel, ts=parent.ts),
        delivery="d1",
    )
    shortcuts = shortcuts_of(rig.desk, rig.office.forms.propose)
    assert (await shortcuts.use(used, "t")).text == ""
    assert rig.slack.opened == []
    no_worker(rig)
    ack = await shortcuts.use(replace(used, delivery="d2"), "t")
    assert ack.kind is AckKind.ACCEPTED
    (view,) = rig.slack.opened
    assert "The worker of `default` is away: no queries worker answers" in str(view["blocks"])


async def test_a_shortcut_is_answered_in_time_whatever_the_store_does(rig: Rig) -> None:
    go_on = threading.Event()

    class Slow(AboutMessage):
        def history(self, by: Principal, at: Pointed) -> Command:
            go_on.wait(30)
            return super().history(by, at)

    propose = rig.office.forms.propose
    rig.desk.deadline = 0.2
    made_of = shortcuts_of(rig.desk, propose)
    slow = replace(made_of, about=Slow(store=propose.store, propose=propose))
    asked = rig.office.asked()
    at = Pointed(channel="C1", ts="1.0")
    used = Used(name="waggle.show_history", by=asked.by, place=asked.place, at=at, delivery="d")
    ack = await slow.use(used, "t")
    go_on.set()
    assert ack.kind is AckKind.UNAVAILABLE
    assert "does not answer" in str(rig.slack.opened)


async def test_a_shortcut_of_who_may_not_read_is_refused_and_noted(rig: Rig) -> None:
    rig.office.bed.policies.policy = NOBODY
    asked = rig.office.asked()
    at = Pointed(channel="C1", ts="1.0")
    used = Used(name="waggle.rollback_this", by=asked.by, place=asked.place, at=at, delivery="d")
    ack = await shortcuts_of(rig.desk, rig.office.forms.propose).use(used, "t")
    assert ack.kind is AckKind.REFUSED
    assert "Not allowed" in str(rig.slack.opened)
    assert [each.what for each in rig.office.entries()][-1] == "denied"
