"""Every way in as a test takes it: the real app over a bed in memory, and what people send."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approval import Approval, approval_id
from bot.domain.change import TYPED_ONLY, Action, ActionKind, Change, Query
from bot.domain.flags.verb import Verb
from bot.domain.policy import (
    OPEN,
    ApprovalRule,
    Criterion,
    Members,
    On,
    Policy,
)
from bot.domain.rollout.record import Rollout
from bot.ports.swarm import SwarmWriter
from bot.rendering.voice import BlockKitVoice
from bot.slack.app import build_app
from bot.slack.front import Front
from bot.slack.identity import Identity
from bot.slack.metrics import Metrics
from bot.slack.payload import ACTION_PREFIX
from bot.slack.views import Opener
from bot.usecases.click import Click
from bot.usecases.propose import Propose
from bot.usecases.whisper import Whisper
from tests.fakes.clock import FakeClock
from tests.fakes.leases import FakeLeases
from tests.fakes.policy import a_gate
from tests.unit.usecases.approving import a_policy
from tests.unit.usecases.bed import Bed, made

LINES = {
    Verb.SERVICES: "services",
    Verb.PS: "ps web",
    Verb.INSPECT: "inspect web",
    Verb.LOGS: "logs web",
    Verb.NODES: "nodes",
    Verb.NODE_INSPECT: "node inspect n1",
    Verb.CREATE: "create --name new reg/httpd:v1",
    Verb.UPDATE: "update --image reg/httpd:v2 web",
    Verb.SCALE: "scale web=5",
    Verb.ROLLBACK: "rollback web",
    Verb.RESUME: "resume web",
    Verb.ABORT: "abort web",
    Verb.WAIT: "wait web",
    Verb.UNSTICK: "unstick web",
    Verb.RM: "rm web",
    Verb.HISTORY: "history web",
    Verb.DIFF: "diff web 1 2",
    Verb.ROLLOUTS: "rollouts",
    Verb.FREEZES: "freezes",
    Verb.AUDIT: "audit web",
    Verb.NODE_UPDATE: "node update --availability drain n2",
    Verb.NETWORK_LS: "network ls",
    Verb.NETWORK_CREATE: "network create backend",
    Verb.NETWORK_RM: "network rm backend",
    Verb.LOCK: "lock --reason why web",
    Verb.UNLOCK: "unlock web",
    Verb.LOCKS: "locks",
    Verb.SUBSCRIBE: "subscribe web*",
    Verb.UNSUBSCRIBE: "unsubscribe web*",
    Verb.SUBSCRIPTIONS: "subscriptions",
    Verb.APPROVALS: "approvals",
    Verb.APPROVE: "approve p-1",
    Verb.REJECT: "reject p-1 not now",
    Verb.CANCEL: "cancel p-1",
}
"""One line a verb; a verb without one fails below."""

BUTTONS = [kind for kind in ActionKind if kind not in TYPED_ONLY]
RECORDS = (Rollout, Change, Action, Query, Approval)
WRITERS = {name for name in vars(SwarmWriter) if not name.startswith("_")}


FREE = {Verb.UPDATE, Verb.SCALE, Verb.RM}
"""Asked of a service that no rollout holds: else they are refused for that."""


ON_CHANGES = {ActionKind.CONFIRM, ActionKind.CANCEL}
ON_APPROVALS = {
    ActionKind.APPROVE,
    ActionKind.REJECT,
    ActionKind.CANCEL_REQUEST,
    ActionKind.PLAN_AGAIN,
}
EVERYONE = ApprovalRule(required=1, approvers=Members(everyone=True))


def request_in(bed: Bed) -> str:
    """Let ann ask for approval of a change of `free`; return the request's id."""
    bed.policies.policy = a_policy(
        EVERYONE, match=Criterion(On.SERVICE, "free"), team=("U1ANN", "U0EVE")
    )
    made = bed.type("scale free=2")
    bed.work()
    bed.policies.policy = OPEN
    name = approval_id(made)
    assert bed.store.get(Approval, name), bed.private(made)
    return name


