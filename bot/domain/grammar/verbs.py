"""The verbs as they are typed: words, arguments, help. One row a verb."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.flags.verb import Verb

MANY = 20
"""More targets in one line than this are hardly meant."""


@dataclass(frozen=True)
class VerbInfo:
    """One verb.

    Attributes:
        names: how it is typed, its own name first; `service X` works for those of services.
        args: its arguments as help shows them.
        least, most: how many arguments.
        noun: what an argument is, for errors.
    """

    verb: Verb
    names: tuple[str, ...]
    args: str
    least: int
    most: int
    noun: str
    summary: str
    example: str

    @property
    def name(self) -> str:
        """The name that help and echoes use."""
        return self.names[0]


def _service(
    verb: Verb, args: str, counts: tuple[int, int], summary: str, example: str
) -> VerbInfo:
    return VerbInfo(verb, (verb.value,), args, *counts, "service", summary, example)


def _approval(
    verb: Verb, args: str, counts: tuple[int, int], summary: str, example: str
) -> VerbInfo:
    return VerbInfo(verb, (verb.value,), args, *counts, "request", summary, example)


VERBS: tuple[VerbInfo, ...] = (
    VerbInfo(
        Verb.SERVICES,
        ("services", "ls", "list"),
        "",
        0,
        0,
        "service",
        "List the services",
        "services",
    ),
    _service(Verb.PS, "SERVICE...", (1, MANY), "List the tasks of services", "ps web"),
    _service(
        Verb.INSPECT, "SERVICE...", (1, MANY), "Show services in detail", "inspect --pretty web"
    ),
    _service(
        Verb.LOGS,
        "SERVICE",
        (1, 1),
        "Show the last log lines of a service",
        "logs --tail 50 --since 10m web",
    ),
    VerbInfo(
        Verb.TAGS,
        ("tags",),
        "SERVICE|REPOSITORY",
        1,
        1,
        "image",
        "List an image's tags in its registry, and which of them run",
        "tags web",
    ),
    _service(
        Verb.CREATE,
        "IMAGE [COMMAND...]",
        (1, 1000),
        "Make a service",
        "create --name web --replicas 3 --publish 8080:80 shop/web:2.4",
    ),
    _service(Verb.UPDATE, "SERVICE", (1, 1), "Change a service", "update --image shop/web:2.4 web"),
    _service(
        Verb.SCALE,
        "SERVICE=N...",
        (1, MANY),
        "Set the number of tasks; several are several rollouts",
        "scale web=6 api=3",
    ),
    _service(
        Verb.ROLLBACK,
        "SERVICE",
        (1, 1),
        "Go back to the last good revision, or to any",
        "rollback --to 3 web",
    ),
    _service(Verb.RESUME, "SERVICE", (1, 1), "Go on with a paused rollout", "resume web"),
    _service(
        Verb.ABORT,
        "SERVICE",
        (1, 1),
        "Stop following a rollout and say what it leaves behind",
        "abort web",
    ),
    _service(Verb.WAIT, "SERVICE", (1, 1), "Keep waiting for a stalled rollout", "wait web"),
    _service(
        Verb.UNSTICK, "SERVICE", (1, 1), "Nudge a stalled rollout past a lost task", "unstick web"
    ),
    VerbInfo(
        Verb.RM,
        ("rm", "remove"),
        "SERVICE...",
        1,
        MANY,
        "service",
        "Remove services (asks first)",
        "rm web",
    ),
    _service(Verb.HISTORY, "SERVICE", (1, 1), "List the revisions of a service", "history web"),
    _service(
        Verb.DIFF,
        "SERVICE REV [REV]",
        (2, 3),
        "Compare two revisions, or one with what runs",
        "diff web 3 5",
    ),
    _service(
        Verb.ROLLOUTS,
        "[SERVICE...]",
        (0, MANY),
        "List rollouts, the live ones first, and drains under way",
        "rollouts",
    ),
    VerbInfo(
        Verb.CLUSTERS,
        ("clusters",),
        "",
        0,
        0,
        "cluster",
        "List the swarms, and whether their workers are there",
        "clusters",
    ),
    VerbInfo(
        Verb.FREEZES,
        ("freezes",),
        "",
        0,
        0,
        "freeze",
        "Show when nothing may change, 30 days ahead",
        "freezes",
    ),
    VerbInfo(
        Verb.AUDIT,
        ("audit",),
        "[NAME]",
        0,
        1,
        "service",
        "Show who did what, newest first; of a service, node or network if one is named",
        "audit --since 7d web",
    ),
    VerbInfo(
        Verb.NODES, ("nodes", "node ls", "node list"), "", 0, 0, "node", "List the nodes", "nodes"
    ),
    VerbInfo(
        Verb.NODE_INSPECT,
        ("node inspect",),
        "self|NODE...",
        1,
        MANY,
        "node",
        "Show nodes in detail",
        "node inspect node1",
    ),
    VerbInfo(
        Verb.NODE_UPDATE,
        ("node update",),
        "NODE",
        1,
        1,
        "node",
        "Change a node",
        "node update --availability drain node1",
    ),
    VerbInfo(
        Verb.NODE_PS,
        ("node ps",),
        "[NODE...]",
        0,
        MANY,
        "node",
        "List the tasks of nodes; of the worker's own one if none is named",
        "node ps node1",
    ),
    VerbInfo(
        Verb.NODE_PROMOTE,
        ("node promote",),
        "NODE...",
        1,
        MANY,
        "node",
        "Make nodes managers",
        "node promote node2",
    ),
    VerbInfo(
        Verb.NODE_DEMOTE,
        ("node demote",),
        "NODE...",
        1,
        MANY,
        "node",
        "Make managers worker nodes",
        "node demote node2",
    ),
    VerbInfo(
        Verb.NODE_RM,
        ("node rm", "node remove"),
        "NODE...",
        1,
        MANY,
        "node",
        "Remove nodes from the swarm (asks first)",
        "node rm node3",
    ),
    VerbInfo(
        Verb.NETWORK_LS,
        ("network ls", "networks", "network list"),
        "",
        0,
        0,
        "network",
        "List the networks",
        "network ls",
    ),
    VerbInfo(
        Verb.NETWORK_CREATE,
        ("network create",),
        "NETWORK",
        1,
        1,
        "network",
        "Make a network",
        "network create --subnet 10.20.0.0/16 backend",
    ),
    VerbInfo(
        Verb.NETWORK_RM,
        ("network rm", "network remove"),
        "NETWORK...",
        1,
        MANY,
        "network",
        "Remove networks",
        "network rm backend",
    ),
    VerbInfo(
        Verb.SECRET_LS,
        ("secret ls", "secrets", "secret list"),
        "",
        0,
        0,
        "secret",
        "List the secrets, never what they hold",
        "secret ls",
    ),
    VerbInfo(
        Verb.CONFIG_LS,
        ("config ls", "configs", "config list"),
        "",
        0,
        0,
        "config",
        "List the configs, never what they hold",
        "config ls",
    ),
    VerbInfo(
        Verb.STACK_LS,
        ("stack ls", "stacks", "stack list"),
        "",
        0,
        0,
        "stack",
        "List the stacks",
        "stack ls",
    ),
    VerbInfo(
        Verb.STACK_SERVICES,
        ("stack services",),
        "STACK",
        1,
        1,
        "stack",
        "List the services of a stack",
        "stack services shop",
    ),
    VerbInfo(
        Verb.STACK_PS,
        ("stack ps",),
        "STACK",
        1,
        1,
        "stack",
        "List the tasks of a stack",
        "stack ps shop",
    ),
    _service(
        Verb.LOCK,
        "[SERVICE]",
        (0, 1),
        "Keep others from changing a service, a stack, an environment or everything",
        "lock --reason 'db migration' --for 2h web",
    ),
    _service(Verb.UNLOCK, "[SERVICE]", (0, 1), "End a lock", "unlock web"),
    _service(
        Verb.LOCKS,
        "[SERVICE]",
        (0, 1),
        "List what is locked, by whom and why",
        "locks --notify web",
    ),
    VerbInfo(
        Verb.SUBSCRIBE,
        ("subscribe",),
        "PATTERN...",
        1,
        MANY,
        "pattern",
        "Let this channel hear of rollouts that run elsewhere",
        "subscribe web* --on failed,rolled_back",
    ),
    VerbInfo(
        Verb.UNSUBSCRIBE,
        ("unsubscribe",),
        "PATTERN...",
        1,
        MANY,
        "pattern",
        "Take that back",
        "unsubscribe web*",
    ),
    VerbInfo(
        Verb.SUBSCRIPTIONS,
        ("subscriptions",),
        "",
        0,
        0,
        "pattern",
        "List what this channel hears of",
        "subscriptions",
    ),
    _approval(
        Verb.APPROVALS,
        "",
        (0, 0),
        "List requests for approval, the pending ones first",
        "approvals",
    ),
    _approval(Verb.APPROVE, "ID", (1, 1), "Say yes to a request", "approve p-7k2mq9xw"),
    _approval(
        Verb.REJECT,
        "ID REASON...",
        (1, 1000),
        "Say no to a request, and why",
        "reject p-7k2mq9xw not before the migration",
    ),
    _approval(Verb.CANCEL, "ID", (1, 1), "Withdraw a request for approval", "cancel p-7k2mq9xw"),
)
"""Every verb, in the order in which help shows them."""

GROUPS = ("service", "node", "network", "secret", "config", "stack")
ELSEWHERE = (
    "build", "compose", "container", "exec", "image", "images", "kill", "plugin", "pull",
    "push", "restart", "run", "start", "stop", "swarm", "system", "top",
    "volume",
)  # fmt: skip
"""Words of the docker CLI that Waggle has nothing for."""

BY_NAME: dict[str, VerbInfo] = {name: info for info in VERBS for name in info.names}
_BY_VERB = {info.verb: info for info in VERBS}


def info_of(verb: Verb) -> VerbInfo:
    """The row of a verb."""
    return _BY_VERB[verb]


def names_in(group: str) -> tuple[str, ...]:
    """What can follow `service`, `node`, `network` and the other groups."""
    if group == "service":
        return tuple(n for i in VERBS if i.noun == "service" for n in i.names)
    return tuple(n.removeprefix(f"{group} ") for n in BY_NAME if n.startswith(f"{group} "))
