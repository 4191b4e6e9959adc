"""/metrics: what this process counted, and what it reads from Redis at the moment of the scrape."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.domain.change import Change
from bot.domain.rollout.record import Rollout
from bot.domain.trouble import Concern
from bot.ports import Leases, RecordStore, StoreUnavailableError
from bot.usecases.propose import Ack

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters of the front, and gauges over the state that all processes share.

    `cluster` is where commands wait that were typed before any worker has reported.
    """

    def __init__(self, store: RecordStore, leases: Leases, cluster: str = "default") -> None:
        self._registry = CollectorRegistry(auto_describe=True)
        self._commands = Counter(
            "waggle_commands",
            "Lines and clicks by source, verb and what became of them",
            ["source", "verb", "outcome"],
            registry=self._registry,
        )
        self._acks = Histogram(
            "waggle_ack_seconds",
            "From the listener's start to its answer",
            ["source"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0),
            registry=self._registry,
        )
        self._registry.register(_Shared(store, leases, cluster))

    def count(self, source: str, ack: Ack, seconds: float) -> None:
        """Count one answer."""
        self._commands.labels(source, ack.verb or "none", ack.kind.value).inc()
        self._acks.labels(source).observe(seconds)

    def exposition(self) -> bytes:
        """Return the text that Prometheus reads."""
        return generate_latest(self._registry)


class _Shared(Collector):
    """Gauges read from Redis; absent while it is away (a scrape must not fail for that)."""

    def __init__(self, store: RecordStore, leases: Leases, cluster: str) -> None:
        self._store = store
        self._leases = leases
        self._cluster = cluster

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges."""
        alive = GaugeMetricFamily(
            "waggle_heartbeats", "Fresh heartbeats", labels=["cluster", "role"]
        )
        live = GaugeMetricFamily(
            "waggle_open_records", "Commands that have not ended", labels=["cluster", "kind"]
        )
        troubled = GaugeMetricFamily(
            "waggle_troubles",
            "Processes of workers that say of themselves that something is wrong",
            labels=["cluster", "concern"],
        )
        try:
            for cluster, processes in self._leases.troubles().items():
                for concern in Concern:
                    count = sum(
                        any(one.concern is concern for one in told) for told in processes.values()
                    )
                    troubled.add_metric([cluster, concern.value], count)
            beats = self._leases.beats() or {self._cluster: {}}
            for cluster, roles in beats.items():
                for role, count in roles.items():
                    alive.add_metric([cluster, role], count)
                rollouts = self._store.open_ids(cluster, Rollout)
                live.add_metric([cluster, "rollout"], len(rollouts))
                live.add_metric([cluster, "change"], len(self._store.open_ids(cluster, Change)))
        except StoreUnavailableError:
            return
        yield alive
        yield live
        yield troubled
