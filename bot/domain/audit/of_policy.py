"""Which entries a look at the policy owes: one for each change, one for each broken file.

Nobody types or clicks that: who has changed the file is not known.
"""

from collections.abc import Iterable

from bot.domain.audit.entry import FILE, AuditDraft, What
from bot.domain.policy_version import PolicyVersion
from bot.domain.request import Principal

TARGET = "policy"
_NONE = "none"


def of_policy(before: PolicyVersion | None, after: PolicyVersion) -> Iterable[AuditDraft]:
    """Yield what happened to the rules.

    Args:
        before: as they were recorded, None if they never were.
        after: as they are found now.
    """
    old = before or PolicyVersion(id=after.id, cluster=after.cluster)
    if after.hash != old.hash:
        result = f"{old.hash or _NONE} → {after.hash or _NONE}"
        yield _draft(after, What.POLICY_CHANGED, result)
    if after.refused and after.problems != old.problems:
        yield _draft(after, What.POLICY_REFUSED, after.refused)


def _draft(now: PolicyVersion, what: What, result: str) -> AuditDraft:
    return AuditDraft(
        what=what,
        cluster=now.cluster,
        who=Principal(team="", user=""),
        source=FILE,
        target=TARGET,
        result=result,
    )
