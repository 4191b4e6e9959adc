"""The buttons: only what is legal now; none at the end."""

from bot.domain.approval import Approval, ApprovalState
from bot.domain.change import ActionKind, Change, ChangeState
from bot.domain.jsontypes import JsonObject
from bot.domain.rollout.act import legal_actions
from bot.domain.rollout.record import Rollout
from bot.rendering.blocks import actions, button, confirm
from bot.rendering.cut import cut_line
from bot.rendering.escape import one_line

PREFIX = "waggle.act."
_LONGEST_NAME = 63

_A = ActionKind
_LABELS = {
    _A.RESUME: "Resume",
    _A.ROLLBACK: "Roll back",
    _A.ABORT: "Abort",
    _A.KEEP_WAITING: "Keep waiting",
    _A.UNSTICK: "Un-stick",
    _A.CONFIRM: "Remove",
    _A.CANCEL: "Keep",
    _A.APPROVE: "Approve",
    _A.REJECT: "Reject",
    _A.PLAN_AGAIN: "Plan again",
    _A.REVIEW: "I have reviewed it",
}
_STYLES = {
    _A.RESUME: "primary",
    _A.KEEP_WAITING: "primary",
    _A.CONFIRM: "danger",
    _A.APPROVE: "primary",
    _A.REJECT: "danger",
}


def rollout_buttons(rollout: Rollout) -> list[JsonObject]:
    """Return an actions block, or nothing when there is nothing to do."""
    made = [_button(kind, rollout.id, _question(kind, rollout)) for kind in legal_actions(rollout)]
    return [actions(made)] if made else []


def change_buttons(change: Change) -> list[JsonObject]:
    """Return Remove and Keep while it asks for its confirming click; of a drain, what is legal."""
    kinds: tuple[ActionKind, ...] = {
        ChangeState.CONFIRMING: (_A.CONFIRM, _A.CANCEL),
        ChangeState.DRAINING: (_A.ABORT,),
        ChangeState.STALLED: (_A.KEEP_WAITING, _A.ABORT),
    }.get(change.state, ())
    made = [_button(kind, change.id, _of_drain(kind, change)) for kind in kinds]
    return [actions(made)] if made else []


def approval_buttons(approval: Approval) -> list[JsonObject]:
    """Return Approve and Reject while it is pending; of a void one, a way to ask anew."""
    kinds: tuple[ActionKind, ...] = ()
    if approval.state is ApprovalState.PENDING:
        kinds = (_A.APPROVE, _A.REJECT)
    elif approval.state is ApprovalState.VOID and not approval.again:
        kinds = (_A.PLAN_AGAIN,)
    return [actions(_button(kind, approval.id, None) for kind in kinds)] if kinds else []


def review_button(subject: str) -> list[JsonObject]:
    """Return the button by which a person says to have looked."""
    return [actions([_button(_A.REVIEW, subject, None)])]


def _button(kind: ActionKind, subject: str, question: JsonObject | None) -> JsonObject:
    made = button(_LABELS[kind], f"{PREFIX}{kind.value}", subject)
    if kind in _STYLES:
        made["style"] = _STYLES[kind]
    if question is not None:
        made["confirm"] = question
    return made


def _of_drain(kind: ActionKind, change: Change) -> JsonObject | None:
    if kind is not _A.ABORT:
        return None
    node = one_line(cut_line(change.target, _LONGEST_NAME))
    text = f"Waggle stops following {node}, which stays drained; Swarm goes on moving its tasks."
    return confirm("Abort?", text, "Abort")


def _question(kind: ActionKind, rollout: Rollout) -> JsonObject | None:
    service = one_line(cut_line(rollout.service, _LONGEST_NAME))
    if kind is _A.ROLLBACK:
        text = f"{service} goes back to revision {rollout.back_to}, whole: replicas included."
        return confirm("Roll back?", text, "Roll back")
    if kind is _A.ABORT:
        text = (
            f"Waggle stops following {service} and changes nothing more. "
            "Swarm itself may go on with what it was told."
        )
        return confirm("Abort?", text, "Abort")
    return None
