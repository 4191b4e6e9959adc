"""The worker's composition root: settings in, running processes out; of what, says container."""

import gc
import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import structlog

from bot.adapters.audit_log import RedisAuditLog
from bot.adapters.clock import SystemClock
from bot.adapters.policy_watch import PolicyWatch
from bot.adapters.redis_client import connect
from bot.adapters.redis_inventory import RedisInventories
from bot.adapters.redis_leases import RedisLeases
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.valkey import EmbeddedValkey, ValkeyError
from bot.jobs import QueueName, queue_key
from bot.ports import StoreUnavailableError
from bot.usecases.warn_admins import WarnAdmins
from config import logs, policy_file
from config.settings import SettingsError, WorkerSettings, load_worker
from workers import entrypoints
from workers.container import Container, container_for, say
from workers.engine.credentials import credentials_for
from workers.groups import GroupKeeper
from workers.inventory import InventoryKeeper
from workers.libc import allocate_in_one_place
from workers.prctl import be_called, die_with_parent
from workers.pulse import Pulse
from workers.ready import mark
from workers.registry import HttpImageRegistry
from workers.rqworker import make_worker
from workers.steward import Steward
from workers.supervisor import Child, Supervisor
from workers.troubles import NotedMirror, Troubles
from workers.wiring import wire

WRONG_SETTINGS = 2

_log = structlog.get_logger("waggle.worker")


def run_supervisor(cluster: str, processes: int) -> int:
    """Run `waggle worker` until SIGTERM; return the exit status."""
    return _started(lambda settings: _supervise(settings, cluster, processes))


def run_rq(cluster: str, queue: QueueName) -> int:
    """Run one RQ worker until SIGTERM; return the exit status."""
    return _started(lambda settings: _work(settings, cluster, queue))


def run_steward(cluster: str) -> int:
    """Run one steward candidate until SIGTERM; return the exit status."""
    return _started(lambda settings: _steward(settings, cluster, None))


def _started(run: Callable[[WorkerSettings], int]) -> int:
    try:
        settings = load_worker()
    except SettingsError as error:
        return _wrong(error.problems)
    if problems := _policy_problems(settings):
        return _wrong(problems)
    logs.configure(settings.secrets)
    for warning in settings.warnings:
        _log.warning("setting", text=warning)
    if settings.policy_file is None:
        _log.warning("policy", text="WAGGLE_POLICY=open: everyone may do everything")
    return _run(run, settings)


def _as_child(run: Callable[[WorkerSettings], int], redis_url: str, parent: int) -> int:
    """Be a child of the supervisor: all is read anew, but a broken policy file stops nothing.

    Rollouts under way want to be followed all the same.
    """
    die_with_parent(parent)
    # REDIS_URL_FILE beside REDIS_URL would be an error: a child gets the value alone
    os.environ.pop("REDIS_URL_FILE", None)
    os.environ["REDIS_URL"] = redis_url
    try:
        settings = load_worker(again=True)
    except SettingsError as error:
        return _wrong(error.problems)
    logs.configure(settings.secrets)
    return _run(run, settings)


def _run(run: Callable[[WorkerSettings], int], settings: WorkerSettings) -> int:
    try:
        return run(settings)
    except ValkeyError as error:
        _log.error("valkey", text=f"the embedded Valkey does not start: {error}")
        return 1


def _wrong(problems: Iterable[str]) -> int:
    sys.stderr.write("".join(f"waggle worker: {line}\n" for line in problems))
    return WRONG_SETTINGS


def _policy_problems(settings: WorkerSettings) -> tuple[str, ...]:
    return policy_file.read(settings.policy_file).problems if settings.policy_file else ()


def _supervise(settings: WorkerSettings, cluster: str, processes: int) -> int:
    be_called("waggle:worker")
    with _redis_url(settings) as url:
        gc.collect()
        gc.freeze()  # else the first collection in each child makes the shared pages its own
        return Supervisor(children=_children(cluster, processes, url)).run()


