"""From the command to the start of its job and to the spec that the Engine has accepted."""

import time
from datetime import datetime
from typing import cast

from rq import Queue
from rq.job import JobStatus

from bench.bare_worker import bare_worker, nothing
from bench.bed import Bed, bed
from bench.figures import Table, median, percentile, shown
from bench.processes import until
from bot.adapters.clock import SystemClock
from bot.adapters.rq_job import WaggleJob
from bot.domain.rollout.record import RolloutState
from bot.jobs import Job, JobName

NAME = "start"
TITLES = ("From the command to the Engine",)
_MS = 1000
ROWS = (
    "typed → acknowledged",
    "typed → job starts",
    "typed → spec accepted",
    "one raw Engine call",
    "a bare client puts → a bare worker's job starts",
)


def measure(count: int = 40) -> list[Table]:
    """Type one change after the other on idle workers, and read when what happened."""
    times: dict[str, list[float]] = {row: [] for row in ROWS}
    with bed() as on, bare_worker(on.redis_url) as queue:
        on.makes("web", 2)
        _bare(on, queue)  # nobody's first one counts
        for number in range(count):
            _one(on, number, times)
            times[ROWS[4]].append(_bare(on, queue))
    figures = [(row, median(times[row]) * _MS, percentile(times[row], 0.99) * _MS) for row in ROWS]
    starts, accepted, raw, bare = figures[1:]
    return [
        Table(
            name=NAME,
            title=TITLES[0],
            about=(
                "One change at a time (`update --env-add`), over the real HTTP way, idle workers. "
                "Between typing and the accepted spec lie the ack, two jobs (plan, apply), the "
                "look at the registry, the plan, and three commits. The raw call is "
                "`POST /services/ID/update` alone. In turns with the changes, on the same Valkey, "
                "a bare client puts an empty job for a bare RQ worker, which forks for it: no "
                "Slack, no HTTP, no signatures, no record. Either job starts when RQ notes so "
                "(`started_at`, in the forked process, right before the job's first line). "
                f"{count} changes: of so few, the p99 is the worst."
            ),
            head=("from → to", "p50 ms", "p99 ms"),
            rows=[(row, shown(middle), shown(late)) for row, middle, late in figures],
            verdict=(
                f"typed → job starts ÷ bare, p50: {shown(starts[1] / bare[1])}",
                f"typed → job starts ÷ bare, p99: {shown(starts[2] / bare[2])}",
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
    times[ROWS[1]].append((_started(on, job.job_id) - typed).total_seconds())
    (record,) = on.rollouts([rollout_id])
    if record.posting is None or record.posting.posted_at is None:
        raise RuntimeError(f"{rollout_id} was not posted")
    times[ROWS[2]].append((record.posting.posted_at - typed).total_seconds())
    times[ROWS[3]].append(_raw(on, number))


def _bare(on: Bed, queue: Queue) -> float:
    put = SystemClock().now()
    job = queue.enqueue(nothing)
    until(lambda: job.get_status() == JobStatus.FINISHED, "a bare job to end", 30)
    return (_started(on, job.id) - put).total_seconds()


def _started(on: Bed, job_id: str) -> datetime:
    raw = cast("bytes", on.redis.hget(WaggleJob.key_for(job_id), "started_at"))
    return datetime.fromisoformat(raw.decode())


def _raw(on: Bed, number: int) -> float:
    found = on.engine.inspect_service("web")
    spec = found["Spec"]
    spec["Labels"]["bench"] = str(number)
    began = time.perf_counter()
    on.post(f"/services/{found['ID']}/update", spec, version=found["Version"]["Index"])
    return time.perf_counter() - began
