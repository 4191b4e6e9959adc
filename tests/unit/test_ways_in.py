"""Every way in asks `decide()`: all of them are counted here, so a new one cannot skip it unseen.

With a policy that lets nobody do anything, whatever comes in leaves no record, no job, and no
write to the Engine: through each listener, each verb, each button, each job.
"""

import ast
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import Route
from typer.models import TyperInfo

from bot import cli
from bot.domain.approval import Approval, approval_id
from bot.domain.change import TYPED_ONLY, Action, ActionKind, Change, ChangeKind, Query
from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.grammar import Command, parse
from bot.domain.plan import Kind
from bot.domain.policy import (
    NOBODY,
    OPEN,
    ApprovalRule,
    Criterion,
    Members,
    On,
    Policy,
    VerbGroup,
)
from bot.domain.rollout.record import Rollout
from bot.jobs import JobName
from bot.ports.swarm import SwarmWriter
from bot.rendering.voice import BlockKitVoice
from bot.slack.app import build_app
from bot.slack.front import Front
from bot.slack.http import Web
from bot.slack.identity import Identity
from bot.slack.metrics import Metrics
from bot.slack.payload import ACTION_PREFIX
from bot.slack.readiness import Readiness
from bot.slack.views import Opener
from bot.usecases.click import Click
from bot.usecases.propose import Propose
from bot.usecases.rights import group_of, group_of_action, group_of_verb
from bot.usecases.whisper import Whisper
from tests.fakes.clock import FakeClock
from tests.fakes.closed_channels import FakeClosedChannels
from tests.fakes.leases import FakeLeases
from tests.fakes.policy import a_gate
from tests.unit.usecases.approving import a_policy
from tests.unit.usecases.bed import ANN, BOB, Bed, made

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


# -- the ways in, counted


def test_there_are_four_listeners_and_four_pages() -> None:
    app = app_of(Bed(), NOBODY)
    names = [listener.ack_function.__name__ for listener in app._async_listeners]
    assert sorted(names) == ["clicked", "mentioned", "submitted", "typed"]
    identity = Identity(app.client, FakeClock())
    readiness = Readiness(identity=identity, leases=FakeLeases(), channels=FakeClosedChannels())
    web = Web(
        app=app,
        signing_secret=None,
        clock=FakeClock(),
        metrics=Metrics(Bed().store, FakeLeases()),
        readiness=readiness,
    )
    routes = [r for r in web.asgi(lambda: None).routes if isinstance(r, Route)]  # type: ignore[arg-type, return-value]
    assert {(r.path, "POST" in (r.methods or ())) for r in routes} == {
        ("/slack/events", True),
        ("/healthz", False),
        ("/readyz", False),
        ("/metrics", False),
    }


def _name_of(group: TyperInfo) -> object:
    """Return the name that a group was added under, or its own."""
    own = group.typer_instance.info.name if group.typer_instance else None
    return group.name if isinstance(group.name, str) else own


def test_the_command_line_changes_no_swarm() -> None:
    """`bot` and `worker` serve, `demo` plays on a swarm of its own, the others print."""
    callbacks = [command.callback for command in cli.app.registered_commands]
    assert {c.__name__ for c in callbacks if c} == {"bot", "worker", "demo", "manifest"}
    groups = {
        f"{_name_of(group)} {command.callback.__name__}"
        for group in cli.app.registered_groups
        if group.typer_instance
        for command in group.typer_instance.registered_commands
        if command.callback
    }
    assert groups == {
        "audit export",
        "audit verify",
        "policy check",
        "policy explain",
        "policy schema",
    }


def test_every_verb_has_a_line_here() -> None:
    assert set(LINES) == set(Verb)
    for verb, line in LINES.items():
        command = parse(line)
        assert isinstance(command, Command)
        assert command.verb is verb


# -- what each needs


def test_what_changes_something_needs_more_than_the_right_to_read() -> None:
    """A verb that nobody put into the table would be a read."""
    changing = {verb for verb in Verb if verb.verb_class is not VerbClass.READ}
    assert {verb for verb in Verb if group_of_verb(verb) is not VerbGroup.READ} == changing


def test_every_kind_of_change_needs_a_right() -> None:
    for kind in (*Kind, *ChangeKind):
        assert group_of(kind).value != "read"
    for kind in ActionKind:
        assert group_of_action(kind).value != "read"


# -- the bot


@pytest.mark.parametrize("verb", Verb)
async def test_a_typed_line_of_who_may_not_leaves_nothing(verb: Verb) -> None:
    bed = Bed()
    app = app_of(bed, NOBODY)
    assert "Not allowed" in await sent(app, slash(LINES[verb]))
    await sent(app, mention(LINES[verb]))
    assert bed.queue.jobs == []
    assert not any(bed.store.open_ids("default", kind) for kind in RECORDS)


@pytest.mark.parametrize("kind", ActionKind)
async def test_a_click_of_who_may_not_leaves_nothing(kind: ActionKind) -> None:
    bed, rollout, change = under_way()
    for value in (rollout, change, request_in(bed)):
        await sent(app_of(bed, NOBODY), button(kind.value, value))
        await sent(app_of(bed, NOBODY), modal(value))
    assert bed.queue.jobs == []
    assert bed.store.open_ids("default", Action) == []
    assert id(bed) not in MODALS


