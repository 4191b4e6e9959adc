"""The command reference as Markdown, made from the tables.

python -m bot.domain.grammar.reference > docs/reference/commands.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bot.domain.flags.flag import Flag
from bot.domain.flags.lookup import flags_of
from bot.domain.flags.verb import Verb, VerbClass
from bot.domain.grammar.help import flag_usage
from bot.domain.grammar.verbs import VERBS, VerbInfo

_CLASSES: dict[Verb | VerbClass, str] = {
    VerbClass.READ: "reads; the answer is private",
    VerbClass.ROLLOUT: "starts a rollout",
    VerbClass.CHANGE: "changes something at once",
    VerbClass.ACTION: "acts on a rollout under way, or on a request",
    Verb.SUBSCRIBE: "changes what the channel hears of, nothing else",
    Verb.UNSUBSCRIBE: "changes what the channel hears of, nothing else",
}
_OTHERS = dict.fromkeys((Verb.LOCK, Verb.UNLOCK), "changes a lock, and nothing in the swarm")
_OLDEST = (1, 41)
"""Every Engine that Waggle works with speaks this version of the API."""

_HEAD = """# Commands

Made from the flag table by `python -m bot.domain.grammar.reference`; do not edit by hand.

Everything here is typed after `/swarm`, or after a mention of the bot. Lines of the docker CLI work
as they are: a leading `docker`, `service` or `docker service` is accepted. Durations are written as
in Go (`1m30s`), memory counts in 1024s (`512m`), a boolean flag may say `=true` or `=false`.
`update`, `scale`, `create` and `node update` without flags open a [form](../how-to/use-forms.md).
"""


def render() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(line for info in VERBS for line in _verb(info))])


def _verb(info: VerbInfo) -> Iterator[str]:
    others = ", ".join(f"`{name}`" for name in info.names[1:])
    yield f"## {info.name}"
    yield ""
    also = f" Also: {others}." if others else ""
    does = _CLASSES.get(info.verb) or _CLASSES[info.verb.verb_class]
    yield f"{info.summary}. It {does}.{also}"
    yield ""
    yield "```text"
    yield " ".join(part for part in (info.name, "[FLAGS]", info.args) if part)
    yield info.example
    yield "```"
    yield ""
    flags = flags_of(info.verb)
    if flags:
        yield "| flag | what it does | field |"
        yield "|---|---|---|"
        yield from (_row(flag) for flag in flags)
        yield ""


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part)


def _row(flag: Flag) -> str:
    usage = flag_usage(flag).replace("|", "\\|")
    notes = [flag.help]
    if flag.many:
        notes.append("may be repeated")
    if flag.secret:
        notes.append("its value is never shown")
    if _parts(flag.since) > _OLDEST:
        notes.append(f"Engines of API {flag.since} and newer")
    field = f"`{flag.effect.path}`" if flag.effect else ""
    return f"| `{usage}` | {'; '.join(notes)} | {field} |"


if __name__ == "__main__":
    sys.stdout.write(render())
