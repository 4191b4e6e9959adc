"""From flags and arguments to a command: each verb's own demands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.domain.errors import BadFlagValue, UserError
from bot.domain.flags.flag import Edit
from bot.domain.flags.kinds import IMAGE, SERVICE_NAME, BadValue, parse_count, parse_revision
from bot.domain.flags.verb import Verb
from bot.domain.grammar.command import Command, Options
from bot.domain.grammar.read import Given, Line
from bot.domain.grammar.suggest import did_you_mean
from bot.domain.grammar.tokens import quote
from bot.domain.grammar.verbs import info_of
from bot.domain.images import is_repository, split
from bot.domain.jsontypes import JsonObject
from bot.domain.policy.events import known_words, unknown_word
from bot.domain.spec import check_edits, new_network

_PATTERN = re.compile(r"[A-Za-z0-9*?][A-Za-z0-9_.*?-]{0,127}")
LONGEST_REASON = 500
"""Characters of a no's reason: it stands in the message for all to read."""

_TARGET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_ROLLBACK_KEEPS = (
    *("rollback", "detach", "quiet", "dry-run", "reason", "deadline", "supersede", "cluster"),
    "break-glass",
)


def build(line: Line) -> Command:
    """The command of a line that was read.

    Raises:
        UserError: arguments are missing or too many, or flags contradict each other.
    """
    _count_arguments(line)
    return _BUILDERS.get(line.verb, _plain)(line)


def _count_arguments(line: Line) -> None:
    info = info_of(line.verb)
    usage = f"Write it as `{info.name} {info.args}`, for example `{info.example}`."
    if len(line.words) < info.least:
        noun = "image" if line.verb is Verb.CREATE else info.noun
        raise UserError(f"`{info.name}` needs to know which {noun}.", usage)
    if len(line.words) > info.most:
        extra = line.words[info.most]
        hint = f"A text with spaces needs quotes. {usage}"
        raise UserError(f"`{info.name}` does not know what to do with {quote(extra)}.", hint)


def _plain(line: Line) -> Command:
    return Command(line.verb, _targets(line), _edits(line.given), _options(line.given))


def _targets(line: Line) -> tuple[str, ...]:
    info = info_of(line.verb)
    for word in line.words:
        if not _TARGET.fullmatch(word):
            raise BadFlagValue(
                info.noun.upper(), word, f"this is not the name of a {info.noun}",
                f"For example `{info.example}`.",
            )  # fmt: skip
    return tuple(dict.fromkeys(line.words))


def _tags(line: Line) -> Command:
    """A service's name, or a repository: the tag that it is written with says nothing here."""
    (word,) = line.words
    if not is_repository(word):
        return _plain(line)
    try:
        repository = split(IMAGE.parse(word)).repository
    except (BadValue, BadFlagValue) as bad:
        raise BadFlagValue("REPOSITORY", word, bad.why, "For example `tags shop/web`.") from bad
    # it becomes part of a path: no step upwards
    if not all(step.strip(".") for step in repository.split("/")):
        why = "this is not a repository"
        raise BadFlagValue("REPOSITORY", word, why, "For example `tags shop/web`.")
    return Command(line.verb, (repository,), (), _options(line.given))


def _edits(given: Iterable[Given]) -> tuple[Edit, ...]:
    return tuple(Edit(g.flag.name, g.value, g.text) for g in given if g.flag.effect is not None)


