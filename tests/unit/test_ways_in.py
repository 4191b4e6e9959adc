"""Every way in asks `decide()`: all of them are counted here, so a new one cannot skip it unseen.

With a policy that lets nobody do anything, whatever comes in leaves no record, no job, and no
write to the Engine: through each listener, each verb, each button, each job.
"""

import json
from typing import Any

import pytest
from slack_bolt.async_app import AsyncBoltRequest
from starlette.routing import Route
from typer.models import TyperInfo

from bot import cli
from bot.domain.approval import Approval
from bot.domain.change import TYPED_ONLY, Action, ActionKind, ChangeKind, Query
from bot.domain.flags.reading import PAGED
from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.grammar import Command, parse
from bot.domain.inventory import Inventory, node_stock, service_stock
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
from tests.fakes.store import FakeRecordStore
from tests.unit.usecases.bed import ANN, BOB, Bed
from tests.unit.ways import (
    BUTTONS,
    FORM_LINES,
    FREE,
    LINES,
    MODALS,
    ON_APPROVALS,
    ON_CHANGES,
    RECORDS,
    SHORTCUTS,
    answered,
    app_of,
    button,
    filled,
    form_button,
    mention,
    modal,
    page_button,
    request_in,
    sent,
    shortcut,
    slash,
    suggestion,
    under_way,
)

# -- the ways in, counted


def test_there_are_six_listeners_and_four_pages() -> None:
    app = app_of(Bed(), NOBODY)
    names = [listener.ack_function.__name__ for listener in app._async_listeners]
    assert sorted(names) == ["clicked", "mentioned", "offered", "submitted", "typed", "used"]
    identity = Identity(app.client, FakeClock())
    readiness = Readiness(
        identity=identity,
        leases=FakeLeases(),
        channels=FakeClosedChannels(),
        records=FakeRecordStore(),
    )
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


def seen_by_the_worker(bed: Bed) -> Bed:
    """Let the inventory know what there is."""
    names = {each.id: each.name for each in bed.swarm.networks()}
    services = tuple(service_stock(each, names) for each in bed.swarm.services())
    nodes = tuple(node_stock(each) for each in bed.swarm.nodes())
    bed.inventories.keep("default", Inventory(services=services, nodes=nodes))
    bed.inventories.keep_tags("default", "reg/httpd", ["v1", "v2"])
    return bed


def forms_of(bed: Bed) -> list[str]:
    """Return what the opened modals carry; one that only says something carries nothing."""
    return [each for each in MODALS.get(id(bed), []) if each != "{}"]


async def test_a_form_of_who_may_not_opens_by_no_way_and_leaves_nothing() -> None:
    bed, rollout, _ = under_way()
    app = app_of(seen_by_the_worker(bed), NOBODY)
    writes = bed.writes()
    for line in FORM_LINES:
        assert "Not allowed" in await sent(app, slash(line))
        await sent(app, mention(line))
        await sent(app, form_button(line))
    for name in SHORTCUTS:
        await sent(app, shortcut(name, rollout))
    for body in (
        filled("update", "web", replicas="9"),
        filled("scale", "web", replicas="9"),
        filled("create", "", name="new", image="reg/httpd:v1"),
        filled("node_update", "n1", label="a=b"),
        filled("update", "", service="web", channel="C1"),
        filled("node_update", "", node="n1"),
    ):
        answer = await answered(app, body)
        assert answer["response_action"] == "errors"
        assert "Not allowed" in str(answer["errors"])
    assert "web" not in str(await answered(app, suggestion("service", "")))
    assert "n1" not in str(await answered(app, suggestion("node", "")))
    assert "httpd" not in str(await answered(app, suggestion("image", "")))
    assert forms_of(bed) == []
    assert bed.queue.jobs == []
    assert bed.writes() == writes


@pytest.mark.parametrize("line", FORM_LINES)
async def test_a_form_of_who_may_opens_for_a_line_and_for_a_button(line: str) -> None:
    """Or the test above would pass where there are no forms at all."""
    bed, _, _ = under_way()
    app = app_of(seen_by_the_worker(bed), OPEN)
    assert await answered(app, slash(line)) == {}
    assert len(forms_of(bed)) == 1
    await sent(app, mention(line))
    assert len(forms_of(bed)) == 1  # a mention has nothing to open it with
    await sent(app, form_button(line))
    assert len(forms_of(bed)) == 2


@pytest.mark.parametrize("name", SHORTCUTS)
async def test_a_shortcut_of_who_may_does_something(name: str) -> None:
    bed, rollout, _ = under_way()
    app = app_of(seen_by_the_worker(bed), OPEN)
    await sent(app, shortcut(name, rollout))
    jobs = {
        "waggle.deploy": [],
        "waggle.rollback_this": [JobName.PLAN],
        "waggle.show_history": [JobName.ANSWER],
    }
    assert [job.name for job in bed.queue.jobs] == jobs[name]


async def test_a_form_that_is_filled_in_is_tried_shown_and_sent() -> None:
    bed, _, _ = under_way()
    app = app_of(seen_by_the_worker(bed), OPEN)
    answer = await answered(app, filled("scale", "free", "U1ANN", replicas="2"))
    assert answer["response_action"] == "push"
    record = json.loads(answer["view"]["private_metadata"])["record"]
    before = bed.writes()
    bed.work()
    assert bed.writes() == before
    review = filled("scale", "free", "U1ANN", record=record)
    denied = await answered(app_of(bed, NOBODY), review)
    assert "Not allowed" in str(denied["view"]["blocks"])
    for other in (filled("scale", "free", "U2BOB", record=record), filled("x", "", record="r-0")):
        assert (await answered(app, other)).get("response_action") != "clear"
    assert bed.queue.jobs == []
    review["trigger_id"] = "another"
    assert await answered(app, review) == {"response_action": "clear"}
    assert [job.name for job in bed.queue.jobs] == [JobName.PLAN]


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


@pytest.mark.parametrize("verb", Verb)
async def test_a_page_that_is_turned_by_who_may_not_leaves_nothing(verb: Verb) -> None:
    bed = Bed()
    app = app_of(bed, NOBODY)
    for way in ("next", "previous"):
        await sent(app, page_button(f"{LINES[verb]} --page 2", way))
    assert bed.queue.jobs == []
    assert not any(bed.store.open_ids("default", kind) for kind in RECORDS)


@pytest.mark.parametrize("verb", Verb)
async def test_a_button_of_pages_can_ask_for_a_page_and_for_nothing_else(verb: Verb) -> None:
    """Whatever line somebody puts into its value, and whoever they are."""
    bed = Bed()
    app = app_of(bed, OPEN)
    await sent(app, page_button(LINES[verb]))
    assert bed.queue.jobs == []
    await sent(app, page_button(f"{LINES[verb]} --page 2"))
    assert [job.name for job in bed.queue.jobs] == [JobName.ANSWER] * (verb in PAGED)
    held = [kind for kind in RECORDS if bed.store.open_ids("default", kind)]
    assert held == ([Query] if verb in PAGED else [])


async def test_a_page_of_several_things_at_once_is_none() -> None:
    bed = Bed()
    await sent(app_of(bed, OPEN), page_button("ps web api --page 2"))
    assert bed.queue.jobs == []


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
