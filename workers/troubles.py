"""What this process says of itself beside its heartbeat: its disk, and its policy file."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.trouble import Trouble, audit_trouble, policy_trouble
from bot.ports import AuditMirror, MirrorError, PolicySource
from bot.usecases.keep_audit import Say


@dataclass(kw_only=True)
class NotedMirror:
    """An audit mirror that remembers whether it could be written the last time.

    Attributes:
        problem: the disk's word for why not; empty: it could.
    """

    mirror: AuditMirror
    problem: str = ""

    def keep_up(self) -> str:
        """Copy what is not there yet, as the mirror itself does."""
        try:
            note = self.mirror.keep_up()
        except MirrorError as error:
            self.problem = str(error)
            raise
        self.problem = ""
        return note


@dataclass(frozen=True, kw_only=True)
class Troubles:
    """Callable: the troubles as they were last seen.

    Attributes:
        mirror: None where this process changes nothing.
        tries: whether the disk is tried at each call; else somebody else does so all the time.
        say: for the log of this process.
    """

    policies: PolicySource
    say: Say
    mirror: NotedMirror | None = None
    tries: bool = False

    def __call__(self) -> Sequence[Trouble]:
        """Return them.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        if self.tries:
            self._try()
        found = [audit_trouble(self.mirror.problem)] if self.mirror and self.mirror.problem else []
        if problem := self.policies.problem():
            found.append(policy_trouble(problem))
        return found

    def _try(self) -> None:
        with contextlib.suppress(MirrorError):
            if self.mirror and (note := self.mirror.keep_up()):
                self.say(note)
