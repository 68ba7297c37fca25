"""Answers to `/reserves`: what an exchange holds, in which assets, and how that moved.

The title has what people want to know: "Binance · $106 B · 24 h −$12.6 B (−10.6 %) 🔴 INC-1". Reserves are the total
without the exchange's own token, which it can print: $53.0 B with $3.0 B of its own token are $50.0 B. While the source
leaves out a chain, everything but the flows is that of the last complete reading. An exchange whose amounts were not
read yet gets the totals of the source's list, with a caution.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from bot.domain.assets import STABLECOINS
from bot.domain.exchange import Exchange, Listing
from bot.domain.flow import Window
from bot.domain.incident import Incident
from bot.domain.own_reading import OwnReading
from bot.domain.reading import Reading
from bot.domain.signal import NoteReason
from bot.domain.snapshot import ExchangeSnapshot
from bot.language.name_lists import clauses, enumerated, with_note
from bot.language.translation import language, language_code, tr, tr_count
from bot.messages.cards.common import (
    TONES,
    liabilities,
    note_sentence,
    provenance,
    source_figure,
    source_name,
    trouble_sentence,
    window_name,
)
from bot.messages.cards.flow_bounds import flow_or_source_figure, title_figures
from bot.messages.cards.own_reading import own_reading_lines
from bot.messages.cards.shown_total import (
    Identity,
    missing_line,
    provenance_of_total,
    shown_total,
)
from bot.messages.cards.suppressions import paused_flows_line
from bot.messages.model import Action, Chart, Field, Line, Message, Table, Tone, line, lines, moment
from bot.messages.number_format import amount, percent, usd
from bot.messages.pictures import PictureKind
from bot.messages.translated_lines import tr_line

_MAX_STABLECOINS, _LEAST_SHARE = 3, 0.01  # named beside the share of all stablecoins: on one line of a phone
_MAX_ASSETS = 5
"""Rows of the table before the rest is added up in a last one: as many as fit on a phone under the other figures."""
_CHART_DAYS = 30
_MIN_CHART_POINTS = 3
"""Two points are a straight line and show no shape."""
_MAX_PRICE_NOTES = 2


def reserves_card(
    snapshot: ExchangeSnapshot, now: datetime, incident: Incident | None = None, own: Sequence[OwnReading] = ()
) -> Message:
    """Return the answer to `/reserves`: never a figure without source and age, and unknown where it is unknown.

    `incident` is the open outflow of the exchange, whose number stands in the title. `own` is what the bot itself read
    on chain, which stands beside the source's amounts and is in none of them.
    """
    if snapshot.shown_reading is None:
        return _without_amounts(snapshot, now)
    trouble, mark = trouble_sentence(snapshot.health, now), incident_mark(incident)
    if trouble:  # it says for how long, and changes by the minute
        return _with_amounts(snapshot, snapshot.shown_reading, mark, own, trouble)
    read = tuple(map(Identity, own))
    return _untroubled(Identity(snapshot), Identity(snapshot.shown_reading), mark, read, language_code())


def incident_mark(incident: Incident | None) -> str:
    """Return what the title of an answer says of an open incident: ` 🔴 INC-1`; "" where none is open."""
    return f" {TONES[incident.severity].icon} {incident.label}" if incident else ""


# In a run on an exchange very many people ask within seconds, and its snapshot changes only when something is read.
@lru_cache(maxsize=32)
def _untroubled(
    key: Identity[ExchangeSnapshot],
    shown: Identity[Reading],
    mark: str,
    own: tuple[Identity[OwnReading], ...],
    language: str,
) -> Message:
    """Return the answer about a snapshot in a language, the one in force, while its source answers."""
    del language
    return _with_amounts(key.value, shown.value, mark, [reading.value for reading in own])


def _with_amounts(
    snapshot: ExchangeSnapshot, shown: Reading, mark: str, own: Sequence[OwnReading], trouble: Line | None = None
) -> Message:
    exchange, total = snapshot.exchange, shown_total(snapshot)
    holdings = _reading_texts(Identity(shown), exchange, language_code())
    return Message(
        title=_title(snapshot, holdings, mark),
        lines=lines(
            _total_line(snapshot, shown, holdings),
            liabilities(),
            missing_line(snapshot),
            trouble,
            paused_flows_line(snapshot.signal),
            *_price_notes(snapshot),
            *own_reading_lines(own, shown),
        ),
        fields=(*_flow_fields(snapshot), *holdings.composition),
        chart=_chart(snapshot),
        table=holdings.table,
        footer=provenance_of_total(snapshot, shown),
        actions=(
            Action(tr("Chart"), f"chart {exchange.id} {PictureKind.RESERVES}"),
            Action(tr("Flows"), f"flows {exchange.id}"),
            Action(tr("Incidents"), f"incidents {exchange.id}"),
            Action(tr("Subscribe"), f"subscribe {exchange.id}"),
        ),
        totals=(total,) if total else (),
    )


def _title(snapshot: ExchangeSnapshot, holdings: "_ReadingTexts", mark: str) -> str:
    """Return exchange, reserves, the flow of a day where it is certain, and the open incident."""
    is_part = bool(snapshot.missing) and snapshot.last_complete is None
    reserves = tr("at least {usd}", usd=holdings.reserves) if is_part else holdings.reserves
    moved = title_figures(snapshot.signal.flow(Window.DAY) if snapshot.signal else None)
    flow = f" · {window_name(Window.DAY)} {moved}" if moved else ""
    return f"{snapshot.exchange.name} · {reserves}{flow}{mark}"


def _total_line(snapshot: ExchangeSnapshot, shown: Reading, holdings: "_ReadingTexts") -> Line:
    """Return what the reserves leave out; while a part is missing with their time, which is not the newest one."""
    if snapshot.missing and snapshot.last_complete:
        time = tr_line("Last complete figures: {time}.", time=moment(shown.as_of, relative=True))
        return line(*time, language().sentence_gap, holdings.explanation)
    return line(holdings.explanation)


def _price_notes(snapshot: ExchangeSnapshot) -> Iterator[Line]:
    """Yield that a part of the total is valued at its last price, as the source tells no value of it."""
    notes = snapshot.signal.notes if snapshot.signal else ()
    unpriced = [note for note in notes if note.reason is NoteReason.UNPRICED]
    yield from map(note_sentence, unpriced[:_MAX_PRICE_NOTES])
    if len(unpriced) > _MAX_PRICE_NOTES:
        yield line(
            tr_count(
                "{count} more asset is valued at the last price.",
                "{count} more assets are valued at the last price.",
                len(unpriced) - _MAX_PRICE_NOTES,
            )
        )


@dataclass(frozen=True, slots=True)
class _ReadingTexts:
    """The parts of an answer that depend on the reading alone, and not on the time at which somebody asks."""

    reserves: str
    explanation: str
    composition: tuple[Field, ...]
    table: Table


# In a run on an exchange very many people ask for the same reading; there are some eighty exchanges, and most of the
# places of a bot have one or two languages.
@lru_cache(maxsize=256)
def _reading_texts(key: Identity[Reading], exchange: Exchange, language: str) -> _ReadingTexts:
    """Return the texts about a reading in a language, the one in force: as an argument it is part of the key."""
    del language
    reading, assets = key.value, key.value.by_asset()
    total = sum(holding.usd for holding in assets.values())
    reserves = sum(holding.usd for asset, holding in assets.items() if asset not in exchange.own_tokens)
    return _ReadingTexts(
        usd(reserves),
        _own_token_sentence(exchange, total, total - reserves),
        _composition(reading, total),
        _table(exchange, reading, total),
    )


def _own_token_sentence(exchange: Exchange, total: float, own: float) -> str:
    if not exchange.own_tokens:
        return tr("No token of its own is known: nothing is left out.")
    tokens = enumerated(sorted(exchange.own_tokens))
    if total <= 0:
        return tr(
            "Reserves without its own token {tokens} ({usd}); with it {total}.",
            tokens=tokens,
            usd=usd(own),
            total=usd(total),
        )
    return tr(
        "Reserves without its own token {tokens} ({usd}, {share}); with it {total}.",
        tokens=tokens,
        usd=usd(own),
        share=percent(own / total),
        total=usd(total),
    )


def _composition(reading: Reading, total: float) -> tuple[Field, ...]:
    """Return how much of the total is in stablecoins, and in which: `56.6 % of the total (USDT 45.1 %, USDC 9.8 %)`.

    What an exchange has at stake when a coin falls below its dollar should not have to be looked for in the table.
    """
    if total <= 0:
        return (Field(tr("Stablecoins"), line(tr("unknown"))),)
    shares = {asset: holding.usd / total for asset, holding in reading.by_asset().items() if asset in STABLECOINS}
    largest = sorted(shares, key=lambda asset: -shares[asset])[:_MAX_STABLECOINS]
    told = [f"{asset} {percent(shares[asset])}" for asset in largest if shares[asset] >= _LEAST_SHARE]
    value = with_note(tr("{share} of the total", share=percent(sum(shares.values()))), clauses(told))
    return (Field(tr("Stablecoins"), line(value)),)


def _flow_fields(snapshot: ExchangeSnapshot) -> tuple[Field, ...]:
    windows = (Window.DAY, Window.WEEK, Window.MONTH)
    return tuple(
        Field(
            tr("Flow {window}", window=window_name(window)),
            flow_or_source_figure(snapshot.signal, snapshot.listing, window),
        )
        for window in windows
    )


def _table(exchange: Exchange, reading: Reading, total: float) -> Table:
    assets = reading.by_asset()
    shown = list(assets.items())[:_MAX_ASSETS]  # by_asset() has the largest first
    rows = [
        (_asset_name(asset, exchange), amount(holding.amount, ""), usd(holding.usd),
         percent(holding.usd / total) if total > 0 else "–")
        for asset, holding in shown
    ]  # fmt: skip
    others_usd = total - sum(holding.usd for _, holding in shown)
    if len(assets) > len(shown):
        others_share = percent(others_usd / total) if total > 0 else "–"
        # Translators: other assets than those in the rows above.
        others = tr_count("{count} other", "{count} others", len(assets) - len(shown))
        rows.append((others, "", usd(others_usd), others_share))
    header = (tr("Asset"), tr("Amount"), tr("Value"), tr("Share"))
    return Table(header, tuple(rows), numeric=(1, 2, 3), chat_rows=len(rows), spare=1)


def _asset_name(asset: str, exchange: Exchange) -> str:
    # Translators: in a narrow table, a token that the exchange issues itself.
    return tr("{asset} own", asset=asset) if asset in exchange.own_tokens else asset


def _chart(snapshot: ExchangeSnapshot) -> Chart | None:
    """Return the reserves of the last 30 days and of now: a day's figure is that of its first reading."""
    days = snapshot.days[-_CHART_DAYS:]
    # A day without a chain is lower by what lay there; a gap is more honest than a fall that was none.
    points = [(day.day, day.reserves_usd) for day in days if day.is_complete]
    if len(points) < _MIN_CHART_POINTS:
        return None
    total = shown_total(snapshot)
    title = _chart_title(len(points), len(days))
    # Without the newest figure a fall of today would not be in the picture.
    if (
        total
        and total.reserves_usd is not None
        and total.as_of > points[-1][0]
        and (not total.missing or snapshot.last_complete)
    ):
        points.append((total.as_of, total.reserves_usd))
    return Chart(title, "usd", tuple(at for at, _ in points), tuple(reserves for _, reserves in points))


