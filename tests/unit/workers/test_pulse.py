"""The heartbeat of an RQ worker, and when it first says that it can work."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from bot.domain.trouble import Trouble
from bot.jobs import QueueName
from bot.ports import EngineError, StoreUnavailableError
from tests.fakes.clock import FakeClock
from tests.fakes.leases import FakeLeases
from workers.pulse import Pulse
from workers.ready import mark


@dataclass
class Flaky(FakeLeases):
    away: bool = False

    def beat(
        self,
        cluster: str,
        role: str,
        who: str,
        ttl: timedelta,
        troubles: Sequence[Trouble] = (),
    ) -> None:
        if self.away:
            raise StoreUnavailableError("redis: no answer")
        super().beat(cluster, role, who, ttl, troubles)


@dataclass
class Engine:
    """Answers, or does not."""

    away: bool = False

    def nodes(self) -> list[str]:
        if self.away:
            raise EngineError("no answer")
        return []


@dataclass
class Bed:
    leases: Flaky = field(default_factory=lambda: Flaky(FakeClock()))
    engine: Engine = field(default_factory=Engine)
    told: list[str] = field(default_factory=list)

    def pulse(self) -> Pulse:
        return Pulse(
            cluster="eu",
            queue=QueueName.QUERIES,
            who="n1-7",
            leases=self.leases,
            probe=self.engine.nodes,
            ready=lambda: self.told.append("ready"),
        )


def test_it_is_ready_once_with_its_first_heartbeat() -> None:
    bed = Bed()
    pulse = bed.pulse()
    pulse.beat()
    assert bed.told == []
    assert pulse.ask()
    pulse.beat()
    pulse.beat()
    assert bed.told == ["ready"]
    assert bed.leases.beats() == {"eu": {"queries": 1}}


def test_it_is_not_ready_while_the_engine_is_silent() -> None:
    bed = Bed(engine=Engine(away=True))
    pulse = bed.pulse()
    assert not pulse.ask()
    pulse.beat()
    assert bed.told == []


def test_it_is_not_ready_while_redis_is_away() -> None:
    bed = Bed()
    bed.leases.away = True
    pulse = bed.pulse()
    pulse.ask()
    pulse.beat()
    assert bed.told == []
    bed.leases.away = False
    pulse.beat()
    assert bed.told == ["ready"]


def test_a_mark_is_a_file_of_that_name(tmp_path: Path) -> None:
    mark(tmp_path / "ready", "queries")
    mark(tmp_path / "ready", "queries")
    mark(tmp_path / "ready", "steward")
    assert sorted(path.name for path in (tmp_path / "ready").iterdir()) == ["queries", "steward"]


def test_without_a_directory_nothing_is_left() -> None:
    mark(None, "queries")


def test_where_it_cannot_be_left_the_log_says_so_and_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "ready").write_text("a file")
    with capture_logs() as logged:
        mark(tmp_path / "ready", "queries")
    assert [line["event"] for line in logged] == ["not_marked_ready"]
    assert (tmp_path / "ready").read_text() == "a file"
