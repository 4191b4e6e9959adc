"""Which rules are in force, as they were last found: so that a change of them can be told. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class PolicyVersion:
    """What the steward of a cluster has found.

    Attributes:
        id: the cluster's name: each has its own worker, and so its own copy of the file.
        hash: of the rules in force; empty before any were found.
        refused: the first thing that is wrong with the newest file; empty if nothing is.
        problems: tells apart what all is wrong with it.
        mended: how often a broken file was found to be right again: tells one breakage from the
            next of the same kind.
    """

    id: str
    cluster: str
    hash: str = ""
    refused: str = ""
    problems: str = ""
    mended: int = 0


def found(before: PolicyVersion, in_force: str, problem: str) -> PolicyVersion:
    """Return the record after a look.

    Args:
        before: as it was recorded last.
        in_force: the hash of the rules in force.
        problem: what is wrong with the newest file, a line for each; with any, the last good one is
            in force, as far as a process has ever seen one: that is no change.
    """
    if problem:
        digest = hashlib.sha256(problem.encode()).hexdigest()
        return replace(before, refused=problem.splitlines()[0], problems=digest)
    mended = before.mended + bool(before.refused)
    return replace(before, hash=in_force, refused="", problems="", mended=mended)
