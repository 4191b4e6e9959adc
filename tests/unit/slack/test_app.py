"""The Bolt app in-process: what Slack gets when a listener does not behave.

Bolt 1.30 loses an ack when the listener raises right after it (a 404 after 3 s over HTTP, silence
in Socket Mode). These are the same questions to our AsyncApp with process_before_response.
"""

import asyncio
import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approval import Approval
from bot.domain.grammar.build import LONGEST_REASON
from bot.domain.message import Message
from bot.domain.policy import NOBODY, OPEN, ApprovalRule, Members, Policy
from bot.ports import Put, Transaction
from bot.rendering.voice import BlockKitVoice
from bot.slack.app import build_app
from bot.slack.front import Front
from bot.slack.identity import Identity
from bot.slack.metrics import Metrics
from bot.slack.views import REASON, opener, reject_view
from bot.usecases.click import Click
from bot.usecases.form_rights import Asked
from bot.usecases.forms import Forms
from bot.usecases.propose import Ack, AckKind, Propose, Typed
from bot.usecases.whisper import Whisper
from playground.workspace.blockkit import check_view
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.fakes.inventories import FakeInventories
from tests.fakes.leases import FakeLeases, all_well
from tests.fakes.policy import a_gate
from tests.fakes.queue import FakeJobQueue
from tests.fakes.slack_writer import FakeSlackWriter
from tests.fakes.store import FakeRecordStore
from tests.unit.desks import a_desk, shortcuts_of
from tests.unit.domain.approval.samples import an_approval
from tests.unit.ways import answered, filled

Mode = Literal["http", "socket_mode"]
_AT_ONCE = 2.0  # seconds: what is lost takes Bolt 3, and what is late our deadline 2.4
MODES = pytest.mark.parametrize("mode", ["http", "socket_mode"])


class Mouth:
    def flush_one(self, message_id: str) -> None:
        del message_id


@dataclass(frozen=True, kw_only=True)
class SlowPropose(Propose):
    seconds: float = 0.0
    raises: list[Exception] = field(default_factory=list)
    meets: threading.Barrier | None = None

    def run(self, typed: Typed) -> Ack:
        time.sleep(self.seconds)
        if self.meets is not None:
            self.meets.wait()
        if self.raises:
            raise self.raises[0]
        return super().run(typed)


@dataclass
class Rig:
    store: FakeRecordStore = field(default_factory=FakeRecordStore)
    slack: FakeSlackWriter = field(default_factory=FakeSlackWriter)
    seconds: float = 0.0
    raises: list[Exception] = field(default_factory=list)
    meets: threading.Barrier | None = None
    deadline: float = 2.4
    threads: int = 32
    opens: bool = True
    opening: float = 0.0
    policy: Policy = OPEN
    roster: FakeLeases = field(default_factory=lambda: all_well("default"))
    modals: list[dict[str, Any]] = field(default_factory=list)

    async def open_modal(self, trigger: str, view: dict[str, Any]) -> bool:
        self.modals.append({"trigger": trigger, **view})
        await asyncio.sleep(self.opening)
        return self.opens

    def front(self) -> Front:
        clock, ids, queue = FakeClock(), FakeIds(), FakeJobQueue()
        parts: dict[str, Any] = {"store": self.store, "queue": queue, "clock": clock, "ids": ids}
        propose = SlowPropose(
            **parts,
            gate=a_gate(),
            clusters=self.roster,
            suggest=lambda _word, _among: None,
            seconds=self.seconds,
            raises=self.raises,
            meets=self.meets,
        )
        voice = BlockKitVoice("/swarm", open_policy=True)
        whisper = Whisper(
            store=self.store, voice=voice, clock=clock, mouth=Mouth(), slack=self.slack
        )
        pool = ThreadPoolExecutor(self.threads)
        desk = a_desk(propose, FakeInventories(), self.open_modal, pool)
        return Front(
            propose=propose,
            click=Click(**parts, gate=a_gate(self.policy), clusters=self.roster),
            whisper=whisper,
            metrics=Metrics(self.store, FakeLeases()),
            open_modal=self.open_modal,
            desk=desk,
            shortcuts=shortcuts_of(desk, propose),
            deadline=self.deadline,
            pool=pool,
        )

    def app(self, front: Front | None = None) -> AsyncApp:
        client = AsyncWebClient(token="xoxb-x", base_url="http://127.0.0.1:9/api/")
        identity = Identity(client, FakeClock())
        identity.team, identity.bot_user = "T0", "U0BOT"
        return build_app(client, None, identity, front or self.front(), "")


