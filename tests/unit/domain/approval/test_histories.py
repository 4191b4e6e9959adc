"""10,000 random histories come to what an independent model of thirty lines says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.approval import Approval, cancel, expire, still_carried, vote
from tests.builders import ANN, NOW
from tests.unit.domain.approval.samples import RULE, a_vote, an_approval

PEOPLE = [ANN.user, "U2BOB", "U3CAT", "U4DAN", "U5EVE"]
LASTS = 100  # seconds


@dataclass
class Model:
    """What the rules say, without looking at the code: a set of people and a word."""

    needed: int
    own_counts: bool
    word: str = "pending"
    yes: set[str] = field(default_factory=set)

    def hear(self, who: str, says: str, second: int, *, entitled: bool) -> None:
        if self.word != "pending":
            return
        if says == "tick" and second >= LASTS:
            self.word = "expired"
        elif says == "cancel" and (who == ANN.user or entitled):
            self.word = "cancelled"
        elif says in ("yes", "no") and second < LASTS:
            own = who == ANN.user and not self.own_counts
            if own or not entitled or who in self.yes:
                return
            if says == "no":
                self.word = "rejected"
                return
            self.yes.add(who)
            if len(self.yes) == self.needed:
                self.word = "approved"


def heard(approval: Approval, who: str, says: str, second: int, *, entitled: bool) -> Approval:
    now = NOW + timedelta(seconds=second)
    if says == "tick":
        return expire(approval, now) or approval
    if says == "cancel":
        after = cancel(approval, who, now, may=entitled)
    else:
        after = vote(approval, a_vote(who, yes=says == "yes"), now, entitled=entitled)
    return after if isinstance(after, Approval) else approval


SAYS = ["yes", "yes", "yes", "no", "cancel", "tick"]


def steps_of(drawn: bytes) -> Iterator[tuple[str, str, int, bool]]:
    """Two bytes a step: drawing them one by one would take ten times as long."""
    for one, two in zip(drawn[::2], drawn[1::2], strict=False):
        yield PEOPLE[one % 5], SAYS[one // 5 % 6], two % 13, two >= 64


@pytest.mark.timeout(600)  # twenty seconds, unless the machine is busy with other things
@settings(max_examples=10_000, deadline=None)
@given(st.binary(max_size=24), st.integers(1, 4), st.booleans(), st.integers(0, 31))
def test_ten_thousand_histories_equal_the_model(
    drawn: bytes,
    needed: int,
    own: bool,  # noqa: FBT001  a case's figure
    gone: int,
) -> None:
    left = {who for n, who in enumerate(PEOPLE) if gone >> n & 1}
    rule = replace(RULE, required=needed, self_approval=own)
    approval = an_approval(rule=rule, expires_at=NOW + timedelta(seconds=LASTS))
    model, second = Model(needed, own), 0
    for who, says, later, entitled in steps_of(drawn):
        second += later
        model.hear(who, says, second, entitled=entitled)
        before = approval
        approval = heard(approval, who, says, second, entitled=entitled)
        assert approval.votes[: len(before.votes)] == before.votes  # immutable
        assert (approval.state.value, set(approval.yes)) == (model.word, model.yes)
    assert len(approval.yes) == len(set(approval.yes))
    carried = model.word == "approved" and len(model.yes - left) >= needed
    assert still_carried(approval, set(PEOPLE) - left) == carried
