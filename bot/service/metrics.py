"""The metrics of `/metrics`, for Prometheus. Their names and labels are a contract with whoever built a dashboard.

Every metric is present from the start, at 0, so that an alert on it works before the first event.
"""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from bot.domain.flow import HoldReason
from bot.domain.obstacles import ObstacleKind
from bot.domain.place import Platform
from bot.domain.severity import Severity
from bot.domain.worker import Lease
from bot.ports.meter import Meter
from bot.ports.sources import Clock

_RARE_RESULTS = (("gave up", "message refused"), ("gave up", "expired"), ("stopped", "too many refusals"))
# Upper bounds of the histogram: most answers come from memory within milliseconds, a rehearsal takes seconds.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics(Meter):
    """Counts and gauges in a registry of their own, so that several services in one process count apart."""

    def __init__(self, clock: Clock, version: str) -> None:
        self.registry = CollectorRegistry()
        self._ages = _Ages(clock)
        self.registry.register(self._ages)
        self._polls = Counter("runwatch_polls", "Requests to sources.", ("source", "result"), registry=self.registry)
        self._incidents = Gauge("runwatch_incidents", "Open incidents.", ("severity",), registry=self.registry)
        self._holds = Counter("runwatch_holds", "Spells of held figures.", ("reason",), registry=self.registry)
        self._revised = Counter(
            "runwatch_revised_points", "Daily points of the past that sources revised.", registry=self.registry
        )
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
        self._ready = Gauge("runwatch_ready", "1 where /readyz answers 200.", registry=self.registry)
        self._connected = Gauge(
            "runwatch_platform_connected",
            "1 where this worker, or the one that listens, is connected.",
            ("platform",),
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)  # memory, CPU, file descriptors, start: process_*
        self._leases = Gauge("runwatch_duty", "1 where this worker has the duty.", ("duty",), registry=self.registry)
        self._can_alert = Gauge(
            "runwatch_can_alert",
            "0 where this keeps alerts from opening or arriving.",
            ("reason",),
            registry=self.registry,
        )
        build = Gauge("runwatch_build_info", "Version.", ("version",), registry=self.registry)
        build.labels(version).set(1)
        self._create_labelled_metrics()

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
    def count_revised_points(self, points: int) -> None:
        self._revised.inc(points)

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

    def set_ready(self, *, is_ready: bool) -> None:
        """Record whether this worker is ready."""
        self._ready.set(is_ready)

    def set_platform_connected(self, platform: Platform, *, is_connected: bool) -> None:
        """Record whether messages can go to a platform that the bot is on."""
        self._connected.labels(platform).set(is_connected)

    def set_lease(self, lease: Lease, *, is_owner: bool) -> None:
        """Record whether this worker owns a lease: the sum over all workers is 1."""
        self._leases.labels(lease).set(is_owner)

    def set_can_alert(self, kind: ObstacleKind, *, can: bool) -> None:
        """Record whether alerts can open and arrive as far as one kind of obstacle is concerned."""
        self._can_alert.labels(kind).set(can)

    def _create_labelled_metrics(self) -> None:
        """Use every label once: Prometheus' client shows a labelled metric only from then on."""
        for severity in Severity:
            self.set_open_incidents(severity, 0)
        for reason in HoldReason:
            self._holds.labels(reason)
        for lease in Lease:
            self.set_lease(lease, is_owner=False)
        for kind in ObstacleKind:  # until the first look nothing is known to be in the way but the first poll
            self.set_can_alert(kind, can=kind is not ObstacleKind.POLLS)
        for platform in (Platform.TELEGRAM, Platform.DISCORD):
            self._limited.labels(platform)
            for severity in Severity:
                self.set_outbox_depth(platform, severity, 0)
            self._deliveries.labels(platform, "sent", "")
            # Prometheus sees no increase in a counter that begins at 1: what rules alert on begins at 0.
            for result, rare_reason in _RARE_RESULTS:
                self._deliveries.labels(platform, result, rare_reason)


class _Ages(Collector):
    """Ages in seconds, worked out when they are scraped, so that a source that stalls keeps ageing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.sources: dict[str, datetime] = {}
        self.readings: dict[str, datetime] = {}
        self.oldest: datetime | None = None

    @override
    def collect(self) -> Iterator[Metric]:
        """Yield the ages of sources, of readings, and of the oldest delivery."""
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
