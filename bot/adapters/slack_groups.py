"""Slack's user groups, by usergroups.users.list (scope usergroups:read).

    what Slack said        is used
    less than 60 s ago     as it is
    up to 300 s ago        while Slack is asked anew, and when it does not answer
    longer ago, or never   not at all: nobody is in the group

Before an approved change is begun it is asked in any case (`members_now`): what it says from then
on counts, and of a group about which it does not answer what it said less than 60 s ago.

A caller waits for Slack at most as long as its patience; the question itself goes on in a thread,
and what comes of it is there for the next one. One process asks about a group at a time, within the
rate budget of all, and the steward's process asks ahead, so that hardly anybody has to wait.
"""

import logging
import re
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from slack_sdk import WebClient

from bot.adapters.group_cache import GroupCache, Known
from bot.adapters.slack_errors import translated
from bot.ports import (
    Budget,
    Clock,
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    StoreUnavailableError,
)

METHOD: Final = "usergroups.users.list"
FRESH: Final = timedelta(seconds=60)
"""What is older is asked again."""

AHEAD: Final = timedelta(seconds=40)
"""What is older the steward asks again: before anybody has to wait for it."""

_ASKING_AT_MOST: Final = timedelta(seconds=7)
"""Longer than the client waits: who died while asking holds the others up no longer."""

_PAUSE: Final = timedelta(seconds=5)
"""After a question that was not answered, for everybody."""

_ROUNDED: Final = timedelta(milliseconds=1)
_NO_SUCH_GROUP: Final = "no_such_subteam"
_LOOK_AGAIN: Final = 0.02
_GROUP: Final = re.compile(r"S[A-Z0-9]{1,30}")

_log = logging.getLogger(__name__)


class _NoSuchGroupError(Exception):
    """Slack knows no group of that id."""