def request(kind: Mode, text: str = "help", **fields: Any) -> AsyncBoltRequest:
    body: dict[str, Any] = {
        "command": "/swarm",
        "text": text,
        "team_id": "T0",
        "user_id": "U0ANN",
        "channel_id": "C0OPS",
        "trigger_id": f"t{time.monotonic_ns()}",
        **fields,
    }
    if kind == "socket_mode":
        return AsyncBoltRequest(body=body, mode=kind, headers={})
    form: dict[str, str | Sequence[str]] = {"content-type": "application/x-www-form-urlencoded"}
    return AsyncBoltRequest(body=urlencode(body), mode=kind, headers=form)


async def answer(app: AsyncApp, what: AsyncBoltRequest) -> tuple[int, Any, float]:
    began = time.perf_counter()
    response = await app.async_dispatch(what)
    seconds = time.perf_counter() - began
    return response.status, json.loads(response.body or "null"), seconds


@MODES
async def test_ack_then_raise_is_a_200_at_once(mode: Mode) -> None:
    app = Rig().app()

    async def raises_after(ack: AsyncAck) -> None:
        await ack(text="acknowledged")
        raise RuntimeError("after the ack")

    app.command("/first")(raises_after)
    app._async_listeners.reverse()  # before ours, which takes every name
    status, body, seconds = await answer(app, request(mode, command="/first"))
    assert status == 200
    assert body["response_type"] == "ephemeral"
    assert "failed inside" in body["text"]
    assert seconds < _AT_ONCE


@MODES
async def test_raise_before_ack_is_a_200_that_says_so(mode: Mode) -> None:
    rig = Rig(raises=[RuntimeError("in a use case")])
    status, body, seconds = await answer(rig.app(), request(mode, "scale web=3"))
    assert (status, body["response_type"]) == (200, "ephemeral")
    assert "failed inside" in body["text"]
    assert "in a use case" not in body["text"]
    assert seconds < _AT_ONCE


@MODES
async def test_sixteen_slow_commands_take_as_long_as_one(mode: Mode) -> None:
    """Each waits until all are under way: one after the other, none would come to its end."""
    app = Rig(meets=threading.Barrier(16, timeout=60), deadline=60).app()
    answers = await asyncio.gather(
        *(answer(app, request(mode, f"scale w{n}=1", trigger_id=f"t{n}")) for n in range(16))
    )
    assert {status for status, _, _ in answers} == {200}
    assert all("Understood" in body["text"] for _, body, _ in answers)


async def test_what_is_not_begun_by_the_deadline_never_is() -> None:
    rig = Rig(seconds=0.2, deadline=0.1, threads=1)
    front = rig.front()
    app = rig.app(front)
    first, second = await asyncio.gather(
        answer(app, request("http", "scale a=1", trigger_id="t1")),
        answer(app, request("http", "scale b=1", trigger_id="t2")),
    )
    assert "could not record" in first[1]["text"]
    assert "was not begun" in second[1]["text"]
    await front.finish()
    written = [put.record for commit in rig.store.commits for put in commit.puts]
    assert {getattr(record, "service", "") for record in written} == {"a", ""}  # "": the late word


async def test_what_was_recorded_late_is_said_late() -> None:
    rig = Rig(seconds=0.2, deadline=0.1)
    front = rig.front()
    await answer(rig.app(front), request("http", "scale a=1"))
    await front.finish()
    (said,) = [p.record for c in rig.store.commits for p in c.puts if hasattr(p.record, "wanted")]
    assert "after all" in said.wanted.text
    assert "scale a=1" in said.wanted.text


@dataclass(frozen=True, kw_only=True)
class SlowForms(Forms):
    def send(self, record_id: str, asked: Asked) -> Ack:
        time.sleep(0.2)
        return Ack(kind=AckKind.ACCEPTED, text=f"On its way: {record_id} of {asked.by.user}.")


