"""`python -m workers [supervise|rq|steward]`: what `waggle worker` becomes."""

import argparse
import sys
from collections.abc import Sequence

from bot.importing import uncollected
from bot.jobs import QueueName


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the worker's processes; return its exit status."""
    wanted = _parser().parse_args(arguments)
    with uncollected():
        from workers import bootstrap

    if wanted.what == "rq":
        return bootstrap.run_rq(wanted.cluster, QueueName(wanted.queue))
    if wanted.what == "steward":
        return bootstrap.run_steward(wanted.cluster)
    return bootstrap.run_supervisor(wanted.cluster, wanted.processes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument(
        "what", nargs="?", default="supervise", choices=("supervise", "rq", "steward")
    )
    parser.add_argument("--cluster", default="default", help="the swarm that this worker serves")
    parser.add_argument("--processes", type=int, default=1, help="RQ workers per queue")
    parser.add_argument(
        "--queue", default=QueueName.ROLLOUTS.value, choices=[name.value for name in QueueName]
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
