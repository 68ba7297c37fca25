"""What is counted for operators."""

from datetime import datetime
from typing import Protocol

from bot.domain.flow import HoldReason
from bot.domain.place import Platform
from bot.domain.severity import Severity


class Meter(Protocol):
    """What is counted for operators; names and labels are the contract of `/metrics`."""

    def count_poll(self, source: str, result: str) -> None:
        """Count one request to a source; result is `ok`, `unchanged` or the fault's word."""
        ...

    def set_source_answered(self, source: str, at: datetime) -> None:
        """Note when a source last brought something."""
        ...

    def set_reading_time(self, exchange: str, as_of: datetime) -> None:
        """Note the time of an exchange's newest reading."""
        ...

    def set_open_incidents(self, severity: Severity, count: int) -> None:
        """Note how many incidents are open."""
        ...

    def count_held(self, reason: HoldReason) -> None:
        """Count one spell in which figures of an exchange were held."""
        ...

    def count_delivery(self, platform: Platform, result: str, reason: str = "") -> None:
        """Count one delivery: `sent`, `edited`, `retried`, `dropped`, `gave up`."""
        ...

    def set_outbox_depth(self, platform: Platform, severity: Severity, depth: int) -> None:
        """Note how many deliveries wait."""
        ...

    def set_outbox_oldest(self, since: datetime | None) -> None:
        """Note since when the oldest delivery waits, None when nothing does."""
        ...

    def count_rate_limited(self, platform: Platform) -> None:
        """Count one 429."""
        ...

    def count_answer(self, command: str, platform: Platform, seconds: float, result: str) -> None:
        """Count one command and how many seconds its answer took."""
        ...