def _children(cluster: str, processes: int, url: str) -> list[Child]:
    """Return what one `waggle worker` runs: so many RQ workers per queue, and a steward."""
    parent = os.getpid()

    def child(name: str, run: Callable[[WorkerSettings], int]) -> Child:
        return Child(name=name, run=lambda: _as_child(run, url, parent))

    def worker(queue: QueueName) -> Callable[[WorkerSettings], int]:
        return lambda settings: _work(settings, cluster, queue)

    numbers = range(1, processes + 1)
    queues = [child(f"{each}-{number}", worker(each)) for each in QueueName for number in numbers]
    steward = child("steward", lambda settings: _steward(settings, cluster, steward.died))
    return [*queues, steward]


def _work(settings: WorkerSettings, cluster: str, queue: QueueName) -> int:
    be_called(f"waggle:{queue.value}")
    with _redis_url(settings) as url:
        container = container_for(settings, url, cluster)
        PolicyWatch(container.policies.current).start()
        entrypoints.install(lambda: container)
        pulse = Pulse(
            cluster=cluster,
            queue=queue,
            who=_who(),
            leases=RedisLeases(connect(url)),
            probe=container.swarm().nodes,
            troubles=_troubles(container, queue),
            ready=lambda: mark(settings.waggle_ready, queue.value),
        )
        pulse.start()
        make_worker(connect(url), queue_key(cluster, queue), pulse.beat).work(
            logging_level="WARNING"
        )
    return 0


def _steward(settings: WorkerSettings, cluster: str, before: int | None) -> int:
    """Be the steward.

    Args:
        settings: what there is to know.
        cluster: the swarm.
        before: the pid of the one that this one replaces, which the supervisor has seen dead: its
            lease need not end by itself.
    """
    be_called("waggle:steward")
    allocate_in_one_place()  # it has threads that speak, and one that looks into the swarm
    with _redis_url(settings) as url:
        leases = RedisLeases(connect(url))
        if before is not None:
            with suppress(StoreUnavailableError):
                leases.release(cluster, _who(before))
        container = container_for(settings, url, cluster)
        _watch_policy(container)
        _watch_groups(container)
        ports = container.ports(connect(url))
        mirror = NotedMirror(mirror=ports.mirror)  # each tick writes it
        steward = Steward(
            cluster=cluster,
            holder=_who(),
            leases=leases,
            supervise=wire(replace(ports, mirror=mirror)).supervise,
            speaker=container.speaker(connect(url)),
            troubles=Troubles(policies=container.policies, say=say, mirror=mirror),
        )
        _keep_inventory(container, steward)
        steward.stop_on_signals()
        mark(settings.waggle_ready, "steward")
        steward.run()
    return 0


def _troubles(container: Container, queue: QueueName) -> Troubles:
    """Return what an RQ worker looks at: the disk only where changes are made."""
    if queue is not QueueName.ROLLOUTS:
        return Troubles(policies=container.policies, say=say)
    log = RedisAuditLog(connect(container.redis_url))
    mirror = NotedMirror(mirror=container.mirror(log))
    return Troubles(policies=container.policies, say=say, mirror=mirror, tries=True)


def _watch_policy(container: Container) -> None:
    redis = connect(container.redis_url)
    warn = WarnAdmins(
        store=RedisRecordStore(redis, kept=container.settings.waggle_keep),
        policies=container.policies,
        voice=container.voice(),
        clock=SystemClock(),
        mouth=container.speaker(redis),
        people=container.people(redis),
        swarms=RedisLeases(redis),
    )
    PolicyWatch(lambda: warn.run(container.cluster)).start()


def _watch_groups(container: Container) -> None:
    people = container.people(connect(container.redis_url))
    GroupKeeper(people=people, wanted=lambda: container.policies.current().groups).start()


def _keep_inventory(container: Container, steward: Steward) -> None:
    swarm = container.swarm()
    registry = HttpImageRegistry(credentials_for, swarm.is_insecure_registry)
    InventoryKeeper(
        cluster=container.cluster,
        swarm=swarm,
        registry=registry,
        is_busy=registry.is_busy,
        inventories=RedisInventories(connect(container.redis_url)),
        leads=steward.leads,
    ).start()


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


def _who(pid: int | None = None) -> str:
    return f"{socket.gethostname()}-{pid or os.getpid()}"
