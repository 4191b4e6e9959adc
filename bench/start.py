"""From the command to the start of its job and to the spec that the Engine has accepted."""

import time
from datetime import datetime
from typing import cast

from bench.bed import Bed, bed
from bench.figures import Table, aim, median, percentile, shown
from bot.adapters.clock import SystemClock
from bot.adapters.rq_job import WaggleJob
from bot.domain.rollout.record import RolloutState
from bot.jobs import Job, JobName

NAME = "start"
_MS = 1000
ROWS = (
    "typed → acknowledged",
    "typed → job starts",
    "typed → spec accepted",
    "one raw Engine call",
)


def measure(count: int = 40) -> list[Table]:
    """Type one change after the other on idle workers, and read when what happened."""
    times: dict[str, list[float]] = {row: [] for row in ROWS}
    with bed() as on:
        on.makes("web", 2)
        for number in range(count):
            _one(on, number, times)
    figures = [(row, median(times[row]) * _MS, percentile(times[row], 0.99) * _MS) for row in ROWS]
    starts, accepted, raw = figures[1], figures[2], figures[3]
    return [
        Table(
            name=NAME,
            title="From the command to the Engine",
            about=(
                "One change at a time (`update --env-add`), over the real HTTP way, idle workers. "
                "Between typing and the accepted spec lie the ack, two jobs (plan, apply), the "
                "look at the registry, the plan, and three commits. The raw call is "
                "`POST /services/ID/update` alone. A bare Bolt handler's job started after 16 ms "
                "(p50), 41 ms (p99) when that was measured. "
                f"{count} changes: of so few, the p99 is the worst."
            ),
            head=("from → to", "p50 ms", "p99 ms"),
            rows=[(row, shown(middle), shown(late)) for row, middle, late in figures],
            verdict=(
                aim("typed → job starts, p99", starts[2], 100, " ms"),
                f"typed → spec accepted ÷ raw call, p50: {shown(accepted[1] / raw[1])}",
            ),
        )
    ]


def _one(on: Bed, number: int, times: dict[str, list[float]]) -> None:
    typed = SystemClock().now()
    began = time.perf_counter()
    rollout_id = on.types(f"update --env-add N={number} web")
    times[ROWS[0]].append(time.perf_counter() - began)
    on.until_all([rollout_id], RolloutState.COMPLETED)
    job = Job(name=JobName.PLAN, cluster="default", subject=rollout_id)
    raw = cast("bytes", on.redis.hget(WaggleJob.key_for(job.job_id), "started_at"))
    started = datetime.fromisoformat(raw.decode())
    times[ROWS[1]].append((started - typed).total_seconds())
    (record,) = on.rollouts([rollout_id])
    if record.posting is None or record.posting.posted_at is None:
        raise RuntimeError(f"{rollout_id} was not posted")
    times[ROWS[2]].append((record.posting.posted_at - typed).total_seconds())
    times[ROWS[3]].append(_raw(on, number))


def _raw(on: Bed, number: int) -> float:
    found = on.engine.inspect_service("web")
    spec = found["Spec"]
    spec["Labels"]["bench"] = str(number)
    began = time.perf_counter()
    on.post(f"/services/{found['ID']}/update", spec, version=found["Version"]["Index"])
    return time.perf_counter() - began
