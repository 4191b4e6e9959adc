"""Ports: the Protocol of every outside thing, and the errors each may raise.

Adapters translate third-party errors into these, `from` the original. A fake per port lives in
tests/fakes and is held
to the same contract suite as the real adapter (tests/contract).
"""

from bot.ports.audit import AuditLog, AuditMirror, MirrorError
from bot.ports.channels import ClosedChannels
from bot.ports.clock import Clock, Ids
from bot.ports.directory import Directory, IdKind, SlackId, Standing
from bot.ports.inventory import Inventories
from bot.ports.policy import Calendar, Locks, People, PolicySource
from bot.ports.slack import (
    Destination,
    SlackError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackUnavailableError,
    SlackUnknownOutcomeError,
    SlackWriter,
)
from bot.ports.store import (
    Asked,
    Budget,
    ConflictError,
    Fence,
    JobQueue,
    Leases,
    Once,
    Put,
    R,
    Record,
    RecordStore,
    Roster,
    Stored,
    StoreUnavailableError,
    Transaction,
    UnreadableRecordError,
)
from bot.ports.swarm import (
    EngineError,
    EngineRefusedError,
    EngineUnavailableError,
    ImageRegistry,
    LogFilter,
    LogLine,
    NotFoundError,
    OutOfSequenceError,
    RegistryUnavailableError,
    ResolvedImage,
    Swarm,
    SwarmReader,
    SwarmWriter,
    TagNames,
)
from bot.ports.voice import Health, Voice

__all__ = [
    "Asked",
    "AuditLog",
    "AuditMirror",
    "Budget",
    "Calendar",
    "Clock",
    "ClosedChannels",
    "ConflictError",
    "Destination",
    "Directory",
    "EngineError",
    "EngineRefusedError",
    "EngineUnavailableError",
    "Fence",
    "Health",
    "IdKind",
    "Ids",
    "ImageRegistry",
    "Inventories",
    "JobQueue",
    "Leases",
    "Locks",
    "LogFilter",
    "LogLine",
    "MirrorError",
    "NotFoundError",
    "Once",
    "OutOfSequenceError",
    "People",
    "PolicySource",
    "Put",
    "R",
    "Record",
    "RecordStore",
    "RegistryUnavailableError",
    "ResolvedImage",
    "Roster",
    "SlackError",
    "SlackId",
    "SlackRateLimitedError",
    "SlackRefusedError",
    "SlackUnavailableError",
    "SlackUnknownOutcomeError",
    "SlackWriter",
    "Standing",
    "StoreUnavailableError",
    "Stored",
    "Swarm",
    "SwarmReader",
    "SwarmWriter",
    "TagNames",
    "Transaction",
    "UnreadableRecordError",
    "Voice",
]
