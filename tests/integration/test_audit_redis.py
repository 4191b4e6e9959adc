"""The audit log in a real Redis: many processes, deaths, lost replies, and what was bent."""

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import pytest
from redis import Redis

from bot.adapters import keys
from bot.adapters.audit_chain import TRIES, AuditChain
from bot.adapters.audit_log import RedisAuditLog
from bot.adapters.audit_mirror import FileMirror, lines_in
from bot.adapters.clock import SystemClock
from bot.adapters.redis_client import connect
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.valkey import EmbeddedValkey
from bot.domain.audit import AuditDraft, Head, Keys, from_line, verify
from bot.domain.policy import Policy
from bot.domain.rollout.record import Rollout
from bot.ports import Fence, Put, StoreUnavailableError, Transaction
from bot.usecases.keep_policy import KeepPolicy
from tests.contract import samples
from tests.fakes.policy import FakePolicies
from tests.fakes.store import AUDIT_KEY

KEYS = Keys(AUDIT_KEY)
FORK = multiprocessing.get_context("fork")


def store(redis: Redis) -> RedisRecordStore:
    return RedisRecordStore(redis, AuditChain(AUDIT_KEY, SystemClock()))


def commit(where: RedisRecordStore, name: str) -> None:
    where.commit(Transaction(cluster="default", puts=(Put(record=samples.rollout(name), rev=0),)))


def whole(redis: Redis) -> list[str]:
    """Return the subjects of the log, which must be unbroken."""
    log = RedisAuditLog(redis)
    lines = log.lines(0, 10_000)
    verdict = verify(lines, KEYS, [log.head()])
    assert verdict.fault is None, verdict.fault
    return [from_line(line).draft.subject for line in lines]


def _write(url: str, who: int, count: int, tries: "SimpleQueue[float]") -> None:
    client = connect(url)
    mine = store(client)
    for number in range(count):
        began = time.perf_counter()
        commit(mine, f"r-{who}-{number}")
        tries.put(time.perf_counter() - began)
    client.close()
    os._exit(0)


def test_four_processes_make_one_unbroken_chain(server: EmbeddedValkey, redis: Redis) -> None:
    spans: SimpleQueue[float] = FORK.SimpleQueue()
    began = time.perf_counter()
    writers = [FORK.Process(target=_write, args=(server.url, who, 200, spans)) for who in range(4)]
    for writer in writers:
        writer.start()
    slowest = max(spans.get() for _ in range(800))
    for writer in writers:
        writer.join()
    took = time.perf_counter() - began
    assert [writer.exitcode for writer in writers] == [0] * 4
    subjects = whole(redis)
    assert len(subjects) == len(set(subjects)) == 800
    sys.stdout.write(f"800 commits by four: {800 / took:,.0f}/s, slowest {slowest * 1e3:.0f} ms\n")


class Overtaken(AuditChain):
    """Lets another writer be first, each time right after the head was looked at."""

    def __init__(self, redis: Redis, times: int) -> None:
        super().__init__(AUDIT_KEY, SystemClock())
        self.other, self.left, self.done = store(redis), times, 0

    def link(self, drafts: Sequence[AuditDraft], head: Head) -> tuple[list[bytes], Head]:
        if self.left:
            self.left -= 1
            self.done += 1
            commit(self.other, f"r-other-{self.done}")
        return super().link(drafts, head)


def test_who_is_overtaken_again_and_again_gets_through(redis: Redis) -> None:
    commit(RedisRecordStore(redis, Overtaken(redis, TRIES - 1)), "r-late")
    subjects = whole(redis)
    assert len(subjects) == TRIES
    assert subjects[-1] == "r-late"


def test_who_is_overtaken_for_ever_gives_up_and_has_written_nothing(redis: Redis) -> None:
    with pytest.raises(StoreUnavailableError, match="too many others"):
        commit(RedisRecordStore(redis, Overtaken(redis, TRIES)), "r-late")
    assert "r-late" not in whole(redis)
    assert store(redis).get(Rollout, "r-late") is None


def test_a_writer_that_is_killed_leaves_record_and_entry_or_neither(
    server: EmbeddedValkey, redis: Redis
) -> None:
    for round_number in range(5):
        spans: SimpleQueue[float] = FORK.SimpleQueue()
        writer = FORK.Process(target=_write, args=(server.url, round_number, 100_000, spans))
        writer.start()
        for _ in range(20 + round_number * 7):
            spans.get()
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
    subjects = whole(redis)
    records = {
        bytes(key).decode().rpartition(":")[2]
        for key in redis.scan_iter(keys.record("rollout", "*"), count=5_000)
    }
    assert set(subjects) == records
    assert len(subjects) == len(records)


