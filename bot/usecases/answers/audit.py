"""Reads of the audit log."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, partial
from typing import Final

from bot.domain.audit import AuditEntry, Wanted, found
from bot.domain.grammar import Command
from bot.domain.moments import moment_of
from bot.domain.reply import AuditList
from bot.ports import AuditLog
from bot.usecases.answers.sight import Sight

MOST: Final = 1_000
"""Entries of one answer; `waggle audit export` has them all."""

_PAGE: Final = 500


def looked_up(
    log: AuditLog, cluster: str, command: Command, now: datetime, sight: Sight
) -> AuditList:
    """Answer `audit`: what is about things that the person may read, as they are now."""
    options, target = command.options, command.targets[0] if command.targets else ""
    wanted = Wanted(
        cluster=cluster,
        target=target,
        by=options.by,
        since=moment_of(options.since, now) if options.since else None,
    )
    head = log.head()
    may = cache(partial(sight.may, resource_of=sight.named))  # one target has many entries
    unread: list[AuditEntry] = []
    hits = found(newest_first(log), wanted, MOST + 1, lambda each: _kept(each, may, unread))
    words = (
        f"of `{target}`" if target else "",
        f"by <@{options.by}>" if options.by else "",
        f"since {options.since}" if options.since else "",
    )
    return AuditList(
        entries=tuple(hits[:MOST]),
        head=head,
        of=" ".join(word for word in words if word),
        more=len(hits) > MOST,
        hidden=len(unread),
    )


def _kept(entry: AuditEntry, may: Callable[[str], bool], unread: list[AuditEntry]) -> bool:
    """Return whether an entry may be shown, and note it where not."""
    if may(entry.draft.target):
        return True
    unread.append(entry)
    return False


def newest_first(log: AuditLog) -> Iterator[bytes]:
    """Yield the log's lines, the last one first; what is added meanwhile is not among them."""
    end = log.length()
    while end > 0:
        begin = max(0, end - _PAGE)
        yield from reversed(log.lines(begin, end - begin))
        end = begin
