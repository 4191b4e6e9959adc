"""How full Redis is: with `noeviction`, a full one refuses every write."""

from redis import Redis
from redis.exceptions import ResponseError

from bot.adapters.redis_client import translated


def share_used(redis: Redis) -> float | None:
    """Return how much of its `maxmemory` Redis uses, as a share of 1.

    None without a limit, and where INFO is not allowed or not there: hosted ones may withhold it.

    Raises:
        StoreUnavailableError: Redis does not answer.
    """
    with translated():
        try:
            found = redis.info("memory")
        except ResponseError:  # NOPERM, unknown command
            return None
    limit = int(found.get("maxmemory", 0))
    return int(found["used_memory"]) / limit if limit else None