def under_way() -> tuple[Bed, str, str]:
    """Return a bed, a live rollout of web, and a removal of `free` that waits for its click."""
    bed = made(2)
    bed.done("create --name free reg/httpd:v1")
    bed.type("network create backend")
    bed.work()
    change = bed.type("rm free")
    bed.work()
    rollout = bed.type("update --image reg/httpd:v2 web")
    bed.work()
    assert bed.change(change).state.value == "confirming"
    assert bed.rollout(rollout).state.value == "progressing"
    return bed, rollout, change


class Mouth:
    def flush_one(self, message_id: str) -> None:
        del message_id


def app_of(bed: Bed, policy: Policy) -> AsyncApp:
    """Return the real app with all its listeners, over the bed's store and queue."""
    parts: dict[str, Any] = {
        "store": bed.store,
        "queue": bed.queue,
        "clock": bed.clock,
        "ids": bed.ids,
        "gate": a_gate(policy),
    }
    front = Front(
        propose=Propose(**parts, clusters=lambda: ("default",), suggest=lambda _w, _a: None),
        click=Click(**parts),
        whisper=Whisper(
            store=bed.store,
            voice=BlockKitVoice(open_policy=True),
            clock=bed.clock,
            mouth=Mouth(),
            slack=bed.slack,
        ),
        metrics=Metrics(bed.store, FakeLeases()),
        open_modal=modals_of(bed),
        pool=ThreadPoolExecutor(2),
    )
    client = AsyncWebClient(token="xoxb-x", base_url="http://127.0.0.1:9/api/")
    identity = Identity(client, FakeClock())
    identity.team, identity.bot_user = "T0", "U0BOT"
    return build_app(client, None, identity, front, "")


def modals_of(bed: Bed) -> Opener:
    """Return what opens modals: the bed remembers for which requests."""

    async def open_modal(trigger: str, view: dict[str, Any]) -> bool:
        del trigger
        MODALS.setdefault(id(bed), []).append(view["private_metadata"])
        return True

    return open_modal


MODALS: dict[int, list[str]] = {}


def slash(text: str, user: str = "U0EVE") -> dict[str, Any]:
    return {
        "command": "/swarm",
        "text": text,
        "team_id": "T0",
        "user_id": user,
        "channel_id": "C1",
        "trigger_id": text,
    }


def mention(text: str, user: str = "U0EVE") -> dict[str, Any]:
    event = {"type": "app_mention", "user": user, "text": f"<@U0BOT> {text}", "channel": "C1"}
    return {"type": "event_callback", "team_id": "T0", "event_id": text, "event": event}


def modal(value: str, user: str = "U0EVE", words: str = "not now") -> dict[str, Any]:
    state = {"values": {"reason": {"reason": {"type": "plain_text_input", "value": words}}}}
    return {
        "type": "view_submission",
        "team": {"id": "T0"},
        "user": {"id": user, "team_id": "T0"},
        "view": {
            "id": f"V{value}{user}{words}",
            "type": "modal",
            "callback_id": "waggle.reject",
            "private_metadata": value,
            "state": state,
        },
    }


def button(action: str, value: str, user: str = "U0EVE", at: str = "1") -> dict[str, Any]:
    return {
        "type": "block_actions",
        "team": {"id": "T0"},
        "user": {"id": user, "team_id": "T0"},
        "channel": {"id": "C1"},
        "container": {"type": "message", "message_ts": "1.0", "channel_id": "C1"},
        "actions": [
            {
                "type": "button",
                "action_id": f"{ACTION_PREFIX}{action}",
                "block_id": "b",
                "value": value,
                "action_ts": f"{action}.{value}.{user}.{at}",
            }
        ],
    }


async def sent(app: AsyncApp, body: dict[str, Any]) -> str:
    answer = await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode", headers={}))
    assert answer.status == 200
    return str((json.loads(answer.body or "null") or {}).get("text", ""))
