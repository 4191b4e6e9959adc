"""Rate limits as published (docs.slack.dev rate-limits): a window per method, per minute.

Slack publishes "50+ per minute" without saying how the window is cut; here it slides, so the
51st call within any 60 s is refused and `Retry-After` says when the oldest one leaves.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable

WINDOW = 60.0  # seconds
TIERS = {1: 1, 2: 20, 3: 50, 4: 100}  # calls a minute
POST_PER_CHANNEL = 1.0  # messages a second
POST_BURST = 5  # "short bursts" of chat.postMessage; Slack gives no number
POST_PER_WORKSPACE = 300  # a minute; Slack says "several hundred"


class Meter:
    """Counts calls and says how many seconds to wait when there were too many.

    Args:
        clock: Seconds; only differences matter.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._tokens: dict[str, tuple[float, float]] = {}
        self.overrides: dict[str, int] = {}

    def reset(self) -> None:
        """Forget all calls so far."""
        self._calls.clear()
        self._tokens.clear()

    def take(self, method: str, per_minute: int | None) -> int | None:
        """Count one call, or return the whole seconds to wait and count nothing."""
        allowed = self.overrides.get(method, per_minute)
        if allowed is None:
            return None
        now = self._clock()
        calls = self._calls[method]
        while calls and calls[0] <= now - WINDOW:
            calls.popleft()
        if len(calls) >= allowed:
            oldest = calls[0] if calls else now
            return max(1, math.ceil(oldest + WINDOW - now))
        calls.append(now)
        return None

    def take_post(self, channel: str) -> int | None:
        """Count one message to a channel: about one a second, with short bursts."""
        now = self._clock()
        tokens, then = self._tokens.get(channel, (float(POST_BURST), now))
        tokens = min(float(POST_BURST), tokens + (now - then) * POST_PER_CHANNEL)
        if tokens < 1.0:
            self._tokens[channel] = (tokens, now)
            return max(1, math.ceil((1.0 - tokens) / POST_PER_CHANNEL))
        wait = self.take("chat.postMessage", POST_PER_WORKSPACE)
        if wait is None:
            self._tokens[channel] = (tokens - 1.0, now)
        return wait
