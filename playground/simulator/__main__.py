"""`python -m playground.simulator`: serve a simulated swarm until SIGINT or SIGTERM."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from playground.simulator.hub import Options
from playground.simulator.server import LocalSimulator, socket_is_taken

NEWEST = "1.51"


def options_of(arguments: list[str] | None) -> tuple[Options, Path | None]:
    """Return what the command line says, and where to write that it is ready."""
    parser = argparse.ArgumentParser(prog="python -m playground.simulator", description=__doc__)
    parser.add_argument("--socket", default="", help="path of a unix socket (default: none)")
    parser.add_argument(
        "--port", type=int, default=0, help="TCP on 127.0.0.1 (default: a free one)"
    )
    parser.add_argument("--registry-port", type=int, default=0, help="default: a free one")
    parser.add_argument("--nodes", type=int, default=3, help="n1 is the manager (%(default)s)")
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help="simulated seconds in a real one; 0: by /_control/advance alone (%(default)s)",
    )
    parser.add_argument(
        "--api-version", default="1.41", help=f"the newest it speaks, up to {NEWEST} (%(default)s)"
    )
    parser.add_argument("--ready-file", type=Path, help="write the addresses there, as JSON")
    given = parser.parse_args(arguments)
    major, _, minor = given.api_version.partition(".")
    if (major, minor.isdecimal()) != ("1", True) or given.nodes < 1:
        parser.error("an API version is like 1.41, and there is at least one node")
    options = Options(
        nodes=given.nodes,
        api_version=(int(major), int(minor)),
        speed=given.speed,
        socket=given.socket,
        port=given.port,
        registry_port=given.registry_port,
    )
    return options, given.ready_file


def main(arguments: list[str] | None = None) -> int:
    """Serve; 1 if an address is taken."""
    options, ready_file = options_of(arguments)
    if options.socket:
        if socket_is_taken(options.socket):
            print(f"simulator: somebody listens on {options.socket}", file=sys.stderr)
            return 1
        Path(options.socket).unlink(missing_ok=True)  # of one that was killed
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with LocalSimulator(options) as simulator:
            _announce(simulator, ready_file)
            ended.wait()
    except OSError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 1
    return 0


def _announce(simulator: LocalSimulator, ready_file: Path | None) -> None:
    print(f"a simulated swarm of {simulator.options.nodes} nodes; no container runs")
    print(f"images: {simulator.registry}/httpd:v1 v2 v3 2.2 2.4 crash sick health unhealthy")
    print(f"export DOCKER_HOST={simulator.docker_host}", flush=True)
    if ready_file is not None:
        content = {
            "docker_host": simulator.docker_host,
            "url": simulator.url,
            "registry": simulator.registry,
        }
        draft = ready_file.with_suffix(".tmp")
        draft.write_text(json.dumps(content), encoding="utf-8")
        draft.replace(ready_file)  # a reader never sees half of it


if __name__ == "__main__":
    sys.exit(main())
