"""The worker's composition root: settings in, running processes out; only it reads settings."""

import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from redis import Redis

from bot.adapters.audit_chain import AuditChain
from bot.adapters.audit_log import RedisAuditLog
from bot.adapters.audit_mirror import FileMirror
from bot.adapters.calendar import CronCalendar
from bot.adapters.clock import SystemClock
from bot.adapters.group_cache import GroupCache
from bot.adapters.open_policy import OpenPolicy
from bot.adapters.policy_source import FilePolicies
from bot.adapters.policy_watch import PolicyWatch
from bot.adapters.redis_budget import RedisBudget
from bot.adapters.redis_client import connect
from bot.adapters.redis_clock import RedisClock
from bot.adapters.redis_closed_channels import RedisClosedChannels
from bot.adapters.redis_leases import RedisLeases
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.rq_queue import RqJobQueue
from bot.adapters.slack_groups import SlackUserGroups
from bot.adapters.slack_writer import WebSlackWriter, slack_client
from bot.adapters.speaker import Speaker
from bot.adapters.suggest import nearest
from bot.adapters.valkey import EmbeddedValkey, ValkeyError
from bot.jobs import JobName, QueueName, queue_key
from bot.ports import PolicySource
from bot.rendering.guard import guard
from bot.rendering.voice import BlockKitVoice
from bot.usecases.doors import Doors
from bot.usecases.gate import Gate
from bot.usecases.warn_admins import WarnAdmins
from config import logs, policy_file
from config.settings import SettingsError, WorkerSettings, load_worker
from workers import engine, entrypoints
from workers.deathsig import die_with_parent
from workers.engine.credentials import credentials_for
from workers.faults import fault_from
from workers.groups import GroupKeeper
from workers.pulse import Pulse
from workers.registry import HttpImageRegistry
from workers.rqworker import make_worker
from workers.steward import Steward
from workers.supervisor import PARENT, Supervisor, children_for
from workers.whereabouts import whereabouts
from workers.wiring import Ports, Runner, UseCases, wire

WRONG_SETTINGS = 2

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
        store, swarm = RedisRecordStore(redis, self.chain), self.swarm()
        log = RedisAuditLog(redis)
        return Ports(
            store=store,
            swarm=swarm,
            registry=HttpImageRegistry(credentials_for, swarm.is_insecure_registry),
            voice=self.voice(),
            queue=RqJobQueue(redis, clock, settings.signing_key),
            speaker=self.speaker(redis),
            clock=clock,
            shared_clock=RedisClock(redis),
            gate=self.gate(redis),
            suggest=nearest,
            audit=log,
            mirror=FileMirror(settings.data_dir / "audit", log),
            audit_channel=settings.waggle_audit_channel or "",
            say=_say,
            fault=fault_from(os.environ),
            report=_report,
        )

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
        store, clock = RedisRecordStore(redis), SystemClock()
        doors = Doors(
            store=store, voice=self.voice(), clock=clock, channels=RedisClosedChannels(redis)
        )
        return Speaker(store, writer, RedisBudget(redis), clock, doors)


def run_supervisor(cluster: str, processes: int) -> int:
    """Run `waggle worker` until SIGTERM; return the exit status."""
    return _started("worker", lambda settings: _supervise(settings, cluster, processes))


def run_rq(cluster: str, queue: QueueName) -> int:
    """Run one RQ worker until SIGTERM; return the exit status."""
    return _started("worker", lambda settings: _work(settings, cluster, queue))


def run_steward(cluster: str) -> int:
    """Run one steward candidate until SIGTERM; return the exit status."""
    return _started("worker", lambda settings: _steward(settings, cluster))


