"""The page of figures: docs/reference/benchmarks.md."""

import os
import platform
import re
import time
from pathlib import Path

from bench.figures import Table
from bot.adapters.clock import SystemClock

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "benchmarks.md"
HEAD = """\
# Figures

Measured by `make bench` (all but the soak), `make bench ARGS=NAME` (one) and `make soak`, which
write this page, each its own sections. Ratios are of two things measured in the same run. Aims that
were missed say so, and why. The swarm is the simulated one, as no machine of ours runs a thousand
services: these are Waggle's own costs, not an Engine's. Below a table stands how fast the machine
was just then: the time in which one core adds up ten million numbers in Python.

"""


def keep(table: Table) -> None:
    """Put the section in its place on the page, or at its end."""
    kept = PAGE.read_text(encoding="utf-8") if PAGE.exists() else HEAD
    sections = re.split(r"(?m)^(?=## )", kept)
    when = SystemClock().now().date().isoformat()
    cores = f"{os.cpu_count()} cores, {_yardstick():.2f} s for ten million sums"
    where = f"{when}, {cores}, Python {platform.python_version()}"
    told = f"{table.markdown()}\n<sub>{where}</sub>"
    title = f"## {table.title}\n"
    found = [number for number, each in enumerate(sections) if each.startswith(title)]
    if found:
        sections[found[0]] = told
    else:
        sections.append(told)
    PAGE.write_text("\n\n".join(each.rstrip() for each in sections) + "\n", encoding="utf-8")


def _yardstick() -> float:
    """Return the seconds in which one core adds up ten million numbers: the best of three."""
    return min(_sums() for _ in range(3))


def _sums() -> float:
    began, total = time.perf_counter(), 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - began
