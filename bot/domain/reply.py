"""Private answers as values: what a read found, or why something was refused.

The rendering makes the text.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.approval import Approval
from bot.domain.audit import AuditEntry, Head
from bot.domain.change import Change
from bot.domain.drain import Drain
from bot.domain.jsontypes import JsonObject
from bot.domain.listed import Listed as Listed  # noqa: PLC0414 - the base of many replies
from bot.domain.listed import Paged as Paged  # noqa: PLC0414 - as Listed
from bot.domain.load import Load
from bot.domain.lock import Lock
from bot.domain.observation import NetworkView, NodeView, PieceView, TaskView
from bot.domain.plan import FieldChange, Plan
from bot.domain.policy import NotifyRule, Window
from bot.domain.reads import ServiceDetail, ServiceList, TagList
from bot.domain.refusal import Refusal as Refusal  # noqa: PLC0414 - one of the replies
from bot.domain.revision import History
from bot.domain.rollout.record import Rollout
from bot.domain.subscription import Subscription


@dataclass(frozen=True, kw_only=True)
class NothingToDo:
    """The plan has no changes: nothing was sent to the Engine.

    Attributes:
        warnings: of the plan: why a flag did nothing.
    """

    what: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """A plan and nothing else; for a one-step change `plan` is None and `changes` are its diff.

    Attributes:
        warnings: of a one-step change; a plan has its own.
        drain: what would move.
        asks: which approval it would ask for, and why; empty when it needs none.
        glass: it was asked with `--break-glass`.
        passes: what that would pass by, a sentence each; empty: nothing is in the way.
    """

    what: str
    plan: Plan | None = None
    changes: tuple[FieldChange, ...] = ()
    warnings: tuple[str, ...] = ()
    drain: Drain | None = None
    asks: str = ""
    glass: bool = False
    passes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaskList(Paged):
    """The answer to `ps`; `node_names` maps ids to host names.

    Attributes:
        tasks: by slot or node, the newest of each first.
        by_node: tasks are named by their nodes: the service is global.
        whole: nothing is shortened.
    """

    service: str
    tasks: tuple[TaskView, ...]
    node_names: dict[str, str]
    by_node: bool = False
    whole: bool = False


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
class RawJson:
    """The answer to `inspect --format json` and the like; env values are hidden already."""

    name: str
    document: JsonObject


@dataclass(frozen=True, kw_only=True)
class Logs:
    """The answer to `logs`: lines as (time, who, text), the newest last.

    Attributes:
        grep: what they had to have; empty: nothing.
        looked: how many lines were looked at for that.
    """

    service: str
    lines: tuple[tuple[datetime | None, str, str], ...]
    grep: str = ""
    looked: int = 0


@dataclass(frozen=True, kw_only=True)
class NodeList(Paged):
    """The answer to `nodes`; `loads` is what each carries, by its id."""

    nodes: tuple[NodeView, ...]
    loads: dict[str, Load] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NodeDetail(Listed):
    """The answer to `node inspect`.

    Attributes:
        by_node: ids of the services whose tasks are named by their nodes.
        load: what it carries, what the person may not read included.
    """

    node: NodeView
    tasks: tuple[TaskView, ...] = ()
    service_names: dict[str, str] | None = None
    by_node: frozenset[str] = frozenset()
    load: Load = field(default_factory=Load)


@dataclass(frozen=True, kw_only=True)
class HistoryList(Paged):
    """The answer to `history`.

    Attributes:
        drift: what runs now is not the current revision.
    """

    history: History
    drift: bool = False


@dataclass(frozen=True, kw_only=True)
class RevisionDiff:
    """The answer to `diff A B`; `new` is 0 when A is compared with what runs now."""

    service: str
    old: int
    new: int
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, kw_only=True)
class RolloutList(Listed):
    """The answer to `rollouts`: live ones first.

    Attributes:
        drains: nodes that are being emptied, the oldest first.
    """

    rollouts: tuple[Rollout, ...]
    drains: tuple[Change, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ApprovalList(Listed):
    """The answer to `approvals`: pending ones first."""

    approvals: tuple[Approval, ...]


@dataclass(frozen=True, kw_only=True)
class NetworkList(Paged):
    """The answer to `network ls`."""

    networks: tuple[NetworkView, ...]


@dataclass(frozen=True, kw_only=True)
class PieceList(Paged):
    """The answer to `secret ls` and `config ls`.

    Attributes:
        noun: `secret` or `config`.
        at: when it was looked up: ages are told.
    """

    noun: str
    pieces: tuple[PieceView, ...]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class StackList(Paged):
    """The answer to `stack ls`: each with how many services it has.

    Attributes:
        hidden: services that are not counted.
    """

    stacks: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class TasksOf(Paged):
    """The answer to `stack ps` and `node ps`.

    Attributes:
        of: `stack shop`, `node n2`.
        by_node: ids of the services whose tasks are named by their nodes.
        whole: ids, images and errors are not shortened.
    """

    of: str
    tasks: tuple[TaskView, ...]
    node_names: dict[str, str]
    service_names: dict[str, str]
    by_node: frozenset[str] = frozenset()
    whole: bool = False


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
        form: the line whose form a button below it opens; empty: no button.
    """

    text: str
    as_block: bool = False
    form: str = ""


Reply = (
    Refusal
    | NothingToDo
    | DryRun
    | ServiceList
    | TaskList
    | IdList
    | ServiceDetail
    | TagList
    | RawJson
    | Logs
    | NodeList
    | NodeDetail
    | HistoryList
    | RevisionDiff
    | RolloutList
    | ApprovalList
    | NetworkList
    | PieceList
    | StackList
    | TasksOf
    | LockList
    | FreezeList
    | SubscriptionList
    | Unheard
    | AuditList
    | Said
)