def test_the_entry_costs_little(redis: Redis) -> None:
    mine, figures = store(redis), {}
    for what, records in (
        ("with an entry", [samples.rollout(f"r-{n}") for n in range(300)]),
        ("without", [samples.message(f"m-{n}") for n in range(300)]),
    ):
        began = time.perf_counter()
        for record in records:
            mine.commit(Transaction(cluster="default", puts=(Put(record=record, rev=0),)))
        figures[what] = (time.perf_counter() - began) / len(records) * 1e3
    sys.stdout.write(", ".join(f"{what} {ms:.2f} ms" for what, ms in figures.items()) + "\n")
    assert figures["with an entry"] < 50


def test_a_store_without_the_key_writes_no_record_that_must_be_audited(redis: Redis) -> None:
    keyless = RedisRecordStore(redis)
    with pytest.raises(ValueError, match="no key"):
        commit(keyless, "r-1")
    keyless.commit(
        Transaction(cluster="default", puts=(Put(record=samples.message(), rev=0),))
    )  # the speaker's
    assert redis.llen(keys.AUDIT) == 0


@pytest.mark.parametrize("bent", ["head", "end", "middle", "garbage", "all"])
def test_what_is_bent_keeps_nobody_from_writing_and_shows_for_good(redis: Redis, bent: str) -> None:
    mine = store(redis)
    for number in range(5):
        commit(mine, f"r-{number}")
    if bent == "head":
        redis.delete(keys.AUDIT_HEAD)
    elif bent == "end":
        redis.rpop(keys.AUDIT)
    elif bent == "middle":
        redis.lset(keys.AUDIT, 2, str(redis.lindex(keys.AUDIT, 1)))
    elif bent == "garbage":
        redis.lset(keys.AUDIT, 4, "{")
        redis.delete(keys.AUDIT_HEAD)
    else:
        redis.delete(keys.AUDIT, keys.AUDIT_HEAD)
    commit(mine, "r-after")
    commit(store(redis), "r-later")
    log = RedisAuditLog(redis)
    lines = log.lines(0, 100)
    assert from_line(lines[-1]).draft.subject == "r-later"
    verdict = verify(lines, KEYS, [log.head()])
    # a head that is gone hides nothing, and a log that was emptied shows by its copy alone
    assert (verdict.fault is None) == (bent in {"head", "all"})


def test_the_copy_on_disk_follows_redis(redis: Redis, tmp_path: Path) -> None:
    mine, mirror = store(redis), FileMirror(tmp_path / "audit", RedisAuditLog(redis))
    for number in range(30):
        commit(mine, f"r-{number}")
        if number % 7 == 0:
            assert mirror.keep_up() == ""
    assert mirror.keep_up() == ""
    copied = list(lines_in(tmp_path / "audit" / "audit.jsonl"))
    assert copied == RedisAuditLog(redis).lines(0, 100)
    assert all(json.loads(line)["hash"] for line in copied)


def _mirror(url: str, directory: Path) -> None:
    mirror = FileMirror(directory, RedisAuditLog(connect(url)))
    while True:
        mirror.keep_up()


def test_copies_by_several_processes_some_of_them_killed_write_each_entry_once(
    server: EmbeddedValkey, redis: Redis, tmp_path: Path
) -> None:
    mine, log = store(redis), RedisAuditLog(redis)
    for round_number in range(4):
        copying = [FORK.Process(target=_mirror, args=(server.url, tmp_path)) for _ in range(3)]
        for process in copying:
            process.start()
        for number in range(60):
            commit(mine, f"r-{round_number}-{number}")
        for process in copying:
            process.kill()
            process.join()
    assert FileMirror(tmp_path, log).keep_up() == ""
    assert list(lines_in(tmp_path / "audit.jsonl")) == log.lines(0, 10_000)
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["audit.jsonl"]


# -- the policy file, as stewards see it


def test_of_stewards_that_race_one_tells_each_change_of_the_policy(
    redis: Redis, server: EmbeddedValkey
) -> None:
    """Four of them under one epoch, each with its own copy of the file, which changes 30 times."""
    versions, fence = [f"{number:064x}" for number in range(30)], Fence(cluster="eu", epoch=0)
    barrier = threading.Barrier(4)

    def steward() -> None:
        policies = FakePolicies()
        keep = KeepPolicy(store=store(connect(server.url)), policies=policies)
        for number, version in enumerate(versions):
            policies.policy = Policy(hash=version)
            policies.wrong = "3:1: no" if number % 3 == 2 else ""
            barrier.wait(20)
            for _ in range(3):  # who loses a race looks again at the next tick
                keep.run(fence)

    threads = [threading.Thread(target=steward) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    lines = RedisAuditLog(redis).lines(0, 1_000)
    assert verify(lines, KEYS, [RedisAuditLog(redis).head()]).fault is None
    told = [(draft.what, draft.result) for draft in (from_line(line).draft for line in lines)]
    good = [version for number, version in enumerate(versions) if number % 3 != 2]
    changed = [f"{old} → {new}" for old, new in pairwise(["none", *good])]
    assert [result for what, result in told if what == "policy_changed"] == changed
    assert [what for what, _ in told].count("policy_refused") == 10
    assert len(told) == 30
