"""The RQ job class of both processes: it runs what is on the list, and nothing else.

Whoever writes to Redis can put any function's name into a job, with the JSON serializer, too; a
stock worker imports and runs it. So can the names of callbacks and the addresses of webhooks.
"""

from collections.abc import Callable
from typing import Any, Final, NoReturn

from rq.job import Job

from bot.jobs import JobName

_ALLOWED: Final = frozenset(name.value for name in JobName)


class WaggleJob(Job):
    """A job that refuses functions outside `JobName`, methods of objects, callbacks, webhooks.

    Every refusal is a PermissionError; RQ then records the job as failed.
    """

    @property
    def func(self) -> Callable[..., Any]:
        """The function to run."""
        if self.func_name not in _ALLOWED or self.instance is not None:
            raise PermissionError(f"not a job of ours: {self.func_name!r:.80}")
        found: Callable[..., Any] = super().func
        return found

    def restore(self, raw_data: Any) -> Any:
        """Read the job from Redis, without what would be imported, run or called by name."""
        result = super().restore(raw_data)
        self.webhooks = []
        names = (
            self._success_callback_name,
            self._failure_callback_name,
            self._stopped_callback_name,
        )
        self._has_callbacks = any(names)
        self._success_callback_name = None
        self._failure_callback_name = None
        self._stopped_callback_name = None
        return result

    def perform(self) -> Any:
        """Run the function, unless somebody hung a callback on the job."""
        if getattr(self, "_has_callbacks", False):
            self._refuse_callbacks()
        return super().perform()

    @staticmethod
    def _refuse_callbacks() -> NoReturn:
        raise PermissionError("a job of ours has no callbacks")
