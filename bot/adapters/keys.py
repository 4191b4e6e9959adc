"""The names of all Redis keys (RQ's own apart), in one place."""

from bot.domain.message import Urgency

PREFIX = "waggle:"
CLUSTERS = PREFIX + "clusters"
"""The clusters that have processes: when each last had a heartbeat, in ms."""
AUDIT = PREFIX + "audit"
"""List of the audit log's lines, oldest first. Never shortened."""
AUDIT_HEAD = PREFIX + "audit:head"
"""Hash {seq, hash} of its last entry."""

CLOSED_CHANNELS = PREFIX + "closed-channels"
"""Hash channel → Slack's word: notify channels that could not be posted to."""
CLOSED_TO_HEADS = PREFIX + "closed-to-heads"
"""The same of the channel that should be told the audit log's head."""

UNREADABLE = PREFIX + "unreadable"
"""Hash key of a record → class of the error: records that could not be read."""


def record(word: str, record_id: str) -> str:
    """Hash {rev, doc} of one record."""
    return f"{PREFIX}{word}:{record_id}"


def open_records(cluster: str, word: str) -> str:
    """Sorted set of the ids of open records by the time they were accepted."""
    return f"{PREFIX}open:{cluster}:{word}"


def recent_rollouts(cluster: str) -> str:
    """Sorted set of rollout ids by the time they were accepted."""
    return f"{PREFIX}recent:{cluster}"


def recent_approvals(cluster: str) -> str:
    """Sorted set of approval ids by the time their commands were accepted."""
    return f"{PREFIX}recent-approvals:{cluster}"


def asked_count(cluster: str) -> str:
    """Counter of the requests for approval that were ever made."""
    return f"{PREFIX}asked:{cluster}"


def due_messages(cluster: str, urgency: Urgency) -> str:
    """Sorted set of the ids of outbox rows by the time from which they are due."""
    return f"{PREFIX}due:{cluster}:{urgency.value}"


def live_rollouts(cluster: str) -> str:
    """Hash service name → id of the rollout that holds it."""
    return f"{PREFIX}live:{cluster}"


def history_names(cluster: str) -> str:
    """Hash service name → id of the newest history of that name."""
    return f"{PREFIX}histories:{cluster}"


def once(key: str) -> str:
    """A one-time key."""
    return f"{PREFIX}once:{key}"


def nonce(token: str) -> str:
    """Says that a transaction was applied."""
    return f"{PREFIX}applied:{token}"


def epoch(cluster: str) -> str:
    """Counter of the steward's fencing epoch."""
    return f"{PREFIX}epoch:{cluster}"


def lease(cluster: str) -> str:
    """Who the steward is, with an expiry."""
    return f"{PREFIX}lease:{cluster}"


def beats(cluster: str) -> str:
    """Sorted set of `role:who` by the time when the heartbeat goes stale, epoch milliseconds."""
    return f"{PREFIX}beats:{cluster}"


def troubles(cluster: str) -> str:
    """Hash `role:who` → JSON: what the processes with a heartbeat say of themselves."""
    return f"{PREFIX}troubles:{cluster}"


def vitals(cluster: str) -> str:
    """JSON: how a swarm is, with an expiry that also says how old it is."""
    return f"{PREFIX}vitals:{cluster}"


def bucket(name: str) -> str:
    """Token bucket of the rate budget."""
    return f"{PREFIX}bucket:{name}"


def group(group_id: str) -> str:
    """JSON list of the members of one of Slack's user groups, with an expiry."""
    return f"{PREFIX}group:{group_id}"


def group_unknown(group_id: str) -> str:
    """Says that Slack knows no such user group, with an expiry."""
    return f"{PREFIX}group-unknown:{group_id}"


def group_asked(group_id: str) -> str:
    """Says that some process asks Slack about a group, or that all of them pause."""
    return f"{PREFIX}group-asked:{group_id}"


def inventory(cluster: str) -> str:
    """JSON of what the worker last saw in a cluster, with an expiry that tells how old it is."""
    return f"{PREFIX}inventory:{cluster}"


def tags(cluster: str, repository: str) -> str:
    """JSON list of a repository's tags, with an expiry."""
    return f"{PREFIX}tags:{cluster}:{repository}"
