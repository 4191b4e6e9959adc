"""How full Redis is, asked of a real one, and what /readyz of a real bot says of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from bot.adapters.redis_client import connect
from bot.adapters.redis_memory import share_used
from bot.adapters.valkey import EmbeddedValkey
from bot.ports import StoreUnavailableError
from tests.integration.front_bed import FrontBed, front


def limit(redis: Redis, share: float) -> None:
    """Let so much of what Redis may use be used."""
    used = int(redis.info("memory")["used_memory"])
    redis.config_set("maxmemory", str(int(used / share)))


@pytest.fixture
def limited(redis: Redis) -> Iterator[Redis]:
    """A Redis that may use twice of what it uses."""
    limit(redis, 0.5)
    yield redis
    redis.config_set("maxmemory", "0")


def test_without_a_limit_there_is_no_share(redis: Redis) -> None:
    assert share_used(redis) is None


def test_with_a_limit_it_is_the_share_of_that(limited: Redis) -> None:
    assert share_used(limited) == pytest.approx(0.5, abs=0.1)


def test_where_there_is_no_info_nothing_is_known(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_section: str) -> None:
        raise ResponseError("unknown command 'INFO', with args beginning with: 'memory'")

    monkeypatch.setattr(redis, "info", unknown)
    assert share_used(redis) is None


def test_who_may_not_ask_knows_nothing_and_that_is_no_outage(
    limited: Redis, server: EmbeddedValkey
) -> None:
    # as some hosted ones set it up: nothing that is called dangerous
    most = ["+@all", "-@dangerous"]
    limited.acl_setuser("guest", enabled=True, nopass=True, keys=["*"], categories=most)
    guest = connect(server.url.replace("unix://", "unix://guest:any@"))
    try:
        assert guest.ping()
        assert share_used(guest) is None
    finally:
        guest.close()
        limited.acl_deluser("guest")


def test_no_server_is_the_ports_error(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError):
        share_used(connect(f"unix://{tmp_path}/none.sock"))


def warnings(bed: FrontBed) -> list[str]:
    return list(bed.get("/readyz").json()["warnings"])


def test_readyz_warns_before_redis_is_full() -> None:
    with front() as bed, bed.redis() as redis:
        assert warnings(bed) == []
        limit(redis, 0.9)
        (line,) = warnings(bed)
        assert line.startswith("redis: ")
        assert line.endswith(" % of its maxmemory is used; when it is full, nothing is recorded")
        limit(redis, 0.5)
        assert warnings(bed) == []
