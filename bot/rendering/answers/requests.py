"""The requests for approval, the pending ones first."""

from bot.domain.approval import Approval, ApprovalState
from bot.domain.message import Content
from bot.domain.reply import ApprovalList
from bot.rendering import blocks
from bot.rendering.approval import title, when
from bot.rendering.escape import code, one_line, person

_MOST = 20


def approvals(reply: ApprovalList) -> Content:
    """Answer `approvals`."""
    found = reply.approvals
    pending = sum(each.state is ApprovalState.PENDING for each in found)
    top = (
        f"*Requests for approval*, {pending} pending" if found else "No requests for approval yet."
    )
    lines = [_line(each) for each in found[:_MOST]]
    if left := len(found) - len(lines):
        lines.append(f"… {left:,} more")
    return Content(
        text="\n".join([top, *lines]), blocks=tuple(blocks.section(part) for part in (top, *lines))
    )


def _line(approval: Approval) -> str:
    pending = approval.state is ApprovalState.PENDING
    end = f"expires {when(approval.expires_at)}" if pending else when(approval.ended_at)
    parts = [
        f"*{approval.state.value}* {one_line(title(approval))}",
        f"{len(approval.yes)} of {approval.rule.required} yes",
        f"by {person(approval.request.by.user)}",
        one_line(approval.environment),
        end,
        f"{code(approval.id)} for {code(approval.subject)}",
    ]
    return " · ".join(part for part in parts if part)
