"""`services` with ten, a hundred and a thousand of them, beside the Engine's own list."""

import time

from bench.bed import Bed, bed
from bench.figures import Table, median, shown

NAME = "listing"
TITLES = ("A list of services",)
SIZES = (10, 100, 1000)
_MS = 1000


def measure(rounds: int = 7) -> list[Table]:
    """Type `services` and wait for the answer."""
    rows = []
    with bed() as on:
        made = 0
        for size in SIZES:
            for number in range(made, size):
                on.makes(f"web-{number:04}", 2)
            made = size
            ours = median([_answered(on) for _ in range(rounds)]) * _MS
            raw = median([_raw(on) for _ in range(rounds)]) * _MS
            rows.append((str(size), shown(ours), shown(raw), shown(ours / raw)))
    return [
        Table(
            name=NAME,
            title=TITLES[0],
            about=(
                "From `/swarm services` to the private answer in the channel (a table, or a file "
                "where it is long), p50; and the Engine's `GET /services` and `GET /tasks` that it "
                "is made of, by docker-py."
            ),
            head=("services", "answered after, ms", "the Engine's lists, ms", "ratio"),
            rows=rows,
        )
    ]


def _answered(on: Bed) -> float:
    seq, _ = on.stage.client.changes(0)
    began = time.perf_counter()
    ack = on.stage.client.type("ann", on.channel, "/swarm services")
    while True:
        seq, changed = on.stage.client.changes(seq, wait=1.0)
        if any(m.ts != ack.message_ts and (m.ephemeral_to or m.files) for m in changed):
            return time.perf_counter() - began
        if time.perf_counter() - began > 60:
            raise TimeoutError("no answer")


def _raw(on: Bed) -> float:
    began = time.perf_counter()
    on.engine.services()
    on.engine.tasks(filters={"desired-state": "running"})
    return time.perf_counter() - began