def _started(name: str, run: Callable[[WorkerSettings], int]) -> int:
    parent = os.environ.pop(PARENT, "")
    if parent:
        die_with_parent(int(parent))
    try:
        settings = load_worker(again=bool(parent))
    except SettingsError as error:
        return _wrong(name, error.problems)
    # a child that is started again goes on: rollouts under way want to be followed all the same
    if not parent and (problems := _policy_problems(settings)):
        return _wrong(name, problems)
    logs.configure(settings.secrets)
    if not parent:
        for warning in settings.warnings:
            _log.warning("setting", text=warning)
        if settings.policy_file is None:
            _log.warning("policy", text="WAGGLE_POLICY=open: everyone may do everything")
    try:
        return run(settings)
    except ValkeyError as error:
        _log.error("valkey", text=f"the embedded Valkey does not start: {error}")
        return 1


def _wrong(name: str, problems: Iterable[str]) -> int:
    sys.stderr.write("".join(f"waggle {name}: {line}\n" for line in problems))
    return WRONG_SETTINGS


def _policy_problems(settings: WorkerSettings) -> tuple[str, ...]:
    return policy_file.read(settings.policy_file).problems if settings.policy_file else ()


def _policies(settings: WorkerSettings) -> PolicySource:
    """Return where the rules come from."""
    if settings.policy_file is None:
        return OpenPolicy()
    return FilePolicies(settings.policy_file, policy_file.read, SystemClock())


def _supervise(settings: WorkerSettings, cluster: str, processes: int) -> int:
    with _redis_url(settings) as url:
        # REDIS_URL_FILE beside REDIS_URL would be an error: the children get the value alone
        environ = {key: value for key, value in os.environ.items() if key != "REDIS_URL_FILE"}
        children = children_for(cluster, processes)
        return Supervisor(children=children, environ={**environ, "REDIS_URL": url}).run()


def _work(settings: WorkerSettings, cluster: str, queue: QueueName) -> int:
    with _redis_url(settings) as url:
        container = _container(settings, url, cluster)
        PolicyWatch(container.policies.current).start()
        entrypoints.install(lambda: container)
        pulse = Pulse(
            cluster=cluster,
            who=f"{queue.value}-{_who()}",
            leases=RedisLeases(connect(url)),
            probe=container.swarm().nodes,
        )
        pulse.start()
        make_worker(connect(url), queue_key(cluster, queue), pulse.beat).work(
            logging_level="WARNING"
        )
    return 0


def _steward(settings: WorkerSettings, cluster: str) -> int:
    with _redis_url(settings) as url:
        container = _container(settings, url, cluster)
        _watch_policy(container)
        _watch_groups(container)
        steward = Steward(
            cluster=cluster,
            holder=_who(),
            leases=RedisLeases(connect(url)),
            supervise=container.use_cases().supervise,
            speaker=container.speaker(connect(url)),
        )
        steward.stop_on_signals()
        steward.run()
    return 0


def _container(settings: WorkerSettings, redis_url: str, cluster: str) -> Container:
    policies = _policies(settings)
    return Container(settings=settings, redis_url=redis_url, cluster=cluster, policies=policies)


def _watch_policy(container: Container) -> None:
    redis = connect(container.redis_url)
    warn = WarnAdmins(
        store=RedisRecordStore(redis),
        policies=container.policies,
        voice=container.voice(),
        clock=SystemClock(),
        mouth=container.speaker(redis),
    )
    PolicyWatch(lambda: warn.run(container.cluster)).start()


def _watch_groups(container: Container) -> None:
    people = container.people(connect(container.redis_url))
    GroupKeeper(people=people, wanted=lambda: container.policies.current().groups).start()


@contextmanager
def _redis_url(settings: WorkerSettings) -> Iterator[str]:
    """Yield REDIS_URL, or that of an embedded Valkey which the bot on this machine shares."""
    if settings.redis_url is not None:
        yield settings.redis_url.get_secret_value()
        return
    embedded = EmbeddedValkey(settings.data_dir)
    embedded.start()
    try:
        yield embedded.url
    finally:
        embedded.stop()


def _report(rollout_id: str, error: Exception) -> None:
    kind, at = type(error).__name__, whereabouts(error)
    _log.warning("rollout_trouble", rollout=rollout_id, error=kind, at=at)


def _say(text: str) -> None:
    _log.warning("audit", text=text)


def _who() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"
