"""What there is in each swarm, in Redis: a JSON text a cluster, and one a repository.

How old a text is follows from what is left of its expiry: so no two clocks are compared.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, cast

from pydantic import TypeAdapter, ValidationError
from redis import Redis

from bot.adapters import keys
from bot.adapters.redis_client import translated
from bot.domain.inventory import Inventory, Sighting

KEPT: Final = timedelta(days=1)
TAGS_KEPT: Final = timedelta(hours=1)
_INVENTORY: Final = TypeAdapter(Inventory)


class RedisInventories:
    """Implements `bot.ports.Inventories`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def keep(self, cluster: str, inventory: Inventory) -> None:
        """Replace what is known of a cluster."""
        with translated():
            self._redis.set(keys.inventory(cluster), _INVENTORY.dump_json(inventory), px=KEPT)

    def seen(self, cluster: str) -> Sighting | None:
        """Return what the worker last saw, and how long ago."""
        key = keys.inventory(cluster)
        with translated():
            pipeline = self._redis.pipeline()
            pipeline.get(key)
            pipeline.pttl(key)
            document, left = pipeline.execute()
        if document is None:
            return None
        try:
            inventory = _INVENTORY.validate_json(document)
        except ValidationError:
            return None
        age = KEPT - timedelta(milliseconds=max(0, left))
        return Sighting(inventory=inventory, age=max(age, timedelta()))

    def keep_tags(self, cluster: str, repository: str, tags: Sequence[str]) -> None:
        """Replace the tags of a repository."""
        with translated():
            self._redis.set(keys.tags(cluster, repository), json.dumps(list(tags)), px=TAGS_KEPT)

    def tags(self, cluster: str, repository: str) -> tuple[str, ...]:
        """Return the tags of a repository."""
        with translated():
            document = cast("bytes | None", self._redis.get(keys.tags(cluster, repository)))
        return tuple(json.loads(document)) if document else ()
