"""How a source answers: its list, and the body of each exchange; logged, counted, stored and shown as it changes.

Example: at 12:10 the list cannot be reached. The log has one line, "source broke", and `/status` shows it. Bodies that
fail meanwhile are shown as well, and not logged once more each. At 16:00 the list is back: "source healed", after 3:50.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.domain.errors import SourceError, SourceFault
from bot.domain.reading import SourceHealth
from bot.ports.meter import Meter
from bot.ports.readings import Readings
from bot.ports.sources import Clock

log = structlog.get_logger()

_LIST = "cexs"  # beside the ids of exchanges, none of which is this


def crash_error(crash: Exception) -> SourceError:
    """Return what a fault of the program is shown as; what it was is in the log."""
    return SourceError(SourceFault.CRASHED, type(crash).__name__)


class SourceHealthRecord:
    """The health of one source's list and of its exchanges' bodies; `source` is the source's name.

    `on_health` is called with each before and now, after it was stored. Whatever records an answer raises StorageError.
    Where nothing has changed but the time, a success is stored again after `success_lasts`, at once by default.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        source: str,
        *,
        readings: Readings,
        clock: Clock,
        meter: Meter,
        on_health: Callable[[SourceHealth, SourceHealth], Awaitable[None]],
        success_lasts: timedelta = timedelta(),
    ) -> None:
        self.source = source
        self._readings = readings
        self._clock = clock
        self._meter = meter
        self._on_health = on_health
        self._success_lasts = success_lasts
        self._by_name: dict[str, SourceHealth] = {}
        self._stored: dict[str, SourceHealth] = {}
        self._broken_with_the_list: set[str] = set()

    async def restore(self) -> None:
        """Take over what is stored of this source; raise StorageError."""
        stored = await self._readings.health()
        self._stored = {name: health for name, health in stored.items() if name.startswith(self._name(""))}
        self._by_name = dict(self._stored)

    async def show(self) -> None:
        """Call `on_health` with everything as it is."""
        for health in self._by_name.values():
            await self._on_health(health, health)

    @property
    def list_name(self) -> str:
        """Return what the list is called in the log, in metrics and in `/status`."""
        return self._name(_LIST)

    @property
    def of_list(self) -> SourceHealth | None:
        """Return the health of the list, None before it was ever asked for."""
        return self._by_name.get(self.list_name)

    def are_bodies_down(self) -> bool:
        """Return whether amounts were asked for and none of the exchanges' bodies can be had any more."""
        # While every body fails the list alone must not keep the bot looking healthy: it has no amounts.
        bodies = [health for name, health in self._by_name.items() if name != self.list_name]
        return bool(bodies) and all(body.fault for body in bodies)

    def crashes(self, exchange_ids: Iterable[str]) -> Mapping[str, str]:
        """Return those of the exchanges on whose newest body the bot failed, with what it failed with."""
        healths = {id_: self._by_name.get(self._name(id_)) for id_ in exchange_ids}
        return {id_: health.detail for id_, health in healths.items() if health and health.fault is SourceFault.CRASHED}

    async def list_answered(self) -> None:
        """Record that the list came and is believed."""
        await self._answered(self.list_name)

    async def list_failed(self, error: SourceError) -> None:
        """Record that the list did not come, or is not believed."""
        await self._failed(self.list_name, error)

    async def body_asked(self, exchange_id: str, fault: SourceFault | None, detail: str) -> None:
        """Record how asking for a body went: `fault` is why it did not come, None where it did."""
        if fault:
            await self.body_failed(exchange_id, SourceError(fault, detail))
        else:
            await self.body_answered(exchange_id)

    async def body_answered(self, exchange_id: str, *, left_out: str = "") -> None:
        """Record that a body came; `left_out` names what of its newest reading was impossible, logged once."""
        await self._answered(self._name(exchange_id), left_out=left_out)

    async def body_failed(self, exchange_id: str, error: SourceError) -> None:
        """Record that a body did not come, or could not be handled."""
        await self._failed(self._name(exchange_id), error)

    def _name(self, part: str) -> str:
        return f"{self.source}/{part}"

    async def _answered(self, name: str, *, left_out: str = "") -> None:
        now = self._clock.now()
        before = self._by_name.get(name)
        if before and before.fault and name not in self._broken_with_the_list:
            log.info("source healed", source=name, after=str(now - (before.failing_since or now)))
        self._broken_with_the_list.discard(name)
        was_left_out = before.detail if before and not before.fault else ""
        if left_out and not was_left_out:
            log.warning("impossible values left out", source=name, slots=left_out)
        elif was_left_out and not left_out:
            log.info("no impossible values any more", source=name)
        await self._record(SourceHealth(name, last_success=now, detail=left_out))
        self._meter.count_poll(name, "ok")
        self._meter.set_source_answered(name, now)

    async def _failed(self, name: str, error: SourceError) -> None:
        now = self._clock.now()
        before = self._by_name.get(name) or SourceHealth(name)
        # That the list is down is said already: not once more for each exchange.
        if before.fault is None and self.of_list and self.of_list.fault:
            self._broken_with_the_list.add(name)
        elif before.fault is None:
            log.warning("source broke", source=name, reason=str(error.fault), detail=error.detail)
        since = before.failing_since or now
        await self._record(replace(before, failing_since=since, fault=error.fault, detail=error.detail))
        self._meter.count_poll(name, str(error.fault))

    async def _record(self, health: SourceHealth) -> None:
        before = self._by_name.get(health.source, SourceHealth(health.source))
        self._by_name[health.source] = health
        if not self._lasts(self._stored.get(health.source), health):
            await self._readings.save_health(health)
            self._stored[health.source] = health
        await self._on_health(before, health)

    def _lasts(self, stored: SourceHealth | None, health: SourceHealth) -> bool:
        """Return whether what is stored is right for now."""
        if not self._success_lasts or stored is None or replace(stored, last_success=health.last_success) != health:
            return False
        if stored.last_success is None or health.last_success is None:
            return stored == health
        return timedelta() <= health.last_success - stored.last_success < self._success_lasts