class SlackUserGroups:
    """Implements `bot.ports.People`. Ids only: a handle can be given to another group.

    `patience` is how long a caller waits for Slack at most.
    """

    def __init__(
        self,
        cache: GroupCache,
        client: WebClient,
        budget: Budget,
        clock: Clock,
        patience: timedelta,
    ) -> None:
        self._cache = cache
        self._client = client
        self._budget = budget
        self._clock = clock
        self._patience = patience.total_seconds()
        self._waited_in_vain = -_PAUSE.total_seconds()
        self._told: set[tuple[str, str]] = set()

    def groups_of(self, user: str, among: frozenset[str]) -> frozenset[str] | None:
        """Return which of these groups a person is surely in; never raises.

        None when that is none of them and one could not be asked about.
        """
        groups = _ids(among)
        if not groups:
            return frozenset()
        try:
            known = self._looked_up(groups)
        except StoreUnavailableError:
            return None
        told = {group: each.members for group, each in known.items() if each.members is not None}
        found = frozenset(group for group, members in told.items() if user in members)
        return found if found or len(told) == len(groups) else None

    def members_now(self, among: frozenset[str]) -> Mapping[str, frozenset[str]]:
        """Return who is in these groups by what Slack says from now on; never raises.

        When it does not, what it said less than 60 s ago counts. A group is missing without either.
        """
        groups = _ids(among)
        try:
            known = self._asked_anew(groups) if groups else {}
        except StoreUnavailableError:
            return {}
        return {
            group: each.members
            for group, each in known.items()
            if each.members is not None and each.age is not None and each.age < FRESH
        }

    def refresh(self, among: frozenset[str]) -> None:
        """Ask about groups before their answer is old, the oldest first; waits for Slack.

        Never raises; what the rate budget does not allow is left for the next time.
        """
        groups = _ids(among)
        try:
            known = self._cache.read(groups) if groups else {}
            for group in _oldest_first(known, AHEAD):
                if self._may_ask(group):
                    self._ask(group)
        except StoreUnavailableError:
            return

    def _looked_up(self, groups: list[str]) -> Mapping[str, Known]:
        known = self._cache.read(groups)
        old = _oldest_first(known, FRESH)
        for group in old:
            if not known[group].asked:
                self._ask_aside(group)
        return self._when_answered(groups) if old else known

    def _asked_anew(self, groups: list[str]) -> Mapping[str, Known]:
        """Return what is known once all was answered that was asked from now on, or patience ends.

        An answer to somebody else's question serves as well, if that was not under way before.
        """
        ends, since = self._patience_ends(), dict[str, timedelta]()
        earlier = self._cache.read(groups)
        while True:
            known = self._cache.read(groups)
            left = [each for each in groups if not _is_answered(known[each], since.get(each))]
            if not left:
                return known
            if time.monotonic() >= ends:
                self._waited_in_vain = time.monotonic()
                return known
            for group in left:
                now = known[group]
                if now.question != earlier[group].question or not now.asked:
                    since.setdefault(group, now.at)
                if not now.asked:
                    self._ask_aside(group)
            time.sleep(_LOOK_AGAIN)

    def _ask_aside(self, group: str) -> None:
        """Ask, if it is on us, in a thread: a name server can outlast any socket's timeout."""
        if self._may_ask(group):
            threading.Thread(target=self._ask, args=(group,), daemon=True).start()

    def _patience_ends(self) -> float:
        began = time.monotonic()
        # Who waited in vain does not wait again at once: a line with many targets asks for each.
        waits = began - self._waited_in_vain > _PAUSE.total_seconds()
        return began + (self._patience if waits else 0)

    def _when_answered(self, groups: list[str]) -> Mapping[str, Known]:
        """Return what is known once nobody asks any more, or when patience ends."""
        ends = self._patience_ends()
        while True:
            known = self._cache.read(groups)
            if not any(known[group].asked for group in _oldest_first(known, FRESH)):
                return known
            if time.monotonic() >= ends:
                self._waited_in_vain = time.monotonic()
                return known
            time.sleep(_LOOK_AGAIN)

    def _may_ask(self, group: str) -> bool:
        """Return whether it is on us to ask, and Slack's limit allows it."""
        if not self._cache.claim(group, _ASKING_AT_MOST):
            return False
        wait = self._budget.take(METHOD, "", self._clock.now())
        if wait:
            self._cache.rest(group, min(wait, _PAUSE))
        return not wait

    def _ask(self, group: str) -> None:
        try:
            try:
                members = self._members(group)
            except _NoSuchGroupError:
                self._tell(group, _NO_SUCH_GROUP)
                self._cache.keep(group, (), unknown=True)
            except SlackRateLimitedError as limited:
                self._budget.penalize(METHOD, "", self._clock.now() + limited.retry_after)
                self._cache.rest(group, _PAUSE)
            except SlackError as error:
                self._tell(group, error.code if isinstance(error, SlackRefusedError) else "away")
                self._cache.rest(group, _PAUSE)
            else:
                self._cache.keep(group, members)
        except StoreUnavailableError:
            return  # the claim ends by itself

    def _members(self, group: str) -> frozenset[str]:
        try:
            with translated():
                answer: Any = self._client.usergroups_users_list(usergroup=group)
        except SlackRefusedError as error:
            if error.code != _NO_SUCH_GROUP:
                raise
            raise _NoSuchGroupError from error
        self._told = {(each, code) for each, code in self._told if each != group}
        return frozenset(map(str, answer.get("users") or ()))

    def _tell(self, group: str, code: str) -> None:
        """Log a trouble once, not every few seconds of it."""
        if (group, code) in self._told:
            return
        self._told.add((group, code))
        if code == _NO_SUCH_GROUP:
            _log.warning("the policy names user group %s, which Slack does not know", group)
        else:
            _log.warning("Slack does not tell who is in user group %s: %s", group, code)


def _ids(among: Iterable[str]) -> list[str]:
    return sorted(group for group in among if _GROUP.fullmatch(group))


def _is_answered(known: Known, since: timedelta | None) -> bool:
    """Return whether an answer came after a moment at which no earlier question was under way.

    Both by the clock of Redis, which tells ages in whole milliseconds.
    """
    return since is not None and known.said_at is not None and known.said_at > since + _ROUNDED


def _oldest_first(known: Mapping[str, Known], age: timedelta) -> list[str]:
    """Return the groups of which nothing is known, then those that were asked `age` ago."""
    old = [group for group, each in known.items() if each.age is None or each.age >= age]
    return sorted(old, key=lambda group: known[group].age or timedelta.max, reverse=True)
