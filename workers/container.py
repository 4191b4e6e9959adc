"""What a process of the worker is made of: from its settings, the outside as it reaches it."""

import os
import time
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from redis import Redis
from rq.timeouts import JobTimeoutException

from bot.adapters.audit_chain import AuditChain
from bot.adapters.audit_log import RedisAuditLog
from bot.adapters.audit_mirror import FileMirror
from bot.adapters.calendar import CronCalendar
from bot.adapters.clock import SystemClock
from bot.adapters.group_cache import GroupCache
from bot.adapters.open_policy import OpenPolicy
from bot.adapters.policy_source import FilePolicies
from bot.adapters.redis_budget import RedisBudget
from bot.adapters.redis_client import connect
from bot.adapters.redis_clock import RedisClock
from bot.adapters.redis_closed_channels import RedisClosedChannels, closed_to_heads
from bot.adapters.redis_leases import RedisLeases
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.rq_queue import RqJobQueue
from bot.adapters.slack_groups import SlackUserGroups
from bot.adapters.slack_writer import WebSlackWriter, slack_client
from bot.adapters.speaker import Speaker
from bot.adapters.suggest import nearest
from bot.jobs import JobName
from bot.ports import PolicySource
from bot.rendering.guard import guard
from bot.rendering.voice import BlockKitVoice
from bot.usecases.doors import Doors
from bot.usecases.gate import Gate
from config import policy_file
from config.settings import WorkerSettings
from workers import engine
from workers.engine.credentials import credentials_for
from workers.faults import fault_from
from workers.registry import HttpImageRegistry
from workers.whereabouts import whereabouts
from workers.wiring import Ports, Runner, UseCases, wire

GROUPS_WITHIN = timedelta(seconds=5)
"""How long a job waits for who is in a user group."""

_log = structlog.get_logger("waggle.worker")


@dataclass(kw_only=True)
class Container:
    """The use cases of this process; after a fork the child makes its own, with its own sockets.

    The rules are shared: should the file be broken by then, a child needs what its parent knew.
    """

    settings: WorkerSettings
    redis_url: str
    cluster: str
    policies: PolicySource
    _built: dict[int, UseCases] = field(default_factory=dict)

    @property
    def signing_key(self) -> bytes:
        """The key of the queue's signatures."""
        return self.settings.signing_key

    def runner(self, name: JobName) -> Runner:
        """Return the use case of a job."""
        return self.use_cases().runner(name)

    def use_cases(self) -> UseCases:
        """Return this process's use cases; clients connect at their first call."""
        pid = os.getpid()
        if pid not in self._built:
            self._built = {pid: wire(self.ports(connect(self.redis_url)))}
        return self._built[pid]

    def ports(self, redis: Redis) -> Ports:
        """Return the outside as this process reaches it."""
        settings, clock = self.settings, SystemClock()
        store, swarm = self.store(redis), self.swarm()
        log = RedisAuditLog(redis)
        return Ports(
            store=store,
            swarm=swarm,
            drained=swarm.apart("drains"),
            registry=HttpImageRegistry(credentials_for, swarm.is_insecure_registry),
            voice=self.voice(),
            queue=RqJobQueue(redis, clock, settings.signing_key),
            speaker=self.speaker(redis),
            clock=clock,
            shared_clock=RedisClock(redis),
            gate=self.gate(redis),
            suggest=nearest,
            audit=log,
            mirror=self.mirror(log),
            leases=RedisLeases(redis),
            audit_channel=settings.waggle_audit_channel or "",
            nag_every=settings.waggle_lock_remind,
            say=say,
            fault=fault_from(os.environ),
            rest=_rest,
            report=_report,
            failed=_failed,
            again=(JobTimeoutException,),
        )

    def store(self, redis: Redis) -> RedisRecordStore:
        """Return the records."""
        return RedisRecordStore(redis, self.chain, self.settings.waggle_keep)

    def mirror(self, log: RedisAuditLog) -> FileMirror:
        """Return the audit log's copy on this machine's disk."""
        return FileMirror(self.settings.data_dir / "audit", log)

    def gate(self, redis: Redis) -> Gate:
        """Return what decides: rules, people and freezes."""
        return Gate(
            policies=self.policies,
            people=self.people(redis),
            calendar=CronCalendar(),
            locks=RedisRecordStore(redis),
            clock=SystemClock(),
        )

    def people(self, redis: Redis) -> SlackUserGroups:
        """Return Slack's user groups, with a Slack client of their own."""
        settings = self.settings
        client = slack_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        return SlackUserGroups(
            GroupCache(redis), client, RedisBudget(redis), SystemClock(), GROUPS_WITHIN
        )

    def voice(self) -> BlockKitVoice:
        """Return the rendering; with the word `open` each message says so."""
        settings = self.settings
        return BlockKitVoice(settings.waggle_command, open_policy=settings.policy_file is None)

    @property
    def chain(self) -> AuditChain:
        """Return what makes the entries of the audit log."""
        return AuditChain(self.settings.audit_key, SystemClock())

    def swarm(self) -> engine.DockerSwarm:
        """Return a swarm of one's own: its HTTP session is for one thread of one process."""
        settings = self.settings
        return engine.connect(
            engine.EngineAddress(
                host=settings.docker_host or "",
                tls_verify=settings.docker_tls_verify,
                cert_path=settings.docker_cert_path or "",
            )
        )

    def speaker(self, redis: Redis) -> Speaker:
        """Return a speaker with a Slack client of its own."""
        settings = self.settings
        token = settings.slack_bot_token.get_secret_value()
        writer = WebSlackWriter(slack_client(token, settings.slack_api_url), guard)
        store = RedisRecordStore(redis, kept=settings.waggle_keep)
        clock = SystemClock()
        doors = Doors(
            store=store,
            voice=self.voice(),
            clock=clock,
            channels=RedisClosedChannels(redis),
            heads=closed_to_heads(redis),
        )
        fault = fault_from(os.environ)
        return Speaker(store, writer, RedisBudget(redis), clock, doors, fault)


def container_for(settings: WorkerSettings, redis_url: str, cluster: str) -> Container:
    """Return what a process with these settings is made of."""
    policies = _policies(settings)
    return Container(settings=settings, redis_url=redis_url, cluster=cluster, policies=policies)


def _policies(settings: WorkerSettings) -> PolicySource:
    """Return where the rules come from."""
    if settings.policy_file is None:
        return OpenPolicy()
    return FilePolicies(settings.policy_file, policy_file.read, SystemClock())


def say(text: str) -> None:
    """Write what the audit log or the policy has to tell into this process's log."""
    _log.warning("audit", text=text)


def _rest(span: timedelta) -> None:
    time.sleep(span.total_seconds())


def _report(rollout_id: str, error: Exception) -> None:
    kind, at = type(error).__name__, whereabouts(error)
    _log.warning("rollout_trouble", rollout=rollout_id, error=kind, at=at)


def _failed(query_id: str, error: Exception) -> None:
    kind, at = type(error).__name__, whereabouts(error)
    _log.error("answer_failed", query=query_id, error=kind, at=at)
