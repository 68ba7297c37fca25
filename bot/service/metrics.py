"""What operators can measure: the names of `/metrics` are a contract and are all present from the start."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from bot.domain.flow import HoldReason
from bot.domain.place import Platform
from bot.domain.severity import Severity
from bot.domain.worker import Lease
from bot.ports.meter import Meter
from bot.ports.sources import Clock

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics(Meter):
    """The numbers of `/metrics`. Ages are worked out when they are read, so that a stalled source keeps ageing."""

    def __init__(self, clock: Clock, version: str) -> None:
        self.registry = CollectorRegistry()
        self._ages = _Ages(clock)
        self.registry.register(self._ages)
        self._polls = Counter("runwatch_polls", "Requests to sources.", ("source", "result"), registry=self.registry)
        self._incidents = Gauge("runwatch_incidents", "Open incidents.", ("severity",), registry=self.registry)
        self._holds = Counter("runwatch_holds", "Spells of held figures.", ("reason",), registry=self.registry)
        self._deliveries = Counter(
            "runwatch_deliveries", "Deliveries.", ("platform", "result", "reason"), registry=self.registry
        )
        self._depth = Gauge(
            "runwatch_outbox_depth", "Waiting deliveries.", ("platform", "priority"), registry=self.registry
        )
        self._limited = Counter("runwatch_rate_limited", "429 answers.", ("platform",), registry=self.registry)
        self._seconds = Histogram(
            "runwatch_command_seconds",
            "Time to make an answer.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._duties = Gauge("runwatch_duty", "1 where this worker has the duty.", ("duty",), registry=self.registry)
        build = Gauge("runwatch_build_info", "Version.", ("version",), registry=self.registry)
        build.labels(version).set(1)
        self._show_all()

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)

    @override
    def count_poll(self, source: str, result: str) -> None:
        self._polls.labels(source, result).inc()

    @override
    def set_source_answered(self, source: str, at: datetime) -> None:
        self._ages.sources[source] = at

    @override
    def set_reading_time(self, exchange: str, as_of: datetime) -> None:
        self._ages.readings[exchange] = as_of

    @override
    def set_open_incidents(self, severity: Severity, count: int) -> None:
        self._incidents.labels(severity).set(count)

    @override
    def count_held(self, reason: HoldReason) -> None:
        self._holds.labels(reason).inc()

    @override
    def count_delivery(self, platform: Platform, result: str, reason: str = "") -> None:
        self._deliveries.labels(platform, result, reason).inc()

    @override
    def set_outbox_depth(self, platform: Platform, severity: Severity, depth: int) -> None:
        self._depth.labels(platform, severity).set(depth)

    @override
    def set_outbox_oldest(self, since: datetime | None) -> None:
        self._ages.oldest = since

    @override
    def count_rate_limited(self, platform: Platform) -> None:
        self._limited.labels(platform).inc()

    @override
    def count_answer(self, command: str, platform: Platform, seconds: float, result: str) -> None:
        self._seconds.observe(seconds)

    def set_lease(self, duty: Lease, *, held: bool) -> None:
        """Note whether this worker has a duty: over all workers they are one each."""
        self._duties.labels(duty).set(held)

    def _show_all(self) -> None:
        """Make every labelled name show up before anything has happened."""
        for severity in Severity:
            self.set_open_incidents(severity, 0)
        for reason in HoldReason:
            self._holds.labels(reason)
        for duty in Lease:
            self.set_lease(duty, held=False)
        for platform in (Platform.TELEGRAM, Platform.DISCORD):
            self._limited.labels(platform)
            for severity in Severity:
                self.set_outbox_depth(platform, severity, 0)
            self._deliveries.labels(platform, "sent", "")


class _Ages(Collector):
    """Ages in seconds, by the clock at the time of reading."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.sources: dict[str, datetime] = {}
        self.readings: dict[str, datetime] = {}
        self.oldest: datetime | None = None

    @override
    def collect(self) -> Iterator[Metric]:
        """Yield the three ages."""
        now = self._clock.now()
        sources = GaugeMetricFamily("runwatch_source_age_seconds", "Since the last success.", labels=["source"])
        for source, at in list(self.sources.items()):
            sources.add_metric([source], (now - at).total_seconds())
        readings = GaugeMetricFamily("runwatch_reading_age_seconds", "Age of the reading.", labels=["exchange"])
        for exchange, at in list(self.readings.items()):
            readings.add_metric([exchange], (now - at).total_seconds())
        oldest = (now - self.oldest).total_seconds() if self.oldest else 0.0
        yield sources
        yield readings
        yield GaugeMetricFamily("runwatch_outbox_oldest_seconds", "How long the oldest delivery waits.", value=oldest)
