"""THE table: every flag, its kind, its verbs, how it edits the spec, and its help.

Parser, help and reference are made from it, and the spec editor goes by `effect`. Names, short
forms and fields are the docker CLI's (28.2, `docker service create --help`); ours stand last.
"""

from __future__ import annotations

from bot.domain.flags import kinds as k
from bot.domain.flags.asides import LOCKING, OURS, READS
from bot.domain.flags.attachments import ATTACHMENT
from bot.domain.flags.container import INSIDE
from bot.domain.flags.filters import LISTS
from bot.domain.flags.flag import Effect, Flag
from bot.domain.flags.kinds import choice, named
from bot.domain.flags.mounts import MOUNT
from bot.domain.flags.ports import PORT
from bot.domain.flags.reading import READING
from bot.domain.flags.rows import (
    BOTH,
    CONTAINER,
    CREATE,
    TASK,
    UPDATE,
    change_config,
    health,
    pair,
    restart,
    sets,
)
from bot.domain.flags.verb import Verb
from bot.domain.flags.words import WORDS

_NODE = (Verb.NODE_UPDATE,)
_NET = (Verb.NETWORK_CREATE,)
_ROLLOUTS = (Verb.CREATE, Verb.UPDATE, Verb.SCALE, Verb.ROLLBACK)
_ACTIONS = (Verb.RESUME, Verb.ABORT, Verb.WAIT, Verb.UNSTICK)
_LOCK = (Verb.LOCK, Verb.UNLOCK)

_LIMITS = "TaskTemplate.Resources.Limits"
_RESERVED = "TaskTemplate.Resources.Reservations"


_WHAT = (
    Flag(
        "image",
        k.IMAGE,
        UPDATE,
        "The image to run, as registry/name:tag",
        effect=sets(f"{CONTAINER}.Image"),
    ),
    Flag(
        "args",
        WORDS,
        UPDATE,
        "The command's arguments (empty: the image's own)",
        effect=sets(f"{CONTAINER}.Args"),
    ),
    Flag("name", k.NAME, CREATE, "The service's name", effect=sets("Name")),
    Flag(
        "mode",
        choice("replicated", "global", "replicated-job", "global-job"),
        CREATE,
        "How many tasks and where (default replicated)",
        effect=sets("Mode", "mode"),
    ),
    Flag(
        "replicas",
        k.COUNT,
        BOTH,
        "Number of tasks",
        effect=sets("Mode", "replicas"),
    ),
    Flag(
        "max-concurrent",
        k.COUNT,
        CREATE,
        "Tasks of a job at once",
        effect=Effect("mode", "Mode", "concurrent"),
        since="1.41",
    ),
    Flag(
        "replicas-max-per-node",
        k.COUNT,
        BOTH,
        "Most tasks on one node (0: no limit)",
        effect=sets(f"{TASK}.Placement.MaxReplicas"),
        since="1.40",
    ),
    Flag(
        "force",
        k.BOOL,
        UPDATE,
        "Replace all tasks though nothing changes",
        effect=sets(f"{TASK}.ForceUpdate", "force"),
        since="1.25",
    ),
    Flag(
        "rollback", k.BOOL, UPDATE, "The same as the verb rollback", option="rollback", since="1.25"
    ),
    Flag(
        "entrypoint",
        WORDS,
        BOTH,
        "Instead of the image's ENTRYPOINT",
        effect=sets(f"{CONTAINER}.Command"),
    ),
    Flag("user", k.TEXT, BOTH, "User or UID inside", "u", sets(f"{CONTAINER}.User")),
    Flag("workdir", k.TEXT, BOTH, "Working directory inside", "w", sets(f"{CONTAINER}.Dir")),
    Flag(
        "hostname",
        k.TEXT,
        BOTH,
        "Host name inside",
        effect=sets(f"{CONTAINER}.Hostname"),
        since="1.25",
    ),
    Flag(
        "init",
        k.BOOL,
        BOTH,
        "Run an init that reaps processes",
        effect=sets(f"{CONTAINER}.Init", "set_pointer"),
        since="1.37",
    ),
    Flag("tty", k.BOOL, BOTH, "Give it a pseudo-TTY", "t", sets(f"{CONTAINER}.TTY"), since="1.25"),
    Flag(
        "read-only",
        k.BOOL,
        BOTH,
        "Root file system read-only",
        effect=sets(f"{CONTAINER}.ReadOnly"),
        since="1.28",
    ),
)

_LISTS = (
    *pair("publish", PORT, PORT, ("ports", "EndpointSpec.Ports"), "a port, published:target"),
    *pair("env", k.ENV, k.ENV_KEY, ("env", f"{CONTAINER}.Env"), "an environment variable"),
    *pair("label", k.OWN_LABEL, k.OWN_LABEL_KEY, ("labels", "Labels"), "a service label"),
    *pair(
        "container-label",
        k.LABEL,
        k.LABEL_KEY,
        ("labels", f"{CONTAINER}.Labels"),
        "a container label",
    ),
    *pair(
        "constraint",
        k.CONSTRAINT,
        named("EXPR"),
        ("constraints", f"{TASK}.Placement.Constraints"),
        "where tasks may run",
    ),
    *pair(
        "placement-pref",
        k.PREFERENCE,
        k.PREFERENCE,
        ("preferences", f"{TASK}.Placement.Preferences"),
        "what tasks spread over",
        "1.28",
    ),
    *pair(
        "network",
        ATTACHMENT,
        named("NETWORK"),
        ("networks", f"{TASK}.Networks"),
        "a network",
        "1.29",
    ),
    *pair("mount", MOUNT, named("TARGET"), ("mounts", f"{CONTAINER}.Mounts"), "a mount"),
)

