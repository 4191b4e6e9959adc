"""The rows of THE table that edit no spec: what a read shows, and what is asked besides the change.

Their names are the docker CLI's where it has them; the others are ours.
"""

from __future__ import annotations

from bot.domain.flags import kinds as k
from bot.domain.flags.audit import AGO, PERSON
from bot.domain.flags.flag import Flag
from bot.domain.flags.rows import (
    BOTH,
    break_glass,
)
from bot.domain.flags.verb import Verb

_ROLLOUTS = (Verb.CREATE, Verb.UPDATE, Verb.SCALE, Verb.ROLLBACK)
_ACTIONS = (Verb.RESUME, Verb.ABORT, Verb.WAIT, Verb.UNSTICK)
_LOCK = (Verb.LOCK, Verb.UNLOCK)
_ON_NODES = (Verb.NODE_UPDATE, Verb.NODE_PROMOTE, Verb.NODE_DEMOTE, Verb.NODE_RM)
_CHANGES = (Verb.RM, *_ON_NODES, Verb.NETWORK_CREATE, Verb.NETWORK_RM)

_SEEN = (Verb.SERVICES, Verb.PS, Verb.NODES, Verb.NODE_PS, Verb.NETWORK_LS)

READS = (
    Flag(
        "pretty",
        k.BOOL,
        (Verb.INSPECT, Verb.NODE_INSPECT),
        "Readable (the default)",
        option="pretty",
    ),
    Flag(
        "format",
        k.JSON_ONLY,
        (Verb.INSPECT, Verb.NODE_INSPECT),
        "Only json: the raw object (a file, when it is long)",
        "f",
        option="format",
    ),
    Flag("tail", k.TAIL, (Verb.LOGS,), "The last N lines, or all", "n", option="tail"),
    Flag("by", PERSON, (Verb.AUDIT,), "Only what this person did", option="by"),
    Flag("since", AGO, (Verb.AUDIT,), "Not older than this: 7d, 36h, or a time", option="since"),
    Flag("since", k.SINCE, (Verb.LOGS,), "Not older than this: 10m, or a time", option="since"),
    Flag(
        "timestamps", k.BOOL, (Verb.LOGS,), "Each line's time (always so)", "t", option="timestamps"
    ),
    Flag(
        "quiet",
        k.BOOL,
        (*_SEEN, Verb.SECRET_LS, Verb.CONFIG_LS, Verb.STACK_SERVICES, Verb.STACK_PS),
        "Ids only, one a line",
        "q",
        option="quiet",
    ),
)

LOCKING = (
    Flag("stack", k.NEEDED, _LOCK, "A whole stack, by its name", option="stack"),
    Flag("environment", k.NEEDED, _LOCK, "A whole environment of the policy", option="environment"),
    Flag("all", k.BOOL, _LOCK, "The whole swarm", option="everything"),
    Flag("for", k.DEADLINE, (Verb.LOCK,), "How long; it then ends by itself", option="lasting"),
    Flag("steal", k.BOOL, _LOCK, "Take away another's, as an admin; they are told", option="steal"),
    Flag("notify", k.BOOL, (Verb.LOCKS,), "Tell me when it is free", option="notify"),
)

OURS = (
    Flag(
        "with-registry-auth",
        k.BOOL,
        BOTH,
        "Let nodes use the worker's registry login",
        option="with_registry_auth",
    ),
    Flag(
        "no-resolve-image",
        k.BOOL,
        BOTH,
        "Do not ask the registry for the digest",
        option="no_resolve_image",
        since="1.30",
    ),
    Flag(
        "detach",
        k.BOOL,
        _ROLLOUTS,
        "No progress in the thread, only the start and the end",
        "d",
        option="detach",
        since="1.29",
    ),
    Flag(
        "detach",
        k.BOOL,
        (Verb.NODE_UPDATE,),
        "Do not follow a drain: it is only begun",
        "d",
        option="detach",
    ),
    Flag(
        "then",
        k.choice("active"),
        (Verb.NODE_UPDATE,),
        "Once a drain is over, make the node active again",
        option="then",
    ),
    Flag(
        "quiet",
        k.BOOL,
        (Verb.CREATE, Verb.UPDATE, Verb.ROLLBACK),
        "The same as --detach",
        "q",
        option="quiet",
    ),
    Flag(
        "force",
        k.BOOL,
        (Verb.NODE_UPDATE, Verb.NODE_DEMOTE),
        "Demote though no majority of the managers that are left answers",
        option="force",
    ),
    Flag("force", k.BOOL, (Verb.NODE_RM,), "Also a node that is not down", "f", option="force"),
    Flag("force", k.BOOL, (Verb.NETWORK_RM,), "No error if it is not there", "f", option="force"),
    Flag("on", k.EVENTS, (Verb.SUBSCRIBE,), "Events, or all (default), ends, trouble", option="on"),
    Flag("to", k.REVISION, (Verb.ROLLBACK,), "The revision to go back to", option="to_revision"),
    Flag(
        "keep-replicas",
        k.BOOL,
        (Verb.ROLLBACK,),
        "Keep today's number of tasks",
        option="keep_replicas",
    ),
    Flag(
        "dry-run", k.BOOL, (*_ROLLOUTS, *_CHANGES), "Show the plan and do nothing", option="dry_run"
    ),
    Flag(
        "reason",
        k.REASON,
        (*_ROLLOUTS, *_CHANGES, *_ACTIONS, *_LOCK, Verb.REJECT),
        "Why; it is kept with the change",
        option="reason",
    ),
    Flag(
        "deadline",
        k.DEADLINE,
        (*_ROLLOUTS, Verb.NODE_UPDATE),
        "No progress for so long means stalled (10m)",
        option="deadline",
    ),
    Flag("supersede", k.BOOL, _ROLLOUTS, "Take over from a rollout under way", option="supersede"),
    break_glass(*_ROLLOUTS, *_CHANGES),
    Flag(
        "cluster",
        k.NEEDED,
        tuple(Verb),
        "The swarm it is for, where there are several",
        option="cluster",
    ),
)
