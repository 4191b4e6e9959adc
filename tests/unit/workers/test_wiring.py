"""Who gets what."""

from dataclasses import replace

from tests.fakes.swarm import FakeSwarm
from tests.unit.usecases.bed import Bed
from workers.wiring import wire


def test_drains_are_followed_on_a_swarm_of_their_own_if_there_is_one() -> None:
    bed = Bed()
    apart = FakeSwarm(bed.clock)
    use = wire(replace(bed.ports(), drained=apart))
    assert (use.supervise.drains.swarm, use.supervise.swarm) == (apart, bed.swarm)
    assert bed.use.supervise.drains.swarm is bed.swarm
