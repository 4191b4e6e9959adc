"""The walks of single flags, made from the table of samples."""

import os
from dataclasses import dataclass

from bot.domain.flags.lookup import by_name
from bot.domain.flags.verb import Verb
from tests.parity.differences import REFUSED
from tests.parity.samples import CREATE, ENGINE, UPDATE, Sample, flag_words
from tests.parity.walks import NAME, created, updated

WHOLE = bool(os.environ.get("PARITY"))
"""Every value (`make parity`), else those of each flag that stand for the others."""


@dataclass(frozen=True)
class Alone:
    """A walk that tells of one flag."""

    verb: Verb
    flag: str
    lines: list[str]


def is_known(verb: Verb, flag: str) -> bool:
    """Whether Waggle has the flag, to edit a spec or as an option."""
    return by_name(verb, flag) is not None


def is_refused_whole(verb: Verb, flag: str) -> bool:
    """Whether Waggle refuses it on purpose, whatever its value."""
    return any(
        each.whole and flag in (each.create if verb is Verb.CREATE else each.update)
        for each in REFUSED
    )


def _texts(flag: str, sample: Sample) -> list[str]:
    texts = [flag_words(flag, value) for value in sample.values]
    return [*texts, " ".join(texts)] if sample.many and len(texts) > 1 else texts


def _creates(flag: str, sample: Sample) -> dict[str, list[str]]:
    texts = _texts(flag, sample)
    chosen = texts if WHOLE or flag == "mode" else list(dict.fromkeys((texts[0], texts[-1])))
    fixed = {"replicas", "mode", "max-concurrent"}
    none = "" if flag in fixed else "--replicas 0"
    return {
        f"create {text}": [created(" ".join(word for word in (none, sample.beside, text) if word))]
        for text in chosen
    }


def _updates(flag: str, sample: Sample) -> list[str]:
    changes = (f"{sample.beside} {text}".strip() for text in _texts(flag, sample))
    return [created(sample.base), *(updated(change) for change in changes)]


def _walks() -> dict[tuple[Verb, str], dict[str, list[str]]]:
    walks = {}
    for flag, sample in CREATE.items():
        walks[Verb.CREATE, flag] = _creates(flag, sample)
    for flag, sample in UPDATE.items():
        walks[Verb.UPDATE, flag] = {f"update --{flag}": _updates(flag, sample)}
    return walks


def _tried(*, newer: bool) -> dict[str, Alone]:
    tried: dict[str, Alone] = {}
    for (verb, flag), walks in _walks().items():
        sample = (CREATE if verb is Verb.CREATE else UPDATE)[flag]
        if (
            is_known(verb, flag)
            and (verb, flag) not in ELSEWHERE
            and (sample.since > ENGINE) is newer
        ):
            tried |= {name: Alone(verb, flag, lines) for name, lines in walks.items()}
    return tried


ELSEWHERE = (
    (Verb.CREATE, "name"),
    (Verb.CREATE, "env-file"),
    (Verb.UPDATE, "rollback"),
    (Verb.UPDATE, "health-start-interval"),
    (Verb.UPDATE, "with-registry-auth"),
)
"""Flags whose walk is another: a test of their own, or a name of their own."""

ALONE = _tried(newer=False)
"""What is tried on a real Engine, by the name of the walk."""

NEWER = _tried(newer=True)
"""What the API 1.41 hides, tried on a simulated Engine."""

UNKNOWN = tuple(
    (verb, flag)
    for verb, flag in _walks()
    if not is_known(verb, flag) and not is_refused_whole(verb, flag)
)
"""Flags that Waggle does not have yet."""

_JOB = created("--mode replicated-job --max-concurrent 1 --replicas 2 --restart-condition none")

MORE: dict[str, list[str]] = {
    "a command": [created("--replicas 0", "httpd -f -v 'a b' --flag")],
    "scale": [created("--replicas 2"), *(f"docker service scale {NAME}={n}" for n in (3, 1, 0, 1))],
    "scale a job": [_JOB, f"docker service scale {NAME}=3"],
    "scale a global one": [created("--mode global"), f"docker service scale {NAME}=3"],
    "a job's number": [created("--mode replicated-job --replicas 2")],
    "a port taken twice": [created("-p 18080:80 -p 18080:81")],
}
