"""`python -m bench [NAME…] [--write]`: measure and print; `--write` keeps what was measured.

A table that was not measured this time stays in docs/reference/benchmarks.md as it was.
"""

import argparse

from bench import ack, finish, listing, speaking, start, swarm, watch
from bench.page import PAGE, keep

MODULES = {each.NAME: each for each in (ack, start, finish, watch, speaking, listing, swarm)}


def main() -> None:
    """Measure what is named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *MODULES])
    parser.add_argument("--write", action="store_true", help=f"keep the tables in {PAGE.name}")
    asked = parser.parse_args()
    for name in asked.names or MODULES:
        for table in MODULES[name].measure():
            print(table.markdown(), flush=True)
            if asked.write:
                keep(table)


if __name__ == "__main__":
    main()
