"""The places for which Slack does not answer: one mouth alone waits at each, the others speak on.

Every call there may take as long as a call can. Without this a channel with a few rows would have
all the mouths of a process wait for it, and what is for other channels would wait, too.
"""

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Final

LATE: Final = timedelta(seconds=1)
"""A call that takes longer holds a mouth up as one without an answer does."""


class HungPlaces:
    """Remembers where the last call was without an answer, or late. For any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hung: set[str] = set()
        self._under_way: Counter[str] = Counter()
        self._since: dict[str, datetime] = {}

    def enter(self, place: str, now: datetime) -> bool:
        """Begin a call; False: the place hangs, and somebody waits there already.

        It hangs, too, while a call there is under way for longer than it should take.
        """
        with self._lock:
            since = self._since.get(place)
            if place and since and (place in self._hung or now - since > LATE):
                return False
            self._under_way[place] += 1
            self._since.setdefault(place, now)
            return True

    def leave(self, place: str, *, answers: bool | None) -> None:
        """End a call that `enter` let begin.

        Args:
            place: as `enter` was told it.
            answers: whether Slack answered in time; None: nothing tells, it is as it was.
        """
        with self._lock:
            self._under_way[place] -= 1
            if not self._under_way[place]:
                del self._under_way[place], self._since[place]
            if answers:
                self._hung.discard(place)
            elif answers is False and place:
                self._hung.add(place)
