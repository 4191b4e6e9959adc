"""Decisions about an outbox row: is it due, what to do next, what Slack's answer means for it.

A row is sent by whoever claims it (`claimed`, committed by compare-and-set), then says the call,
then records what became of it. The `extra` of a row belongs to this module and the speaker:

    via      the way in use, once it is not the first one of the address: `ephemeral` or `dm`
    posting  hash of the content under way while `posting_since` is set
    lost     [since when, hash] of a post that may have arrived; kept until that is settled
    plain    hash of a content whose blocks Slack refused: it goes as text
    bare     hash of a content whose metadata Slack refused
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.message import Content, Message, Sent, Urgency

EPOCH: Final = datetime.fromtimestamp(0, tz=UTC)
LONGEST_CALL: Final = timedelta(seconds=5)
"""So long a call may hang; who would wait behind it comes back then."""

IN_FLIGHT: Final = timedelta(seconds=10)
"""Twice the longest call: a claim older than this was left by a process that died, or by a call
without an answer."""

EDIT_IN_FLIGHT: Final = timedelta(seconds=6)
"""The same of an edit, which is one call and never a second message. Should the older one arrive
after the newer one after all, the row is due again: its answer tells what it has shown, or that
nobody knows."""

LOOK_UP_AFTER: Final = timedelta(seconds=3)
"""The history shows a new message a little late."""

PRIVATE_LIFE: Final = timedelta(minutes=30)
"""A response_url lives so long, and nobody waits longer for an answer."""

SOON: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_URGENT_PAUSE: Final = timedelta(seconds=10)

_EDIT_LOST: Final = frozenset({"message_not_found", "edit_window_closed", "cant_update_message"})
_BLOCKS: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "block_mismatch"}
    | {"only_one_table_allowed"}
)
_METADATA: Final = frozenset(
    {"metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema"}
    | {"metadata_must_be_sent_from_app"}
)
_CURABLE: Final = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
    | {"missing_scope", "org_login_required", "team_access_not_granted", "access_denied"}
    | {"service_unavailable", "request_timeout", "team_added_to_org", "two_factor_setup_required"}
)
"""Refusals that say nothing of the row: somebody has to mend the token; until then we ask again."""


class Way(StrEnum):
    """How a row reaches its reader."""

    CHANNEL = "channel"
    RESPONSE_URL = "response_url"
    EPHEMERAL = "ephemeral"
    DM = "dm"


class Outcome(StrEnum):
    """What became of one attempt to speak."""

    SENT = "sent"  # it shows what it should
    REFUSED = "refused"  # given up; `code` says why
    DELAYED = "delayed"  # rate budget, 429, a parent that is not there yet, another speaker at it
    AWAY = "away"  # Slack did not take it; tried again later
    UNKNOWN = "unknown"  # no answer: looked up before it is posted again


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """An outcome; `code` is Slack's for REFUSED, `until` when it goes on otherwise."""

    outcome: Outcome
    code: str = ""
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Send:
    """Say `content` now: edit `edit_ts` if set, else post anew.

    `look_up_since`: an earlier post may have arrived; look for it from then on before posting.
    `target` is a channel, a response_url or, for a direct message, a user.
    `replaces`: a response_url's own message is replaced, where it has one.
    """

    way: Way
    target: str
    content: Content
    edit_ts: str | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    user: str | None = None
    look_up_since: datetime | None = None
    replaces: bool = False


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Not now."""

    until: datetime


@dataclass(frozen=True, kw_only=True)
class GiveUp:
    """Never, and why."""

    code: str


@dataclass(frozen=True)
class Done:
    """It shows what it should."""


Step = Send | Wait | GiveUp | Done


def content_hash(content: Content) -> str:
    """Return the SHA-256 of what a message shows; equal content is never sent twice."""
    text = json.dumps(asdict(content), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def due_at(message: Message) -> datetime | None:
    """Return since when the row wants to be sent, or None when it shows what it should.

    A row that died with its channel comes to life again when it has something to say that nobody
    may miss and a person to say it to (a direct message).
    """
    if message.sent is not None and message.sent.content_hash == message.wanted_hash:
        return None
    if message.dead is not None and not can_revive(message):
        return None
    return max(message.not_before or EPOCH, message.created_at or EPOCH)


def can_revive(message: Message) -> bool:
    """Return whether a dead row should be said to the requester directly."""
    return (
        message.urgency <= Urgency.HELP
        and message.address.thread_of is None
        and message.address.private_to is None
        and message.extra.get("via") != Way.DM
        and requester(message) is not None
    )


def requester(message: Message) -> str | None:
    """Return the Slack user for whom the message is, as its metadata (or `extra`) names them."""
    payload = (message.wanted.metadata or {}).get("event_payload", {})
    who = message.extra.get("requester") or payload.get("requester")
    return who if isinstance(who, str) and who else None


def row_before(message_id: str) -> str | None:
    """Return the id of the row that comes before it in the thread: `r-1.2` → `r-1.1`."""
    subject, _, number = message_id.rpartition(".")
    if not number.isascii() or not number.isdigit() or int(number) == 0:
        return None
    return f"{subject}.{int(number) - 1}"


def next_step(
    message: Message, now: datetime, parent: Message | None = None, before: Message | None = None
) -> Step:
    """Decide what to do with a row.

    `parent` is the row of `address.thread_of`, `before` that of `row_before`, if they exist.
    """
    due = due_at(message)
    if due is None:
        return GiveUp(code=message.dead) if message.dead is not None else Done()
    if message.address.private_to is not None and now - due_since(message, now) > PRIVATE_LIFE:
        return GiveUp(code="too_late")
    if due > now:
        return Wait(until=due)
    if message.posting_since is not None:
        free = message.posting_since + (EDIT_IN_FLIGHT if _is_edited(message) else IN_FLIGHT)
        if now < free:
            return Wait(until=free)
    if message.address.thread_of is not None:
        return _in_thread(message, now, parent, before)
    return _send(message)


def due_since(message: Message, now: datetime) -> datetime:
    """Return when the row was made."""
    return message.created_at or now


def _in_thread(
    message: Message, now: datetime, parent: Message | None, before: Message | None
) -> Step:
    if parent is None:
        return Wait(until=now + SOON)
    if parent.sent is None:
        if parent.dead is not None and not can_revive(parent):
            return GiveUp(code=f"parent_{parent.dead}")
        return Wait(until=max(now + SOON / 4, min(parent.not_before or now, now + 5 * SOON)))
    if before is not None and before.sent is None and before.dead is None:
        return Wait(until=max(now + SOON / 4, min(before.not_before or now, now + 5 * SOON)))
    return _send(message, channel=parent.sent.channel, thread_ts=parent.sent.ts)


def _send(message: Message, channel: str = "", thread_ts: str | None = None) -> Send:
    way = way_of(message)
    step = Send(
        way=way,
        target=_target(message, way) if way is not Way.CHANNEL or not channel else channel,
        content=_content(message),
        thread_ts=None if way is Way.DM else thread_ts or message.address.thread_ts,
        broadcast=message.address.broadcast and way is Way.CHANNEL,
        user=message.address.private_to or requester(message),
        replaces=message.address.replaces,
    )
    shown = message.sent
    if shown is not None and _is_edited(message):
        return replace(step, target=shown.channel, way=Way.CHANNEL, edit_ts=shown.ts)
    lost = _lost(message) if _is_findable(step) else None
    return step if lost is None else replace(step, look_up_since=datetime.fromisoformat(lost[0]))


def _is_edited(message: Message) -> bool:
    """Tell whether the next call is an edit of what is shown."""
    shown = message.sent if message.dead is None else None
    return shown is not None and bool(shown.ts) and message.wanted.file_name is None


def _is_findable(step: Send) -> bool:
    """Only a message can be found by its metadata; what goes other ways is said twice at worst."""
    return step.way in {Way.CHANNEL, Way.DM} and step.content.file_name is None


def _lost(message: Message) -> list[str] | None:
    known: list[str] | None = message.extra.get("lost")
    if known is None and message.posting_since is not None and message.sent is None:
        return [message.posting_since.isoformat(), message.extra.get("posting", "")]
    return known


def lost_hash(message: Message) -> str:
    """Return the hash of the content that a post of unknown outcome carried."""
    lost = _lost(message)
    return lost[1] if lost else ""


def way_of(message: Message) -> Way:
    """Return the way that is in use for the row."""
    if message.dead is not None or message.extra.get("via") == Way.DM:
        return Way.DM
    address = message.address
    if address.private_to is None:
        return Way.CHANNEL
    if message.wanted.file_name is not None:
        return Way.DM
    if address.response_url is not None and "via" not in message.extra:
        return Way.RESPONSE_URL
    return Way.EPHEMERAL


def _target(message: Message, way: Way) -> str:
    match way:
        case Way.RESPONSE_URL:
            return message.address.response_url or ""
        case Way.DM:
            return message.address.private_to or requester(message) or ""
        case _:
            return message.address.channel


def _content(message: Message) -> Content:
    content = message.wanted
    if message.wanted_hash in {message.extra.get("plain"), message.extra.get("bare")}:
        content = replace(content, blocks=())
    if message.extra.get("bare") == message.wanted_hash:
        content = replace(content, metadata=None)
    return content


def is_being_said(message: Message, now: datetime) -> bool:
    """Tell whether a first call that says the row may be under way: its answer is not known yet."""
    if message.posting_since is None or message.sent is not None:
        return False
    is_put_off = message.not_before is not None and message.not_before > now
    return not is_put_off and now - message.posting_since < LONGEST_CALL


def claimed(message: Message, now: datetime) -> Message:
    """Return the row as it must be committed right before the call."""
    lost = _lost(message)
    extra = message.extra | {"posting": message.wanted_hash} | ({"lost": lost} if lost else {})
    return replace(message, posting_since=now, extra=extra)


def delayed(message: Message, until: datetime) -> Message:
    """Return the row after a wait was asked for: no call was made, or a 429."""
    return _unclaimed(replace(message, not_before=until))


def sent(message: Message, said: Sent, way: Way) -> Message:
    """Return the row after Slack took it; what was wanted meanwhile stays due."""
    known = message.sent
    if known is not None and (known.channel, known.ts) == (said.channel, said.ts):
        said = replace(said, link=known.link)
    extra = message.extra | ({"via": Way.DM.value} if way is Way.DM else {})
    extra.pop("lost", None)
    return _unclaimed(replace(message, sent=said, tries=0, dead=None, extra=extra))


def wants_link(message: Message) -> bool:
    """Return whether the address of what it shows should be asked for."""
    shown = message.sent
    if not message.linked or shown is None or message.extra.get("via") == Way.DM:
        return False
    return bool(shown.ts) and not shown.link


def with_link(message: Message, said: Sent, link: str) -> Message:
    """Return the row with the address of its message, if it still shows that one."""
    shown = message.sent
    if shown is None or (shown.channel, shown.ts) != (said.channel, said.ts):
        return message
    return replace(message, sent=replace(shown, link=link))


def away(message: Message, now: datetime) -> Message:
    """Return the row after Slack surely did not take it."""
    tries = message.tries + 1
    longest = _LONGEST_URGENT_PAUSE if message.urgency <= Urgency.ANSWER else _LONGEST_PAUSE
    pause = min(longest, SOON * 2 ** min(tries - 1, 10))
    return _unclaimed(replace(message, tries=tries, not_before=now + pause))


def unanswered(message: Message, step: Send, now: datetime) -> Message:
    """Return the row after a call without an answer.

    A post is looked up before it is made again. An edit is simply made again, also where a newer
    one was taken meanwhile: this one may have come after it.
    """
    lost = _lost(message)
    if step.edit_ts is not None and message.sent is not None:
        return away(replace(message, sent=replace(message.sent, content_hash="")), now)
    if step.edit_ts is not None or not _is_findable(step) or lost is None:
        return away(message, now)
    later = replace(message, extra=message.extra | {"lost": lost}, tries=message.tries + 1)
    return delayed(later, now + LOOK_UP_AFTER)


def refused(message: Message, step: Send, code: str, now: datetime) -> Message:
    """Return the row after `ok: false`: with another form or way to try at once, or dead."""
    message = _unclaimed(message)
    extra = message.extra
    if code in _CURABLE:
        return away(message, now)
    if step.edit_ts is not None and code in _EDIT_LOST:
        return replace(message, sent=None)
    if code in _BLOCKS and step.content.blocks:
        return replace(message, extra=extra | {"plain": message.wanted_hash})
    if code in _METADATA and step.content.metadata is not None:
        return replace(message, extra=extra | {"bare": message.wanted_hash})
    following = {Way.RESPONSE_URL: Way.EPHEMERAL, Way.EPHEMERAL: Way.DM}.get(step.way)
    if following is not None:
        return replace(message, extra=extra | {"via": following.value})
    if step.way is Way.DM:
        extra = extra | {"via": Way.DM.value}
    return replace(message, dead=code, extra=extra)


def _unclaimed(message: Message) -> Message:
    extra = {key: value for key, value in message.extra.items() if key != "posting"}
    return replace(message, posting_since=None, extra=extra)
