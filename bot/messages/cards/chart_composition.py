"""`/chart <exchange> composition`: a bar for each asset that an exchange holds, its own token hatched and apart.

Shares are of everything that was read, the own token included, as in `/reserves`.
"""

from collections.abc import Iterator
from functools import partial

from bot.domain.assets import STABLECOINS
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot
from bot.language.translation import tr
from bot.messages.cards.chart import (
    chart_card,
    clean_total,
    missing_sentence,
    others_name,
    picture_source,
    readable_everywhere,
    undrawable_card,
)
from bot.messages.cards.shown_total import missing_line, provenance_of_total
from bot.messages.model import Message, Table
from bot.messages.number_format import percent, usd
from bot.messages.pictures import Axis, Picture, PictureKind, Series, Stroke

_ROWS = 8
"""Assets with a bar of their own, as many as the table of `/reserves` has."""


def composition_chart_card(snapshot: ExchangeSnapshot) -> Message:
    """Return what an exchange holds now, by asset."""
    shown, exchange = snapshot.shown_reading, snapshot.exchange
    total_usd = shown.total_usd() if shown else 0.0
    if shown is None or total_usd <= 0:
        return undrawable_card(
            snapshot,
            PictureKind.COMPOSITION,
            tr("What {exchange} holds was not read yet, so there is nothing to show.", exchange=exchange.name),
        )
    rows = tuple((row.name, row.figure) for row in _rows(shown, exchange.own_tokens, total_usd))
    return chart_card(
        exchange.id,
        readable_everywhere(partial(_picture, snapshot, shown, total_usd)),
        _stable_sentence(shown, total_usd),
        missing_line(snapshot),
        table=Table((tr("Asset"), tr("Share · value")), rows, numeric=(1,)),
        footer=provenance_of_total(snapshot, shown),
    )


def _picture(snapshot: ExchangeSnapshot, shown: Reading, total_usd: float) -> Picture:
    exchange = snapshot.exchange
    return Picture(
        kind=PictureKind.COMPOSITION,
        title=tr("{exchange} · what it holds", exchange=exchange.name),
        headline=clean_total(shown.total_usd(without=exchange.own_tokens), exchange),
        across=Axis.SHARE,
        up=Axis.RANK,
        series=tuple(_rows(shown, exchange.own_tokens, total_usd)),
        source=picture_source(shown.source, shown.as_of),
        notes=tuple(note for note in (_stable_sentence(shown, total_usd), missing_sentence(snapshot)) if note),
    )


def _stable_sentence(shown: Reading, total_usd: float) -> str:
    stable_usd = sum(held.usd for asset, held in shown.by_asset().items() if asset in STABLECOINS)
    return tr(
        "Stablecoins: {share} of everything it holds ({usd}).",
        share=percent(stable_usd / total_usd),
        usd=usd(total_usd),
    )


def _rows(shown: Reading, own_tokens: frozenset[str], total_usd: float) -> Iterator[Series]:
    """Yield the largest assets, the rest together, and the own tokens at the end."""
    assets = shown.by_asset()
    others = [(asset, held.usd) for asset, held in assets.items() if asset not in own_tokens]
    for asset, value_usd in others[:_ROWS]:
        yield _row(asset, value_usd, total_usd)
    if rest := others[_ROWS:]:
        yield _row(others_name(len(rest)), sum(value_usd for _, value_usd in rest), total_usd)
    for asset in assets:
        if asset in own_tokens:
            # Translators: the exchange's own token, beside its bar in a picture; short, e.g. "BNB own"
            yield _row(tr("{asset} own", asset=asset), assets[asset].usd, total_usd, Stroke.EXTRA)


def _row(name: str, value_usd: float, total_usd: float, stroke: Stroke = Stroke.MAIN) -> Series:
    share = value_usd / total_usd
    return Series(name, ((0.0, share),), f"{percent(share)} · {usd(value_usd)}", stroke)
