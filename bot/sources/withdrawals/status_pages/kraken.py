"""Kraken's status page: each network of each asset is a component of the group "Digital Currency Funding".

Example: "Tether USD (USDT) - Tron" is "major_outage": USDT over TRON is closed. Kraken's interface itself tells an
asset as a whole only; together they are one flag for each network.
"""

from collections.abc import Iterator, Mapping

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent, WithdrawalRow, state_of
from bot.sources.withdrawals.status_pages.names import funding_component
from bot.sources.withdrawals.status_pages.summary import (
    PAGE_LIMITS,
    STATUS_PAGE,
    SUMMARY_PATH,
    PageSummary,
    announced_maintenance,
    read_summary,
)

_FUNDING = "Digital Currency Funding"
# A component is about deposits and withdrawals at once, and a partial outage leaves some who can withdraw: to call it
# closed would say too much. Kraken has also called a suspended asset "degraded_performance" (BONK, July 2026); where
# that happens, its interface tells the asset as a whole, which closes every network.
_STATES: Mapping[str, WithdrawalState] = {
    "operational": WithdrawalState.OPEN,
    "degraded_performance": WithdrawalState.DELAYED,
    "partial_outage": WithdrawalState.DELAYED,
    "major_outage": WithdrawalState.CLOSED,
    "under_maintenance": WithdrawalState.CLOSED,
}


def parse(body: bytes) -> StatusContent:
    """Return networks and maintenance; raise SourceError (BAD_SHAPE without the group) and msgspec's errors."""
    summary = read_summary(body)
    return StatusContent(maintenance=announced_maintenance(summary), rows=tuple(_rows(summary)))


def _rows(summary: PageSummary) -> Iterator[WithdrawalRow]:
    groups = {component.id for component in summary.components if component.group and component.name == _FUNDING}
    if not groups:
        raise SourceError(SourceFault.BAD_SHAPE, f"no group “{_FUNDING}”")
    for component in summary.components:
        funding = funding_component(component.name) if component.group_id in groups else None
        if funding:
            yield WithdrawalRow(funding.asset, funding.network, state_of(component.status, _STATES))


KRAKEN_STATUS_PAGE = StatusAdapter(
    exchange="kraken",
    name="Kraken",
    setting="kraken_status_url",
    base="https://status.kraken.com",
    path=SUMMARY_PATH,
    limits=PAGE_LIMITS,
    part=STATUS_PAGE,
    parse=parse,
)