@pytest.mark.parametrize("kind", BUTTONS)
async def test_a_click_of_who_may_is_recorded(kind: ActionKind) -> None:
    """Or the test above would pass for a button that does nothing at all."""
    bed, rollout, change = under_way()
    value = request_in(bed) if kind in ON_APPROVALS else change if kind in ON_CHANGES else rollout
    app = app_of(bed, OPEN)
    await sent(app, button(kind.value, value))
    if kind is ActionKind.REJECT:
        assert bed.queue.jobs == []  # it asks why first
        assert MODALS[id(bed)] == [value]
        await sent(app, modal(value))
    assert [job.name for job in bed.queue.jobs] == [JobName.ACT]


@pytest.mark.parametrize("kind", sorted(TYPED_ONLY))
async def test_what_is_typed_only_has_no_button(kind: ActionKind) -> None:
    bed, rollout, _ = under_way()
    await sent(app_of(bed, OPEN), button(kind.value, rollout))
    assert bed.queue.jobs == []


@pytest.mark.parametrize("way", ["button", "command", "mention", "modal", "second click"])
async def test_who_asked_approves_by_no_path(way: str) -> None:
    """Everybody may approve here; ann, who asked, may do everything and is still refused."""
    bed, _, _ = under_way()
    name = request_in(bed)
    app, ann = app_of(bed, OPEN), "U1ANN"
    ways: dict[str, list[dict[str, Any]]] = {
        "button": [button("approve", name, ann)],
        "command": [slash(f"approve {name}", ann), slash(f"approve r-{name[2:]}", ann)],
        "mention": [mention(f"approve {name}", ann)],
        "modal": [button("reject", name, ann), modal(name, ann)],
        "second click": [button("approve", name, ann, at) for at in ("1", "2")],
    }
    for body in ways[way]:
        await sent(app, body)
    assert bed.queue.jobs == []
    for kind in (ActionKind.APPROVE, ActionKind.REJECT):  # nor by a record that somebody forged
        bed.click(kind, name, ANN)
        bed.work()
    stored = bed.store.get(Approval, name)
    assert stored is not None
    assert (stored.value.state.value, stored.value.votes) == ("pending", ())


async def test_what_speaks_against_a_no_is_said_in_the_modal() -> None:
    bed, _, _ = under_way()
    name = request_in(bed)
    app = app_of(bed, OPEN)
    for body in (
        modal(name, "U1ANN"),
        modal(name, words=" "),
        modal("p-none"),
        modal(name, words="x" * 501),
    ):
        answer = await app.async_dispatch(
            AsyncBoltRequest(body=body, mode="socket_mode", headers={})
        )
        shown = json.loads(answer.body)
        assert shown["response_action"] == "errors"
        assert shown["errors"]["reason"]
    assert bed.queue.jobs == []


# -- the worker: what stands in Redis was decided by somebody else, so it decides again


@pytest.mark.parametrize("verb", [v for v in Verb if v.verb_class is not VerbClass.READ])
def test_a_job_of_who_may_not_writes_nothing(verb: Verb) -> None:
    bed, rollout, change = under_way()
    line = LINES[verb].replace("web", "free" if verb in FREE else "web")
    line = line.replace("p-1", request_in(bed))
    before, writes = (bed.rollout(rollout).state, bed.change(change).state), bed.writes()
    bed.policies.policy = NOBODY
    bed.use = bed.wired()
    made_by_eve = bed.type(line)
    bed.work()
    assert bed.writes() == writes
    assert (bed.rollout(rollout).state, bed.change(change).state) == before
    assert "Not allowed" in bed.private(made_by_eve)


@pytest.mark.parametrize("kind", BUTTONS)
def test_an_action_of_who_may_not_writes_nothing(kind: ActionKind) -> None:
    bed, rollout, change = under_way()
    name = request_in(bed)
    before, writes = (bed.rollout(rollout).state, bed.change(change).state), bed.writes()
    bed.policies.policy = NOBODY
    bed.use = bed.wired()
    value = name if kind in ON_APPROVALS else change if kind in ON_CHANGES else rollout
    action = bed.click(kind, value, BOB)
    bed.work()
    approval = bed.store.get(Approval, name)
    assert approval is not None
    assert (approval.value.state.value, approval.value.votes) == ("pending", ())
    assert bed.writes() == writes
    assert (bed.rollout(rollout).state, bed.change(change).state) == before
    assert "Not allowed" in bed.private(action)


def test_the_engine_is_written_to_in_two_places_only() -> None:
    """Each of them decides right before it writes (the tests above)."""
    found = set()
    root = Path(cli.__file__).parent.parent
    for path in [*root.glob("bot/**/*.py"), *root.glob("workers/**/*.py")]:
        if path.is_relative_to(root / "workers" / "engine"):
            continue  # the adapter itself
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in WRITERS:
                found.add((path.relative_to(root).as_posix(), node.attr))
    assert {attribute for _, attribute in found} == WRITERS
    assert {path for path, _ in found} == {
        "bot/usecases/apply_posting.py",
        "bot/usecases/change_effect.py",
    }
