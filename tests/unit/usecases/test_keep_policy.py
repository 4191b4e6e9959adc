"""The steward records which rules are in force: a change of them is an entry, and only one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.audit import AuditDraft, from_line
from bot.domain.policy_version import PolicyVersion
from bot.ports import ConflictError, Fence, Put, StoreUnavailableError, Transaction
from bot.usecases.keep_policy import KeepPolicy
from tests.fakes.policy import FakePolicies
from tests.unit.usecases.approving import a_policy
from tests.unit.usecases.bed import Bed

FENCE = Fence(cluster="default", epoch=0)


def told(bed: Bed) -> list[AuditDraft]:
    drafts = (from_line(line).draft for line in bed.store.audit_lines)
    return [draft for draft in drafts if draft.what.startswith("policy_")]


def words(bed: Bed) -> list[tuple[str, str]]:
    return [(draft.what, draft.result) for draft in told(bed)]


def test_the_ticks_tell_each_change_once() -> None:
    bed = Bed(a_policy(version="one"))
    bed.settle(2)
    bed.policies.policy = a_policy(version="two")
    bed.settle(2)
    bed.policies.wrong = "policy.yml:3:1: no role opz\npolicy.yml:9:1: what"
    bed.settle(2)
    bed.policies.policy, bed.policies.wrong = a_policy(version="three"), ""
    bed.settle(2)
    assert words(bed) == [
        ("policy_changed", "none → one"),
        ("policy_changed", "one → two"),
        ("policy_refused", "policy.yml:3:1: no role opz"),
        ("policy_changed", "two → three"),
    ]
    assert {(draft.who.user, draft.source) for draft in told(bed)} == {("", "file")}


def test_while_the_newest_file_is_broken_no_change_is_told() -> None:
    """A process that starts then has never seen a good one; others still go by theirs."""
    bed = Bed(a_policy(version="one"))
    KeepPolicy(store=bed.store, policies=bed.policies).run(FENCE)
    KeepPolicy(store=bed.store, policies=FakePolicies(wrong="3:1: no")).run(FENCE)
    assert words(bed) == [("policy_changed", "none → one"), ("policy_refused", "3:1: no")]


def test_what_another_steward_has_told_is_not_told_again() -> None:
    bed = Bed(a_policy(version="one"))
    for _ in range(3):
        KeepPolicy(store=bed.store, policies=bed.policies).run(FENCE)
    assert words(bed) == [("policy_changed", "none → one")]


def test_a_steward_that_leads_again_compares_anew() -> None:
    """Meanwhile another one, on another machine, has found another file."""
    bed = Bed(a_policy(version="one"))
    first = KeepPolicy(store=bed.store, policies=bed.policies)
    first.run(FENCE)
    bed.store.epochs["default"] = 1
    other = KeepPolicy(store=bed.store, policies=FakePolicies(a_policy(version="two")))
    other.run(replace(FENCE, epoch=1))
    with pytest.raises(ConflictError):
        KeepPolicy(store=bed.store, policies=bed.policies).run(FENCE)
    bed.store.epochs["default"] = 2
    first.run(replace(FENCE, epoch=2))
    assert [result for _, result in words(bed)] == ["none → one", "one → two", "two → one"]


def test_who_loses_the_race_looks_again() -> None:
    bed = Bed(a_policy(version="one"))
    keep = KeepPolicy(store=bed.store, policies=bed.policies)
    keep.run(FENCE)
    bed.policies.policy = a_policy(version="two")
    before = bed.store.get(PolicyVersion, "default")
    assert before is not None
    twin = replace(before.value, hash="two")
    real = bed.store.get

    def read_before_the_twin(kind: type, name: str) -> object:
        stored = real(kind, name)
        bed.store.get = real  # type: ignore[method-assign]  # once
        put = Put(record=twin, rev=before.rev)
        bed.store.commit(Transaction(cluster="default", puts=(put,)))
        return stored

    bed.store.get = read_before_the_twin  # type: ignore[method-assign,assignment]  # once
    keep.run(FENCE)
    keep.run(FENCE)
    assert [result for _, result in words(bed)] == ["none → one", "one → two"]


def test_what_could_not_be_written_is_told_later() -> None:
    bed = Bed(a_policy(version="one"))
    keep = KeepPolicy(store=bed.store, policies=bed.policies)
    bed.store.down = True
    with pytest.raises(StoreUnavailableError):
        keep.run(FENCE)
    bed.store.down = False
    bed.store.lose_replies = 1
    with pytest.raises(StoreUnavailableError):
        keep.run(FENCE)
    keep.run(FENCE)
    assert words(bed) == [("policy_changed", "none → one")]


def test_it_costs_nothing_while_nothing_changes() -> None:
    bed = Bed(a_policy(version="one"))
    keep = KeepPolicy(store=bed.store, policies=bed.policies)
    keep.run(FENCE)
    bed.store.down = True
    keep.run(FENCE)
