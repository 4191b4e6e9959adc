"""Lines that a person is told to type: they mean the swarm that they are about.

A channel has a swarm of its own, and another channel another one: a line that names none is carried
out in that of wherever it is typed.
"""

from __future__ import annotations

UNNAMED = "default"
"""The cluster of a worker that was given no name; whoever has several swarms names them."""


def typed(line: str, cluster: str) -> str:
    """Return the line with the swarm that it is for; none is named where swarms have no names.

    Args:
        line: all of it, or what stands after the slash command.
        cluster: of the record that it is about.
    """
    return line if cluster == UNNAMED else f"{line} --cluster {cluster}"
