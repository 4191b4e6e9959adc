"""One-step changes, one of each state and kind."""

from typing import Any

from bot.domain.change import Change, ChangeKind, ChangeState
from bot.domain.drain import Drain, Moving
from bot.domain.observation import Mode
from bot.domain.plan import FieldChange
from bot.domain.reply import DryRun, RolloutList
from bot.domain.rollout.note import NoteKind
from tests.builders import BOB, NOW, a_request, later
from tests.unit.rendering.samples import OLD, rollouts


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


def a_removal_of_a_node(state: ChangeState) -> Change:
    """A node that is to go."""
    gone = (FieldChange(path="node", old="node3", new=None),)
    line = "node rm node3"
    request = a_request(id="c-9x", line=line, command={"verb": "node_rm"})
    kind = ChangeKind.NODE_RM
    return a_change(state, kind, target="node3", changes=gone, request=request)


_LONG = (
    ChangeState.DRAINING,
    ChangeState.STALLED,
    ChangeState.RETURNING,
    ChangeState.ABORTED,
)


def a_moving(name: str = "web", mode: Mode = Mode.REPLICATED, **fields: Any) -> Moving:
    """A service of three tasks, one of which was on the node and is gone from there."""
    values: dict[str, Any] = {
        "service_id": f"svc-{name}",
        "here": 1,
        "ran": 3,
        "wanted": 3,
        "left": 0,
        "elsewhere": 3,
        "least": 2,
    }
    return Moving(name=name, mode=mode, **{**values, **fields})


_STUCK = {
    ChangeState.DRAINING: a_moving("db", left=1, elsewhere=0, ran=1, wanted=1, waits="db to stop"),
    ChangeState.STALLED: a_moving(
        "db", elsewhere=0, ran=1, wanted=1, waits="no suitable node (max replicas per node limit)"
    ),
}


def a_drain(state: ChangeState, **fields: Any) -> Change:
    """A drain of node3, of services of every mode."""
    done = state in (ChangeState.RETURNING, ChangeState.APPLIED, ChangeState.FAILED)
    db = _STUCK.get(state, a_moving("db", ran=1, wanted=1, elsewhere=1, least=0))
    services = (
        a_moving("agent", Mode.GLOBAL, elsewhere=2),
        db,
        a_moving("migrate", Mode.REPLICATED_JOB),
        a_moving("sweep", Mode.GLOBAL_JOB),
        a_moving("was-there", is_gone=True),
        a_moving(least=3),
    )
    begun = state is not ChangeState.APPLYING
    values: dict[str, Any] = {
        "services": services,
        "began_at": NOW if begun else None,
        "emptied_at": later(42) if done else None,
        "stalls": 1,
    }
    line = "node update --availability drain node3"
    return a_change(
        state,
        ChangeKind.NODE_UPDATE,
        target="node3",
        request=a_request(id="c-9x", line=line, command={"verb": "node_update"}),
        changes=(FieldChange(path="availability", old="active", new="drain"),),
        warnings=("db is away for a while: its only task will stop before others start",),
        reason="<@U2BOB> stopped following it" if state is ChangeState.ABORTED else "",
        drain=Drain(**{**values, **fields}),
    )


def with_homeless(state: ChangeState) -> Change:
    """A drain of node3 of which something can run only there."""
    services = (
        a_moving("db", ran=1, wanted=1, elsewhere=0, least=0, homeless=1),
        a_moving("was-there", is_gone=True, homeless=1),
        a_moving(here=2, elsewhere=2, least=2, homeless=1),
    )
    return a_drain(state, services=services, returns=True)


def a_dry_run() -> DryRun:
    """What a drain would do."""
    begins = a_drain(ChangeState.APPLYING)
    return DryRun(
        what=begins.request.line,
        changes=begins.changes,
        drain=begins.drain,
        warnings=begins.warnings,
    )


def lists() -> dict[str, RolloutList]:
    """Live work, drains among it."""
    under_way = (a_drain(ChangeState.DRAINING), a_drain(ChangeState.STALLED))
    some = tuple(rollouts().values())[:2]
    return {
        "rollouts_and_drains": RolloutList(rollouts=some, drains=under_way, hidden=2),
        "drains_alone": RolloutList(rollouts=(), drains=(a_drain(ChangeState.RETURNING),)),
        "drains_many": RolloutList(rollouts=(), drains=under_way * 8),
    }


def drain_notes() -> dict[str, tuple[Change, NoteKind]]:
    """One of each kind of message in a drain's thread."""
    s = ChangeState
    return {
        "progress": (a_drain(s.DRAINING), NoteKind.PROGRESS),
        "nothing": (a_drain(s.DRAINING, services=()), NoteKind.PROGRESS),
        "homeless": (with_homeless(s.DRAINING), NoteKind.PROGRESS),
        "stalled": (a_drain(s.STALLED), NoteKind.STALLED),
        "unseen": (a_drain(s.STALLED, unseen=True), NoteKind.STALLED),
        "ended": (a_drain(s.APPLIED), NoteKind.ENDED),
        "given_back": (a_drain(s.APPLIED, returns=True), NoteKind.ENDED),
        "aborted": (a_drain(s.ABORTED), NoteKind.ENDED),
        "overtaken": (a_drain(s.ABORTED, lost=True), NoteKind.ENDED),
        "return_late": (a_drain(s.RETURNING, unseen=True), NoteKind.STALLED),
        "of_a_node_down": (a_drain(s.APPLIED, down=True), NoteKind.ENDED),
    }


def changes() -> dict[str, Change]:
    """One of each state, and one of each kind."""
    labels = (FieldChange(path="label env", old=None, new="prod"),)
    removals = {f"rm_{state.value}": a_change(state) for state in ChangeState if state not in _LONG}
    removals["rm_applied"] = a_change(ChangeState.APPLIED, confirmed_by=BOB.user)
    removals["rm_cancelled"] = a_change(ChangeState.CANCELLED, reason=f"cancelled by <@{BOB.user}>")
    removals["rm_failed"] = a_change(ChangeState.FAILED, reason="the Engine did not answer")
    drains = {f"drain_{state.value}": a_drain(state) for state in (*_LONG, ChangeState.APPLIED)}
    return (
        removals
        | drains
        | {
            "node_rm_asks": a_removal_of_a_node(ChangeState.CONFIRMING),
            "node_rm": a_removal_of_a_node(ChangeState.APPLIED),
            "drain_begins": a_drain(ChangeState.APPLYING),
            "drain_of_nothing": a_drain(ChangeState.APPLIED, services=()),
            "drain_detached": a_drain(ChangeState.APPLIED, follows=False, began_at=None),
            "drain_given_back": a_drain(ChangeState.APPLIED, returns=True),
            "drain_not_given_back": a_drain(ChangeState.FAILED, returns=True),
            "drain_unseen": a_drain(ChangeState.STALLED, unseen=True),
            "drain_overtaken": a_drain(ChangeState.ABORTED, lost=True),
            "drain_of_a_node_gone": a_drain(ChangeState.APPLIED, lost=True),
            "drain_of_a_node_down": a_drain(ChangeState.APPLIED, down=True),
            "drain_not_set": a_drain(ChangeState.FAILED, follows=False, began_at=None),
            "drain_return_late": a_drain(ChangeState.RETURNING, unseen=True),
            "drain_homeless": with_homeless(ChangeState.APPLYING),
            "drain_homeless_draining": with_homeless(ChangeState.DRAINING),
            "drain_homeless_given_back": with_homeless(ChangeState.APPLIED),
            "drain_homeless_not_given_back": with_homeless(ChangeState.FAILED),
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
    )
