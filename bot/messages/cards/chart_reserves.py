"""`/chart <exchange> reserves`: what an exchange held on each day, in layers by asset.

Values are at each day's prices, so the layers move with the market as well, and the picture says so. A day whose
reading lacked a chain is left open, for lower by what lay there it would look like a run; the newest layer is that of
the total that `/reserves` shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.domain.daily_assets import DailyAssets
from bot.domain.incident import Incident
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot
from bot.language.name_lists import enumerated
from bot.language.translation import tr, tr_count
from bot.messages.cards.chart import (
    MIN_POINTS,
    ChartWindow,
    chart_card,
    clean_total,
    incident_bands,
    missing_sentence,
    others_name,
    picture_source,
    readable_everywhere,
    too_few_days,
    undrawable_card,
)
from bot.messages.cards.shown_total import missing_line, provenance_of_total
from bot.messages.model import Chart, Message
from bot.messages.number_format import usd
from bot.messages.pictures import Axis, Picture, PictureKind, Series

_LAYERS = 5
"""Assets with a layer of their own: with the rest, as many colours as are told apart by everybody."""
_DAY = timedelta(days=1)
_Day = tuple[datetime, DailyAssets | None]
_SAME_TOTAL = 0.02
"""By how much of it the sum of a day's assets may differ from its known total, which is corrected for prices that the
source got wrong and assets that it named otherwise."""


def reserves_chart_card(
    snapshot: ExchangeSnapshot, history: Sequence[DailyAssets], incidents: Sequence[Incident], window: ChartWindow
) -> Message:
    """Return the reserves of an exchange over a window; `history` is oldest first, `incidents` newest first."""
    shown, exchange = snapshot.shown_reading, snapshot.exchange
    if shown is None:
        sentence = tr("The reserves of {exchange} were not read yet.", exchange=exchange.name)
        return undrawable_card(snapshot, PictureKind.RESERVES, sentence)
    newest = DailyAssets.of(shown, exchange.own_tokens)
    known = [*_known_days(snapshot, history, shown, window), newest]
    if len(known) < MIN_POINTS:
        sentence = too_few_days(snapshot, len(known), PictureKind.RESERVES)
        return undrawable_card(snapshot, PictureKind.RESERVES, sentence)
    days = list(_calendar(known))
    return chart_card(
        exchange.id,
        readable_everywhere(partial(_picture, snapshot, shown, days, incidents, window)),
        missing_line(snapshot),
        *_notes(snapshot, shown, days),
        chart=Chart(
            tr_count("Reserves, {count} day", "Reserves, {count} days", len(known)),
            "usd",
            tuple(held.at for held in known),
            tuple(held.total_usd for held in known),
        ),
        footer=provenance_of_total(snapshot, shown),
    )


def _picture(
    snapshot: ExchangeSnapshot, shown: Reading, days: Sequence[_Day], incidents: Sequence[Incident], window: ChartWindow
) -> Picture:
    exchange = snapshot.exchange
    newest = DailyAssets.of(shown, exchange.own_tokens)
    notes = (*_notes(snapshot, shown, days), missing_sentence(snapshot))
    return Picture(
        kind=PictureKind.RESERVES,
        title=tr("{exchange} · reserves by asset · {window}", exchange=exchange.name, window=window.words),
        headline=clean_total(newest.total_usd, exchange),
        across=Axis.TIME,
        up=Axis.USD,
        series=tuple(_layers(newest.usd, days)),
        source=picture_source(shown.source, shown.as_of),
        bands=incident_bands(incidents, days[0][0], days[-1][0]),
        notes=tuple(note for note in notes if note),
    )


def _notes(snapshot: ExchangeSnapshot, shown: Reading, days: Sequence[_Day]) -> tuple[str | None, ...]:
    """Return what is said beside the picture and in it."""
    return (
        tr("At each day's prices, so it moves with the market as well."),
        _own_token_sentence(snapshot, shown),
        _gap_sentence(sum(held is None for _, held in days)),
    )


def _known_days(
    snapshot: ExchangeSnapshot, history: Sequence[DailyAssets], shown: Reading, window: ChartWindow
) -> Iterator[DailyAssets]:
    """Yield the days of the window before the newest reading whose total is known, and is that of their assets."""
    points = {point.day.date(): point for point in snapshot.days if point.is_complete}
    for held in history:
        point = points.get(held.at.date())
        is_in_window = shown.as_of - window.length <= held.at < shown.as_of
        if is_in_window and point and abs(held.total_usd - point.reserves_usd) <= _SAME_TOTAL * point.reserves_usd:
            yield held


def _calendar(known: Sequence[DailyAssets]) -> Iterator[_Day]:
    """Yield what is known in the order of time, and for each day between of which nothing is known None."""
    before: datetime | None = None
    for held in known:
        gap = (held.at.date() - before.date()).days - 1 if before else 0
        for day in range(gap, 0, -1):
            yield held.at - day * _DAY, None
        before = held.at
        yield held.at, held


def _layers(newest: Mapping[str, float], days: Sequence[_Day]) -> Iterator[Series]:
    """Yield the assets that are largest now, and all others as the last layer.

    That layer is there, too, where only earlier days had others: without it those days would be drawn too low.
    """
    names = list(newest)[:_LAYERS]
    for name in names:
        points = tuple((at.timestamp(), held.usd.get(name, 0.0) if held else None) for at, held in days)
        yield Series(name, points, usd(newest[name]))
    rest = tuple((at.timestamp(), _without(held.usd, names) if held else None) for at, held in days)
    others = len(newest) - len(names)
    if others or any(value for _, value in rest):
        name = others_name(others) if others else tr("others")
        yield Series(name, rest, usd(_without(newest, names)))


def _without(held: Mapping[str, float], names: Sequence[str]) -> float:
    return sum(value for name, value in held.items() if name not in names)


def _gap_sentence(count: int) -> str | None:
    if not count:
        return None
    return tr_count(
        "{count} day is left open: the figures were incomplete.",
        "{count} days are left open: the figures were incomplete.",
        count,
    )


def _own_token_sentence(snapshot: ExchangeSnapshot, shown: Reading) -> str | None:
    own_tokens = snapshot.exchange.own_tokens
    held = [f"{asset} {usd(holding.usd)}" for asset, holding in shown.by_asset().items() if asset in own_tokens]
    return tr("Its own token is left out: {tokens}.", tokens=enumerated(held)) if held else None