_RESOURCES = (
    Flag("limit-cpu", k.CPUS, BOTH, "Most CPUs", effect=sets(f"{_LIMITS}.NanoCPUs", "resource")),
    Flag(
        "limit-memory",
        k.MEMORY,
        BOTH,
        "Most memory",
        effect=sets(f"{_LIMITS}.MemoryBytes", "resource"),
    ),
    Flag(
        "limit-pids",
        k.COUNT,
        BOTH,
        "Most processes (0: no limit)",
        effect=sets(f"{_LIMITS}.Pids", "resource"),
        since="1.41",
    ),
    Flag(
        "reserve-cpu",
        k.CPUS,
        BOTH,
        "CPUs kept free for it",
        effect=sets(f"{_RESERVED}.NanoCPUs", "resource"),
    ),
    Flag(
        "reserve-memory",
        k.MEMORY,
        BOTH,
        "Memory kept free for it",
        effect=sets(f"{_RESERVED}.MemoryBytes", "resource"),
    ),
)

_LIFE = (
    health("health-cmd", k.TEXT, "Test", "Command that checks health"),
    health("health-interval", k.DURATION, "Interval", "Time between checks"),
    health("health-timeout", k.DURATION, "Timeout", "Longest time of a check"),
    health("health-retries", k.COUNT, "Retries", "Failures in a row that mean unhealthy"),
    health(
        "health-start-period",
        k.DURATION,
        "StartPeriod",
        "Time to start before failures count",
        "1.29",
    ),
    health(
        "health-start-interval",
        k.DURATION,
        "StartInterval",
        "Time between checks at the start",
        "1.44",
    ),
    health("no-healthcheck", k.BOOL, "none", "Switch the image's HEALTHCHECK off"),
    Flag(
        "stop-grace-period",
        k.DURATION,
        BOTH,
        "Time to stop before it is killed",
        effect=sets(f"{CONTAINER}.StopGracePeriod", "set_pointer"),
    ),
    Flag(
        "stop-signal",
        k.SIGNAL,
        BOTH,
        "Signal that stops it",
        effect=sets(f"{CONTAINER}.StopSignal"),
        since="1.28",
    ),
    restart(
        "condition", choice("none", "on-failure", "any"), "Condition", "When to restart a task"
    ),
    restart("delay", k.DURATION, "Delay", "Pause before a restart"),
    restart("max-attempts", k.COUNT, "MaxAttempts", "Most restarts (0: no limit)"),
    restart("window", k.DURATION, "Window", "Time in which restarts are counted"),
    Flag(
        "endpoint-mode",
        choice("vip", "dnsrr"),
        BOTH,
        "How its name resolves",
        effect=sets("EndpointSpec.Mode"),
    ),
)

_CONFIGS = (
    *change_config("update", "UpdateConfig", "updated", choice("pause", "continue", "rollback")),
    *change_config("rollback", "RollbackConfig", "rolled back", choice("pause", "continue")),
)

_NODES = (
    Flag(
        "availability",
        choice("active", "pause", "drain"),
        _NODE,
        "Whether tasks may run there",
        effect=sets("Availability"),
    ),
    Flag("role", choice("worker", "manager"), _NODE, "The node's role", effect=sets("Role")),
    Flag(
        "label-add",
        k.LABEL,
        _NODE,
        "Add or change a node label",
        effect=Effect("node_labels", "Labels", "add"),
        many=True,
    ),
    Flag(
        "label-rm",
        k.LABEL_KEY,
        _NODE,
        "Remove a node label",
        effect=Effect("node_labels", "Labels", "rm"),
        many=True,
    ),
)

_NETWORKS = (
    Flag("driver", k.DRIVER, _NET, "The network's driver (default overlay)", "d", sets("Driver")),
    Flag("attachable", k.BOOL, _NET, "Containers may attach by hand", effect=sets("Attachable")),
    Flag("internal", k.BOOL, _NET, "No way out", effect=sets("Internal")),
    Flag("ipv6", k.BOOL, _NET, "IPv6 addresses, too", effect=sets("EnableIPv6")),
    Flag(
        "subnet",
        k.SUBNET,
        _NET,
        "Its addresses, as 10.20.0.0/16",
        effect=sets("subnet", "ipam"),
        many=True,
    ),
    Flag(
        "gateway", k.ADDRESS, _NET, "A subnet's gateway", effect=sets("gateway", "ipam"), many=True
    ),
    Flag(
        "label",
        k.LABEL,
        _NET,
        "A label of the network",
        effect=Effect("labels", "Labels", "add"),
        many=True,
    ),
    Flag(
        "opt",
        k.PAIR,
        _NET,
        "An option of the driver",
        "o",
        Effect("labels", "Options", "add"),
        many=True,
    ),
)

FLAGS: tuple[Flag, ...] = (
    *_WHAT,
    *_LISTS,
    *INSIDE,
    *_RESOURCES,
    *_LIFE,
    *_CONFIGS,
    *_NODES,
    *_NETWORKS,
    *READS,
    *READING,
    *LISTS,
    *LOCKING,
    *OURS,
)
"""Every flag there is, in the order in which help shows them."""