def _chart_title(complete: int, days: int) -> str:
    if complete == days:
        return tr_count("Reserves, {count} day", "Reserves, {count} days", days)
    return tr_count(
        "Reserves, {complete} complete of {count} day",
        "Reserves, {complete} complete of {count} days",
        days,
        complete=complete,
    )


def _without_amounts(snapshot: ExchangeSnapshot, now: datetime) -> Message:
    """Return the answer when no amounts were read: the totals of the source's list, or that nothing is known."""
    exchange, listing = snapshot.exchange, snapshot.listing
    has_total = listing is not None and listing.total_usd is not None
    return Message(
        title=f"{exchange.name} · {_listed_figure(listing)}",
        tone=Tone.INFO if has_total else Tone.TROUBLE,
        lines=lines(
            _listed_totals(listing) if listing and has_total else None,
            _why_no_amounts(exchange, listing),
            _list_alone() if has_total else None,
            liabilities() if has_total else None,
            trouble_sentence(snapshot.health, now),
        ),
        fields=_source_flow_fields(listing),
        footer=provenance(listing.source, listing.fetched_at, by_source=False) if listing else (),
        actions=(Action(tr("Exchanges"), "exchanges"),),
        totals=(total,) if (total := shown_total(snapshot)) else (),
    )


def _list_alone() -> str:
    return tr("From the source's list alone: a chain that is missing there would lower this total unnoticed.")


