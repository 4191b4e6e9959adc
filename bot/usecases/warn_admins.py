"""Tell the admins by direct message that the policy file is broken, once for each breakage.

The same content that is broken again, after a steward has found it mended, is another one.

Every process that looks at the file does this: whoever is first writes the rows and uses up the
one-time key, in one transaction. So a kill loses nothing, and nobody is told twice.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bot.domain.message import Address, Content, Message, Urgency
from bot.domain.outbox import Way, content_hash
from bot.domain.policy import admins
from bot.domain.policy_version import PolicyVersion
from bot.domain.reply import Said
from bot.ports import (
    Clock,
    ConflictError,
    Once,
    People,
    PolicySource,
    Put,
    RecordStore,
    Roster,
    Transaction,
    Voice,
)
from bot.usecases.speak import Mouth

TOLD_FOR: Final = timedelta(days=30)
_SHOWN: Final = 10


@dataclass(kw_only=True)
class WarnAdmins:
    """Looks at the file, and writes a row for each admin when it is broken.

    Attributes:
        swarms: those whose stewards look at the file.
    """

    store: RecordStore
    policies: PolicySource
    voice: Voice
    clock: Clock
    mouth: Mouth
    people: People
    swarms: Roster
    _told: str = field(default="", init=False)

    def run(self, cluster: str) -> None:
        """Tell them, unless it was done.

        Args:
            cluster: whose outbox the rows go to.

        Raises:
            StoreUnavailableError: it will be tried again.
        """
        problem = self.policies.problem()
        digest = hashlib.sha256(problem.encode()).hexdigest()[:16]
        if not problem or digest == self._told:
            self._told = digest if problem else ""
            return
        key = self._occasion(cluster, digest)
        people = self._people()
        rows = [self._row(key, cluster, user, problem) for user in people]
        if not rows:
            return  # a process that never saw a good file knows no admins, and others may
        once = Once(key=f"policy-problem:{key}", value=cluster, ttl=TOLD_FOR)
        puts = tuple(Put(record=row, rev=0) for row in rows)
        try:
            self.store.commit(Transaction(cluster=cluster, puts=puts, once=(once,)))
        except ConflictError:
            rows = []  # somebody else did
        self._told = digest
        for row in rows:
            self.mouth.flush_one(row.id)

    def _occasion(self, cluster: str, digest: str) -> str:
        """Return what tells this breakage from earlier ones with the same content.

        The same for whoever looks: each swarm's steward counts by itself, and may have been away.
        """
        stewards = (self.store.get(PolicyVersion, each) for each in {cluster, *self.swarms.beats()})
        mended = sum(stored.value.mended for stored in stewards if stored)
        return f"{digest}-{mended}" if mended else digest

    def _people(self) -> list[str]:
        """Return the ids of the admins; of a group of whose members nobody knows, none."""
        role = admins(self.policies.current())
        of_groups = self.people.members_now(role.groups).values() if role.groups else ()
        return sorted(role.users.union(*of_groups))

    def _row(self, key: str, cluster: str, user: str, problem: str) -> Message:
        content = self._content(problem)
        return Message(
            id=f"policy-{key}-{user}.parent",
            cluster=cluster,
            subject=f"policy-{key}",
            address=Address(channel=""),
            wanted=content,
            wanted_hash=content_hash(content),
            urgency=Urgency.HELP,
            created_at=self.clock.now(),
            final=True,
            extra={"via": Way.DM.value, "requester": user},
        )

    def _content(self, problem: str) -> Content:
        lines = problem.splitlines()
        more = len(lines) - _SHOWN
        shown = [f"• {line}" for line in lines[:_SHOWN]]
        if more > 0:
            shown.append(f"… and {more} more")
        text = "\n".join(
            [
                "The policy file is wrong, so the last good one stays in force:",
                *shown,
                "Mend it, and it is read within seconds. `waggle policy check FILE` says the same.",
            ]
        )
        return self.voice.private(Said(text=text))
