"""Coinbase's two status pages, of its app and of its exchange: announced maintenance, and no networks.

Their components are services such as the website; networks are named in the titles of maintenance only.
"""

from dataclasses import replace

from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent
from bot.sources.withdrawals.status_pages.summary import (
    PAGE_LIMITS,
    STATUS_PAGE,
    SUMMARY_PATH,
    announced_maintenance,
    read_summary,
)


def parse(body: bytes) -> StatusContent:
    """Return the maintenance of a page; raise msgspec's errors."""
    return StatusContent(maintenance=announced_maintenance(read_summary(body)))


COINBASE_STATUS_PAGE = StatusAdapter(
    exchange="coinbase",
    name="Coinbase",
    setting="coinbase_status_url",
    base="https://status.coinbase.com",
    path=SUMMARY_PATH,
    limits=PAGE_LIMITS,
    part=STATUS_PAGE,
    parse=parse,
)
COINBASE_EXCHANGE_STATUS_PAGE = replace(
    COINBASE_STATUS_PAGE,
    setting="coinbase_exchange_status_url",
    base="https://status.exchange.coinbase.com",
    part="status page of the exchange",
)