def _listed_figure(listing: Listing | None) -> str:
    if listing is None or listing.total_usd is None:
        return tr("reserves unknown")
    return usd(listing.total_usd if listing.clean_usd is None else listing.clean_usd)


def _listed_totals(listing: Listing) -> Line:
    if listing.clean_usd is None:
        return line(tr("Total reserves, with its own token if it has one."))
    return line(tr("Reserves without its own token; with it {total}.", total=usd(listing.total_usd or 0.0)))


def _why_no_amounts(exchange: Exchange, listing: Listing | None) -> str:
    if exchange.slug is None and listing is None:
        return tr("The source tracks no wallets of {exchange}, so there is nothing to watch.", exchange=exchange.name)
    if exchange.slug is None and listing is not None:
        return tr(
            "{source} tracks no wallets of {exchange}, so there is nothing to watch.",
            source=source_name(listing.source),
            exchange=exchange.name,
        )
    if listing is not None and listing.total_usd is None:
        return tr("The source lists this exchange without any figures at present.")
    return tr("Amounts per asset have not been read yet; the largest exchanges come first. Ask again in a few minutes.")


def _source_flow_fields(listing: Listing | None) -> tuple[Field, ...]:
    """Return the source's own net flows. Without amounts they are the only ones, so each says whose figure it is."""
    if listing is None:
        return ()
    name = source_name(listing.source)
    return tuple(
        # Translators: the source's own figure of a net flow, "Flow 24 h by DefiLlama".
        Field(tr("Flow {window} by {source}", window=window_name(window), source=name), line(figure))
        for window in listing.inflows_usd
        if (figure := source_figure(listing, window))
    )
