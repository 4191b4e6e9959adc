"""Every way in as a test takes it: the real app over a bed in memory, and what people send."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approval import Approval, approval_id
from bot.domain.change import TYPED_ONLY, Action, ActionKind, Change, Query
from bot.domain.flags.verb import Verb
from bot.domain.page import PREFIX
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
from tests.fakes.leases import FakeLeases, all_well
from tests.fakes.policy import a_gate
from tests.unit.desks import a_desk, shortcuts_of
from tests.unit.usecases.approving import a_policy
from tests.unit.usecases.bed import Bed, made

LINES = {
    Verb.SERVICES: "services",
    Verb.PS: "ps web",
    Verb.INSPECT: "inspect web",
    Verb.LOGS: "logs web",
    Verb.TAGS: "tags web",
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
    Verb.CLUSTERS: "clusters",
    Verb.AUDIT: "audit web",
    Verb.NODE_UPDATE: "node update --availability drain n2",
    Verb.NODE_PS: "node ps n1",
    Verb.SECRET_LS: "secret ls",
    Verb.CONFIG_LS: "config ls",
    Verb.STACK_LS: "stack ls",
    Verb.STACK_SERVICES: "stack services shop",
    Verb.STACK_PS: "stack ps shop",
    Verb.NODE_PROMOTE: "node promote n2",
    Verb.NODE_DEMOTE: "node demote n2",
    Verb.NODE_RM: "node rm n2",
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
    propose = Propose(**parts, clusters=all_well("default"), suggest=lambda _w, _a: None)
    pool = ThreadPoolExecutor(2)
    desk = a_desk(propose, bed.inventories, modals_of(bed), pool)
    front = Front(
        propose=propose,
        click=Click(**parts, clusters=all_well("default")),
        whisper=Whisper(
            store=bed.store,
            voice=BlockKitVoice(open_policy=True),
            clock=bed.clock,
            mouth=Mouth(),
            slack=bed.slack,
        ),
        metrics=Metrics(bed.store, FakeLeases()),
        open_modal=modals_of(bed),
        desk=desk,
        shortcuts=shortcuts_of(desk, propose),
        pool=pool,
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


FORM_LINES = ("update web", "update", "scale web", "create", "node update n1", "node update")
"""Lines that ask for a form."""

SHORTCUTS = ("waggle.deploy", "waggle.rollback_this", "waggle.show_history")


_TRIGGERS = count(1)


def _interaction(kind: str, user: str) -> dict[str, Any]:
    who = {"id": user, "team_id": "T0"}
    return {"type": kind, "team": {"id": "T0"}, "user": who, "trigger_id": f"t{next(_TRIGGERS)}"}


def form_button(line: str, user: str = "U0EVE") -> dict[str, Any]:
    body = button("x", line, user)
    body["actions"][0]["action_id"] = "waggle.form.open"
    return body | {"trigger_id": line}


def filled(verb: str, target: str, user: str = "U0EVE", **values: str) -> dict[str, Any]:
    """A submitted form; with the field `record` it is the review of that dry run."""
    said = {"verb": verb, "target": target, "channel": "C1", "record": values.pop("record", "")}
    callback = "waggle.review" if said["record"] else "waggle.form"
    fields = {key.replace("_", "-"): value for key, value in values.items()}
    inputs = [{"type": "input", "block_id": key, "element": {"action_id": key}} for key in fields]
    state = {key: {key: {"type": "plain_text_input", "value": v}} for key, v in fields.items()}
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": callback,
        "private_metadata": json.dumps(said),
        "blocks": inputs,
        "state": {"values": state},
    }
    return _interaction("view_submission", user) | {"view": view}


def suggestion(field: str, query: str, user: str = "U0EVE") -> dict[str, Any]:
    view = filled("update", "web", user)["view"]
    asked = {"action_id": field, "block_id": field, "value": query, "view": view}
    return _interaction("block_suggestion", user) | asked


def shortcut(name: str, rollout: str = "", user: str = "U0EVE") -> dict[str, Any]:
    if name == "waggle.deploy":
        return _interaction("shortcut", user) | {"callback_id": name}
    said = {"rollout_id": rollout, "cluster": "default", "service": "web"}
    metadata = {"event_type": "waggle_rollout", "event_payload": said}
    message = {"ts": "1.0", "user": "U0BOT", "metadata": metadata}
    where = {"channel": {"id": "C1"}, "message": message, "callback_id": name}
    return _interaction("message_action", user) | where


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


def page_button(line: str, way: str = "next", user: str = "U0EVE") -> dict[str, Any]:
    """Return a click on Next or Previous; its value is a line, as a list's own button has it."""
    made = button(way, line, user)
    made["actions"][0]["action_id"] = f"{PREFIX}{way}"
    return made


async def answered(app: AsyncApp, body: dict[str, Any]) -> dict[str, Any]:
    """Send a payload; return the JSON of the ack."""
    answer = await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode", headers={}))
    assert answer.status == 200
    return dict(json.loads(answer.body or "null") or {})


async def sent(app: AsyncApp, body: dict[str, Any]) -> str:
    return str((await answered(app, body)).get("text", ""))
