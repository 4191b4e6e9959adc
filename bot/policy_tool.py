"""What `waggle policy` does: the composition root of a look at a policy file."""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import policy_slack
from bot.adapters.clock import SystemClock
from bot.adapters.policy_rules import policy_of
from bot.adapters.policy_source import short
from bot.adapters.suggest import nearest
from bot.domain.flags.verb import Verb
from bot.domain.grammar.suggest import did_you_mean
from bot.domain.policy import OPEN, Context, Piece, Policy, Resource, Side, VerbGroup, explain
from bot.domain.policy.resource import as_compared
from bot.domain.request import Principal
from bot.usecases.rights import group_of_verb
from config import environment, policy_file, policy_model
from config.policy_file import Reading
from config.policy_known import NOTHING_TOLD, Known
from config.settings import OPEN as OPEN_WORD
from config.settings import SettingsError, SlackSettings, load_slack

BROKEN = 1
CANNOT_SAY = 2
"""The line is wrong, or Slack could not be asked."""
_SETTING = "WAGGLE_POLICY"


class _UseError(Exception):
    """The line cannot be answered; the text says what to type instead."""


class _BrokenError(Exception):
    """The file is broken; its problems have been printed."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What `waggle policy explain` is asked; the service counts as being and becoming the same.

    Attributes:
        secrets, configs: those that are new to it, as `NAME` or `NAME,LABEL=VALUE,…`.
    """

    user: str
    verb: str
    service: str
    labels: Sequence[str] = ()
    constraints: Sequence[str] = ()
    networks: Sequence[str] = ()
    groups: Sequence[str] = ()
    cluster: str = "default"
    channel: str = ""
    secrets: Sequence[str] = ()
    configs: Sequence[str] = ()

    def resource(self) -> Resource:
        """Return what it is about.

        Raises:
            _UseError: a secret or config has no name.
        """
        pairs = (each.partition("=") for each in self.labels)
        side = Side(
            labels={key: value for key, _, value in pairs},
            constraints=frozenset(map(as_compared, self.constraints)),
            networks=frozenset(self.networks),
        )
        takes = (
            *(_piece("secret", text) for text in self.secrets),
            *(_piece("config", text) for text in self.configs),
        )
        return Resource(cluster=self.cluster, service=self.service, sides=(side,), takes=takes)


def check(
    file: Path | None,
    clusters: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    *,
    slack: bool = False,
) -> int:
    """Print the problems of a file, or a summary; return the exit status.

    Args:
        file: None: the one that WAGGLE_POLICY names.
        clusters: those that there are; None: not told, and not looked at.
        groups: likewise.
        slack: ask Slack about every id in it, too.
    """
    try:
        settings = load_slack() if slack else None
        path = file or _named()
    except _UseError as error:
        return _wrong(str(error))
    except SettingsError as error:
        return _wrong(*(f"--slack asks Slack: {each}" for each in error.problems))
    if path is None:
        _say(["WAGGLE_POLICY=open: everyone may do everything; there is no file to check."])
        return 0
    reading = _told(path, Known(clusters=clusters, groups=groups))
    if settings is not None:
        return _judged_by_slack(path, reading, settings)
    return BROKEN if reading.values is None else _summed_up(path, reading)


def _judged_by_slack(path: Path, reading: Reading, settings: SlackSettings) -> int:
    """Say what Slack says of the ids; whatever is wrong with the file counts, too."""
    checked = policy_slack.ask(reading.named, settings)
    _say(policy_slack.problems(str(path), reading.named, checked))
    _say(f"{path}: {line} (warning)" for line in checked.unchecked)
    broken = reading.values is None or bool(checked.wrong)
    if not broken:
        _summed_up(path, reading)
        _say([policy_slack.summary(reading.named, checked)])
    unasked = _wrong(*checked.unasked) if checked.unasked else 0
    return BROKEN if broken else unasked


def _summed_up(path: Path, reading: Reading) -> int:
    policy = _policy(reading)
    _say(
        [
            f"{path} is valid, version {short(policy)}.",
            f"Roles: {_list(policy.roles)}.",
            f"Grants: {len(policy.grants)}.",
            f"Environments: {_list(each.name for each in policy.environments)}.",
        ]
    )
    return 0


def explained(asked: Question, file: Path | None) -> int:
    """Print who may do what and why; return the exit status."""
    try:
        right, who = _right(asked.verb), _person(asked.user)
        path = file or _named()
        what = asked.resource()
        policy = OPEN if path is None else _policy(_told(path))
    except _UseError as error:
        return _wrong(str(error))
    except _BrokenError:
        return BROKEN
    context = Context(
        now=SystemClock().now(), channel=asked.channel, groups=frozenset(asked.groups)
    )
    _say(explain(policy, who, right, what, context))
    return 0


def schema() -> str:
    """Return the JSON schema of policy files."""
    return json.dumps(policy_model.schema(), indent=2)


def _told(path: Path, known: Known = NOTHING_TOLD) -> Reading:
    """Read a file, and say what is wrong with it."""
    reading = policy_file.read(path, known)
    _say(reading.problems)
    _say(f"{line} (warning)" for line in reading.warnings)
    return reading


def _policy(reading: Reading) -> Policy:
    if reading.values is None:
        raise _BrokenError
    return policy_of(reading.values, reading.canonical)


def _named() -> Path | None:
    """Return the file that WAGGLE_POLICY names, None with the word `open`."""
    values, problems = environment.read([_SETTING], os.environ)
    if problems:
        raise _UseError(problems[0])
    value = values.get(_SETTING)
    if value is None:
        raise _UseError("name a file, or set WAGGLE_POLICY to its path.")
    return None if value == OPEN_WORD else Path(value)


def _piece(kind: str, text: str) -> Piece:
    """Read `NAME,LABEL=VALUE,…`: a secret or config is judged by its labels alone."""
    name, *labels = text.split(",")
    if not name or "=" in name:
        raise _UseError(
            f"--{kind} {text} names no {kind}. Write it as `--{kind} NAME,LABEL=VALUE`."
        )
    pairs = (each.partition("=") for each in labels if each)
    return Piece(kind=kind, name=name, labels={key: value for key, _, value in pairs})


def _right(word: str) -> VerbGroup:
    if word in set(VerbGroup):
        return VerbGroup(word)
    if word in set(Verb):
        return group_of_verb(Verb(word))
    known = [each.value for each in VerbGroup]
    hint = did_you_mean(word, known, nearest) or f"Rights are {_list(known)}."
    raise _UseError(f"no right and no verb is called {word}. {hint}")


def _person(user: str) -> Principal:
    if not re.fullmatch(r"[UW][A-Z0-9]{2,20}", user):
        raise _UseError(
            f"{user} is no id of a person (U… or W…); in Slack: their profile, ⋮, Copy member ID."
        )
    return Principal(team="", user=user)


def _wrong(*lines: str) -> int:
    sys.stderr.write("".join(f"waggle policy: {line}\n" for line in lines))
    return CANNOT_SAY


def _say(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
