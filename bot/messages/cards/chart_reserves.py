"""`/chart <exchange> reserves`: what an exchange held on each day, in layers by asset.

Values are at each day's prices, so the layers move with the market as well, and the picture says so. A day whose
reading lacked a chain is left open, for lower by what lay there it would look like a run; the newest layer is that of
the total that `/reserves` shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.daily_assets import DailyAssets
from bot.domain.incident import Incident
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.chart import (
    MIN_POINTS,
    ChartWindow,
    chart_card,
    clean_total,
    incident_bands,
    missing_sentence,
    picture_source,
    too_few_days,
    undrawable_card,
)
from bot.messages.cards.shown_total import missing_line, provenance_of_total
from bot.messages.model import Chart, Message
from bot.messages.number_format import counted, usd
from bot.messages.pictures import Axis, Picture, PictureKind, Series

_LAYERS = 5
"""Assets with a layer of their own: with the rest, as many colours as are told apart by everybody."""
_DAY = timedelta(days=1)
_SAME_TOTAL = 0.02
"""By how much of it the sum of a day's assets may differ from its known total, which is corrected for prices that the
source got wrong and assets that it named otherwise."""


def reserves_chart_card(
    snapshot: ExchangeSnapshot, history: Sequence[DailyAssets], incidents: Sequence[Incident], window: ChartWindow
) -> Message:
    """Return the reserves of an exchange over a window; `history` is oldest first, `incidents` newest first."""
    shown, exchange = snapshot.shown_reading, snapshot.exchange
    if shown is None:
        return undrawable_card(snapshot, PictureKind.RESERVES, f"The reserves of {exchange.name} were not read yet.")
    newest = DailyAssets.of(shown, exchange.own_tokens)
    known = [*_known_days(snapshot, history, shown, window), newest]
    if len(known) < MIN_POINTS:
        return undrawable_card(
            snapshot,
            PictureKind.RESERVES,
            too_few_days(snapshot, len(known), "reserves"),
        )
    days = list(_calendar(known))
    gaps = _gap_sentence(sum(held is None for _, held in days))
    prices = "At each day's prices, so it moves with the market as well."
    own = _own_token_sentence(snapshot, shown)
    picture = Picture(
        kind=PictureKind.RESERVES,
        title=f"{exchange.name} · reserves by asset · {window.words}",
        headline=clean_total(newest.total_usd, exchange),
        across=Axis.TIME,
        up=Axis.USD,
        series=tuple(_layers(newest.usd, days)),
        source=picture_source(shown.source, shown.as_of),
        bands=incident_bands(incidents, days[0][0], days[-1][0]),
        notes=tuple(note for note in (prices, own, gaps, missing_sentence(snapshot)) if note),
    )
    return chart_card(
        exchange.id,
        picture,
        missing_line(snapshot),
        prices,
        own,
        gaps,
        chart=Chart(
            f"Reserves, {len(known)} days",
            "usd",
            tuple(held.at for held in known),
            tuple(held.total_usd for held in known),
        ),
        footer=provenance_of_total(snapshot, shown),
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


def _calendar(known: Sequence[DailyAssets]) -> Iterator[tuple[datetime, DailyAssets | None]]:
    """Yield what is known in the order of time, and for each day between of which nothing is known None."""
    before: datetime | None = None
    for held in known:
        gap = (held.at.date() - before.date()).days - 1 if before else 0
        for day in range(gap, 0, -1):
            yield held.at - day * _DAY, None
        before = held.at
        yield held.at, held


def _layers(newest: Mapping[str, float], days: Sequence[tuple[datetime, DailyAssets | None]]) -> Iterator[Series]:
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
        name = counted(others, "other") if others else "others"
        yield Series(name, rest, usd(_without(newest, names)))


def _without(held: Mapping[str, float], names: Sequence[str]) -> float:
    return sum(value for name, value in held.items() if name not in names)


def _gap_sentence(count: int) -> str | None:
    if not count:
        return None
    return f"{counted(count, 'day is', 'days are')} left open: the figures were incomplete."


def _own_token_sentence(snapshot: ExchangeSnapshot, shown: Reading) -> str | None:
    own_tokens = snapshot.exchange.own_tokens
    held = [(asset, holding.usd) for asset, holding in shown.by_asset().items() if asset in own_tokens]
    if not held:
        return None
    return f"Its own token is left out: {', '.join(f'{asset} {usd(value)}' for asset, value in held)}."
