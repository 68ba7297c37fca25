"""Listens to a platform's answers and stops its fan-out when too many are refusals, which is said everywhere."""

from collections.abc import Awaitable, Callable

import structlog

from bot.delivery.circuit_breaker import CircuitBreaker, CircuitOpened
from bot.delivery.rate_limiter import RateLimiter
from bot.domain.errors import DeliveryError, RetryLater, Unreachable
from bot.domain.place import Platform
from bot.messages.cards.deliveries import stopped_card
from bot.messages.model import Message
from bot.ports.meter import Meter
from bot.ports.sources import Clock

log = structlog.get_logger()

TellOperator = Callable[[Message, str], Awaitable[None]]


class FanOutGuard:
    """A breaker with what it sets in motion. `tell` reaches the operator with a message and its idempotency key."""

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        platform: Platform,
        *,
        breaker: CircuitBreaker,
        pacer: RateLimiter,
        clock: Clock,
        meter: Meter,
        tell: TellOperator | None = None,
    ) -> None:
        self._platform = platform
        self._breaker = breaker
        self._pacer = pacer
        self._clock = clock
        self._meter = meter
        self._tell = tell

    def accepted(self) -> None:
        """Count a message that the platform took."""
        self._breaker.accepted(self._clock.now())

    async def refused(self, error: DeliveryError) -> None:
        """Count a message that did not arrive, when the platform counts it too."""
        stop = self._breaker.refused(self._clock.now()) if _is_refusal(error) else None
        if stop:
            await self._stop(stop)

    async def _stop(self, stop: CircuitOpened) -> None:
        """Let nobody write for a while, and say so in the log, the metric, `/status` and to the operator."""
        platform = self._platform
        log.error("fan-out stopped", platform=str(platform), reason=stop.reason, seconds=stop.pause.total_seconds())
        self._meter.count_delivery(platform, "stopped", "too many refusals")
        await self._pacer.pause_all(stop.pause, stop.reason)
        if self._tell:
            key = f"stopped:{platform}:{self._clock.now():%Y%m%dT%H%M%S}"
            await self._tell(stopped_card(platform, stop.reason, stop.pause), key)


def _is_refusal(error: DeliveryError) -> bool:
    """Return whether a platform that counts refusals has counted this one."""
    if isinstance(error, Unreachable):
        return not error.foreseen
    return isinstance(error, RetryLater) and error.rate_limited
