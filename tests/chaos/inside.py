"""What a storm reads in Redis: when to strike, whom, and what that one was at.

The judge reads none of it: it stays outside.
"""

from contextlib import suppress
from typing import cast

from redis import Redis
from redis.exceptions import RedisError
from rq import Worker

from bot.adapters import keys
from bot.adapters.redis_client import connect
from bot.adapters.redis_store import RedisRecordStore
from bot.domain.change import Action
from bot.domain.message import Urgency

_CLUSTER = "default"


class Inside:
    """Reads; while Redis is away there is nothing to be seen."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = connect(url)

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def answers(self) -> bool:
        """Tell whether Redis is there."""
        with suppress(RedisError):
            return bool(self._redis.ping())
        return False

    def beats(self) -> dict[str, float]:
        """Return who has a heartbeat, and until when it counts."""
        found: object = []
        with suppress(RedisError):
            found = self._redis.zrange(keys.beats(_CLUSTER), 0, -1, withscores=True)
        pairs = cast("list[tuple[bytes, float]]", found)
        return {member.decode(): score for member, score in pairs}

    def leader(self) -> int:
        """Return the process id of the steward that leads, 0 if there is none."""
        return int(self._text(keys.lease(_CLUSTER)).rpartition("-")[2] or 0)

    def epoch(self) -> int:
        """Return how often a steward has begun to lead."""
        return int(self._text(keys.epoch(_CLUSTER)) or 0)

    def _text(self, key: str) -> str:
        with suppress(RedisError):
            found = self._redis.get(key)
            return found.decode() if isinstance(found, bytes) else ""
        return ""

    def under_way(self) -> int:
        """Return how many services have a rollout under way."""
        with suppress(RedisError):
            return self._redis.hlen(keys.live_rollouts(_CLUSTER))
        return 0

    def has_answered(self) -> bool:
        """Tell whether nothing is under way any more, and nobody waits for a private answer."""
        return self._none_left(Urgency.ANSWER)

    def has_told(self) -> bool:
        """Tell whether nothing is under way any more, and every end is shown."""
        return self._none_left(Urgency.FINAL, Urgency.HELP, Urgency.NORMAL)

    def _none_left(self, *urgencies: Urgency) -> bool:
        due = [keys.due_messages(_CLUSTER, urgency) for urgency in urgencies]
        with suppress(RedisError):
            indexes = [keys.open_records(_CLUSTER, "action"), *due]
            return not self.under_way() and not any(self._redis.zcard(index) for index in indexes)
        return False

    def work_of(self, parent: int) -> tuple[str, ...]:
        """Return the record of the job that an RQ worker's horse is at, none if it has none.

        Of an action it is the action, and the rollout on which it acts.
        """
        with suppress(RedisError, ValueError):
            workers = Worker.all(connection=self._redis)
            mine = [worker for worker in workers if worker.pid == parent]
            at = [each for worker in mine for each in worker.get_current_executions()]
            if at:
                job = max(at, key=lambda each: each.created_at).job_id
                return self._with_its_rollout(subject_of(job))
        return ()

    def _with_its_rollout(self, subject: str) -> tuple[str, ...]:
        if not subject.startswith("a-"):
            return (subject,)
        stored = RedisRecordStore(self._redis).get(Action, subject)
        if stored is None:
            return (subject,)
        held = self._redis.hget(keys.live_rollouts(_CLUSTER), stored.value.service)
        rollout = stored.value.subject or (held.decode() if isinstance(held, bytes) else "")
        return (subject, rollout) if rollout else (subject,)


def subject_of(job_id: str) -> str:
    """Return the record that a job is for (`bot.jobs.Job.job_id`)."""
    return job_id.partition("-")[2].rpartition("-")[0]
