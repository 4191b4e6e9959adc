"""`--filter NAME=VALUE` of lists, with the docker CLI's words, and their other flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.domain.flags.flag import Flag
from bot.domain.flags.kinds import BOOL, BadValue, Kind
from bot.domain.flags.verb import Verb

MODES = ("replicated", "global", "replicated-job", "global-job")
TASK_STATES = (
    "new", "pending", "assigned", "accepted", "preparing", "ready", "starting", "running",
    "complete", "shutdown", "failed", "rejected", "remove", "orphaned",
)  # fmt: skip
"""Swarm's states of a task; the two that people mean are `running` and `shutdown`."""

Words = Mapping[str, Sequence[str]]
SERVICE_WORDS: Words = {"id": (), "label": (), "mode": MODES, "name": (), "runtime": ("container",)}
TASK_WORDS: Words = {"desired-state": TASK_STATES, "id": (), "name": (), "node": ()}
NODE_WORDS: Words = {
    "id": (), "label": (), "membership": ("accepted", "pending"), "name": (), "node.label": (),
    "role": ("manager", "worker"),
}  # fmt: skip
NETWORK_WORDS: Words = {
    "driver": (), "id": (), "label": (), "name": (), "scope": ("swarm", "global", "local"),
    "type": ("custom", "builtin"),
}  # fmt: skip
PIECE_WORDS: Words = {"id": (), "label": (), "name": ()}
"""What each list can be filtered by; an empty list of values means any value."""


def _filter(words: Words) -> Callable[[str], str]:
    def parse(text: str) -> str:
        name, found, value = (part.strip() for part in text.partition("="))
        name = name.lower()
        if name not in words:
            raise BadValue("there is no such filter", f"Filters: {', '.join(words)}, as name=web.")
        if not found or not value:
            raise BadValue("a filter needs a value", f"Write it as `{name}=VALUE`.")
        if words[name] and value.lower() not in words[name]:
            raise BadValue(f"this is no {name}", f"One of: {', '.join(words[name])}.")
        return f"{name}={value.lower() if words[name] else value}"

    return parse


def _table(text: str) -> str:
    if text.lower() != "table":
        raise BadValue(
            "an answer in Slack is a table",
            "`--quiet` gives the ids alone, and `inspect --format json NAME` the raw object.",
        )
    return text.lower()


def _refused(why: str, hint: str) -> Callable[[str], bool]:
    def parse(text: str) -> bool:
        if text.lower() in ("false", "f", "0"):
            return False
        raise BadValue(why, hint)

    return parse


_FOLLOW = _refused("a message cannot go on for ever", "Ask again: `logs --since 1m NAME`.")
_DETAILS = _refused(
    "details may hold values of the environment", "Leave it out: who wrote a line is always told."
)


def _list(verb: Verb, words: Words) -> tuple[Flag, ...]:
    kind = Kind("NAME=VALUE", _filter(words))
    text = f"Only those with this: {', '.join(words)}"
    return (
        Flag("filter", kind, (verb,), text, "f", option="filters", many=True),
        Flag("format", Kind("table", _table), (verb,), "Only table, the default", option="format"),
    )


LISTS = (
    *_list(Verb.SERVICES, SERVICE_WORDS),
    *_list(Verb.PS, TASK_WORDS),
    *_list(Verb.NODES, NODE_WORDS),
    *_list(Verb.NODE_PS, TASK_WORDS),
    *_list(Verb.STACK_PS, TASK_WORDS),
    *_list(Verb.STACK_SERVICES, SERVICE_WORDS),
    *_list(Verb.NETWORK_LS, NETWORK_WORDS),
    *_list(Verb.SECRET_LS, PIECE_WORDS),
    *_list(Verb.CONFIG_LS, PIECE_WORDS),
    Flag(
        "format",
        Kind("table", _table),
        (Verb.STACK_LS,),
        "Only table, the default",
        option="format",
    ),
    Flag(
        "no-resolve",
        BOOL,
        (Verb.PS, Verb.NODE_PS, Verb.STACK_PS, Verb.LOGS),
        "Ids of nodes instead of their names",
        option="no_resolve",
    ),
    Flag("raw", BOOL, (Verb.LOGS,), "The lines alone, not who wrote them", option="raw"),
    Flag(
        "follow",
        Kind("", _FOLLOW, is_bool=True),
        (Verb.LOGS,),
        "Refused: a message ends",
        "f",
        option="follow",
    ),
    Flag(
        "details",
        Kind("", _DETAILS, is_bool=True),
        (Verb.LOGS,),
        "Refused: they may hold values of the environment",
        option="details",
    ),
    Flag("no-task-ids", BOOL, (Verb.LOGS,), "Always so: no ids of tasks", option="no_task_ids"),
    Flag("no-trunc", BOOL, (Verb.LOGS,), "Always so: lines are whole", option="no_trunc"),
)
