"""From a signed slash command to its ack, against a bare Bolt app that only enqueues one RQ job."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.bed import bed
from bench.figures import Table, aim, floor, median, percentile, shown
from bench.load import Run, load
from bench.processes import running, until_healthy
from bench.typed import typed
from bot.adapters.valkey import EmbeddedValkey
from bot.slack.manifest import BOT_SCOPES
from playground.stage import free_port
from playground.workspace import LocalWorkspace, Settings

NAME = "ack"
CLIENTS = (1, 10, 50)
BARE, READ, CHANGE = "bare Bolt + one RQ job", "Waggle, a read (`ps`)", "Waggle, a change (`scale`)"
LIVE = 200
_OTHERS = 50
_MS = 1000
_LOCK = (
    "reading the line, recording and audit are Python of one process under one interpreter lock, "
    "and requests at once wait for each other. More bot processes answer more."
)


@dataclass(frozen=True)
class Rivals:
    """Both apps, each with a Valkey (append-only) of its own.

    Attributes:
        ports: by the row of the table.
        make: what makes the next request, by the row.
    """

    ports: dict[str, int]
    make: dict[str, Callable[[], bytes]]


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
                )
        finally:
            store.stop()


def measure(seconds: float = 4, rounds: int = 3) -> list[Table]:
    """Measure each row at each number of clients, in turns, so that a noisy moment hits all."""
    runs: dict[tuple[str, int], list[Run]] = defaultdict(list)
    with rivals() as both:
        for row, port in both.ports.items():  # nobody's first requests count: imports, scripts
            load(port, both.make[row], 4, 1)
        for _ in range(rounds):
            for clients in CLIENTS:
                for row, port in both.ports.items():
                    runs[row, clients].append(load(port, both.make[row], clients, seconds))
    bad = sum(run.bad for each in runs.values() for run in each)
    if bad:
        raise RuntimeError(f"{bad} requests were not answered with 200: no figures")
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
        runs = [load(port, make, 10, seconds) for _ in range(rounds)]
    if bad := sum(run.bad for run in runs):
        raise RuntimeError(f"{bad} requests were not answered with 200: no figures")
    late = _middle(runs, 0.99)
    cells = (median([run.rate for run in runs]), _middle(runs, 0.5), late)
    return Table(
        name=NAME,
        title=f"The ack while {LIVE} rollouts are live",
        about=(
            "The same load of changes on a bot with a worker beside it that watches "
            f"{LIVE} rollouts and carries out what is typed, all on the same cores."
        ),
        head=("what", "at once", "answers/s", "p50 ms", "p99 ms"),
        rows=[(CHANGE, "10", *map(shown, cells))],
        verdict=(aim("p99 of a change at 10 at once", late, 300, " ms", why=_LOCK),),
    )


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
    best = max(median([run.rate for run in runs[CHANGE, each]]) for each in CLIENTS)
    return Table(
        name=NAME,
        title="From the command to its ack",
        about=(
            "A closed loop of clients with signed requests over keep-alive connections, in one "
            "run, under the open policy: what the rules of a policy file take comes on top. A "
            "change is recorded with its one-time key and its audit entry before the ack "
            "(append-only file, `everysec`, for both)."
        ),
        head=("what", "at once", "answers/s", "p50 ms", "p99 ms", "p99 ÷ bare"),
        rows=rows,
        verdict=(
            aim("p99 of a change at 10 at once ÷ bare", ratio, 1.5, why=_LOCK),
            aim("p99 of a change at 10 at once", _middle(at_ten, 0.99), 300, " ms", why=_LOCK),
            floor("changes a second, recorded, by one bot process", best, 300, "/s", why=_LOCK),
        ),
    )
