"""Chooses the function for a reply."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.domain import reads
from bot.domain import reply as r
from bot.domain.message import Content
from bot.rendering import blocks
from bot.rendering.answers import (
    ahead,
    audit,
    channels,
    detail,
    lists,
    locks,
    nodes,
    record,
    requests,
    services,
    swarm,
    tags,
    tasks,
    verdict,
)

_TELL: dict[type[r.Reply], Callable[[Any], Content]] = {
    r.Refusal: verdict.refusal,
    r.NothingToDo: verdict.nothing_to_do,
    r.Said: verdict.said,
    reads.ServiceList: services.services,
    r.TaskList: tasks.tasks,
    reads.ServiceDetail: detail.detail,
    reads.TagList: tags.tags,
    r.RawJson: swarm.raw_json,
    r.Logs: swarm.logs,
    r.NodeList: nodes.nodes,
    r.NodeDetail: swarm.node,
    r.NetworkList: swarm.networks,
    r.IdList: swarm.ids,
    r.PieceList: lists.pieces,
    r.StackList: lists.stacks,
    r.TasksOf: lists.tasks,
    r.HistoryList: record.history,
    r.RevisionDiff: record.difference,
    r.RolloutList: record.rollouts,
    r.LockList: locks.locks,
    r.ApprovalList: requests.approvals,
    r.FreezeList: ahead.freezes,
    r.SubscriptionList: channels.subscriptions,
    r.Unheard: channels.unheard,
    r.AuditList: audit.entries,
}


def private(reply: r.Reply, *, open_policy: bool) -> Content:
    """Return the answer to one person; what is too long comes as a file."""
    if isinstance(reply, r.DryRun):
        return verdict.dry_run(reply, open_policy=open_policy)
    content = _TELL[type(reply)](reply)
    hidden = reply.hidden if isinstance(reply, r.Listed) else 0
    return _with_hidden(content, hidden) if hidden else content


def _with_hidden(content: Content, hidden: int) -> Content:
    said = f"Not shown: {hidden:,} more, which the policy does not let you read."
    return replace(
        content,
        text=f"{content.text}\n{said}",
        blocks=(*content.blocks, blocks.context([said])),
    )
