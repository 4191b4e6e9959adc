"""The record store's contract, held by the fake and by Redis."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.approval import Approval
from bot.domain.change import Action, Change, ChangeState, DoneState, Query
from bot.domain.lock import BadRevision, Lock, Waiter
from bot.domain.message import Address, Content, Message, Sent, Urgency
from bot.domain.notice import Circulation
from bot.domain.policy_version import PolicyVersion
from bot.domain.revision import History, RevisionSpec
from bot.domain.rollout.record import Posting, Purpose, Rollout, RolloutState
from bot.domain.subscription import Subscription
from bot.ports import (
    ConflictError,
    Fence,
    Once,
    Put,
    RecordStore,
    Transaction,
)
from tests.contract import samples
from tests.contract.conftest import Pair
from tests.fakes.clock import START

WAITS = (Waiter(user="U2", channel="C1", asked_at=START),)


def put(store: RecordStore, *records: object, rev: int = 0) -> None:
    puts = tuple(Put(record=record, rev=rev) for record in records)  # type: ignore[arg-type]  # any kind of record
    store.commit(Transaction(cluster="default", puts=puts))


def test_what_is_put_is_read_back_whole(store: RecordStore) -> None:
    posting = Posting(
        purpose=Purpose.FORWARD,
        spec=samples.revision().spec,
        base_hash="h",
        attempt=1,
        posted_at=START,
    )
    record = samples.rollout(posting=posting, deadline=timedelta(minutes=3))
    put(store, record)
    found = store.get(Rollout, "r-1")
    assert found is not None
    assert (found.value, found.rev) == (record, 1)


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        (Change, samples.change()),
        (Action, samples.action()),
        (Query, samples.query()),
        (Approval, samples.approval()),
        (Message, samples.message(wanted=Content(text="é ✓", blocks=({"type": "divider"},)))),
        (History, samples.history()),
        (RevisionSpec, samples.revision()),
        (Lock, samples.lock(bad=BadRevision(number=2, image="web:2"), waiters=WAITS)),
        (Circulation, samples.circulation(C2=3, C3=0)),
        (Subscription, samples.subscription()),
        (PolicyVersion, PolicyVersion(id="default", cluster="default", hash="h", refused="3:1: x")),
    ],
)
def test_every_kind_goes_through_the_store(
    store: RecordStore, kind: type[Change], record: Change
) -> None:
    put(store, record)
    found = store.get(kind, record.id)
    assert found is not None
    assert found.value == record


def test_nothing_is_none(store: RecordStore) -> None:
    assert store.get(Rollout, "r-none") is None
    assert store.get_many(Rollout, []) == []
    assert store.history_by_name("default", "web") is None
    assert store.live_rollout("default", "web") is None


def test_many_come_in_the_order_asked_for_and_without_gaps(store: RecordStore) -> None:
    put(store, samples.rollout("r-1"), samples.rollout("r-2"))
    found = store.get_many(Rollout, ["r-2", "r-none", "r-1"])
    assert [row.value.id for row in found] == ["r-2", "r-1"]


def test_a_write_from_an_old_revision_is_refused(store: RecordStore) -> None:
    put(store, samples.rollout())
    put(store, samples.rollout(reason="first"), rev=1)
    with pytest.raises(ConflictError) as caught:
        put(store, samples.rollout(reason="second"), rev=1)
    assert (caught.value.guard, caught.value.found) == ("rev", "r-1")
    found = store.get(Rollout, "r-1")
    assert found is not None
    assert (found.value.reason, found.rev) == ("first", 2)


def test_a_record_is_made_once(store: RecordStore) -> None:
    put(store, samples.rollout())
    with pytest.raises(ConflictError):
        put(store, samples.rollout())


def test_all_or_nothing(store: RecordStore) -> None:
    put(store, samples.rollout("r-2"))
    with pytest.raises(ConflictError):
        put(store, samples.rollout("r-1"), samples.rollout("r-2"))
    assert store.get(Rollout, "r-1") is None
    assert store.open_ids("default", Rollout) == ["r-2"]


def test_of_racing_writers_exactly_one_wins(store: RecordStore) -> None:
    put(store, samples.rollout())
    won: list[int] = []

    def write(number: int) -> None:
        try:
            put(store, samples.rollout(reason=str(number)), rev=1)
        except ConflictError:
            return
        won.append(number)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.get(Rollout, "r-1")
    assert found is not None
    assert [found.value.reason] == [str(n) for n in won]


def test_a_one_time_key_holds_the_first_value(store: RecordStore) -> None:
    once = Once(key="trigger-1", value="r-1", ttl=timedelta(minutes=11))
    store.commit(Transaction(cluster="default", once=(once,)))
    again = replace(once, value="r-2")
    with pytest.raises(ConflictError) as caught:
        store.commit(
            Transaction(
                cluster="default",
                once=(again,),
                puts=(Put(record=samples.rollout("r-2"), rev=0),),
            )
        )
    assert (caught.value.guard, caught.value.found) == ("once", "r-1")
    assert store.get(Rollout, "r-2") is None


def test_a_service_is_held_by_one_rollout(store: RecordStore) -> None:
    store.commit(Transaction(cluster="default", claim=("web", "r-1")))
    store.commit(Transaction(cluster="default", claim=("web", "r-1")))
    store.commit(Transaction(cluster="other", claim=("web", "r-9")))
    with pytest.raises(ConflictError) as caught:
        store.commit(Transaction(cluster="default", claim=("web", "r-2")))
    assert (caught.value.guard, caught.value.found) == ("live", "r-1")
    assert store.live_rollout("default", "web") == "r-1"


def test_a_release_frees_only_ones_own(store: RecordStore) -> None:
    store.commit(Transaction(cluster="default", claim=("web", "r-1")))
    store.commit(Transaction(cluster="default", release=("web", "r-2")))
    assert store.live_rollout("default", "web") == "r-1"
    store.commit(Transaction(cluster="default", release=("web", "r-1")))
    assert store.live_rollout("default", "web") is None


def test_taking_over_asks_nobody(store: RecordStore) -> None:
    store.commit(Transaction(cluster="default", claim=("web", "r-1")))
    store.commit(Transaction(cluster="default", take_over=("web", "r-2")))
    store.commit(Transaction(cluster="default", release=("web", "r-1")))
    assert store.live_rollout("default", "web") == "r-2"


def test_a_former_steward_writes_nothing(pair: Pair) -> None:
    store, leases = pair
    old = leases.acquire("default", "one", timedelta(minutes=1))
    leases.release("default", "one")
    new = leases.acquire("default", "two", timedelta(minutes=1))
    assert old is not None
    assert new is not None
    write = Transaction(
        cluster="default",
        puts=(Put(record=samples.rollout(), rev=0),),
        fence=Fence(cluster="default", epoch=old),
    )
    with pytest.raises(ConflictError) as caught:
        store.commit(write)
    assert caught.value.guard == "epoch"
    store.commit(replace(write, fence=Fence(cluster="default", epoch=new)))


def test_open_records_oldest_first_until_they_end(store: RecordStore) -> None:
    put(
        store,
        samples.rollout("r-new", START + timedelta(seconds=1)),
        samples.rollout("r-old", START),
        samples.rollout("r-far", START, cluster="far"),
    )
    assert store.open_ids("default", Rollout) == ["r-old", "r-new"]
    put(store, samples.rollout("r-old", START, state=RolloutState.FAILED), rev=1)
    assert store.open_ids("default", Rollout) == ["r-new"]
    assert store.get(Rollout, "r-old") is not None


def test_each_kind_has_its_open_records(store: RecordStore) -> None:
    put(store, samples.change(), samples.action(), samples.query())
    assert store.open_ids("default", Change) == ["c-1"]
    assert store.open_ids("default", Action) == ["a-1"]
    assert store.open_ids("default", Query) == ["q-1"]
    put(
        store,
        samples.change(state=ChangeState.APPLIED),
        samples.action(state=DoneState.DONE),
        samples.query(state=DoneState.REFUSED),
        rev=1,
    )
    assert store.open_ids("default", Change) == []
    assert store.open_ids("default", Action) == []
    assert store.open_ids("default", Query) == []


def test_recent_rollouts_newest_first_without_those_that_never_became_one(
    store: RecordStore,
) -> None:
    for number in range(3):
        put(store, samples.rollout(f"r-{number}", START + timedelta(seconds=number)))
    refused = samples.rollout("r-1", START + timedelta(seconds=1), state=RolloutState.REFUSED)
    put(store, refused, rev=1)
    assert [r.value.id for r in store.recent_rollouts("default", 5)] == ["r-2", "r-0"]
    assert [r.value.id for r in store.recent_rollouts("default", 1)] == ["r-2"]
    assert store.recent_rollout_ids("default", 5) == ["r-2", "r-0"]
    assert store.recent_rollout_ids("default", 1) == ["r-2"]
    assert store.recent_rollout_ids("far", 5) == []


def test_subscriptions_that_hold_oldest_first(store: RecordStore) -> None:
    assert store.subscriptions("default") == []
    old, new = samples.subscription("s-z"), samples.subscription("s-a", START + timedelta(1))
    put(store, new, old, samples.subscription("s-far", cluster="far"))
    found = store.subscriptions("default")
    assert [(row.value, row.rev) for row in found] == [(old, 1), (new, 1)]
    put(store, replace(old, ended_at=START), rev=1)
    assert [row.value.id for row in store.subscriptions("default")] == ["s-a"]
    put(store, replace(old, since=START + timedelta(2)), rev=2)
    again = store.subscriptions("default")
    assert [(row.value.id, row.rev) for row in again] == [("s-a", 1), ("s-z", 3)]


def test_due_messages_most_urgent_first_then_oldest(store: RecordStore) -> None:
    put(
        store,
        samples.message("r-1.1", urgency=Urgency.PROGRESS),
        samples.message("r-1.3", created_at=START + timedelta(seconds=1)),
        samples.message("r-1.2"),
        samples.message("r-1.4", urgency=Urgency.FINAL, created_at=START + timedelta(seconds=9)),
        samples.message("r-1.5", not_before=START + timedelta(minutes=1)),
    )
    later = START + timedelta(seconds=10)
    due = [row.value.id for row in store.due_messages("default", later, 10)]
    assert due == ["r-1.4", "r-1.2", "r-1.3", "r-1.1"]
    assert len(store.due_messages("default", later, 2)) == 2
    assert store.due_messages("other", later, 10) == []


def test_a_message_that_shows_what_it_should_is_not_due(store: RecordStore) -> None:
    shown = samples.message()
    put(store, shown)
    said = Sent(channel="C1", ts="1", content_hash=shown.wanted_hash, at=START)
    put(store, replace(shown, sent=said), rev=1)
    assert store.due_messages("default", START, 10) == []
    more = replace(shown, sent=said, wanted=Content(text="more"), wanted_hash="other")
    put(store, replace(more, urgency=Urgency.FINAL), rev=2)
    assert [row.rev for row in store.due_messages("default", START, 10)] == [3]
    put(store, replace(more, dead="is_archived"), rev=3)
    assert store.due_messages("default", START, 10) == []


def test_a_dead_final_with_a_requester_is_due_as_a_direct_message(store: RecordStore) -> None:
    metadata = {"event_type": "waggle_rollout", "event_payload": {"requester": "U1"}}
    final = samples.message(
        wanted=Content(text="failed", metadata=metadata), urgency=Urgency.FINAL, dead="is_archived"
    )
    put(store, final)
    assert len(store.due_messages("default", START, 10)) == 1


def test_a_history_is_found_by_the_newest_name(store: RecordStore) -> None:
    put(store, samples.history("s1"))
    put(store, samples.history("s2"))
    put(store, samples.history("s1", current=1), rev=1)
    found = store.history_by_name("default", "web")
    assert found is not None
    assert found.value.service_id == "s2"


def test_thread_rows_keep_their_address(store: RecordStore) -> None:
    row = samples.message("r-1.1", address=Address(channel="C1", thread_of="r-1.parent"))
    put(store, row)
    found = store.get(Message, "r-1.1")
    assert found is not None
    assert found.value.address.thread_of == "r-1.parent"


def test_locks_oldest_first_until_they_end(store: RecordStore) -> None:
    assert store.open_locks("default") == []
    put(
        store,
        samples.lock("l-new", since=START + timedelta(seconds=1)),
        samples.lock("l-old", waiters=WAITS),
        samples.lock("l-far", cluster="far"),
    )
    put(store, samples.lock("l-old"), rev=1)
    found = store.open_locks("default")
    assert [(row.value.id, row.rev) for row in found] == [("l-old", 2), ("l-new", 1)]
    assert found[0].value == samples.lock("l-old")
    put(store, samples.lock("l-old", ended_at=START), rev=2)
    assert [row.value.id for row in store.open_locks("default")] == ["l-new"]
    assert store.get(Lock, "l-old") is not None


def test_a_scope_is_claimed_by_one_lock(store: RecordStore) -> None:
    key = samples.lock().scope.key
    store.commit(Transaction(cluster="default", claim=(key, "l-1")))
    store.commit(Transaction(cluster="default", claim=("web", "r-1")))
    with pytest.raises(ConflictError) as caught:
        store.commit(Transaction(cluster="default", claim=(key, "l-2")))
    assert (caught.value.guard, caught.value.found) == ("live", "l-1")
