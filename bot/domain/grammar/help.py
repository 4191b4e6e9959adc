"""Help, made from the tables; each text fits into one Slack message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.flags.container import RARE
from bot.domain.flags.flag import Flag
from bot.domain.flags.lookup import flags_of
from bot.domain.flags.verb import Verb
from bot.domain.grammar.verbs import VERBS, VerbInfo, info_of

_END = (
    "Lines of the docker CLI can be pasted as they are. `help VERB` tells more, for example "
    "`help update`."
)

_OF_FORM = {Verb.UPDATE: " web", Verb.SCALE: " web", Verb.CREATE: "", Verb.NODE_UPDATE: " node1"}
"""The verbs that have a form, with what follows them then."""

_RARE = ("rollback-", "health-start-")


def overview() -> str:
    """What can be asked, one line a verb."""
    usages = [(_usage(info), info.summary) for info in VERBS]
    width = max(len(usage) for usage, _ in usages)
    lines = [f"{usage:<{width}}  {summary}" for usage, summary in usages]
    return "\n".join(["What can be asked:", *lines, "", _END])


def verb_help(verb: Verb) -> str:
    """One verb: how it is written, its flags, an example."""
    info = info_of(verb)
    lines = [f"{info.summary}.", f"Usage: {_usage(info)}", f"Example: {info.example}"]
    if verb in _OF_FORM:
        lines.append(f"Without flags it opens a form: {info.name}{_OF_FORM[verb]}")
    rare = [flag for flag in flags_of(verb) if flag in RARE or flag.name.startswith(_RARE)]
    flags = list(_flag_lines([flag for flag in flags_of(verb) if flag not in rare]))
    if flags:
        lines += ["", "Flags:", *flags]
    if rare:
        lines += ["", f"And, as in docker: {' '.join(f'--{flag.name}' for flag in rare)}"]
    return "\n".join(lines)


def _usage(info: VerbInfo) -> str:
    flags = "[FLAGS]" if flags_of(info.verb) else ""
    return " ".join(part for part in (info.name, flags, info.args) if part)


def _flag_lines(flags: Sequence[Flag]) -> Iterator[str]:
    """One line a flag; X-add and X-rm share one, to keep within a message."""
    named = {flag.name: flag for flag in flags}
    for flag in flags:
        stem, _, end = flag.name.rpartition("-")
        paired = {f"{stem}-add", f"{stem}-rm"} <= named.keys()
        if paired and end == "rm":
            continue
        if paired and end == "add":
            what = flag.help.removeprefix("Add: ")
            yield f"  {flag_usage(flag)}, {flag_usage(named[f'{stem}-rm'])}  {what}"
        else:
            yield f"  {flag_usage(flag)}  {flag.help}"


def flag_usage(flag: Flag) -> str:
    """`-e, --env KEY=VALUE`."""
    short = f"-{flag.short}, " if flag.short else ""
    return f"{short}--{flag.name} {flag.kind.metavar}".rstrip()
