"""Answers to `/reserves`: what an exchange holds, in which assets, and how that moved.

Clean reserves are the total without the exchange's own token, which it can print: $53.0 B with $3.0 B of its own token
are $50.0 B of clean reserves. An exchange whose amounts were not read yet gets the totals of the source's list.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from typing_extensions import override

from bot.domain.assets import STABLECOINS
from bot.domain.exchange import Exchange, Listing
from bot.domain.flow import Window
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.common import (
    LIABILITIES,
    WINDOW_NAMES,
    flow_or_source_figure,
    provenance,
    source_figure,
    source_figure_line,
    source_name,
    trouble_sentence,
)
from bot.messages.model import Action, Chart, Field, Line, Message, Table, Tone, line, lines
from bot.messages.number_format import amount, percent, usd

_MAX_ASSETS = 8
"""Rows of the table before the rest is added up in a last one: as many as fit on a phone under the other figures."""
_CHART_DAYS = 30
_MIN_CHART_POINTS = 3
"""Two points are a straight line and show no shape."""


def reserves_card(snapshot: ExchangeSnapshot, now: datetime) -> Message:
    """Return the answer to `/reserves`: never a figure without source and age, and unknown where it is unknown."""
    if snapshot.reading is None:
        return _without_amounts(snapshot, now)
    return _with_amounts(snapshot, snapshot.reading, now)


def _with_amounts(snapshot: ExchangeSnapshot, reading: Reading, now: datetime) -> Message:
    exchange = snapshot.exchange
    holdings = _reading_texts(_ByIdentity(reading), exchange)
    return Message(
        title=f"{exchange.name} · reserves",
        lines=lines(
            holdings.totals,
            source_figure_line(snapshot.listing, Window.DAY),
            LIABILITIES,
            trouble_sentence(snapshot.health, now),
        ),
        fields=(*holdings.composition, *_flow_fields(snapshot)),
        chart=_chart(snapshot),
        table=holdings.table,
        footer=provenance(reading.source, reading.as_of),
        actions=(
            Action("Flows", f"flows {exchange.id}"),
            Action("Incidents", f"incidents {exchange.id}"),
            Action("Subscribe", f"subscribe {exchange.id}"),
        ),
    )


class _ByIdentity:
    """A reading as the key of a cache: equal only to itself, because comparing all its holdings would take too long."""

    __slots__ = ("reading",)

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    @override
    def __hash__(self) -> int:
        return id(self.reading)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.reading is self.reading


@dataclass(frozen=True, slots=True)
class _ReadingTexts:
    """The parts of an answer that depend on the reading alone, and not on the time at which somebody asks."""

    totals: Line
    composition: tuple[Field, ...]
    table: Table


# In a run on an exchange very many people ask for the same reading; there are some eighty exchanges.
@lru_cache(maxsize=128)
def _reading_texts(key: _ByIdentity, exchange: Exchange) -> _ReadingTexts:
    reading, assets = key.reading, key.reading.by_asset()
    total = sum(holding.usd for holding in assets.values())
    clean = sum(holding.usd for asset, holding in assets.items() if asset not in exchange.own_tokens)
    return _ReadingTexts(
        line(f"Clean reserves {usd(clean)} (without its own token) · total {usd(total)}"),
        _composition(exchange, reading, total, clean),
        _table(exchange, reading, total),
    )


def _composition(exchange: Exchange, reading: Reading, total: float, clean: float) -> tuple[Field, ...]:
    stable = sum(holding.usd for asset, holding in reading.by_asset().items() if asset in STABLECOINS)
    own_tokens = ", ".join(sorted(exchange.own_tokens))
    own_share = percent((total - clean) / total) if total > 0 else "unknown"
    return (
        Field("Own token", line(f"{own_share} ({own_tokens})" if own_tokens else "none known")),
        Field("Stablecoins", line(percent(stable / total) if total > 0 else "unknown")),
        Field("Chains", line(str(len(reading.chains)))),
    )


def _flow_fields(snapshot: ExchangeSnapshot) -> tuple[Field, ...]:
    windows = (Window.DAY, Window.WEEK, Window.MONTH)
    return tuple(
        Field(f"Net flow {WINDOW_NAMES[window]}", flow_or_source_figure(snapshot.signal, snapshot.listing, window))
        for window in windows
    )


def _table(exchange: Exchange, reading: Reading, total: float) -> Table:
    assets = reading.by_asset()
    shown = list(assets.items())[:_MAX_ASSETS]  # by_asset() has the largest first
    rows = [
        (asset + (" (own)" if asset in exchange.own_tokens else ""), amount(holding.amount, ""), usd(holding.usd),
         percent(holding.usd / total) if total > 0 else "–")
        for asset, holding in shown
    ]  # fmt: skip
    others_usd = total - sum(holding.usd for _, holding in shown)
    if len(assets) > len(shown):
        others_share = percent(others_usd / total) if total > 0 else "–"
        rows.append((f"{len(assets) - len(shown)} others", "", usd(others_usd), others_share))
    return Table(("Asset", "Amount", "Value", "Share"), tuple(rows), numeric=(1, 2, 3))


def _chart(snapshot: ExchangeSnapshot) -> Chart | None:
    days = snapshot.days[-_CHART_DAYS:]
    if len(days) < _MIN_CHART_POINTS:
        return None
    return Chart(
        f"Clean reserves, {len(days)} days",
        "usd",
        tuple(day.day for day in days),
        tuple(day.reserves_usd for day in days),
    )


def _without_amounts(snapshot: ExchangeSnapshot, now: datetime) -> Message:
    """Return the answer when no amounts were read: the totals of the source's list, or that nothing is known."""
    exchange, listing = snapshot.exchange, snapshot.listing
    has_total = listing is not None and listing.total_usd is not None
    return Message(
        title=f"{exchange.name} · reserves",
        tone=Tone.INFO if has_total else Tone.TROUBLE,
        lines=lines(
            _listed_totals(listing) if listing and has_total else None,
            _why_no_amounts(exchange, listing),
            LIABILITIES if has_total else None,
            trouble_sentence(snapshot.health, now),
        ),
        fields=_source_flow_fields(listing),
        footer=provenance(listing.source, listing.fetched_at, by_source=False) if listing else (),
        actions=(Action("Exchanges", "exchanges"),),
    )


def _listed_totals(listing: Listing) -> Line:
    total, clean = listing.total_usd or 0.0, listing.clean_usd
    without_own_token = f" · without its own token {usd(clean)}" if clean is not None else ""
    return line(f"Total {usd(total)}{without_own_token}")


def _why_no_amounts(exchange: Exchange, listing: Listing | None) -> str:
    if exchange.slug is None:
        source = source_name(listing.source) if listing else "the source"
        return f"Reserves unknown: {source} tracks no wallets of {exchange.name}, so there is nothing to watch."
    if listing is not None and listing.total_usd is None:
        return "Reserves unknown: the source lists this exchange without any figures at present."
    return "Amounts per asset have not been read yet; the largest exchanges come first. Ask again in a few minutes."


def _source_flow_fields(listing: Listing | None) -> tuple[Field, ...]:
    """Return the source's own net flows. Without amounts they are the only ones, so each says whose figure it is."""
    if listing is None:
        return ()
    name = source_name(listing.source)
    return tuple(
        Field(f"Net flow {WINDOW_NAMES[window]} by {name}", line(figure))
        for window in listing.inflows_usd
        if (figure := source_figure(listing, window))
    )
