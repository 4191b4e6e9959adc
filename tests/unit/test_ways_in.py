"""Every way in asks `decide()`: all of them are counted here, so a new one cannot skip it unseen.

With a policy that lets nobody do anything, whatever comes in leaves no record, no job, and no
write to the Engine: through each listener, each verb, each button, each job.
"""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncBoltRequest
from starlette.routing import Route
from typer.models import TyperInfo

from bot import cli
from bot.domain.approval import Approval
from bot.domain.change import TYPED_ONLY, Action, ActionKind, ChangeKind
from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.grammar import Command, parse
from bot.domain.plan import Kind
from bot.domain.policy import (
    NOBODY,
    OPEN,
    VerbGroup,
)
from bot.jobs import JobName
from bot.slack.http import Web
from bot.slack.identity import Identity
from bot.slack.metrics import Metrics
from bot.slack.readiness import Readiness
from bot.usecases.rights import group_of, group_of_action, group_of_verb
from tests.fakes.clock import FakeClock
from tests.fakes.closed_channels import FakeClosedChannels
from tests.fakes.leases import FakeLeases
from tests.unit.usecases.bed import ANN, BOB, Bed
from tests.unit.ways import (
    BUTTONS,
    FREE,
    LINES,
    MODALS,
    ON_APPROVALS,
    ON_CHANGES,
    RECORDS,
    WRITERS,
    app_of,
    button,
    mention,
    modal,
    request_in,
    sent,
    slash,
    under_way,
)

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
