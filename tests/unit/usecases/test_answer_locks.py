"""`locks`: what is locked, what holds one service, and to be told of its end."""

from typing import Any

import pytest

from bot.domain.lock import BadRevision, Lock, Scope, ScopeKind
from bot.domain.reply import LockList, Refusal, Said
from bot.ports import ConflictError, Transaction
from tests.builders import ANN, BOB
from tests.unit.usecases.answering import Desk

STACK = "com.docker.stack.namespace"


def a_lock(desk: Desk, name: str, kind: ScopeKind = ScopeKind.SERVICE, **fields: Any) -> Lock:
    lock = Lock(
        id=f"l-{name}",
        cluster="default",
        scope=Scope(kind=kind, name=name),
        owner=fields.pop("owner", BOB),
        reason="db migration",
        since=desk.clock.now(),
        **fields,
    )
    desk.keep(lock)
    return lock


def names(reply: object) -> list[str]:
    assert isinstance(reply, LockList)
    return [lock.scope.name for lock in reply.locks]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.run("web", labels={STACK: "shop"})
    return desk


def test_all_that_holds_now_is_listed(desk: Desk) -> None:
    a_lock(desk, "web")
    a_lock(desk, "api", until=desk.clock.now())
    assert names(desk.ask("locks")) == ["web"]


def test_of_a_service_whatever_holds_it(desk: Desk) -> None:
    a_lock(desk, "web", automatic=True, bad=BadRevision(number=2, spec_hash="x"))
    a_lock(desk, "shop", ScopeKind.STACK)
    a_lock(desk, "api")
    reply = desk.ask("locks web")
    assert sorted(names(reply)) == ["shop", "web"]
    assert isinstance(reply, LockList)
    assert reply.service == "web"
    assert names(desk.ask("locks api")) == ["api"], "its service is gone"
    unknown = desk.ask("locks wep")
    assert isinstance(unknown, Refusal)
    assert "`web`" in unknown.next_step


def test_who_asks_to_be_told_is_remembered_once(desk: Desk) -> None:
    a_lock(desk, "web")
    a_lock(desk, "shop", ScopeKind.STACK)
    a_lock(desk, "mine", owner=ANN)
    for _ in range(2):
        said = desk.ask("locks --notify web")
        assert isinstance(said, Said)
        assert "You are told when it is free" in said.text
    waiting = {s.value.scope.name: len(s.value.waiters) for s in desk.store.open_locks("default")}
    assert waiting == {"web": 1, "shop": 1, "mine": 0}


def test_nobody_waits_for_what_is_free_or_ones_own(desk: Desk) -> None:
    a_lock(desk, "web", owner=ANN)
    said = desk.ask("locks --notify web")
    assert isinstance(said, Said)
    assert "Nobody else has locked web" in said.text


@pytest.mark.parametrize("losses", [1, 99])
def test_a_race_for_the_record_is_run_again(desk: Desk, losses: int) -> None:
    a_lock(desk, "web")
    commit = desk.store.commit
    lost: list[Transaction] = []

    def racing(transaction: Transaction) -> None:
        if len(lost) < losses and isinstance(transaction.puts[0].record, Lock):
            lost.append(transaction)
            raise ConflictError("rev", "l-web")
        commit(transaction)

    query = desk.typed("locks --notify web")
    desk.store.commit = racing  # type: ignore[method-assign]  # somebody is first
    if losses == 1:
        desk.answer().run(query.id)
        assert len(desk.store.open_locks("default")[0].value.waiters) == 1
        return
    with pytest.raises(ConflictError):
        desk.answer().run(query.id)
