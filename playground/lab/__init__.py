"""A real Docker Swarm on one Linux machine: each node an engine in namespaces of its own.

It serves the demo and the tests. Start with `Lab` (or `python -m playground.lab up`); ask
`why_not()` first where it may not be able to run.
"""

from playground.lab.errors import CannotRunError, GaveUpError, LabError
from playground.lab.packages import why_not
from playground.lab.swarm import Lab, sweep

__all__ = ["CannotRunError", "GaveUpError", "Lab", "LabError", "sweep", "why_not"]
