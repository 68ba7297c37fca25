"""The exchanges that are watched, and the rows of the upstream's list of them."""

import re
from dataclasses import dataclass
from datetime import datetime

from bot.domain.flow import Window
from bot.language.translation import marked

_UNSAFE = re.compile(r"[*{}:/]")  # in an id: what a key, an address, `all` (`*`) and an export are made with


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange.

    `id` is ours: the upstream's slug in lower case without a trailing `-cex` (`binance`), or the name made into one.
    `slug` is the upstream's, in lower case, None when no wallets of it are tracked. `own_tokens` are the upper-case
    symbols of the tokens it issues itself (BNB): they are not counted as reserves, for it could not pay out with them.
    """

    id: str
    name: str
    slug: str | None = None
    own_tokens: frozenset[str] = frozenset()


MARKET = Exchange("market", marked("Market-wide"))
"""Stands in for an exchange in incidents that concern many exchanges at once."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One row of the upstream's list: totals in USD, and the upstream's own figures of net flow (positive = deposits).

    `clean_usd` is the total without own tokens. None means that the upstream did not say. The list has no time of its
    own, so all that is known is when it was requested, `fetched_at`.
    """

    exchange: Exchange
    source: str
    fetched_at: datetime
    total_usd: float | None = None
    clean_usd: float | None = None
    inflow_24h_usd: float | None = None
    inflow_7d_usd: float | None = None
    inflow_30d_usd: float | None = None

    @property
    def inflows_usd(self) -> dict[Window, float]:
        """Return the upstream's own figures by the window they are for, where it gives one; shortest window first."""
        given = {
            Window.DAY: self.inflow_24h_usd,
            Window.WEEK: self.inflow_7d_usd,
            Window.MONTH: self.inflow_30d_usd,
        }
        return {window: usd for window, usd in given.items() if usd is not None}


def exchange_id(slug_or_name: str) -> str:
    """Return our id for an upstream's slug or a display name: `Binance-CEX` → `binance`, `NEXO` → `nexo`.

    Signs that separate or match something in keys, addresses, commands and files become dashes: `A/B` → `a-b`. It is
    empty for a name of nothing else.
    """
    words = _UNSAFE.sub(" ", slug_or_name.lower().replace("'", "")).split()
    return "-".join(words).removesuffix("-cex")
