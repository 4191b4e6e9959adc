"""Tells other channels of a rollout: rows of the outbox, in the transaction that changes the state.

Each channel has one message for a rollout, edited in place; what happens next stands in its thread.
The rules in force at the moment of an event decide who hears of it; whoever was told of the
rollout before sees its state change, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.approval.record import Approval, ApprovalState
from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.message import Address, Message, Urgency
from bot.domain.notice import (
    Circulation,
    Notice,
    Topic,
    has_begun,
    hearers,
    is_loud,
    of_approval,
    of_rollout,
    reply_id,
    root_id,
)
from bot.domain.policy import NotifyOn, environments_of
from bot.domain.rollout.glass import breakings_of
from bot.domain.rollout.record import Rollout
from bot.domain.rollout.state import FINAL
from bot.ports import Put, RecordStore, Stored, Voice
from bot.usecases.gate import Gate
from bot.usecases.speak import new_row, parent_id

_CARRIED_OUT: dict[ChangeState, NotifyOn | None] = {
    ChangeState.APPLYING: NotifyOn.STARTED,
    ChangeState.APPLIED: NotifyOn.COMPLETED,
    ChangeState.DRAINING: None,  # what has stalled goes on
    ChangeState.STALLED: NotifyOn.STALLED,
    ChangeState.FAILED: NotifyOn.FAILED,
    ChangeState.ABORTED: NotifyOn.ABORTED,
}
_ENDED = frozenset({ChangeState.APPLIED, ChangeState.FAILED, ChangeState.ABORTED})


@dataclass(frozen=True, kw_only=True)
class Herald:
    """Makes the rows; the caller commits them with the state. Talks to the store alone."""

    store: RecordStore
    voice: Voice
    gate: Gate

    def rollout(self, before: Rollout, after: Rollout, now: datetime) -> tuple[Put, ...]:
        """Return the rows that tell of a rollout's new state; none when it is the same one.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        broken = len(breakings_of(after)) > len(breakings_of(before))
        still = before.state is after.state and not broken
        if still or not has_begun(before.state, after.state):
            return ()
        event = of_rollout(before.state, after.state)
        if event is None and broken:
            event = NotifyOn.STARTED  # on its way back, past the rules: who breaks glass is heard
        known, channels = self._circulation(after), self._hearers(after, after.environments, event)
        return self._told(known, self._news(known.value, after), channels, event, now)

    def reviewed(self, subject: Rollout | Change, now: datetime) -> tuple[Put, ...]:
        """Return the rows that show, where the broken glass was told, who has looked at it.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        known = self._circulation(subject)
        return self._told(known, self._news(known.value, subject), (), None, now)

    def _news(self, known: Circulation, subject: Rollout | Change) -> Notice:
        return Notice(
            subject=subject,
            link=self._link(subject.id),
            request_link=self._link(known.approval_id),
            approved_by=known.approved_by,
        )

    def approval(
        self, before: Approval | None, approval: Approval, subject: Rollout | Change, now: datetime
    ) -> tuple[Put, ...]:
        """Return the rows that tell of a request as it is now, to be committed with it.

        Args:
            before: the request as it was; None when it is new. In the same state only what the
                channels' messages show is brought up to date (votes).
            approval: the request.
            subject: what waits for it. Rows of `rollout` or `change` for the same subject do not
                go into the same transaction: they are the same ones.
            now: aware UTC.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        known = self._circulation(subject)
        yes = approval.state is ApprovalState.APPROVED
        voters = tuple(vote.user for vote in approval.votes if vote.yes) if yes else ()
        news = Notice(
            subject=subject,
            approval=approval,
            link=self._link(subject.id),
            request_link=self._link(approval.id),
            approved_by=voters,
        )
        judged = _judged(subject, approval.environment)
        same = before is not None and before.state is approval.state
        event = None if same else of_approval(approval.state)
        channels = self._hearers(subject, judged, event)
        return self._told(known, news, channels, event, now)

    def change(self, change: Change, now: datetime) -> tuple[Put, ...]:
        """Return the rows that tell of a one-step change: a removal, or what asked for people.

        What is no service, and asked nobody and passed no rule by, is told to nobody: a channel
        hears of services. That a change begins is told once its own message stands there, for the
        sake of the link; of a removal that asked nobody, the end alone is told.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        begins = change.state is ChangeState.APPLYING
        if change.state not in _CARRIED_OUT or (begins and not change.announced):
            return ()
        known = self._circulation(change)
        if known.rev == 0 and not change.glass and change.kind is not ChangeKind.RM:
            return ()
        news = self._news(known.value, change)
        event = _CARRIED_OUT[change.state]
        asked_in = known.value.environment
        judged = (asked_in,) if asked_in else self._environments(change)
        channels = self._hearers(change, judged, event)
        return self._told(known, news, channels, event, now)

    def _environments(self, change: Change) -> tuple[str, ...]:
        if change.resource is None:  # pragma: no cover - it was looked at before it is applied
            return ()
        return tuple(each.name for each in environments_of(self.gate.policy, change.resource))

    def _circulation(self, subject: Rollout | Change) -> Stored[Circulation]:
        stored = self.store.get(Circulation, subject.id)
        return stored or Stored(Circulation(id=subject.id, cluster=subject.cluster), 0)

    def _link(self, subject: str) -> str:
        """Return the address of a subject's own message, empty while it is not known."""
        stored = self.store.get(Message, parent_id(subject)) if subject else None
        sent = stored.value.sent if stored else None
        return sent.link if sent else ""

    def _hearers(
        self, subject: Rollout | Change, judged: tuple[str, ...], event: NotifyOn | None
    ) -> Sequence[str]:
        if event is None:
            return ()
        topic = Topic(
            service=_service(subject),
            environments=judged,
            own=subject.request.place.channel,
            glass_broken=bool(subject.glass),
        )
        held = self.store.subscriptions(subject.cluster)
        return hearers(self.gate.policy, [each.value for each in held], topic, event)

    def _told(
        self,
        known: Stored[Circulation],
        news: Notice,
        channels: Sequence[str],
        event: NotifyOn | None,
        now: datetime,
    ) -> tuple[Put, ...]:
        """Edit what stands in the channels that know of it, add what is new, and keep count."""
        ways = {channel: channel in channels for channel in (*known.value.replies, *channels)}
        roots = self._rows(news.subject.id, ways)
        replies = dict(known.value.replies)
        puts: list[Put] = []
        for channel, hears in ways.items():
            root = roots.get(root_id(news.subject.id, channel))
            edits = tuple(self._root(news, channel, root, now, hears=hears))
            puts += edits
            replies.setdefault(channel, 0)
            # what does not change the parent was told already
            alive = root is not None and root.value.dead is None and edits
            if event is not None and hears and alive:
                replies[channel] += 1
                name = reply_id(news.subject.id, channel, replies[channel])
                puts.append(self._reply(name, channel, replace(news, event=event), now))
        counted = _counted(known.value, news, replies)
        if counted != known.value:
            puts.append(Put(record=counted, rev=known.rev))
        return tuple(puts)

    def _rows(self, subject: str, channels: Mapping[str, bool]) -> dict[str, Stored[Message]]:
        names = [root_id(subject, channel) for channel in channels]
        return {row.value.id: row for row in self.store.get_many(Message, names)}

    def _root(
        self,
        news: Notice,
        channel: str,
        stored: Stored[Message] | None,
        now: datetime,
        *,
        hears: bool,
    ) -> Iterator[Put]:
        """Yield the channel's own message as it should be now.

        Its urgency stays that of a message that may be missed: what is more urgent and cannot be
        posted goes to the requester directly, who knows already.
        """
        subject, content = news.subject, self.voice.notice(news)
        name, address = root_id(subject.id, channel), Address(channel=channel)
        row = replace(new_row(name, subject.request, content, address, now), final=_is_over(news))
        if stored is None:
            yield Put(record=row, rev=0)
            return
        old = stored.value
        if old.dead is not None and not hears:
            return
        if old.dead is None and (old.wanted_hash, old.final) == (row.wanted_hash, row.final):
            return
        # a channel that could not be posted to may be open by now: each event is one more try
        merged = replace(
            old,
            wanted=row.wanted,
            wanted_hash=row.wanted_hash,
            final=row.final,
            not_before=None,
            tries=0,
            dead=None,
        )
        yield Put(record=merged, rev=stored.rev)

    def _reply(self, name: str, channel: str, news: Notice, now: datetime) -> Put:
        subject = news.subject
        loud = is_loud(news)
        address = Address(channel=channel, thread_of=root_id(subject.id, channel), broadcast=loud)
        row = new_row(name, subject.request, self.voice.notice(news), address, now)
        urgency = Urgency.HELP if loud else Urgency.NORMAL
        return Put(record=replace(row, urgency=urgency, subject=subject.id), rev=0)


def _counted(known: Circulation, news: Notice, replies: Mapping[str, int]) -> Circulation:
    """Return it with what is told; a request that nobody hears of is kept in mind, too."""
    return replace(
        known,
        replies=replies,
        approved_by=news.approved_by,
        approval_id=news.approval.id if news.approval else known.approval_id,
        environment=news.approval.environment if news.approval else known.environment,
    )


def _judged(subject: Rollout | Change, environment: str) -> tuple[str, ...]:
    return subject.environments if isinstance(subject, Rollout) else (environment,)


def _service(subject: Rollout | Change) -> str:
    if isinstance(subject, Rollout):
        return subject.service
    return subject.target if subject.kind is ChangeKind.RM else ""


def _is_over(news: Notice) -> bool:
    if news.approval is not None:
        return news.approval.state not in (ApprovalState.PENDING, ApprovalState.APPROVED)
    subject = news.subject
    return subject.state in (FINAL if isinstance(subject, Rollout) else _ENDED)
