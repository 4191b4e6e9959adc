"""Whether what moves fits elsewhere all together: each alone may, and take the other's place.

Sums over the nodes that take tasks: what does not fit by them fits by no placement. What fits by
them may still not fit, by constraints or because what is free is spread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.domain.drain.homes import CPU, MEMORY, Ground, held, host_ports, reserved
from bot.domain.drain.record import Moving
from bot.domain.jsontypes import Spec
from bot.domain.observation import NodeView

_GIB, _MIB, _CPU = 2**30, 2**20, 10**9


def crowded(moving: Sequence[Moving], node: NodeView, ground: Ground) -> Iterator[str]:
    """Yield at most one warning: of what there is not enough on the other nodes, for all at once.

    What a single service asks too much of is told of that service already (`room_for`).
    """
    others = [
        one
        for one in ground.nodes.values()
        if one.id != node.id and one.status == "ready" and one.availability == "active"
    ]
    movers = [(each.here, ground.services[each.service_id].spec) for each in moving if each.moves]
    if not others or len(movers) < 2:  # noqa: PLR2004  two are the fewest that crowd each other
        return
    short = [*_of_reservations(movers, others, ground), *_of_ports(movers, others, ground)]
    if short:
        yield f"what moves does not fit elsewhere together: {'; '.join(short)}"


def _of_reservations(
    movers: Sequence[tuple[int, Spec]], others: Sequence[NodeView], ground: Ground
) -> Iterator[str]:
    wants = [(here, _reserved(spec)) for here, spec in movers]
    for what in dict.fromkeys((CPU, MEMORY, *sorted(what for _, each in wants for what in each))):
        asked = [here * each.get(what, 0) for here, each in wants]
        free = [_free(node, what, ground) for node in others]
        there = sum(one for one in free if one is not None)
        if None not in free and sum(map(bool, asked)) > 1 and sum(asked) > there:
            yield f"{_amount(sum(asked), what)} {what} reserved, {_amount(there, what)} free"


def _free(node: NodeView, what: str, ground: Ground) -> int | None:
    """Return what no task has reserved on a node; None: it did not say what it has."""
    has = held(node, what)
    if has is None:
        return None
    used = sum(_reserved(spec).get(what, 0) for spec in _there(node, ground))
    return max(0, has - used)


def _reserved(spec: Spec) -> dict[str, int]:
    return reserved(spec.get("TaskTemplate") or {})


def _of_ports(
    movers: Sequence[tuple[int, Spec]], others: Sequence[NodeView], ground: Ground
) -> Iterator[str]:
    asking = Counter(port for _, spec in movers for port in host_ports(spec))
    for port in sorted(port for port, services in asking.items() if services > 1):
        tasks = sum(here for here, spec in movers if port in host_ports(spec))
        free = sum(
            all(port not in host_ports(spec) for spec in _there(node, ground)) for node in others
        )
        if tasks > free:
            yield f"{tasks} tasks want host port {port[0]}, nodes with it free: {free}"


def _there(node: NodeView, ground: Ground) -> list[Spec]:
    found = (ground.services.get(t.service_id) for t in ground.tasks if t.node_id == node.id)
    return [service.spec for service in found if service is not None]


def _amount(number: int, what: str) -> str:
    if what == CPU:
        return f"{number / _CPU:g}"
    if what != MEMORY:
        return str(number)
    return f"{number / _GIB:.3g} GiB" if number >= _GIB else f"{number / _MIB:.3g} MiB"
