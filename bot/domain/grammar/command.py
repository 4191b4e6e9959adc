"""What a person asked for, understood: a verb, its targets, its edits and its options."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any

from bot.domain.flags.flag import Edit
from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.grammar.canonical import canonical_line
from bot.domain.jsontypes import JsonObject
from bot.domain.units import format_duration, parse_duration

_SPANS = frozenset({"deadline", "lasting"})
_LISTS = frozenset({"revisions", "filters"})


@dataclass(frozen=True)
class Options:
    """What is asked besides the change itself; a default means "not said".

    Attributes:
        tail: lines of a log; -1 means all.
        by: whose entries `audit` shows, a Slack user id.
        since: a Go duration (`10m`) or an RFC 3339 time, as typed.
        deadline: how long no progress may last before the rollout counts as stalled.
        to_revision: for rollback.
        revisions: for diff, one or two; one is compared with what runs now.
        format: `json`, or empty.
        cluster: the swarm that it is for; empty: the only one, or the default.
        stack, environment, everything: what a lock is of, where it is no service.
        lasting: how long a lock holds; None: until somebody unlocks.
        steal: end somebody else's lock.
        notify: tell me when what is locked is free.
        on: what a channel wants to hear of, words with commas between; empty: everything.
        page: of a long list, from 1.
        no_trunc: nothing is shortened to fit; of log lines always so.
        grep: what lines of a log must have (bot.domain.finding).
        then: what a node is to be after its drain: `active`, or empty.
        filters: of a list, as `name=web`.
        no_resolve: ids of nodes instead of their names.
        raw: log lines without who wrote them.
        follow, details: never true: they are refused.
        no_task_ids: said, and always so.
        break_glass: why approvals, freezes, limits and locks are to be passed by.
    """

    dry_run: bool = False
    reason: str = ""
    deadline: timedelta | None = None
    detach: bool = False
    quiet: bool = False
    supersede: bool = False
    keep_replicas: bool = False
    to_revision: int | None = None
    revisions: tuple[int, ...] = ()
    tail: int | None = None
    since: str = ""
    timestamps: bool = False
    format: str = ""
    pretty: bool = False
    no_resolve_image: bool = False
    with_registry_auth: bool = False
    force: bool = False
    by: str = ""
    cluster: str = ""
    stack: str = ""
    environment: str = ""
    everything: bool = False
    lasting: timedelta | None = None
    steal: bool = False
    notify: bool = False
    on: str = ""
    then: str = ""
    break_glass: str = ""
    page: int | None = None
    no_trunc: bool = False
    grep: str = ""
    filters: tuple[str, ...] = ()
    no_resolve: bool = False
    raw: bool = False
    follow: bool = False
    details: bool = False
    no_task_ids: bool = False

    def to_json(self) -> JsonObject:
        """Only what was said; `from_json` gives an equal object."""
        said = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if getattr(self, f.name) != f.default
        }
        for name in _SPANS & said.keys():
            said[name] = format_duration(said[name])
        for name in _LISTS & said.keys():
            said[name] = list(said[name])
        return said

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Options:
        """The options of `to_json`."""
        said = dict(data)
        for name in _SPANS & said.keys():
            said[name] = parse_duration(said[name])
        for name in _LISTS & said.keys():
            said[name] = tuple(said[name])
        return cls(**said)


@dataclass(frozen=True)
class Command:
    """One understood line.

    Attributes:
        targets: services, nodes or networks by name; of `create` the new service's name.
        edits: what changes, in the order typed. Of `scale`, one `replicas` for each target.
    """

    verb: Verb
    targets: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    options: Options = field(default_factory=Options)

    @property
    def verb_class(self) -> VerbClass:
        """Whether this reads, rolls out, changes at once, or acts on a rollout."""
        return self.verb.verb_class

    @property
    def canonical(self) -> str:
        """The understood line, to be echoed: parsing it gives this command again.

        Values of env variables are hidden, and then it does not.
        """
        return canonical_line(self.verb, self.targets, self.edits, self.options)

    def to_json(self) -> JsonObject:
        """A plain object for storing; it holds env values in clear, so it is never shown."""
        return {
            "verb": self.verb.value,
            "targets": list(self.targets),
            "edits": [edit.to_json() for edit in self.edits],
            "options": self.options.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Command:
        """The command of `to_json`."""
        return cls(
            Verb(data["verb"]),
            tuple(data["targets"]),
            tuple(Edit.from_json(edit) for edit in data["edits"]),
            Options.from_json(data["options"]),
        )


def split(command: Command) -> tuple[Command, ...]:
    """One command for each target: `scale a=6 b=3` is two rollouts, `rm a b` two changes."""
    if len(command.targets) <= 1:
        return (command,)
    if command.verb is Verb.SCALE:
        pairs = zip(command.targets, command.edits, strict=True)
        return tuple(replace(command, targets=(t,), edits=(edit,)) for t, edit in pairs)
    return tuple(replace(command, targets=(target,)) for target in command.targets)
