"""Requests for approval as the bot sees them: found by what was typed, and first objections.

What is said here is said at once; the worker finds and decides again, by the clock of Redis.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain.approval import Approval, approval_id
from bot.domain.errors import NotFound
from bot.domain.grammar.suggest import Suggest, did_you_mean, nearest
from bot.domain.policy import Decision, Outcome, Resource
from bot.domain.reply import Refusal
from bot.domain.request import Principal
from bot.domain.typed import typed
from bot.ports import RecordStore
from bot.usecases.gate import Gate
from bot.usecases.mandate import Mandate, Word
from bot.usecases.rights import in_each_environment

_KNOWN = 50
_COUNTING = "whose word counts"


@dataclass(frozen=True, kw_only=True)
class ApprovalDesk:
    """Finds and objects."""

    store: RecordStore
    gate: Gate
    suggest: Suggest = nearest

    def find(self, cluster: str, ref: str, by: Principal, channel: str) -> Approval:
        """Return the approval of that id, or that of the rollout or change of that id.

        Raises:
            NotFound: there is none; with a did-you-mean among what the person may read of.
        """
        ref = ref.lower()
        stored = self.store.get(Approval, approval_id(ref))
        if stored is not None and ref in {stored.value.id, stored.value.subject}:
            return stored.value
        recent = [each.value for each in self.store.recent_approvals(cluster, _KNOWN)]
        reads = self.gate.reader(self.gate.policy, by, channel)
        known = [each for each in recent if self._is_read(each.resource, reads)]
        words = [name for each in known for name in (each.id, each.subject)]
        hint = did_you_mean(ref, words, self.suggest)
        raise NotFound(
            f"There is no request for approval `{ref}`.",
            f"{hint} `{typed('approvals', cluster)}` lists them.".strip(),
        )

    def _is_read(self, what: Resource, reads: Callable[[Resource], Decision]) -> bool:
        what = replace(what, extent=None)  # what is read moves nothing
        is_placed = bool(what.sides or what.environment)
        places = (what,) if is_placed else in_each_environment(self.gate.policy, what)
        return all(reads(each).outcome is not Outcome.DENY for each in places)

    def judged(self, approval: Approval, said: Word) -> Decision:
        """Decide whether somebody may say that, and whether it counts yet.

        Whether it has expired is not judged here: this process's clock is not the one that counts.
        """
        mandate = Mandate(gate=self.gate)
        decision = mandate.judged(approval, said)
        if decision.outcome is Outcome.DENY:
            return decision
        counted = mandate.counted(approval, said, approval.asked_at)
        if not isinstance(counted, Refusal):
            return decision
        why = f"{counted.why}\n{counted.next_step}" if counted.next_step else counted.why
        return replace(decision, outcome=Outcome.DENY, reasons=(why,), rule=_COUNTING)


def denied(decision: Decision, ways_out: str = "") -> str:
    """Return what a person reads who may not, or whose word does not count."""
    if decision.rule == _COUNTING:
        return decision.why
    return f"Not allowed: {decision.why}. Nothing was changed. {ways_out}".rstrip()
