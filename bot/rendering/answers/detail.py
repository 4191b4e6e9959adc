"""`inspect`: first what matters, in sentences; then the spec, by what its fields are about."""

from collections.abc import Iterable, Iterator

from bot.domain.lock import Lock
from bot.domain.message import Content
from bot.domain.observation import UpdateState
from bot.domain.policy import Window
from bot.domain.reads import ServiceDetail, Tag, UpdateWords
from bot.domain.typed import typed
from bot.rendering.answers.record import MARKS
from bot.rendering.cut import cut_line
from bot.rendering.diffs import diff_lines
from bot.rendering.escape import clean, code, one_line, person
from bot.rendering.locks import reason
from bot.rendering.longtext import with_block
from bot.rendering.words import age, moment, short

_LONGEST = 300
_UPDATE = {
    UpdateState.UPDATING: "under way",
    UpdateState.PAUSED: "paused: Swarm stopped at a failing task and waits for people",
    UpdateState.COMPLETED: "completed",
    UpdateState.ROLLBACK_STARTED: "being rolled back by Swarm",
    UpdateState.ROLLBACK_PAUSED: "the rollback is paused: Swarm waits for people",
    UpdateState.ROLLBACK_COMPLETED: "rolled back",
}
_SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Image and mode", ("image", "mode", "replicas ", "max-concurrent", "command", "args")),
    ("Environment", ("env ",)),
    ("Ports and networks", ("publish ", "endpoint-mode", "network ", "host ", "dns")),
    ("Mounts, secrets, configs", ("mount ", "secret ", "config ")),
    ("Resources", ("limit-", "reserve-")),
    ("Placement", ("constraint ", "placement-pref ", "platform ", "replicas-max-per-node")),
    ("Health check", ("health-",)),
    ("Restarts", ("restart-", "stop-", "init ")),
    ("Updates", ("update-",)),
    ("Rollbacks", ("rollback-",)),
    ("Labels", ("label ", "container-label ")),
    ("Logging", ("log-",)),
)
_ELSE = "Other"


def detail(reply: ServiceDetail) -> Content:
    """Answer `inspect`."""
    top = "\n".join(_sentences(reply))
    return with_block(top, list(_lines(reply)), [], f"{reply.name}.txt")


def _sentences(reply: ServiceDetail) -> Iterator[str]:
    row = reply.row
    health = f"{':warning: ' if row.health.needs_a_look else ''}{row.health.words}"
    yield f"*Service* {code(row.name)}: {health}, {row.running}/{row.wanted} running"
    if row.health.why:
        yield f"> {code(_cut(row.health.why))}"
    if len(reply.runs) > 1:
        told = (f"{number} × {code(short(image))}" for image, number in reply.runs)
        yield f"Running: {', '.join(told)}"
    if reply.update:
        yield _update(reply.update, reply)
    if row.rollout:
        yield f"Rollout: {code(row.rollout)}"
    yield _revision(reply)
    if row.drift:
        yield _drift(reply)
    if reply.tag:
        yield from _tag(reply.tag)
    yield from (_lock(each) for each in reply.locks)
    yield from (_freeze(each) for each in reply.freezes)
    yield from (f":grey_question: {one_line(each)}" for each in reply.unknown)


def _update(update: UpdateWords, reply: ServiceDetail) -> str:
    words = f"Last update: {_UPDATE.get(update.state, one_line(update.state.value))}"
    if update.began_at:
        words += f", begun {age(reply.at - update.began_at)} ago"
    return f"{words} ({one_line(_cut(update.message))})" if update.message else words


def _revision(reply: ServiceDetail) -> str:
    """Return which revision it is and who made it; else who changed it last, if that is known."""
    row, entry = reply.row, reply.revision
    when = f" {moment(row.changed_at)}" if row.changed_at else ""
    by = f"by {person(row.changed_by)}" if row.changed_by else "by another tool"
    if entry is None:
        none = "none of its revisions" if reply.current else "none yet: Waggle never changed it"
        return f"*Revision*: {none} · changed {by}{when}"
    parts = [
        f"*Revision* {entry.number} ({MARKS[entry.mark]})",
        f"{'found, made' if entry.found else 'made'} {by}{when}",
        f"“{one_line(entry.reason)}”" if entry.reason else "",
        code(reply.rollout) if reply.rollout else "",
    ]
    return " · ".join(part for part in parts if part)


def _drift(reply: ServiceDetail) -> str:
    named = code(typed(f"rollback --to {reply.current} {reply.name}", reply.cluster))
    where = "below is what differs" if reply.drift else "what differs is not known"
    return (
        f":warning: *Drift*: it is not revision {reply.current}, the current one; {where}. "
        f"{named} goes back to that."
    )


def _tag(tag: Tag) -> Iterator[str]:
    if tag.now == "":
        yield f":label: The registry has no tag {code(tag.image)} any more."
    elif tag.has_moved:
        was, now = code(_figure(tag.digest)), code(_figure(tag.now or ""))
        yield f":label: *Moved tag*: {code(tag.image)} is {now} now; here runs {was}."


def _figure(digest: str) -> str:
    return short(f"@{digest}").removeprefix("@")


def _lock(held: Lock) -> str:
    until = f", until {moment(held.until)}" if held.until else ""
    who = f" by {person(held.owner.user)}" if held.bad is None else ""
    return f":lock: {one_line(held.scope.words)} is locked{who}: {reason(held.reason)}{until}"


def _freeze(window: Window) -> str:
    why = f" “{one_line(window.reason)}”" if window.reason else ""
    return f":snowflake: {code(window.environment)} is frozen until {moment(window.ends)}{why}"


def _cut(text: str) -> str:
    return cut_line(clean(text), _LONGEST)


def _lines(reply: ServiceDetail) -> Iterator[str]:
    """Yield raw lines: what differs, then the fields below the words for what they are about."""
    if reply.drift:
        yield f"Differs from revision {reply.current}"
        yield from (f"  {line}" for line in diff_lines(reply.drift))
    yield from _facts(reply)
    width = max((len(name) for name, _ in reply.fields), default=0)
    for title, fields in _sorted_in(reply.fields):
        yield title
        for name, value in fields:
            yield f"  {one_raw(name):<{width}}  {one_raw(short(value))}".rstrip()


def _facts(reply: ServiceDetail) -> Iterator[str]:
    yield f"ID       {one_raw(reply.id)}"
    if reply.created_at:
        yield f"Created  {moment(reply.created_at)}"
    if reply.tag and reply.tag.digest:
        yield f"Digest   {one_raw(reply.tag.digest)}"


def _sorted_in(
    fields: Iterable[tuple[str, str]],
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    found: dict[str, list[tuple[str, str]]] = {title: [] for title, _ in _SECTIONS}
    found[_ELSE] = []
    for name, value in fields:
        found[_section(name)].append((name, value))
    yield from ((title, its) for title, its in found.items() if its)


def _section(name: str) -> str:
    spaced = f"{name} "
    return next((title for title, begins in _SECTIONS if spaced.startswith(begins)), _ELSE)


def one_raw(text: str) -> str:
    """Return a raw value on one line."""
    return " ".join(clean(text).split())
