"""The bot's composition root: settings in, a running process out. Nothing else reads settings."""

import asyncio
import contextlib
import logging
import re
import socket
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from redis import Redis
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.audit_chain import AuditChain
from bot.adapters.audit_log import RedisAuditLog
from bot.adapters.calendar import CronCalendar
from bot.adapters.clock import SystemClock
from bot.adapters.group_cache import GroupCache
from bot.adapters.ids import RandomIds
from bot.adapters.known_clusters import KnownClusters
from bot.adapters.open_policy import OpenPolicy
from bot.adapters.policy_source import FilePolicies
from bot.adapters.policy_watch import PolicyWatch
from bot.adapters.redis_budget import RedisBudget
from bot.adapters.redis_client import connect
from bot.adapters.redis_closed_channels import RedisClosedChannels, closed_to_heads
from bot.adapters.redis_inventory import RedisInventories
from bot.adapters.redis_leases import RedisLeases
from bot.adapters.redis_memory import share_used
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.rq_batch import BatchingQueue
from bot.adapters.rq_queue import RqJobQueue
from bot.adapters.slack_groups import SlackUserGroups
from bot.adapters.slack_writer import WebSlackWriter, slack_client
from bot.adapters.speaker import Speaker
from bot.adapters.suggest import nearest
from bot.adapters.valkey import EmbeddedValkey, ValkeyError
from bot.ports import JobQueue, PolicySource
from bot.rendering.guard import guard
from bot.rendering.voice import BlockKitVoice
from bot.slack.app import build_app
from bot.slack.audit_warnings import KNOWN_FOR, UnsaidHead
from bot.slack.form_desk import FormDesk
from bot.slack.front import Front
from bot.slack.http import Web
from bot.slack.identity import Identity
from bot.slack.metrics import Metrics
from bot.slack.readiness import Readiness
from bot.slack.server import listen, serve
from bot.slack.shortcuts import Shortcuts
from bot.slack.socket import Socket
from bot.slack.views import opener, updater
from bot.usecases.about_message import AboutMessage
from bot.usecases.click import Click
from bot.usecases.form_choices import FormChoices
from bot.usecases.forms import Forms
from bot.usecases.gate import Gate
from bot.usecases.propose import Propose
from bot.usecases.warn_admins import WarnAdmins
from bot.usecases.whisper import Whisper
from config import logs, policy_file
from config.settings import BotSettings, SettingsError, load_bot

SLACK_TIMEOUT_SECONDS = 5
GROUPS_WITHIN = timedelta(seconds=1.5)
"""How long a command waits for who is in a user group: of the 2.4 s that it has in all."""

FRONT_THREADS = 32
"""For the use cases; the store's client is synchronous. 5 were measured to starve."""

GRACE_SECONDS = 8
"""For requests under way at SIGTERM, none of which takes longer than Slack waits.

Then the answers that are being sent (Front.finish) and the embedded Valkey get some ten each: less
than the 30 s that are promised.
"""

JOBS_PUT_WITHIN = timedelta(seconds=2)
"""At the end, for jobs of commands that were acknowledged; the steward puts the rest."""

WRONG_SETTINGS = 2

_log = logging.getLogger(__name__)


def run_bot() -> int:
    """Run the bot until SIGTERM or SIGINT; return the exit status."""
    try:
        settings = load_bot()
    except SettingsError as error:
        return _wrong(error.problems)
    if settings.policy_file and (problems := policy_file.read(settings.policy_file).problems):
        return _wrong(problems)
    logs.configure(settings.secrets)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # we say ourselves where we listen
    for warning in settings.warnings:
        _log.warning(warning)
    policies = _policies(settings)
    where = settings.waggle_http
    try:
        listener = listen(where.host, where.port)
    except OSError as error:
        _log.error("cannot listen on %s port %s: %s", where.host, where.port, error.strerror)
        return 1
    try:
        with listener, _redis(settings) as redis:
            _serve(_build(settings, redis, policies), listener)
    except ValkeyError as error:
        _log.error("no store: %s", error)
        return 1
    _log.info("waggle bot ended")
    return 0


