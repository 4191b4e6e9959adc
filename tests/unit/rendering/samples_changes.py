"""One-step changes, one of each state and kind."""

from typing import Any

from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.plan import FieldChange
from tests.builders import BOB, a_request
from tests.unit.rendering.samples import OLD


def a_change(state: ChangeState, kind: ChangeKind = ChangeKind.RM, **fields: Any) -> Change:
    """A change of `web` in that state."""
    values: dict[str, Any] = {
        "id": "c-9x",
        "cluster": "default",
        "request": a_request(id="c-9x", line="rm web", command={"verb": "rm"}),
        "target": "web",
        "changes": (
            FieldChange(path="service web", old=f"3 tasks of {OLD}", new=None),
            FieldChange(path="publish 8080", old="8080:80/tcp", new=None),
        ),
    }
    return Change(**{**values, "state": state, "kind": kind, **fields})


def changes() -> dict[str, Change]:
    """One of each state, and one of each kind."""
    labels = (FieldChange(path="label env", old=None, new="prod"),)
    removals = {f"rm_{state.value}": a_change(state) for state in ChangeState}
    removals["rm_applied"] = a_change(ChangeState.APPLIED, confirmed_by=BOB.user)
    removals["rm_cancelled"] = a_change(ChangeState.CANCELLED, reason=f"cancelled by <@{BOB.user}>")
    removals["rm_failed"] = a_change(ChangeState.FAILED, reason="the Engine did not answer")
    return removals | {
        "rm_glass": a_change(ChangeState.APPLIED, glass="it eats the disk"),
        "rm_approved": a_change(ChangeState.APPLIED, approval_id="p-9x"),
        "node_update": a_change(
            ChangeState.APPLIED, ChangeKind.NODE_UPDATE, target="node3", changes=labels
        ),
        "network_create": a_change(
            ChangeState.APPLIED, ChangeKind.NETWORK_CREATE, target="back", changes=()
        ),
        "network_rm": a_change(
            ChangeState.FAILED,
            ChangeKind.NETWORK_RM,
            target="back",
            changes=(),
            reason="network back is in use by task t1",
        ),
    }
