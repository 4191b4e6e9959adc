"""From a signed slash command to its ack, against a bare Bolt app that only enqueues one RQ job."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from redis import Redis
from rq import Queue

from bench import bare_app
from bench.bed import bed
from bench.figures import Table, aim, floor, median, percentile, shown
from bench.load import Run, load
from bench.processes import running, until_healthy
from bench.recorded import Accepted, held
from bench.typed import typed
from bot.adapters.audit_log import RedisAuditLog
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.valkey import EmbeddedValkey
from bot.domain.change import Query
from bot.slack.manifest import BOT_SCOPES
from playground.stage import free_port
from playground.workspace import LocalWorkspace, Settings

NAME = "ack"
CLIENTS = (1, 10, 50)
BARE, READ, CHANGE = "bare Bolt + one RQ job", "Waggle, a read (`ps`)", "Waggle, a change (`scale`)"
LIVE = 200
TITLES = ("From the command to its ack", f"The ack while {LIVE} rollouts are live")
_OTHERS = 50
_MS = 1000
_LOCK = (
    "reading the line, recording and audit are Python of one process under one interpreter lock, "
    "and requests at once wait for each other. In a profile (py-spy), two fifths of the busy time "
    "are HTTP and Bolt, and two fifths the command: most of that is Redis, and the wait for the "
    "turn at the audit log, which is one chain. More bot processes answer more."
)


@dataclass(frozen=True)
class Rivals:
    """Both apps, each with a Valkey (append-only) of its own.

    Attributes:
        ports: by the row of the table.
        make: what makes the next request, by the row.
        recorded: what counts that which is recorded of them, by the row.
    """

    ports: dict[str, int]
    make: dict[str, Callable[[], bytes]]
    recorded: dict[str, Callable[[], int]]

    def load(self, row: str, clients: int, seconds: float) -> Run:
        """Load one of them, and see that each answer has its record."""
        make, port = self.make[row], self.ports[row]
        return held(row, self.recorded[row], lambda: load(port, make, clients, seconds))


@contextmanager
def rivals() -> Iterator[Rivals]:
    """Start both; a workspace stands before Waggle, as it asks Slack who it is."""
    bare, waggle = free_port(), free_port()
    settings = Settings(app_url=f"http://127.0.0.1:{waggle}/slack/events", scopes=tuple(BOT_SCOPES))
    with TemporaryDirectory(prefix="wb-") as place, LocalWorkspace(settings) as workspace:
        log = Path(place)
        store = EmbeddedValkey(log / "bare")
        store.start()
        told = {"SIGNING_SECRET": settings.signing_secret, "SLACK_API_URL": workspace.api_url}
        ours = {
            "SLACK_BOT_TOKEN": settings.bot_token,
            "SLACK_SIGNING_SECRET": settings.signing_secret,
            "SLACK_API_URL": workspace.api_url,
            "WAGGLE_POLICY": "open",
            "WAGGLE_DATA": str(log / "waggle"),
            "WAGGLE_HTTP": f"127.0.0.1:{waggle}",
        }
        try:
            with (
                running(
                    "bench.bare_app",
                    str(bare),
                    told={**told, "REDIS_URL": store.url},
                    log=log / "bare.log",
                ),
                running("bot", "bot", told=ours, log=log / "bot.log"),
            ):
                until_healthy(bare)
                until_healthy(waggle)
                secret = settings.signing_secret
                yield Rivals(
                    {BARE: bare, READ: waggle, CHANGE: waggle},
                    {
                        BARE: typed(secret, lambda number: f"scale web{number}=2"),
                        READ: typed(secret, lambda number: f"ps web{number}"),
                        CHANGE: typed(secret, lambda number: f"scale web{number}=2"),
                    },
                    _recorded(store.url, EmbeddedValkey(log / "waggle").url),
                )
        finally:
            store.stop()


def _recorded(bare: str, waggle: str) -> dict[str, Callable[[], int]]:
    """Return what counts; nobody takes the jobs of either, so what was put stays where it is."""
    queue, ours = Redis.from_url(bare), Redis.from_url(waggle)
    store = RedisRecordStore(ours)
    return {
        BARE: lambda: queue.llen(Queue.redis_queue_namespace_prefix + bare_app.QUEUE),
        READ: lambda: len(store.open_ids("default", Query)),
        CHANGE: Accepted(RedisAuditLog(ours)),
    }


def measure(seconds: float = 4, rounds: int = 3) -> list[Table]:
    """Measure each row at each number of clients, in turns, so that a noisy moment hits all."""
    runs: dict[tuple[str, int], list[Run]] = defaultdict(list)
    with rivals() as both:
        for row in both.ports:  # nobody's first requests count: imports, scripts
            both.load(row, 4, 1)
        for _ in range(rounds):
            for clients in CLIENTS:
                for row in both.ports:
                    runs[row, clients].append(both.load(row, clients, seconds))
    return [_table(runs), _with_live(seconds, rounds)]


def _with_live(seconds: float, rounds: int) -> Table:
    """Load the bot of a whole Waggle that has its hands full."""
    with bed(processes=2) as on:
        for number in range(_OTHERS):
            on.makes(f"web-{number}", 2)
        on.live(LIVE)
        port, secret = on.stage.port, on.stage.workspace.settings.signing_secret
        make = typed(secret, lambda number: f"scale web-{number % _OTHERS}={2 + number % 3}")
        load(port, make, 4, 1)
        accepted = Accepted(RedisAuditLog(on.redis))
        runs = [
            held(CHANGE, accepted, lambda: load(port, make, 10, seconds)) for _ in range(rounds)
        ]
    late = _middle(runs, 0.99)
    cells = (median([run.rate for run in runs]), _middle(runs, 0.5), late)
    return Table(
        name=NAME,
        title=TITLES[1],
        about=(
            "The same load of changes on a bot with a worker beside it that watches "
            f"{LIVE} rollouts and carries out what is typed, all on the same cores. Here, too, "
            "there are as many `accepted` in the audit log as answers."
        ),
        head=("what", "at once", "answers/s", "p50 ms", "p99 ms"),
        rows=[(CHANGE, "10", *map(shown, cells))],
        verdict=(aim("p99 of a change at 10 at once", late, 300, " ms", why=_LOCK),),
    )


def best_rate(rates: Mapping[int, float]) -> str:
    """Judge the best rate of changes by clients at once, and say which it is and the others."""
    all_of_them = ", ".join(f"{shown(rate)} with {each}" for each, rate in rates.items())
    what = f"changes a second, recorded, by one bot process, the best of {all_of_them} at once"
    return floor(what, max(rates.values()), 300, "/s", why=_LOCK)


def _middle(runs: list[Run], share: float) -> float:
    return median([percentile(run.latencies, share) for run in runs]) * _MS


def _table(runs: dict[tuple[str, int], list[Run]]) -> Table:
    rows = []
    for row in (BARE, READ, CHANGE):
        for clients in CLIENTS:
            mine, bare = runs[row, clients], runs[BARE, clients]
            rows.append(
                (
                    row,
                    str(clients),
                    shown(median([run.rate for run in mine])),
                    shown(_middle(mine, 0.5)),
                    shown(_middle(mine, 0.99)),
                    f"{_middle(mine, 0.99) / _middle(bare, 0.99):.2f}",
                )
            )
    at_ten = runs[CHANGE, 10]
    ratio = _middle(at_ten, 0.99) / _middle(runs[BARE, 10], 0.99)
    rates = {each: median([run.rate for run in runs[CHANGE, each]]) for each in CLIENTS}
    return Table(
        name=NAME,
        title=TITLES[0],
        about=(
            "A closed loop of clients with signed requests over keep-alive connections, in one "
            "run, under the open policy: what the rules of a policy file take comes on top. A "
            "change is recorded with its one-time key and its audit entry before the ack "
            "(append-only file, `everysec`, for both). An answer 200 alone proves none of that: "
            "Slack wants it for a refusal, too. So after each run as many must have been recorded "
            "as were answered, or there are no figures: of changes `accepted` in the audit log, of "
            "reads open queries, of the bare app jobs in its queue."
        ),
        head=("what", "at once", "answers/s", "p50 ms", "p99 ms", "p99 ÷ bare"),
        rows=rows,
        verdict=(
            aim("p99 of a change at 10 at once ÷ bare", ratio, 1.5, why=_LOCK),
            aim("p99 of a change at 10 at once", _middle(at_ten, 0.99), 300, " ms", why=_LOCK),
            best_rate(rates),
        ),
    )
