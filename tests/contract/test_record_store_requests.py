"""Requests for approval in the record store: held by the fake and by Redis."""

import threading
from datetime import timedelta

import pytest

from bot.domain.approval import Approval, ApprovalState
from bot.ports import ConflictError, Put, RecordStore, Transaction
from tests.contract import samples
from tests.contract.test_record_store import put
from tests.fakes.clock import START


def test_requests_are_open_while_they_are_pending_and_listed_newest_first(
    store: RecordStore,
) -> None:
    for number in range(3):
        put(store, samples.approval(f"p-{number}", START + timedelta(seconds=number)))
    put(store, samples.approval("p-1", state=ApprovalState.VOID, ended_at=START), rev=1)
    assert store.open_ids("default", Approval) == ["p-0", "p-2"]
    found = store.recent_approvals("default", 5)
    assert sorted(a.value.id for a in found) == ["p-0", "p-1", "p-2"]
    assert found[0].value.id == "p-2"
    assert [a.value.id for a in store.recent_approvals("default", 1)] == ["p-2"]
    assert store.recent_approvals("default", 0) == store.recent_approvals("eu", 5) == []


def asking(name: str, count: int, cluster: str = "default") -> Transaction:
    put = Put(record=samples.approval(name, cluster=cluster), rev=0)
    return Transaction(cluster=cluster, puts=(put,), asked=count)


def test_requests_are_counted_by_cluster_and_never_less(store: RecordStore) -> None:
    assert store.asked_count("default") == 0
    put(store, samples.approval("p-1"), samples.approval("p-2"))
    put(store, samples.approval("p-3", cluster="eu"))
    assert (store.asked_count("default"), store.asked_count("eu")) == (2, 1)
    put(store, samples.approval("p-1", state=ApprovalState.CANCELLED, ended_at=START), rev=1)
    put(store, samples.rollout())
    assert store.asked_count("default") == 2


def test_what_was_decided_by_all_requests_is_not_written_once_there_is_another(
    store: RecordStore,
) -> None:
    store.commit(asking("p-1", 0))
    with pytest.raises(ConflictError) as caught:
        store.commit(asking("p-2", 0))
    assert (caught.value.guard, caught.value.found) == ("asked", "1")
    assert store.get(Approval, "p-2") is None
    assert store.asked_count("default") == 1
    store.commit(asking("p-3", 0, "eu"))
    store.commit(asking("p-2", 1))
    assert store.asked_count("default") == 2


def test_what_fails_for_another_reason_is_not_counted(store: RecordStore) -> None:
    store.commit(asking("p-1", 0))
    with pytest.raises(ConflictError) as caught:
        store.commit(asking("p-1", 1))
    assert (caught.value.guard, store.asked_count("default")) == ("rev", 1)


def test_of_those_who_saw_the_same_requests_one_is_let_in(store: RecordStore) -> None:
    let_in: list[int] = []
    barrier = threading.Barrier(8)

    def ask(number: int) -> None:
        barrier.wait()
        try:
            store.commit(asking(f"p-{number}", 0))
        except ConflictError:
            return
        let_in.append(number)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.open_ids("default", Approval) == [f"p-{n}" for n in let_in]
    assert len(let_in) == store.asked_count("default") == 1
