"""Private answers as values: what a read found, or why something was refused.

The rendering makes the text.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.approval import Approval
from bot.domain.audit import AuditEntry, Head
from bot.domain.jsontypes import JsonObject
from bot.domain.lock import Lock
from bot.domain.observation import NetworkView, NodeView, TaskView
from bot.domain.plan import FieldChange, Plan
from bot.domain.policy import NotifyRule, Window
from bot.domain.refusal import Refusal as Refusal  # noqa: PLC0414 - one of the replies
from bot.domain.revision import History
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription


@dataclass(frozen=True, kw_only=True)
class NothingToDo:
    """The plan has no changes: nothing was sent to the Engine."""

    what: str


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """A plan and nothing else; for a one-step change `plan` is None and `changes` are its diff.

    Attributes:
        asks: which approval it would ask for, and why; empty when it needs none.
    """

    what: str
    plan: Plan | None = None
    changes: tuple[FieldChange, ...] = ()
    asks: str = ""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A list of what the person may read.

    Attributes:
        hidden: how many more there are, which they may not.
    """

    hidden: int = 0


@dataclass(frozen=True, kw_only=True)
class ServiceRow:
    """A line of `services`. `running` and `wanted` are tasks.

    `rollout` is the live rollout's id and state, if any.
    """

    name: str
    mode: str
    running: int
    wanted: int
    image: str
    ports: str = ""
    rollout: str = ""


@dataclass(frozen=True, kw_only=True)
class ServiceList(Listed):
    """The answer to `services`."""

    rows: tuple[ServiceRow, ...]


@dataclass(frozen=True, kw_only=True)
class TaskList:
    """The answer to `ps`; `node_names` maps ids to host names.

    Attributes:
        by_node: tasks are named by their nodes: the service is global.
    """

    service: str
    tasks: tuple[TaskView, ...]
    node_names: dict[str, str]
    by_node: bool = False


@dataclass(frozen=True, kw_only=True)
class IdList(Listed):
    """The answer to a read with `--quiet`: whole ids, for they work wherever a name does.

    Attributes:
        noun: what has these ids, in the singular.
        of: the service that they belong to, or nothing.
    """

    noun: str
    ids: tuple[str, ...]
    of: str = ""


@dataclass(frozen=True, kw_only=True)
class ServiceDetail:
    """The answer to `inspect`: `pretty` holds (label, value) lines in order.

    Values of env are hidden already.
    """

    name: str
    pretty: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class RawJson:
    """The answer to `inspect --format json` and the like; env values are hidden already."""

    name: str
    document: JsonObject


@dataclass(frozen=True, kw_only=True)
class Logs:
    """The answer to `logs`: lines as (time, who, text)."""

    service: str
    lines: tuple[tuple[datetime | None, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class NodeList(Listed):
    """The answer to `nodes`."""

    nodes: tuple[NodeView, ...]


@dataclass(frozen=True, kw_only=True)
class NodeDetail(Listed):
    """The answer to `node inspect`.

    Attributes:
        by_node: ids of the services whose tasks are named by their nodes.
    """

    node: NodeView
    tasks: tuple[TaskView, ...] = ()
    service_names: dict[str, str] | None = None
    by_node: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class HistoryList:
    """The answer to `history`."""

    history: History


@dataclass(frozen=True, kw_only=True)
class RevisionDiff:
    """The answer to `diff A B`; `new` is 0 when A is compared with what runs now."""

    service: str
    old: int
    new: int
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, kw_only=True)
class RolloutList(Listed):
    """The answer to `rollouts`: live ones first."""

    rollouts: tuple[Rollout, ...]


@dataclass(frozen=True, kw_only=True)
class ApprovalList(Listed):
    """The answer to `approvals`: pending ones first."""

    approvals: tuple[Approval, ...]


@dataclass(frozen=True, kw_only=True)
class NetworkList(Listed):
    """The answer to `network ls`."""

    networks: tuple[NetworkView, ...]


@dataclass(frozen=True, kw_only=True)
class LockList(Listed):
    """The answer to `locks`; `service` is set when one was named: then what holds that one."""

    locks: tuple[Lock, ...]
    service: str = ""


@dataclass(frozen=True, kw_only=True)
class FreezeList:
    """The answer to `freezes`: those that are on and those to come, by when they begin.

    Attributes:
        at: when it was looked up.
        ahead: how far it looks.
        more: how many come later within that time.
        open_policy: the policy is the word `open`, which knows no freezes.
    """

    at: datetime
    ahead: timedelta
    windows: tuple[Window, ...] = ()
    more: int = 0
    open_policy: bool = False


@dataclass(frozen=True, kw_only=True)
class SubscriptionList:
    """The answer to `subscriptions`: what a channel hears of, and why.

    Attributes:
        own: its subscriptions, oldest first.
        rules: environments of the policy whose rules tell it, each with its rule.
    """

    channel: str
    cluster: str
    own: tuple[Subscription, ...] = ()
    rules: tuple[tuple[str, NotifyRule], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Unheard:
    """A channel that should hear of a rollout or change cannot be posted to.

    Attributes:
        subject: id of the rollout or change.
        code: Slack's word for why.
    """

    channel: str
    subject: str
    code: str
    next_step: str


@dataclass(frozen=True, kw_only=True)
class AuditList(Listed):
    """The answer to `audit`: newest first.

    Attributes:
        of: what was asked for in words (`of web`, `by <@U1>`), for the title; empty: all.
        more: there are more than these.
        head: the log's last entry.
    """

    entries: tuple[AuditEntry, ...]
    head: Head
    of: str = ""
    more: bool = False


@dataclass(frozen=True, kw_only=True)
class Said:
    """A short private confirmation, for instance of an action on a live rollout.

    Attributes:
        as_block: the text has columns (help): it is shown as it stands.
    """

    text: str
    as_block: bool = False


Reply = (
    Refusal
    | NothingToDo
    | DryRun
    | ServiceList
    | TaskList
    | IdList
    | ServiceDetail
    | RawJson
    | Logs
    | NodeList
    | NodeDetail
    | HistoryList
    | RevisionDiff
    | RolloutList
    | ApprovalList
    | NetworkList
    | LockList
    | FreezeList
    | SubscriptionList
    | Unheard
    | AuditList
    | Said
)