def _policies(settings: BotSettings) -> PolicySource:
    """Return where the rules come from, and say so in the log."""
    if settings.policy_file is None:
        _log.warning("WAGGLE_POLICY=open: everyone may do everything; for trying out only")
        return OpenPolicy()
    return FilePolicies(settings.policy_file, policy_file.read, SystemClock())


def _gate(settings: BotSettings, redis: Redis, policies: PolicySource) -> Gate:
    """Return what every way in asks: rules, people and calendar come together here alone."""
    clock, token = SystemClock(), settings.slack_bot_token.get_secret_value()
    client = slack_client(token, settings.slack_api_url)
    people = SlackUserGroups(GroupCache(redis), client, RedisBudget(redis), clock, GROUPS_WITHIN)
    return Gate(
        policies=policies,
        people=people,
        calendar=CronCalendar(),
        locks=RedisRecordStore(redis),
        clock=clock,
    )


def _wrong(problems: Iterable[str]) -> int:
    sys.stderr.write("".join(f"waggle bot: {line}\n" for line in problems))
    return WRONG_SETTINGS


@contextlib.contextmanager
def _redis(settings: BotSettings) -> Iterator[Redis]:
    """Yield a client for REDIS_URL, or for an embedded Valkey shared with the worker."""
    if settings.redis_url is not None:
        yield connect(settings.redis_url.get_secret_value())
        return
    embedded = EmbeddedValkey(settings.data_dir)
    try:
        embedded.start()
        yield connect(embedded.url)
    finally:
        embedded.stop()


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the process is made of: the pages, and what runs beside them."""

    web: Web
    identity: Identity
    front: Front
    queue: BatchingQueue
    socket: Socket | None


def _build(settings: BotSettings, redis: Redis, policies: PolicySource) -> Parts:
    clock = SystemClock()
    client = _slack(settings)
    store, leases = RedisRecordStore(redis), RedisLeases(redis)
    identity = Identity(client, clock)
    metrics = Metrics(store, leases)
    queue = BatchingQueue(RqJobQueue(redis, clock, settings.signing_key))
    front = _front(settings, redis, metrics, (policies, queue))
    app_token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    secret = None
    if settings.slack_signing_secret is not None and not settings.socket_mode:
        secret = settings.slack_signing_secret.get_secret_value()
    app = build_app(client, secret, identity, front, _app_id(app_token))
    socket = Socket(app, app_token, client) if settings.socket_mode else None
    connected = socket.is_connected if socket else None
    readiness = Readiness(
        identity=identity,
        leases=leases,
        channels=RedisClosedChannels(redis),
        records=store,
        socket_connected=connected,
        policy_problem=policies.problem,
        unknown_groups=lambda: GroupCache(redis).unknown(policies.current().groups),
        memory_used=lambda: share_used(redis),
        unsaid_head=UnsaidHead(
            log=RedisAuditLog(redis),
            records=store,
            closed=closed_to_heads(redis),
            clock=clock,
            matters=settings.policy_file is not None and settings.waggle_keep >= KNOWN_FOR,
        ),
    )
    web = Web(app=app, signing_secret=secret, clock=clock, metrics=metrics, readiness=readiness)
    return Parts(web=web, identity=identity, front=front, queue=queue, socket=socket)


def _front(
    settings: BotSettings, redis: Redis, metrics: Metrics, given: tuple[PolicySource, JobQueue]
) -> Front:
    clock, ids, (policies, queue) = SystemClock(), RandomIds(), given
    store = RedisRecordStore(redis, AuditChain(settings.audit_key, clock), settings.waggle_keep)
    gate = _gate(settings, redis, policies)
    clusters = KnownClusters(RedisLeases(redis), clock)
    propose = Propose(
        store=store,
        queue=queue,
        clock=clock,
        ids=ids,
        gate=gate,
        suggest=nearest,
        clusters=clusters,
        name=settings.waggle_command,
    )
    click = Click(store=store, queue=queue, clock=clock, ids=ids, gate=gate, clusters=clusters)
    voice = BlockKitVoice(settings.waggle_command, open_policy=settings.policy_file is None)
    token = settings.slack_bot_token.get_secret_value()
    writer = WebSlackWriter(slack_client(token, settings.slack_api_url), guard)
    speaker = Speaker(store, writer, RedisBudget(redis), clock)
    whisper = Whisper(store=store, voice=voice, clock=clock, mouth=speaker, slack=writer)
    _warn_of_policies(store, policies, voice, speaker, gate, clusters)
    client, pool = _slack(settings), ThreadPoolExecutor(FRONT_THREADS, "front")
    desk = _form_desk(propose, redis, client, pool)
    return Front(
        propose=propose,
        click=click,
        whisper=whisper,
        metrics=metrics,
        open_modal=opener(client),
        desk=desk,
        shortcuts=Shortcuts(
            desk=desk,
            about=AboutMessage(store=store, propose=propose),
            propose=propose,
            open_modal=opener(client),
        ),
        pool=pool,
    )


def _warn_of_policies(
    store: RedisRecordStore,
    policies: PolicySource,
    voice: BlockKitVoice,
    mouth: Speaker,
    gate: Gate,
    clusters: KnownClusters,
) -> None:
    """Watch the policy file, and tell the admins when it breaks."""
    warn = WarnAdmins(
        store=store,
        policies=policies,
        voice=voice,
        clock=SystemClock(),
        mouth=mouth,
        people=gate.people,
        swarms=clusters,
    )

    def look() -> None:
        policies.current()  # first: Redis may be away
        warn.run(next(iter(sorted(clusters.beats())), "default"))

    PolicyWatch(look).start()


def _form_desk(
    propose: Propose, redis: Redis, client: AsyncWebClient, pool: ThreadPoolExecutor
) -> FormDesk:
    forms = Forms(propose=propose, inventories=RedisInventories(redis))
    return FormDesk(
        forms=forms,
        choices=FormChoices(forms=forms),
        open_modal=opener(client),
        update_modal=updater(client),
        pool=pool,
    )


def _slack(settings: BotSettings) -> AsyncWebClient:
    # no retry handlers: they would eat the three seconds, and the outbox retries for us
    return AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(),
        base_url=settings.slack_api_url,
        timeout=SLACK_TIMEOUT_SECONDS,
        retry_handlers=[],
    )


def _app_id(app_token: str) -> str:
    """Return the app's id, which an app-level token names: `xapp-1-A0123-…`."""
    found = re.fullmatch(r"xapp-\d+-(A[A-Z0-9]+)-.*", app_token)
    return found[1] if found else ""


def _serve(parts: Parts, listener: socket.socket) -> None:
    @contextlib.asynccontextmanager
    async def running() -> AsyncIterator[None]:
        tasks = [asyncio.create_task(parts.identity.keep_asking())]
        if parts.socket is not None:
            tasks.append(asyncio.create_task(parts.socket.run()))
        host, port = listener.getsockname()[:2]
        mode = "HTTP" if parts.socket is None else "Socket Mode"
        parts.queue.start()
        _log.info("waggle bot listens", extra={"host": host, "port": port, "mode": mode})
        yield
        await _wind_up(parts, tasks)

    serve(parts.web.asgi(running), listener, GRACE_SECONDS)


async def _wind_up(parts: Parts, tasks: "list[asyncio.Task[None]]") -> None:
    """End what runs beside the requests.

    By the socket commands come in until it is closed, and acks go out: it is closed in a moment in
    which nobody waits for one, and before that which answers them ends.
    """
    await parts.front.quiet()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if parts.socket is not None:
        await parts.socket.close()
    await parts.front.finish()
    await asyncio.to_thread(parts.queue.finish, JOBS_PUT_WITHIN)
