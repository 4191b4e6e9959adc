"""Forms as Slack's modals: plain dicts, within its limits."""

import json
from collections.abc import Callable, Mapping, Sequence

from bot.domain.form import Field, FieldKind, Form
from bot.domain.form.build import LONGEST, LONGEST_CHOICE
from bot.domain.grammar.verbs import info_of
from bot.domain.jsontypes import JsonObject
from bot.domain.message import Content
from bot.rendering.blocks import actions, button, context, plain, section
from bot.rendering.cut import cut, cut_line
from bot.rendering.escape import code, escape, naming
from bot.rendering.longtext import BLOCK_MAX, fences

FORM = "waggle.form"
REVIEW = "waggle.review"
OPEN = "waggle.form.open"
LOOK = "waggle.form.look"

_TITLE_MAX = 24
_ERROR_MAX = 500
_PARTS_MAX = 90
"""A modal holds 100 blocks (Slack docs, views); the rest is for what stands around a diff."""

WORKING = "The worker is working out what would change. Nothing was changed."
_OPTION_MAX = 75
_LINE_MAX = 2_000


def form_view(form: Form, metadata: JsonObject) -> JsonObject:
    """Return the modal that asks; submitting it shows what would change.

    Args:
        form: what is asked.
        metadata: what comes back with the answer, 3,000 characters of JSON at most.
    """
    top = [context([f":warning: {escape(note)}"]) for note in form.notes]
    named = code(form.target) if form.target else "a new service"
    kinds = {each.kind for each in form.fields}
    choosing = bool(kinds & {FieldKind.SERVICE, FieldKind.NODE})
    if not choosing:
        top.append(section(f"*{info_of(form.verb).summary}:* {named}"))
    top += _swarm(form.cluster)
    submit = "Next" if choosing else "Show what changes"
    view = _modal(
        FORM, "Deploy" if FieldKind.SERVICE in kinds else _TITLES[info_of(form.verb).name], metadata
    )
    return {
        **view,
        "submit": plain(submit),
        "close": plain("Leave it"),
        "blocks": [*top, *(_input(each) for each in form.fields)],
    }


_TITLES = {
    "update": "Update a service",
    "scale": "Scale a service",
    "create": "Make a service",
    "node update": "Change a node",
}


def review_view(
    line: str, content: Content, metadata: JsonObject, *, sends: bool, cluster: str = ""
) -> JsonObject:
    """Return the modal that shows what would change; submitting it sends that.

    Args:
        line: what it is as a typed line.
        content: the answer to the dry run.
        metadata: what comes back with the answer.
        sends: there is something to send.
        cluster: the swarm that it is for; empty where there is one alone.
    """
    view = _modal(REVIEW, "What would change", metadata)
    typed = context([f"As a line: {code(cut_line(line, _LINE_MAX))}"]) if line else None
    view = {
        **view,
        "close": plain("Back"),
        "blocks": [*_swarm(cluster), *_shown(content), *([typed] if typed else [])],
    }
    return {**view, "submit": plain("Send")} if sends else view


def _swarm(cluster: str) -> list[JsonObject]:
    return [context([f"In the swarm {code(cluster)}."])] if cluster else []


def waiting_view(record_id: str, metadata: JsonObject, told: str = WORKING) -> JsonObject:
    """Return the modal for while the worker is at it; it becomes the review by itself."""
    view = {**_modal(REVIEW, "What would change", metadata), "external_id": view_name(record_id)}
    look = button("Look again", LOOK, record_id)
    return {**view, "close": plain("Back"), "blocks": [section(told), actions([look])]}


def view_name(record_id: str) -> str:
    """Return the name by which the waiting modal of a dry run is found again."""
    return f"waggle-{record_id}"


def told_view(text: str) -> JsonObject:
    """Return a modal that only says something."""
    view = _modal(REVIEW, "Waggle", {})
    return {**view, "close": plain("Close"), "blocks": [section(naming(escape(text), None))]}


def errors(problems: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with fields, as plain text: Slack obeys no mark-up there."""
    return {
        name: cut(text.replace("`", "").replace("\n", " "), _ERROR_MAX, "left out")
        for name, text in problems.items()
    }


def options(words: Sequence[str]) -> list[JsonObject]:
    """Return the options of a menu; a long one shows its end, where an image has its tag."""
    return [_option(word) for word in words]


def offer(text: str, line: str) -> tuple[JsonObject, ...]:
    """Return a word and the button that opens a form; `line` says which."""
    return (section(naming(escape(text), None)), actions([button("Open the form", OPEN, line)]))


def _modal(callback: str, title: str, metadata: JsonObject) -> JsonObject:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title[:_TITLE_MAX]),
        "private_metadata": json.dumps(metadata, separators=(",", ":")),
    }


def _shown(content: Content) -> list[JsonObject]:
    """Return an answer as blocks; what would come as a file is shown here as far as it goes."""
    if content.file_text is None:
        return list(content.blocks) or [section(cut(content.text, BLOCK_MAX))]
    lines = content.file_text.rstrip("\n").split("\n")
    parts = fences(lines)
    shown = [section(cut(content.text, BLOCK_MAX)), *(section(each) for each in parts[:_PARTS_MAX])]
    left = sum(part.count("\n") - 1 for part in parts[_PARTS_MAX:])
    told = f"… {left:,} more lines: type the line with `--dry-run`, and all come as a file."
    return [*shown, section(told)] if left else shown


def _input(field: Field) -> JsonObject:
    made: JsonObject = {
        "type": "input",
        "block_id": field.name,
        "label": plain(field.label),
        "optional": field.optional,
        "element": {"action_id": field.name, **_ELEMENTS[field.kind](field)},
    }
    return {**made, "hint": plain(field.hint)} if field.hint else made


def _text(field: Field) -> JsonObject:
    return _standing(field, {"type": "plain_text_input", "max_length": LONGEST})


def _lines(field: Field) -> JsonObject:
    return {**_text(field), "multiline": True}


def _number(field: Field) -> JsonObject:
    made = {"type": "number_input", "is_decimal_allowed": False, "min_value": "0"}
    return _standing(field, made)


def _standing(field: Field, element: JsonObject) -> JsonObject:
    return {**element, "initial_value": field.value} if field.value else element


def _choice(field: Field) -> JsonObject:
    made: JsonObject = {"type": "static_select", "options": options(field.choices)}
    return _chosen(field, made) if field.value in field.choices else made


def _external(field: Field) -> JsonObject:
    return _chosen(field, {"type": "external_select", "min_query_length": 0})


def _chosen(field: Field, element: JsonObject) -> JsonObject:
    fits = field.value and len(field.value) <= LONGEST_CHOICE
    return {**element, "initial_option": _option(field.value)} if fits else element


def _channel(_: Field) -> JsonObject:
    kinds = {"include": ["public", "private"], "exclude_bot_users": True}
    return {
        "type": "conversations_select",
        "default_to_current_conversation": True,
        "filter": kinds,
    }


def _option(word: str) -> JsonObject:
    shown = word if len(word) <= _OPTION_MAX else f"…{word[1 - _OPTION_MAX :]}"
    return {"text": {"type": "plain_text", "text": shown}, "value": word}


_ELEMENTS: dict[FieldKind, Callable[[Field], JsonObject]] = {
    FieldKind.TEXT: _text,
    FieldKind.LINES: _lines,
    FieldKind.NUMBER: _number,
    FieldKind.CHOICE: _choice,
    FieldKind.IMAGE: _external,
    FieldKind.SERVICE: _external,
    FieldKind.NODE: _external,
    FieldKind.CHANNEL: _channel,
}
