"""Answers to `/reserves`: what an exchange holds, in which assets, and how that moved.

Clean reserves are the total without the exchange's own token, which it can print: $53.0 B with $3.0 B of its own token
are $50.0 B of clean reserves. While the source leaves out a chain, everything but the flows is that of the last
complete reading. An exchange whose amounts were not read yet gets the totals of the source's list, with a caution.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from bot.domain.assets import STABLECOINS
from bot.domain.exchange import Exchange, Listing
from bot.domain.flow import Window
from bot.domain.reading import Reading
from bot.domain.signal import NoteReason
from bot.domain.snapshot import ExchangeSnapshot, MissingPart
from bot.messages.cards.common import (
    LIABILITIES,
    WINDOW_NAMES,
    note_sentence,
    provenance,
    source_figure,
    source_name,
    trouble_sentence,
)
from bot.messages.cards.flow_bounds import flow_or_source_figure
from bot.messages.cards.shown_total import (
    ReadingIdentity,
    missing_line,
    provenance_of_total,
    shown_total,
    source_figure_beside,
)
from bot.messages.model import Action, Chart, Field, Line, Message, Table, Tone, line, lines, moment
from bot.messages.number_format import amount, percent, usd

_MAX_ASSETS = 8
"""Rows of the table before the rest is added up in a last one: as many as fit on a phone under the other figures."""
_CHART_DAYS = 30
_MIN_CHART_POINTS = 3
"""Two points are a straight line and show no shape."""
_LIST_ALONE = "From the source's list alone: a chain that is missing there would lower this total unnoticed."


def reserves_card(snapshot: ExchangeSnapshot, now: datetime) -> Message:
    """Return the answer to `/reserves`: never a figure without source and age, and unknown where it is unknown."""
    if snapshot.shown_reading is None:
        return _without_amounts(snapshot, now)
    return _with_amounts(snapshot, snapshot.shown_reading, now)


def _with_amounts(snapshot: ExchangeSnapshot, shown: Reading, now: datetime) -> Message:
    exchange, total = snapshot.exchange, shown_total(snapshot)
    holdings = _reading_texts(ReadingIdentity(shown), exchange, snapshot.missing)
    return Message(
        title=f"{exchange.name} · reserves",
        lines=lines(
            _totals_line(snapshot, shown, holdings),
            missing_line(snapshot),
            *_price_notes(snapshot),
            source_figure_beside(snapshot, Window.DAY),
            LIABILITIES,
            trouble_sentence(snapshot.health, now),
        ),
        fields=(*holdings.composition, *_flow_fields(snapshot)),
        chart=_chart(snapshot),
        table=holdings.table,
        footer=provenance_of_total(snapshot, shown),
        actions=(
            Action("Flows", f"flows {exchange.id}"),
            Action("Incidents", f"incidents {exchange.id}"),
            Action("Subscribe", f"subscribe {exchange.id}"),
        ),
        totals=(total,) if total else (),
    )


def _price_notes(snapshot: ExchangeSnapshot) -> Iterator[Line]:
    """Yield that a part of the total is valued at its last price, as the source tells no value of it."""
    notes = snapshot.signal.notes if snapshot.signal else ()
    yield from (note_sentence(note) for note in notes if note.reason is NoteReason.UNPRICED)


def _totals_line(snapshot: ExchangeSnapshot, shown: Reading, holdings: "_ReadingTexts") -> Line:
    """Return the totals; while a part is missing with their time, for they are not those of the newest reading."""
    if not snapshot.missing:
        return holdings.totals
    if snapshot.last_complete is None:
        return line(f"Clean reserves at least {holdings.clean} · total at least {holdings.total}")
    return line(
        f"Clean reserves {holdings.clean} at ",
        moment(shown.as_of, relative=True),
        f", the last complete figure · total {holdings.total}",
    )


@dataclass(frozen=True, slots=True)
class _ReadingTexts:
    """The parts of an answer that depend on the reading alone, and not on the time at which somebody asks."""

    clean: str
    total: str
    totals: Line
    composition: tuple[Field, ...]
    table: Table


# In a run on an exchange very many people ask for the same reading; there are some eighty exchanges.
@lru_cache(maxsize=128)
def _reading_texts(key: ReadingIdentity, exchange: Exchange, missing: tuple[MissingPart, ...]) -> _ReadingTexts:
    reading, assets = key.reading, key.reading.by_asset()
    total = sum(holding.usd for holding in assets.values())
    clean = sum(holding.usd for asset, holding in assets.items() if asset not in exchange.own_tokens)
    return _ReadingTexts(
        usd(clean),
        usd(total),
        line(f"Clean reserves {usd(clean)} (without its own token) · total {usd(total)}"),
        _composition(exchange, reading, missing, total, clean),
        _table(exchange, reading, total),
    )


def _composition(
    exchange: Exchange, reading: Reading, missing: tuple[MissingPart, ...], total: float, clean: float
) -> tuple[Field, ...]:
    stable = sum(holding.usd for asset, holding in reading.by_asset().items() if asset in STABLECOINS)
    own_tokens = ", ".join(sorted(exchange.own_tokens))
    away = sum(part.name in reading.chains for part in missing)
    own_share = percent((total - clean) / total) if total > 0 else "unknown"
    return (
        Field("Own token", line(f"{own_share} ({own_tokens})" if own_tokens else "none known")),
        Field("Stablecoins", line(percent(stable / total) if total > 0 else "unknown")),
        Field("Chains", line(f"{len(reading.chains)}{f' ({away} missing now)' if away else ''}")),
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
    # A day without a chain is lower by what lay there; a gap is more honest than a fall that was none.
    complete = [day for day in days if day.is_complete]
    if len(complete) < _MIN_CHART_POINTS:
        return None
    span = f"{len(days)} days" if complete == list(days) else f"{len(complete)} complete of {len(days)} days"
    return Chart(
        f"Clean reserves, {span}",
        "usd",
        tuple(day.day for day in complete),
        tuple(day.reserves_usd for day in complete),
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
            _LIST_ALONE if has_total else None,
            LIABILITIES if has_total else None,
            trouble_sentence(snapshot.health, now),
        ),
        fields=_source_flow_fields(listing),
        footer=provenance(listing.source, listing.fetched_at, by_source=False) if listing else (),
        actions=(Action("Exchanges", "exchanges"),),
        totals=(total,) if (total := shown_total(snapshot)) else (),
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
