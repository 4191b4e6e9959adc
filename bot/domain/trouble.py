"""What a process of the worker says of itself beside its heartbeat."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST: Final = 300
"""Characters of a trouble's text; the process's own log tells the rest."""


class Concern(StrEnum):
    """What a trouble is about."""

    AUDIT = "audit"
    POLICY = "policy"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One thing that wants to be mended.

    Attributes:
        text: one line, without secrets.
    """

    concern: Concern
    text: str

    @property
    def stops_changes(self) -> bool:
        """Whether nothing is changed while it lasts; else it is only worth a look."""
        return self.concern is Concern.AUDIT


def audit_trouble(error: str) -> Trouble:
    """The audit log's copy on disk cannot be written; `error` is the disk's word."""
    text = f"the audit log's copy cannot be written, so nothing is changed: {error}"
    return Trouble(concern=Concern.AUDIT, text=_line(text))


def policy_trouble(problem: str) -> Trouble:
    """The policy file is broken; `problem` has a line for each thing that is wrong."""
    first, *more = problem.splitlines()
    text = f"policy: {first}"
    return Trouble(
        concern=Concern.POLICY, text=_line(text, f" (and {len(more)} more)" * bool(more))
    )


def _line(text: str, end: str = "") -> str:
    one = " ".join(text.split())
    most = LONGEST - len(end)
    return (one if len(one) <= most else f"{one[: most - 1]}…") + end
