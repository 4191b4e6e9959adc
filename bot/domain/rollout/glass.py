"""Broken glass: rules were passed by at once, and people look at it afterwards. Pure."""

from dataclasses import replace

from bot.domain.change import Change, ChangeState
from bot.domain.refusal import Refusal
from bot.domain.rollout.record import Rollout
from bot.domain.rollout.state import FINAL, PUBLIC

REVIEWERS = 2
"""So many people other than who asked look at a change for which the glass was broken."""

_ENDED = frozenset({ChangeState.APPLIED, ChangeState.FAILED, ChangeState.ABORTED})


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
    if user == subject.request.by.user:
        return Refusal(why="You broke the glass yourself: other people review it.")
    if user in subject.reviews:
        return Refusal(why=f"You have reviewed {subject.id} already.")
    if len(subject.reviews) >= REVIEWERS:
        return Refusal(why=f"{subject.id} is reviewed already.")
    return replace(subject, reviews=(*subject.reviews, user))
