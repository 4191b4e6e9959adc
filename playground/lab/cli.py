"""The command line of the lab."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from playground.lab.errors import LabError
from playground.lab.packages import why_not
from playground.lab.swarm import AUTO, DEFAULT_DIR, DEFAULT_NET, Lab, sweep

_NOT_UP = 3  # as systemctl status


def _parser() -> argparse.ArgumentParser:
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--dir", type=Path, default=DEFAULT_DIR, help="where it lives (%(default)s)")
    parser = argparse.ArgumentParser(prog="python -m playground.lab", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", parents=[place], help="bring the lab up")
    up.add_argument("--nodes", type=int, default=3)
    up.add_argument("--managers", type=int, default=1)
    up.add_argument("--net", default=DEFAULT_NET, help=f"three octets, or {AUTO} (%(default)s)")
    verbs.add_parser("down", parents=[place], help="remove it, and what a killed one left")
    verbs.add_parser("status", parents=[place], help="say how it is; exit 3 if it is not well")
    verbs.add_parser("sweep", help="remove labs of test runs that were killed")
    verbs.add_parser("why-not", help="say why a swarm cannot run here; exit 1 if it cannot")
    for verb, meaning in (
        ("kill", "cut the power of a node"),
        ("start", "boot a node again"),
        ("cut", "pull a node's network cable"),
        ("heal", "plug it in again"),
    ):
        verbs.add_parser(verb, parents=[place], help=meaning).add_argument("node", type=int)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(arguments: argparse.Namespace) -> int:
    if arguments.verb == "why-not":
        return _why_not()
    if arguments.verb == "sweep":
        print(f"swept: {' '.join(map(str, sweep())) or 'nothing'}")
        return 0
    reason = why_not()
    if reason:
        raise LabError(reason)
    if arguments.verb == "up":
        return _up(Lab(arguments.dir, arguments.net), arguments.nodes, arguments.managers)
    lab = Lab(arguments.dir)
    if arguments.verb == "down":
        print("down, nothing left" if lab.down() else "nothing was up")
        return 0
    if arguments.verb == "status":
        return _status(lab)
    getattr(lab, arguments.verb)(arguments.node)
    return 0


def _why_not() -> int:
    reason = why_not()
    print(reason or "a swarm can run here")
    return 1 if reason else 0


def _up(lab: Lab, nodes: int, managers: int) -> int:
    print("up" if lab.up(nodes, managers) else "was up already")
    _status(lab)
    print(f"images: {lab.registry}/httpd (see playground/lab/images.py)")
    print(f"export DOCKER_HOST={lab.docker_host()}")
    return 0


def _status(lab: Lab) -> int:
    print(*lab.status(), sep="\n")
    trouble = lab.trouble()
    if trouble:
        print(trouble)
    return _NOT_UP if trouble else 0
