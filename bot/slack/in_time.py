"""A use case off the event loop, within Slack's time; the answer never says more than is known."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from bot.usecases.propose import Ack, AckKind

_log = logging.getLogger(__name__)

Late = Callable[[Awaitable[Ack]], None]
"""Takes the answer that comes after the deadline: the person was told that nobody knows yet."""

_NOT_STARTED = (
    "Waggle has too much to do at the moment: your command was not begun, nothing was changed. "
    "Try again in a few seconds."
)


async def in_time(
    pool: ThreadPoolExecutor, work: Callable[[], Ack], *, within: float, away: str, late: Late
) -> Ack:
    """Return the use case's answer, or what is known when its time is over.

    Args:
        pool: whose threads do it.
        work: the use case; what it raises is logged and becomes a polite answer.
        within: seconds.
        away: what to say while it goes on, when it may still be recorded.
        late: is given the answer then.
    """
    job = pool.submit(work)
    answer = asyncio.wrap_future(job)
    await asyncio.wait({answer}, timeout=within)
    if answer.done():
        return _result(answer)
    if job.cancel():
        return Ack(kind=AckKind.UNAVAILABLE, text=_NOT_STARTED)
    late(answer)
    return Ack(kind=AckKind.UNAVAILABLE, text=away)


def _result(answer: "asyncio.Future[Ack]") -> Ack:
    """Return the use case's answer; an exception of it is logged and becomes a polite one."""
    error = answer.exception()
    if error is None:
        return answer.result()
    _log.error("a use case failed: %s", type(error).__name__, exc_info=error)
    text = "Waggle failed inside and has logged why. Look with `rollouts`, then try again."
    return Ack(kind=AckKind.FAILED, text=text)
