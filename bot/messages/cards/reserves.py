"""What an exchange holds and how it moved."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from typing_extensions import override

from bot.domain.assets import STABLECOINS
from bot.domain.exchange import Exchange, Listing
from bot.domain.flow import Window
from bot.domain.reading import Reading
from bot.domain.signal import Signal
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.common import (
    LIABILITIES,
    WINDOW_NAMES,
    flow_value,
    provenance,
    second_opinion,
    source_name,
    trouble_sentence,
)
from bot.messages.model import Action, Chart, Field, Line, Message, Table, Tone, line, lines
from bot.messages.numbers import amount, percent, usd

_SHOWN = 8
_CHART_DAYS = 30


def reserves_card(outlook: ExchangeSnapshot, now: datetime) -> Message:
    """Return the answer to `/reserves`: never a figure without source and age, and unknown where it is unknown."""
    if outlook.reading is None:
        return _without_amounts(outlook, now)
    return _with_amounts(outlook, outlook.reading, now)


def _with_amounts(outlook: ExchangeSnapshot, reading: Reading, now: datetime) -> Message:
    exchange = outlook.exchange
    held = _held(_ByIdentity(reading), exchange)
    return Message(
        title=f"{exchange.name} · reserves",
        lines=lines(
            held.totals, second_opinion(outlook.listing, Window.DAY), LIABILITIES, trouble_sentence(outlook.health, now)
        ),
        fields=(*held.composition, *_flows(outlook.signal)),
        chart=_chart(outlook),
        table=held.table,
        footer=provenance(reading.source, reading.as_of),
        actions=(
            Action("Flows", f"flows {exchange.id}"),
            Action("Incidents", f"incidents {exchange.id}"),
            Action("Subscribe", f"subscribe {exchange.id}"),
        ),
    )


class _ByIdentity:
    """A reading as a key: it equals nothing but itself, as comparing holdings would take too long."""

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
class _HeldAmounts:
    """What an answer says of a reading alone."""

    totals: Line
    composition: tuple[Field, ...]
    table: Table


@lru_cache(maxsize=128)
def _held(one: _ByIdentity, exchange: Exchange) -> _HeldAmounts:
    """Return what is held, in words. In a run on an exchange many ask for the same reading."""
    reading, assets = one.reading, one.reading.by_asset()
    total = sum(held.usd for held in assets.values())
    clean = sum(held.usd for asset, held in assets.items() if asset not in exchange.own_tokens)
    return _HeldAmounts(
        line(f"Clean reserves {usd(clean)} (without its own token) · total {usd(total)}"),
        _composition(exchange, reading, total, clean),
        _table(exchange, reading, total),
    )


def _composition(exchange: Exchange, reading: Reading, total: float, clean: float) -> tuple[Field, ...]:
    stable = sum(held.usd for asset, held in reading.by_asset().items() if asset in STABLECOINS)
    own = ", ".join(sorted(exchange.own_tokens))
    own_share = percent((total - clean) / total) if total > 0 else "unknown"
    return (
        Field("Own token", line(f"{own_share} ({own})" if own else "none known")),
        Field("Stablecoins", line(percent(stable / total) if total > 0 else "unknown")),
        Field("Chains", line(str(len(reading.chains)))),
    )


def _flows(signal: Signal | None) -> tuple[Field, ...]:
    windows = (Window.DAY, Window.WEEK, Window.MONTH)
    return tuple(
        Field(f"Net flow {WINDOW_NAMES[window]}", flow_value(signal.flow(window) if signal else None))
        for window in windows
    )


def _table(exchange: Exchange, reading: Reading, total: float) -> Table:
    assets = reading.by_asset()
    shown = list(assets.items())[:_SHOWN]
    rows = [
        (asset + (" (own)" if asset in exchange.own_tokens else ""), amount(held.amount, ""), usd(held.usd),
         percent(held.usd / total) if total > 0 else "–")
        for asset, held in shown
    ]  # fmt: skip
    rest = total - sum(held.usd for _, held in shown)
    if len(assets) > len(shown):
        rows.append((f"{len(assets) - len(shown)} others", "", usd(rest), percent(rest / total) if total > 0 else "–"))
    return Table(("Asset", "Amount", "Value", "Share"), tuple(rows), numeric=(1, 2, 3))


def _chart(outlook: ExchangeSnapshot) -> Chart | None:
    days = outlook.days[-_CHART_DAYS:]
    if len(days) < 3:  # noqa: PLR2004 — two points show no shape
        return None
    return Chart(
        f"Clean reserves, {len(days)} days",
        "usd",
        tuple(day.day for day in days),
        tuple(day.reserves_usd for day in days),
    )


def _without_amounts(outlook: ExchangeSnapshot, now: datetime) -> Message:
    """Return what can be said when no amounts were read: the list's totals, or that nothing is known."""
    exchange, listing = outlook.exchange, outlook.listing
    known = listing is not None and listing.total_usd is not None
    return Message(
        title=f"{exchange.name} · reserves",
        tone=Tone.INFO if known else Tone.TROUBLE,
        lines=lines(
            _totals(listing) if listing and known else None,
            _why_no_amounts(exchange, listing),
            LIABILITIES if known else None,
            trouble_sentence(outlook.health, now),
        ),
        fields=_upstream_flows(listing),
        footer=provenance(listing.source, listing.fetched_at, by_source=False) if listing else (),
        actions=(Action("Exchanges", "exchanges"),),
    )


def _totals(listing: Listing) -> Line:
    total, clean = listing.total_usd or 0.0, listing.clean_usd
    without = f" · without its own token {usd(clean)}" if clean is not None else ""
    return line(f"Total {usd(total)}{without}")


def _why_no_amounts(exchange: Exchange, listing: Listing | None) -> str:
    if exchange.slug is None:
        source = source_name(listing.source) if listing else "the source"
        return f"Reserves unknown: {source} tracks no wallets of {exchange.name}, so there is nothing to watch."
    if listing is not None and listing.total_usd is None:
        return "Reserves unknown: the source lists this exchange without any figures at present."
    return "Amounts per asset have not been read yet; the largest exchanges come first. Ask again in a few minutes."


def _upstream_flows(listing: Listing | None) -> tuple[Field, ...]:
    if listing is None:
        return ()
    name = source_name(listing.source)
    return tuple(
        Field(f"Net flow {WINDOW_NAMES[window]} by {name}", line(usd(value, signed=True)))
        for window, value in listing.inflows_usd.items()
    )