def _options(given: Iterable[Given]) -> Options:
    said: JsonObject = {}
    for g in given:
        if g.flag.option and g.flag.many:
            said[g.flag.option] = (*said.get(g.flag.option, ()), g.value)
        elif g.flag.option:
            said[g.flag.option] = g.value
    for name in {"deadline", "lasting"} & said.keys():
        said[name] = timedelta(microseconds=said[name] // 1000)
    return Options(**said)


def _create(line: Line) -> Command:
    try:
        image = IMAGE.parse(line.words[0])
    except BadValue as bad:
        raise BadFlagValue("IMAGE", line.words[0], bad.why, bad.hint) from bad
    flags = _edits(line.given)
    names = [edit.value for edit in flags if edit.flag == "name"]
    if not names:
        # Docker would invent a name; here plan, approval and messages need it beforehand.
        raise UserError(
            "A new service needs a name.", f"For example `create --name web {quote(image)}`."
        )
    edits = [*flags, Edit("image", image, image)]
    if line.words[1:]:
        words = line.words[1:]
        edits.append(Edit("args", words, " ".join(quote(word) for word in words)))
    check_edits(edits, creating=True)
    return Command(line.verb, (names[-1],), tuple(edits), _options(line.given))


def _update(line: Line) -> Command:
    if any(g.flag.name == "rollback" and g.value for g in line.given):
        return _update_rollback(line)
    given = [g for g in line.given if g.flag.name != "rollback"]
    edits = _edits(given)
    if not edits:
        raise UserError(
            "Nothing is said about what should change.",
            f"For example `{info_of(line.verb).example}`.",
        )
    if line.verb is Verb.UPDATE:
        check_edits(edits, creating=False)
    return Command(line.verb, _targets(line), edits, _options(given))


def _node_update(line: Line) -> Command:
    """`--then` and `--deadline` say how a drain is followed; without one they mean nothing."""
    command = _update(line)
    asked = command.options
    words = [edit.value for edit in command.edits if edit.flag == "availability"]
    of_drain = [
        flag
        for flag, said in (
            ("then", bool(asked.then)),
            ("deadline", asked.deadline is not None),
            ("detach", asked.detach),
        )
        if said
    ]
    if of_drain and words[-1:] != ["drain"]:
        raise UserError(
            f"`--{of_drain[0]}` is about a drain, and none is asked for.",
            "For example `node update --availability drain --then active node1`.",
        )
    if asked.detach and len(of_drain) > 1:
        raise UserError(
            f"`--detach` follows no drain, so nothing would come of `--{of_drain[0]}`.",
            "Leave one of them out.",
        )
    return command


def _node_ps(line: Line) -> Command:
    """Without a node it is `self`, as in the docker CLI."""
    line.words[:] = line.words or ["self"]
    return _plain(line)


def _of_role(line: Line) -> Command:
    """`node promote` and `node demote`: updates of the role, as in the docker CLI."""
    role = "manager" if line.verb is Verb.NODE_PROMOTE else "worker"
    edits = (Edit("role", role, role),)
    return Command(line.verb, _targets(line), edits, _options(line.given))


def _update_rollback(line: Line) -> Command:
    """`update --rollback SERVICE` is a rollback; docker lets no other edits stand beside it."""
    for g in line.given:
        if g.flag.name not in _ROLLBACK_KEEPS:
            raise UserError(
                f"Other flags cannot be combined with --rollback; here is `--{g.flag.name}`.",
                "Roll back first, then update.",
            )
    given = [g for g in line.given if g.flag.name != "rollback"]
    return Command(Verb.ROLLBACK, _targets(line), (), _options(given))


def _scale(line: Line) -> Command:
    targets: list[str] = []
    edits: list[Edit] = []
    for word in line.words:
        name, _, count = word.partition("=")
        if not SERVICE_NAME.fullmatch(name) or not count:
            raise BadFlagValue(
                "SERVICE=N", word, "a service and a number are needed", "For example `scale web=6`."
            )
        if name in targets:
            raise UserError(f"`{name}` is there twice.", "Say one number for each service.")
        try:
            edits.append(Edit("replicas", parse_count(count), count))
        except BadValue as bad:
            raise BadFlagValue("SERVICE=N", word, bad.why, bad.hint) from bad
        targets.append(name)
    return Command(line.verb, tuple(targets), tuple(edits), _options(line.given))


def _diff(line: Line) -> Command:
    service, *numbers = line.words
    if service.isdecimal() or not _TARGET.fullmatch(service):
        raise UserError("Which service's revisions?", "For example `diff web 3 5`.")
    options = replace(_options(line.given), revisions=_revisions(numbers))
    return Command(line.verb, (service,), (), options)


def _revisions(words: Sequence[str]) -> tuple[int, ...]:
    try:
        return tuple(parse_revision(word) for word in words)
    except BadValue as bad:
        raise BadFlagValue("REV", " ".join(words), bad.why, bad.hint) from bad


def _subscription(line: Line) -> Command:
    """Patterns may hold `*` and `?`, names may not."""
    for word in line.words:
        if not _PATTERN.fullmatch(word):
            raise BadFlagValue(
                "PATTERN", word, "this is no pattern for names of services",
                "Letters, digits, `.`, `_`, `-`, and `*` or `?` for what may be anything: `web*`.",
            )  # fmt: skip
    options = _options(line.given)
    unknown = unknown_word(options.on) if options.on else None
    if unknown is not None:
        meant = did_you_mean(unknown, known_words(), line.suggest)
        hint = f"{meant} Known are {', '.join(known_words())}.".strip()
        raise BadFlagValue("on", unknown, "this is nothing that can be heard of", hint)
    return Command(line.verb, tuple(dict.fromkeys(line.words)), (), options)


def _inspect(line: Line) -> Command:
    command = _plain(line)
    if command.options.pretty and command.options.format:
        raise UserError(
            "--format does not go with --pretty.", "Leave one of them out: readable, or json."
        )
    return command


def _network_create(line: Line) -> Command:
    command = _plain(line)
    new_network(command.targets[0], command.edits)  # contradictions are found here
    return command


def _lock(line: Line) -> Command:
    """A lock is of exactly one thing, and one that others meet has a reason."""
    command = _plain(line)
    name, asked = info_of(line.verb).name, command.options
    things = [*command.targets, asked.stack, asked.environment, asked.everything]
    if sum(map(bool, things)) != 1:
        raise UserError(
            f"`{name}` is of one service, or of one of --stack, --environment, --all.",
            f"For example `{info_of(line.verb).example}`.",
        )
    if (line.verb is Verb.LOCK or asked.steal) and not asked.reason:
        raise UserError(
            "A reason is needed: those who meet it will read it.",
            f"For example `{name} --reason 'db migration' …`.",
        )
    return command


def _locks(line: Line) -> Command:
    command = _plain(line)
    if command.options.notify and not command.targets:
        raise UserError("Told of what?", "For example `locks --notify web`.")
    return command


def _reject(line: Line) -> Command:
    """`reject ID REASON...`: what follows the id is the reason, with or without quotes."""
    options = _options(line.given)
    reason = " ".join([*line.words[1:], *([options.reason] if options.reason else [])])
    if not reason.strip():
        raise UserError("A no needs a reason.", f"For example `{info_of(line.verb).example}`.")
    if len(reason) > LONGEST_REASON:
        raise UserError(
            f"This reason has {len(reason)} characters; {LONGEST_REASON} is the most.",
            "Say it in short, and the rest in the thread.",
        )
    line.words[1:] = []
    return Command(line.verb, _targets(line), (), replace(options, reason=reason))


_BUILDERS: dict[Verb, Callable[[Line], Command]] = {
    Verb.CREATE: _create,
    Verb.UPDATE: _update,
    Verb.NODE_UPDATE: _node_update,
    Verb.NODE_PROMOTE: _of_role,
    Verb.NODE_DEMOTE: _of_role,
    Verb.NODE_PS: _node_ps,
    Verb.SCALE: _scale,
    Verb.DIFF: _diff,
    Verb.INSPECT: _inspect,
    Verb.NODE_INSPECT: _inspect,
    Verb.NETWORK_CREATE: _network_create,
    Verb.TAGS: _tags,
    Verb.LOCK: _lock,
    Verb.UNLOCK: _lock,
    Verb.LOCKS: _locks,
    Verb.SUBSCRIBE: _subscription,
    Verb.UNSUBSCRIBE: _subscription,
    Verb.REJECT: _reject,
}
