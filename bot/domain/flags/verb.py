"""The verbs that can be typed, and what sort of thing each does."""

from __future__ import annotations

from enum import StrEnum


class VerbClass(StrEnum):
    """What a verb does to the world; authorization and queueing go by it."""

    READ = "read"
    ROLLOUT = "rollout"
    """Changes a service under supervision: plan, rollout, revision."""
    CHANGE = "change"
    """Changes something at once: one message, no rollout."""
    ACTION = "action"
    """Acts on a rollout that is under way, on a request for approval, or on what Waggle keeps."""


class Verb(StrEnum):
    """One thing that can be asked. `help` is no verb: it is answered by the parser itself."""

    SERVICES = "services"
    PS = "ps"
    INSPECT = "inspect"
    LOGS = "logs"
    TAGS = "tags"
    NODES = "nodes"
    NODE_INSPECT = "node_inspect"
    CREATE = "create"
    UPDATE = "update"
    SCALE = "scale"
    ROLLBACK = "rollback"
    RESUME = "resume"
    ABORT = "abort"
    WAIT = "wait"
    UNSTICK = "unstick"
    RM = "rm"
    HISTORY = "history"
    DIFF = "diff"
    ROLLOUTS = "rollouts"
    FREEZES = "freezes"
    CLUSTERS = "clusters"
    AUDIT = "audit"
    NODE_UPDATE = "node_update"
    NODE_PS = "node_ps"
    NODE_PROMOTE = "node_promote"
    NODE_DEMOTE = "node_demote"
    NODE_RM = "node_rm"
    NETWORK_LS = "network_ls"
    NETWORK_CREATE = "network_create"
    NETWORK_RM = "network_rm"
    SECRET_LS = "secret_ls"  # noqa: S105  a verb
    CONFIG_LS = "config_ls"
    STACK_LS = "stack_ls"
    STACK_SERVICES = "stack_services"
    STACK_PS = "stack_ps"
    LOCK = "lock"
    UNLOCK = "unlock"
    LOCKS = "locks"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    SUBSCRIPTIONS = "subscriptions"
    APPROVALS = "approvals"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"

    @property
    def verb_class(self) -> VerbClass:
        """What this verb does; a verb that is in no list reads."""
        return _CLASSES.get(self, VerbClass.READ)


_CLASSES = {
    **dict.fromkeys((Verb.CREATE, Verb.UPDATE, Verb.SCALE, Verb.ROLLBACK), VerbClass.ROLLOUT),
    **dict.fromkeys(
        (Verb.RM, Verb.NODE_UPDATE, Verb.NODE_PROMOTE, Verb.NODE_DEMOTE, Verb.NODE_RM),
        VerbClass.CHANGE,
    ),
    **dict.fromkeys((Verb.NETWORK_CREATE, Verb.NETWORK_RM), VerbClass.CHANGE),
    **dict.fromkeys((Verb.RESUME, Verb.ABORT, Verb.WAIT, Verb.UNSTICK), VerbClass.ACTION),
    **dict.fromkeys((Verb.LOCK, Verb.UNLOCK), VerbClass.ACTION),
    **dict.fromkeys((Verb.SUBSCRIBE, Verb.UNSUBSCRIBE), VerbClass.ACTION),
    **dict.fromkeys((Verb.APPROVE, Verb.REJECT, Verb.CANCEL), VerbClass.ACTION),
}
