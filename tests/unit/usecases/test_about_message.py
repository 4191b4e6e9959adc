"""Which rollout a message is of, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from bot.domain.errors import NotFound, UserError
from bot.domain.policy import Grant, Members, Policy, VerbGroup
from bot.ports import R, Stored
from bot.usecases.about_message import AboutMessage, Pointed
from bot.usecases.refusals import Denied
from bot.usecases.speak import parent_id
from tests.unit.usecases.bed import ANN, made
from tests.unit.usecases.offices import Office


@dataclass
class Rig:
    office: Office
    rollout: str

    @property
    def about(self) -> AboutMessage:
        return AboutMessage(store=self.office.bed.store, propose=self.office.forms.propose)

    def place(self) -> Pointed:
        """Return the rollout's own message, as somebody points at an answer in its thread."""
        (parent,) = self.office.bed.parents(self.rollout)
        return Pointed(channel=parent.channel, ts=parent.ts)

    def named(self) -> Pointed:
        """Return a message of ours that says which rollout it is of."""
        return Pointed(
            channel="C1", ts="0.1", rollout_id=self.rollout, cluster="default", service="web"
        )


@pytest.fixture
def rig() -> Rig:
    office = Office(made(2))
    rollout = office.bed.done("update --image reg/httpd:v2 web")
    office.bed.settle(2)
    return Rig(office, rollout.id)


def reading(**fields: object) -> Policy:
    grant = Grant(name="g", role="all", may=frozenset({VerbGroup.READ}))
    line = replace(grant, **fields)  # type: ignore[arg-type]  # fields are named at each call
    return Policy(hash="x", roles={"all": Members(everyone=True)}, grants=(line,))


def test_it_is_found_by_what_our_message_says_and_by_where_it_stands(rig: Rig) -> None:
    for at in (rig.named(), rig.place()):
        assert rig.about.history(ANN, at).canonical == "history web"
        assert rig.about.rollback(ANN, at).canonical == "rollback --to 1 web"


def test_of_a_message_elsewhere_nothing_is_known(rig: Rig) -> None:
    with pytest.raises(NotFound):
        rig.about.history(ANN, Pointed(channel="C1", ts="9.9"))
    with pytest.raises(NotFound):
        rig.about.history(ANN, Pointed(channel="C1", ts="9.9", rollout_id="r-none"))


def test_what_began_with_nothing_has_no_way_back(rig: Rig) -> None:
    made_first = rig.office.bed.done("create --name other reg/httpd:v1")
    at = Pointed(channel="C1", ts="0.1", rollout_id=made_first.id)
    with pytest.raises(UserError, match="no other that could be gone back to"):
        rig.about.rollback(ANN, at)


def test_who_may_not_read_is_told_so_before_anything_is_looked_up(
    rig: Rig,
) -> None:
    at = [rig.named(), rig.place()]
    rig.office.bed.policies.policy = reading(clusters=frozenset({"far"}))
    rig.office.bed.store.down = True
    for each in at:
        with pytest.raises(Denied) as no:
            rig.about.history(ANN, each)
        assert rig.rollout not in no.value.full_text


def test_what_is_found_is_judged_by_what_it_is(rig: Rig) -> None:
    """A message that says nothing of its service is judged once that is known."""
    at = Pointed(channel="C1", ts="0.1", rollout_id=rig.rollout, cluster="default", service="shop")
    rig.office.bed.policies.policy = reading(services=("shop",))
    with pytest.raises(Denied):
        rig.about.history(ANN, at)
    rig.office.bed.policies.policy = reading(services=("web",))
    assert rig.about.history(ANN, rig.named()).targets == ("web",)


def test_messages_are_looked_through_and_one_rollout_is_read(rig: Rig) -> None:
    store, at = rig.office.bed.store, rig.place()
    read: list[Sequence[str]] = []
    whole = store.get_many

    def counted(kind: type[R], record_ids: Sequence[str]) -> list[Stored[R]]:
        read.append(list(record_ids))
        return whole(kind, record_ids)

    store.get_many = counted  # type: ignore[method-assign]  # it only counts
    rig.about.history(ANN, at)
    assert [set(ids) for ids in read] == [
        {parent_id(each) for each in store.recent_rollout_ids("default", 50)}
    ]
