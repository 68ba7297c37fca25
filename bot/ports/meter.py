"""What is counted for operators; names and labels of the metrics are the contract of `/metrics`."""

from datetime import datetime
from typing import Protocol

from bot.domain.flow import HoldReason
from bot.domain.place import Platform
from bot.domain.severity import Severity


class Meter(Protocol):
    """Takes counts and times; `service/metrics.py` makes Prometheus metrics of them."""

    def count_poll(self, source: str, result: str) -> None:
        """Count one request to a source; result is `ok`, `unchanged` or the word of a SourceFault."""
        ...

    def set_source_answered(self, source: str, at: datetime) -> None:
        """Record when a source last delivered something."""
        ...

    def set_reading_time(self, exchange: str, as_of: datetime) -> None:
        """Record the time of an exchange's newest reading."""
        ...

    def set_open_incidents(self, severity: Severity, count: int) -> None:
        """Record how many incidents are open."""
        ...

    def count_held(self, reason: HoldReason) -> None:
        """Count one episode in which windows of an exchange were held, because they could not be compared."""
        ...

    def count_revised_points(self, points: int) -> None:
        """Count daily points of an exchange's history that its source revised, once they are taken over."""
        ...

    def count_delivery(self, platform: Platform, result: str, reason: str = "") -> None:
        """Count one delivery: `sent`, `edited`, `retried`, `dropped`, `gave up`; or `stopped`, by a circuit breaker."""
        ...

    def set_outbox_depth(self, platform: Platform, severity: Severity, depth: int) -> None:
        """Record how many deliveries wait."""
        ...

    def set_outbox_oldest(self, since: datetime | None) -> None:
        """Record since when the oldest delivery waits, None when nothing does."""
        ...

    def count_rate_limited(self, platform: Platform) -> None:
        """Count one 429 of a platform."""
        ...

    def count_answer(self, command: str, platform: Platform, seconds: float, result: str) -> None:
        """Count one command and how many seconds its answer took."""
        ...
