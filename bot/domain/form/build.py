"""The forms, filled in with what is now."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.flags.verb import Verb
from bot.domain.form.fields import Field, FieldKind, Form
from bot.domain.inventory import NodeStock, ServiceStock

LONGEST = 3_000
"""Characters that a field of Slack's takes; what is longer cannot be changed by a form."""

LONGEST_CHOICE = 150
"""Characters of what is chosen in a menu of Slack's (docs.slack.dev, option object)."""

_ORDERS = ("stop-first", "start-first")
_ACTIONS = ("pause", "continue", "rollback")
_AVAILABILITIES = ("active", "pause", "drain")
_NEW = ServiceStock(
    name="",
    image="",
    replicas=1,
    parallelism=1,
    delay="0s",
    order="stop-first",
    failure_action="pause",
)


def update_form(stock: ServiceStock, notes: tuple[str, ...] = ()) -> Form:
    """Return the form that changes a service."""
    constraints = "\n".join(stock.constraints)
    fits = len(constraints) <= LONGEST
    if not fits:
        notes = (*notes, "Its constraints are too long for a form: change them by a line.")
    fields = (
        _image_of(stock),
        *_replicas(stock),
        *_pace(stock),
        *((_constraints(constraints),) if fits else ()),
        _env("added to what is there"),
    )
    return Form(verb=Verb.UPDATE, target=stock.name, fields=fields, notes=notes)


def scale_form(stock: ServiceStock, notes: tuple[str, ...] = ()) -> Form:
    """Return the form that sets a number of tasks; without a field where there is no number."""
    return Form(verb=Verb.SCALE, target=stock.name, fields=_replicas(stock), notes=notes)


def create_form(notes: tuple[str, ...] = ()) -> Form:
    """Return the form that makes a service."""
    fields = (
        Field(name="name", label="Name", kind=FieldKind.TEXT),
        _image(""),
        *_replicas(_NEW),
        _lines("publish", "Ports", "One a line, PUBLISHED:TARGET, for example 8080:80"),
        _lines("network", "Networks", "One a line, by name"),
        _env("for example TZ=UTC"),
        _constraints(""),
        *_pace(_NEW),
    )
    return Form(verb=Verb.CREATE, target="", fields=fields, notes=notes)


def node_form(stock: NodeStock, notes: tuple[str, ...] = ()) -> Form:
    """Return the form that changes a node; without the labels where they are too long for it."""
    labels = "\n".join(f"{key}={value}" for key, value in sorted(stock.labels.items()))
    fits = len(labels) <= LONGEST and "\n" not in "".join(stock.labels.values())
    if not fits:
        notes = (*notes, "Its labels do not fit a form: change them by a line.")
    hint = "One a line, KEY=value. A line that goes takes its label away"
    fields = (
        *_availability(stock),
        *((_lines("label", "Labels", hint, labels),) if fits else ()),
    )
    return Form(verb=Verb.NODE_UPDATE, target=stock.name, fields=fields, notes=notes)


def node_choice_form(notes: tuple[str, ...] = ()) -> Form:
    """Return the form that asks which node."""
    node = Field(name="node", label="Node", kind=FieldKind.NODE)
    return Form(verb=Verb.NODE_UPDATE, target="", fields=(node,), notes=notes)


def deploy_form(*, channel: bool, notes: tuple[str, ...] = ()) -> Form:
    """Return the form that asks which service, and in which channel where that is not known."""
    service = Field(name="service", label="Service", kind=FieldKind.SERVICE)
    where = Field(
        name="channel",
        label="Channel",
        kind=FieldKind.CHANNEL,
        hint="Where the rollout is shown. Waggle has to be in it",
    )
    fields = (service, where) if channel else (service,)
    return Form(verb=Verb.UPDATE, target="", fields=fields, notes=notes)


def _image_of(stock: ServiceStock) -> Field:
    """What a menu cannot show may be left empty: else the form could not be sent without it."""
    if 0 < len(stock.image) <= LONGEST_CHOICE:
        return _image(stock.image)
    hint = "What it runs does not fit here; left empty, that stays"
    return replace(_image(""), optional=True, hint=hint)


def _image(value: str) -> Field:
    return Field(
        name="image",
        label="Image",
        kind=FieldKind.IMAGE,
        value=value,
        hint="Choose a tag, or type any image: registry/name:tag",
    )


def _replicas(stock: ServiceStock) -> tuple[Field, ...]:
    if stock.replicas is None:
        return ()
    value = str(stock.replicas)
    return (Field(name="replicas", label="Replicas", kind=FieldKind.NUMBER, value=value),)


def _pace(stock: ServiceStock) -> tuple[Field, ...]:
    return (
        Field(
            name="update-parallelism",
            label="Parallelism",
            kind=FieldKind.NUMBER,
            value=str(stock.parallelism),
            hint="Tasks replaced at once; 0: all",
        ),
        Field(
            name="update-delay",
            label="Delay",
            kind=FieldKind.TEXT,
            value=stock.delay,
            hint="Between them, for example 10s or 1m30s",
        ),
        _choice("update-order", "Order", stock.order, _ORDERS),
        _choice("update-failure-action", "If a task fails", stock.failure_action, _ACTIONS),
    )


def _availability(stock: NodeStock) -> tuple[Field, ...]:
    if not stock.availability:
        return ()
    hint = "drain moves its tasks away; pause gives it no new ones"
    return (_choice("availability", "Availability", stock.availability, _AVAILABILITIES, hint),)


def _constraints(value: str) -> Field:
    return _lines(
        "constraint", "Constraints", "One a line, for example node.labels.env==prod", value
    )


def _env(what: str) -> Field:
    """It starts empty whatever there is: values of variables are not shown."""
    hint = f"One a line, KEY=VALUE, {what}. Values are not shown again"
    return _lines("env", "Environment", hint)


def _choice(name: str, label: str, value: str, choices: tuple[str, ...], hint: str = "") -> Field:
    return Field(
        name=name, label=label, kind=FieldKind.CHOICE, value=value, hint=hint, choices=choices
    )


def _lines(name: str, label: str, hint: str, value: str = "") -> Field:
    return Field(
        name=name, label=label, kind=FieldKind.LINES, value=value, hint=hint, optional=True
    )
