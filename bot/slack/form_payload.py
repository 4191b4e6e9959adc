"""What Slack says of a form: what it was for, what stood in it, what stands in it now."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.flags.verb import Verb
from bot.domain.grammar.wish import Wish
from bot.domain.jsontypes import JsonObject
from bot.domain.request import Place, Principal
from bot.rendering.forms import FORM, REVIEW
from bot.slack.payload import Body, team_of, trigger_of
from bot.usecases.form_rights import Asked

RECORD = "record"


def is_form(body: Body) -> bool:
    """Return whether a submitted view is a form, or what one turned into."""
    return body["view"].get("callback_id") in {FORM, REVIEW}


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A form that was submitted, or in which somebody types.

    Attributes:
        first: the first field, where errors go that are about none.
        shown, filled: field → text.
        record_id: of the dry run that it shows, empty before that.
    """

    asked: Asked
    first: str
    shown: Mapping[str, str]
    filled: Mapping[str, str]
    record_id: str = ""


def metadata(asked: Asked, record_id: str = "") -> JsonObject:
    """Return what a form carries to know later what it was for; Slack signs it with the rest."""
    wish, place = asked.wish, asked.place
    said = {
        "verb": wish.verb.value,
        "target": wish.target,
        "cluster": wish.cluster,
        "channel": place.channel,
        "thread": place.thread_ts,
        "url": place.response_url,
        "nowhere": asked.nowhere,
        RECORD: record_id,
    }
    return {key: value for key, value in said.items() if value}


def submission(body: Body) -> Submission:
    """Return what is in a form.

    Raises:
        KeyError, ValueError: it is none of ours.
    """
    view = body["view"]
    said = json.loads(view.get("private_metadata") or "{}")
    blocks = [each for each in view.get("blocks") or () if each.get("type") == "input"]
    return Submission(
        asked=_asked(body, said),
        first=str(blocks[0]["block_id"]) if blocks else "",
        shown={str(each["block_id"]): _standing(each["element"]) for each in blocks},
        filled=dict(_filled(view.get("state") or {})),
        record_id=str(said.get(RECORD, "")),
    )


def _asked(body: Body, said: Mapping[str, Any]) -> Asked:
    verb = Verb(said.get("verb", Verb.UPDATE.value))
    return Asked(
        wish=Wish(verb, str(said.get("target", "")), str(said.get("cluster", ""))),
        by=Principal(team=team_of(body), user=str(body["user"]["id"])),
        place=Place(
            channel=str(said.get("channel", "")),
            thread_ts=said.get("thread"),
            response_url=said.get("url"),
        ),
        # each submission of one form has a trigger of its own; a repeated delivery has the same
        delivery=f"trigger:{trigger_of(body)}",
        nowhere=bool(said.get("nowhere", False)),
    )


def _standing(element: Mapping[str, Any]) -> str:
    option = element.get("initial_option") or {}
    return str(element.get("initial_value") or option.get("value") or "")


def _filled(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for block, inputs in (state.get("values") or {}).items():
        for entry in inputs.values():
            option = entry.get("selected_option") or {}
            given = entry.get("value") or option.get("value") or entry.get("selected_conversation")
            yield str(block), str(given or "")