async def test_what_a_form_sent_late_is_said_late() -> None:
    rig = Rig()
    front = rig.front()
    front.desk.forms = SlowForms(propose=front.propose, inventories=FakeInventories())
    front.desk.deadline = 0.1
    body = filled("scale", "web", user="U0ANN", record="r-1")
    ack = await answered(rig.app(front), body)
    assert "could not record" in str(ack["view"]["blocks"])
    await front.finish()
    puts = [put.record for commit in rig.store.commits for put in commit.puts]
    (said,) = [record for record in puts if isinstance(record, Message)]
    assert "It was recorded after all. On its way: r-1 of U0ANN." in said.wanted.text
    assert said.address.private_to == "U0ANN"


def test_an_ack_kind_for_each_fate() -> None:
    assert {kind.value for kind in AckKind} >= {"accepted", "repeated", "unavailable", "failed"}


REJECT = {
    "type": "block_actions",
    "team": {"id": "T0"},
    "user": {"id": "U0BOB", "team_id": "T0"},
    "channel": {"id": "C0OPS"},
    "trigger_id": "13.37",
    "container": {"type": "message", "message_ts": "1.0", "channel_id": "C0OPS"},
    "actions": [
        {
            "type": "button",
            "action_id": "waggle.act.reject",
            "block_id": "b",
            "value": "p-1",
            "action_ts": "9.9",
        }
    ],
}


def nobody_acts() -> FakeLeases:
    """Return a swarm of which only reads are answered."""
    roster = FakeLeases()
    roster.beat("default", "queries", "one", timedelta(minutes=1))
    return roster


def asked() -> Approval:
    everyone = ApprovalRule(required=1, approvers=Members(everyone=True))
    return an_approval(id="p-1", subject="r-1", rule=everyone)


async def clicked(rig: Rig) -> str:
    """Click Reject; return what is said privately."""
    rig.store.commit(Transaction(cluster="default", puts=(Put(record=asked(), rev=0),)))
    front = rig.front()
    body = AsyncBoltRequest(body=REJECT, mode="socket_mode", headers={})
    assert (await answer(rig.app(front), body))[0] == 200
    await front.finish()
    said = [p.record for c in rig.store.commits for p in c.puts if isinstance(p.record, Message)]
    return said[0].wanted.text if said else ""


async def test_reject_opens_a_modal_that_carries_the_id_alone() -> None:
    rig = Rig()
    assert await clicked(rig) == ""
    (modal,) = rig.modals
    assert (modal["trigger"], modal["private_metadata"]) == ("13.37", "p-1")
    assert modal["blocks"][0]["element"]["max_length"] == LONGEST_REASON
    check_view({k: v for k, v in modal.items() if k != "trigger"})


async def test_a_no_that_nobody_is_there_to_count_is_said_so_in_its_modal() -> None:
    rig = Rig(roster=nobody_acts())
    await clicked(rig)
    state = {"values": {REASON: {REASON: {"type": "plain_text_input", "value": "not today"}}}}
    view = {
        "type": "modal",
        "id": "V1",
        "callback_id": "waggle.reject",
        "private_metadata": "p-1",
        "state": state,
    }
    body = {
        "type": "view_submission",
        "team": {"id": "T0"},
        "user": {"id": "U0BOB"},
        "view": view,
    }
    sent = AsyncBoltRequest(body=body, mode="socket_mode", headers={})
    status, said, _ = await answer(rig.app(), sent)
    assert (status, said["response_action"]) == (200, "update")
    check_view(said["view"])
    assert "The worker of `default` is away" in str(said["view"]["blocks"])


async def test_a_modal_that_does_not_open_names_the_command() -> None:
    assert "/swarm reject p-1 REASON" in await clicked(Rig(opens=False))


async def test_a_modal_that_opens_too_slowly_does_not_keep_the_ack_waiting() -> None:
    started = time.monotonic()
    assert "/swarm reject p-1 REASON" in await clicked(Rig(opening=30, deadline=0.5))
    assert time.monotonic() - started < 5


async def test_who_may_not_gets_no_modal() -> None:
    rig = Rig(policy=NOBODY)
    assert "Not allowed" in await clicked(rig)
    assert rig.modals == []


async def test_an_opener_that_slack_does_not_answer_says_no() -> None:
    away = AsyncWebClient(token="xoxb-x", base_url="http://127.0.0.1:9/api/", retry_handlers=[])
    assert await opener(away)("13.37", reject_view("p-1")) is False
