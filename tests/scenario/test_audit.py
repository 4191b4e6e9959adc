"""The audit log from the channel's point of view, and by `waggle audit` as a process."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from redis import Redis

from bot.adapters import keys
from playground.workspace import Seen
from tests.scenario.audited import waggle
from tests.scenario.team import PEOPLE, Team
from tests.waiting import eventually


def lines_of(told: Seen) -> list[str]:
    return [line for line in told.text.splitlines() if " UTC · " in line]


def redis_of(team: Team) -> "Redis":
    return Redis.from_url(f"unix://{team.stage.dir}/valkey/valkey.sock")


def test_an_update_is_told_with_who_what_when_and_its_result(team: Team) -> None:
    team.creates()
    parent = team.does(f"update --image {team.image('v2')} {team.service}", who="bob")
    assert parent.state == "completed"
    told = team.asks(f"audit --by <@{PEOPLE['bob']}> {team.service}")
    lines = lines_of(told)
    words = [line.split(" · ")[2].strip("*") for line in lines]
    assert words == ["completed", "posted", "started", "planned", "accepted"]
    assert "revision 2" in lines[0]
    assert "by the steward" in lines[0]
    assert f"by <@{PEOPLE['bob']}> (slash)" in lines[-1]
    assert f"update --image {team.image('v2')} {team.service}" in lines[-1]
    assert team.asks(f"audit --since 1s no-{team.service}").text.startswith("No audit entries")


@contextmanager
def changed(redis: Redis, at: int) -> Iterator[str]:
    """Change one byte of an entry; yield what is to be said of it."""
    line = entry(redis, at)
    redis.lset(keys.AUDIT, at, line.replace('"who":{', '"who": {'))
    try:
        yield f"entry {at + 1} ("
    finally:
        redis.lset(keys.AUDIT, at, line)


@contextmanager
def removed(redis: Redis, at: int) -> Iterator[str]:
    """Take an entry out."""
    before, line = entry(redis, at - 1), entry(redis, at)
    redis.lrem(keys.AUDIT, 1, line)
    try:
        yield f"entry {at + 1} was removed"
    finally:
        redis.linsert(keys.AUDIT, "AFTER", before, line)


@contextmanager
def swapped(redis: Redis, at: int) -> Iterator[str]:
    """Let an entry and the next one change places."""
    first, second = entry(redis, at), entry(redis, at + 1)
    redis.lset(keys.AUDIT, at, second)
    redis.lset(keys.AUDIT, at + 1, first)
    try:
        yield f"entry {at + 1} was moved: entry {at + 2} stands in its place"
    finally:
        redis.lset(keys.AUDIT, at, first)
        redis.lset(keys.AUDIT, at + 1, second)


@contextmanager
def uncopied(team: Team) -> Iterator[None]:
    """Keep the worker from its copy: it would see that the log is another one, and begin anew."""
    with (team.stage.dir / "audit" / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def entry(redis: Redis, at: int) -> str:
    """Return an entry as it stands, by its place from 0."""
    line = redis.lindex(keys.AUDIT, at)
    assert isinstance(line, bytes)
    return line.decode()


@pytest.mark.parametrize("damaged", [changed, removed, swapped])
def test_what_is_done_to_the_log_in_redis_is_found_and_named(
    team: Team, damaged: Callable[[Redis, int], AbstractContextManager[str]]
) -> None:
    team.creates()
    whole = waggle(team.stage, "verify")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert "ok: Redis: " in whole.stdout
    eventually(
        lambda: "the same as in Redis" in waggle(team.stage, "verify").stdout, "it is copied"
    )
    with (
        redis_of(team) as redis,
        uncopied(team),
        damaged(redis, int(redis.llen(keys.AUDIT)) - 3) as said,
    ):
        broken = waggle(team.stage, "verify")
    assert broken.returncode == 1
    assert f"BROKEN: Redis: {said}" in broken.stdout
    assert damaged is not changed or "was changed" in broken.stdout
    # the copy on the disk tells it, too, and has what was there
    assert "/audit/audit.jsonl and Redis: entry" in broken.stdout
    assert "the copy itself: unbroken" in broken.stdout
    assert waggle(team.stage, "verify").returncode == 0


def test_nothing_is_changed_while_the_copy_cannot_be_written(team: Team) -> None:
    team.creates()
    folder = team.stage.dir / "audit"
    folder.rename(team.stage.dir / "audit.away")
    try:
        folder.write_text("a file where the copies should be")
        told = team.asks(f"scale {team.service}=2")
        assert "audit log's copy" in told.text
        assert team.replicas() == 1
    finally:
        folder.unlink()
        (team.stage.dir / "audit.away").rename(folder)
    team.does(f"scale {team.service}=2")
    assert team.replicas() == 2
