"""A workspace with user groups, and processes that ask it who is in them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from redis import Redis

from bot.adapters import keys
from bot.adapters.clock import SystemClock
from bot.adapters.group_cache import KEPT, GroupCache
from bot.adapters.slack_groups import METHOD, SlackUserGroups
from bot.adapters.slack_writer import slack_client
from bot.ports import Budget
from bot.slack.manifest import BOT_SCOPES
from playground.workspace import LocalWorkspace, Settings
from tests.fakes.budget import FakeBudget

SRE, OPS = "S0SRE", "S0OPS"
BOTH = frozenset({SRE, OPS})
IN_SRE, IN_NONE = frozenset({SRE}), frozenset[str]()
SAM, ANN = "U0SRE", "U0ANN"
PATIENCE = timedelta(seconds=5)
SECOND = timedelta(seconds=1)


@dataclass
class Office:
    """A workspace with @sre (sam) and @ops (ann), and processes that ask it."""

    workspace: LocalWorkspace
    redis: Redis
    budget: Budget = field(default_factory=FakeBudget)

    def people(self, patience: timedelta = PATIENCE, url: str = "") -> SlackUserGroups:
        """Return the adapter as a new process has it."""
        client = slack_client(self.workspace.settings.bot_token, url or self.workspace.api_url)
        cache = GroupCache(self.redis)
        return SlackUserGroups(cache, client, self.budget, SystemClock(), patience)

    def make_old(self, age: timedelta) -> None:
        """Let what is known be so old: its expiry is its age."""
        for group in BOTH:
            self.redis.pexpire(keys.group(group), KEPT - age)

    def put(self, handle: str, *users: str, **fields: object) -> None:
        """Change who is in a group, as an administrator does."""
        self.workspace.client.control("create_group", handle=handle, users=list(users), **fields)

    def asked(self) -> int:
        return len(self.workspace.client.calls(METHOD))


@contextmanager
def an_office(redis: Redis) -> Iterator[Office]:
    """Open one."""
    with LocalWorkspace(Settings(scopes=tuple(BOT_SCOPES))) as workspace:
        made = Office(workspace, redis)
        made.put("ops", ANN, id=OPS)
        yield made
        wait_for_the_questions()  # a workspace that closes while it answers leaves a socket open


def wait_for_the_questions() -> None:
    """Wait for those that go on in threads when nobody waits for them any more."""
    for thread in threading.enumerate():
        if "_ask" in thread.name:
            thread.join(10)
            assert not thread.is_alive()
