"""Broken glass: rules were passed by at once, and people look at it afterwards. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from bot.domain.breaking import Breaking
from bot.domain.change import Change, ChangeState
from bot.domain.refusal import Refusal
from bot.domain.rollout.record import Rollout
from bot.domain.rollout.state import FINAL, PUBLIC

REVIEWERS = 2
"""So many people other than who broke it look at a change for which the glass was broken."""

_Subject = TypeVar("_Subject", Rollout, Change)

_ENDED = frozenset({ChangeState.APPLIED, ChangeState.FAILED, ChangeState.ABORTED})


def breakings_of(subject: Rollout | Change) -> tuple[Breaking, ...]:
    """Return each breaking of the glass, in order.

    A record written before they were kept knows the reason alone: it counts as who asked for it.
    """
    if subject.breakings or not subject.glass:
        return subject.breakings
    at = subject.request.accepted_at
    return (Breaking(by=subject.request.by.user, reason=subject.glass, at=at),)


def with_breaking(subject: _Subject, by: str, reason: str, at: datetime) -> _Subject:
    """Return the subject with one more breaking of the glass; without a reason there was none.

    Nobody has looked at that one yet: reviews begin anew.

    Args:
        subject: a rollout or a one-step change.
        by: Slack id of who breaks it.
        reason: why; empty: the rules were not passed by.
        at: aware UTC.
    """
    if not reason:
        return subject
    known = (*breakings_of(subject), Breaking(by=by, reason=reason, at=at))
    return replace(subject, glass=subject.glass or reason, breakings=known, reviews=())


def is_to_be_reviewed(subject: Rollout | Change) -> bool:
    """Return whether rules were passed by for it, and it has come to an end that can be seen."""
    if not subject.glass:
        return False
    if isinstance(subject, Rollout):
        return subject.state in FINAL & PUBLIC
    return subject.state in _ENDED


def review(subject: Rollout | Change, user: str) -> Rollout | Change | Refusal:
    """Return the subject as reviewed by one more person, or why that does not count."""
    if not is_to_be_reviewed(subject):
        return Refusal(why=f"There is nothing to review about {subject.id}.")
    if user in {each.by for each in breakings_of(subject)}:
        return Refusal(why="You broke the glass yourself: other people review it.")
    if user in subject.reviews:
        return Refusal(why=f"You have reviewed {subject.id} already.")
    if len(subject.reviews) >= REVIEWERS:
        return Refusal(why=f"{subject.id} is reviewed already.")
    return replace(subject, reviews=(*subject.reviews, user))
