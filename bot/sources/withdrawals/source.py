"""All interfaces of one exchange, asked at once and put into one reading; whatever fails is said, and nothing raised.

Example: Kraken's list of assets, its system status and its status page are three requests. The list answers, the
system status says "online", the status page is behind a wall: a reading with flags, a normal system, and
`part_faults=(("status page", BLOCKED),)`. Were it the list that failed, the reading would have a `fault`, and no flags.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from typing_extensions import override

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import SystemState, WithdrawalReading
from bot.ports.sources import Clock, WithdrawalSource
from bot.sources.failures import as_source_error
from bot.sources.http import Http
from bot.sources.withdrawals.adapter import (
    ExchangeInterface,
    StatusAdapter,
    StatusContent,
    WithdrawalAdapter,
)
from bot.sources.withdrawals.announcements import told_once
from bot.sources.withdrawals.flags import FlagCollector
from bot.sources.withdrawals.system_status.states import SYSTEM_STATUS

# Splitting a body into its values holds the event loop: a million empty ones take 100 ms. Binance's has some 80,000.
_MOST_COMMAS = 200_000


@dataclass(frozen=True, slots=True)
class _InterfaceFailure:
    fault: SourceFault
    detail: str


class ExchangeWithdrawalSource(WithdrawalSource):
    """One exchange: the interface that tells its networks, if it has one, and `parts` that tell how it is as a whole.

    With `adapter` None there is nothing but the parts, and the reading has no flags.
    """

    def __init__(
        self,
        http: Http,
        clock: Clock,
        adapter: WithdrawalAdapter | None,
        *,
        parts: Sequence[StatusAdapter] = (),
        interval: timedelta | None = None,
    ) -> None:
        interfaces: Sequence[ExchangeInterface] = [*([adapter] if adapter else []), *parts]
        self.exchange = interfaces[0].exchange
        self.name = interfaces[0].name
        self.standing = interfaces[0].standing
        self.interval = interval or max(interface.interval for interface in interfaces)
        self.tells_networks = adapter is not None
        self._http = http
        self._clock = clock
        self._adapter = adapter
        self._parts = tuple(parts)

    @override
    async def read(self) -> WithdrawalReading:
        collector = FlagCollector()
        failure, answers = await asyncio.gather(
            self._collect(collector), asyncio.gather(*map(self._status, self._parts))
        )
        contents = [answer for answer in answers if isinstance(answer, StatusContent)]
        failed = [
            (part.part, answer)
            for part, answer in zip(self._parts, answers, strict=True)
            if isinstance(answer, _InterfaceFailure)
        ]
        if self._adapter is None and not contents:
            failure = failed[0][1]
        if failure is None:
            failure = self._collect_parts(collector, contents)
        return WithdrawalReading(
            exchange=self.exchange,
            as_of=self._clock.now(),
            source=self.name,
            standing=self.standing,
            flags=() if failure else collector.flags(),
            listed=0 if failure else collector.listed,
            closed=0 if failure else collector.closed,
            system=_worst(
                [
                    *(content.system for content in contents if content.system),
                    *(SystemState.UNKNOWN for part, _ in failed if part == SYSTEM_STATUS),
                ]
            ),
            maintenance=told_once(entry for content in contents for entry in content.maintenance),
            fault=failure.fault if failure else None,
            detail=failure.detail if failure else "",
            part_faults=tuple((part, status_failure.fault) for part, status_failure in failed),
        )

    async def _collect(self, collector: FlagCollector) -> _InterfaceFailure | None:
        """Read the networks; return why they cannot be read, None where they can or where nothing tells them."""
        if self._adapter is None:
            return None
        try:
            await collector.add(self._adapter.parse(await self._fetch(self._adapter)))
        except Exception as error:  # noqa: BLE001 -- whatever it is, the reading says it
            return _failure(error, self._adapter)
        return None

    async def _status(self, part: StatusAdapter) -> StatusContent | _InterfaceFailure:
        try:
            return part.parse(await self._fetch(part))
        except Exception as error:  # noqa: BLE001 -- as above
            return _failure(error, part)

    def _collect_parts(self, collector: FlagCollector, contents: Sequence[StatusContent]) -> _InterfaceFailure | None:
        try:
            for row in (row for content in contents for row in content.rows):
                collector.add_uncounted(row)
        except SourceError as error:
            return _InterfaceFailure(error.fault, error.detail)
        return None

    async def _fetch(self, interface: ExchangeInterface) -> bytes:
        body = await self._http.send(interface.request(), limits=interface.limits, sign=interface.sign)
        if body.content.count(b",") > _MOST_COMMAS:
            raise SourceError(SourceFault.BAD_SHAPE, f"more than {_MOST_COMMAS} values")
        return body.content


def _failure(error: Exception, interface: ExchangeInterface) -> _InterfaceFailure:
    meant = as_source_error(error, interface.exchange)
    return _InterfaceFailure(meant.fault, meant.detail)


def _worst(systems: Sequence[SystemState]) -> SystemState | None:
    """Return the state that stands for several interfaces, None for none: what one of them says is wrong, is."""
    order = (
        SystemState.HALTED, SystemState.CANCEL_ONLY, SystemState.MAINTENANCE, SystemState.UNKNOWN, SystemState.NORMAL
    )  # fmt: skip
    return next((state for state in order if state in systems), None)
