"""What answers to `/chart` have in common: the windows, the buttons, and the answer that has no picture to show.

A chart's message is short, for it is the caption of its picture: the figure that matters, what is unknown, where it is
from. Every figure in the picture is in one of the two by the same words.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.exchange import Exchange
from bot.domain.incident import Incident, IncidentState
from bot.domain.snapshot import ExchangeSnapshot
from bot.language.languages import ENGLISH
from bot.language.name_lists import enumerated, sentences
from bot.language.translation import language_code, marked, tr, tr_count, written_in
from bot.messages.cards.common import liabilities, source_name
from bot.messages.cards.part_names import part_name
from bot.messages.model import Action, Chart, Line, Message, Table, Tone, bold, line, lines
from bot.messages.number_format import clock, day_and_month, usd
from bot.messages.pictures import LANGUAGES_OF_OTHER_FONTS, Band, Picture, PictureKind

MIN_POINTS = 3
"""Two points are a straight line and show no shape."""
_LABELS = {
    PictureKind.RESERVES: marked("Reserves chart"),
    PictureKind.FLOWS: marked("Flows chart"),
    PictureKind.COMPOSITION: marked("What it holds"),
    PictureKind.RUN: marked("Against past runs"),
}
_MAX_BANDS = 2
"""Incidents that are marked in a picture, newest first; more would hide what they are about."""


class ChartWindow(StrEnum):
    """How far back a picture goes."""

    WEEK = "7d"
    FORTNIGHT = "14d"
    MONTH = "30d"
    QUARTER = "90d"

    @property
    def length(self) -> timedelta:
        """Return the window's length."""
        return timedelta(days=self.days)

    @property
    def days(self) -> int:
        """Return the window's length in days."""
        return int(self.removesuffix("d"))

    @property
    def words(self) -> str:
        """Return the window as it is written in texts: `30 d`."""
        return tr("{days} d", days=self.days)


def chart_actions(exchange: str, shown: PictureKind) -> tuple[Action, ...]:
    """Return buttons to the other pictures of an exchange, given by its id."""
    return tuple(_chart_action(exchange, kind) for kind in _LABELS if kind is not shown)


def _chart_action(exchange: str, kind: PictureKind) -> Action:
    return Action(tr(_LABELS[kind]), f"chart {exchange} {kind}")


def readable_everywhere(make_picture: Callable[[], Picture]) -> Picture:
    """Return a picture in the language in force, and in English as well where its letters may lack a font."""
    picture = make_picture()
    if language_code() not in LANGUAGES_OF_OTHER_FONTS:
        return picture
    with written_in(ENGLISH):
        return replace(picture, in_english=make_picture())


def chart_card(
    exchange: str,
    picture: Picture,
    *told: str | Line | None,
    footer: Line,
    chart: Chart | None = None,
    table: Table | None = None,
) -> Message:
    """Return the message of a picture of an exchange, given by its id: the figure first, then what else is told.

    `chart` or `table` says the same where no picture is shown.
    """
    return Message(
        title=picture.title,
        lines=lines(line(bold(picture.headline)), *told, liabilities()),
        chart=chart,
        table=table,
        footer=footer,
        actions=chart_actions(exchange, picture.kind),
        picture=picture,
    )


def undrawable_card(snapshot: ExchangeSnapshot, kind: PictureKind, sentence: str) -> Message:
    """Return the answer where there is too little to draw, with what can be looked at instead."""
    exchange = snapshot.exchange
    # The other pictures need days as well; what it holds now does not.
    others = () if kind is PictureKind.COMPOSITION else (_chart_action(exchange.id, PictureKind.COMPOSITION),)
    return Message(
        title=tr("{exchange} · nothing to draw yet", exchange=exchange.name),
        tone=Tone.TROUBLE,
        lines=lines(sentence),
        actions=(Action(tr("Reserves"), f"reserves {exchange.id}"), *others),
    )


def clean_total(total_usd: float, exchange: Exchange) -> str:
    """Return what an exchange holds without its own token, as the headline of a picture."""
    if not exchange.own_tokens:
        return usd(total_usd)
    return tr("{usd} without its own token", usd=usd(total_usd))


def picture_source(source: str, as_of: datetime) -> str:
    """Return where a picture's figures are from and when they were true, as it stands in the picture."""
    return tr("{source} · as of {time}", source=source_name(source), time=clock(as_of))


def others_name(count: int) -> str:
    """Return what all assets without a place of their own are called together: `36 others`."""
    # Translators: assets that are not named, beside a bar or a layer of a picture; short
    return tr_count("{count} other", "{count} others", count)


def incident_bands(incidents: Sequence[Incident], since: datetime, until: datetime) -> tuple[Band, ...]:
    """Return the stretches of incidents in a picture, times in unix seconds: `INC-42 since 13 Dec`.

    `incidents` are newest first; those that ended before `since` are left out.
    """
    bands = []
    for incident in incidents:
        is_open = incident.state is IncidentState.OPEN
        end = until if is_open else incident.changed_at
        if end > since and incident.first_as_of < until:
            start = max(incident.first_as_of, since)
            bands.append(Band(_band_words(incident), start.timestamp(), end.timestamp()))
    return tuple(bands[:_MAX_BANDS])


def _band_words(incident: Incident) -> str:
    begun = day_and_month(incident.first_as_of)
    if incident.state is IncidentState.OPEN:
        return tr("{incident} since {date}", incident=incident.label, date=begun)
    over = day_and_month(incident.changed_at)
    # Translators: in the legend of a picture, "INC-42 9 Dec to 13 Dec"
    return tr("{incident} {begun} to {over}", incident=incident.label, begun=begun, over=over)


def missing_sentence(snapshot: ExchangeSnapshot) -> str | None:
    """Return what the newest reading lacks, as it stands in a picture; None where it has everything."""
    if not snapshot.missing:
        return None
    names = enumerated(part_name(part.name) for part in snapshot.missing)
    return tr("Missing at the source now: {parts}. Totals are those of the last complete reading.", parts=names)


def too_few_days(snapshot: ExchangeSnapshot, known: int, kind: PictureKind) -> str:
    """Return that there are not enough days for a picture of flows, or of reserves, yet."""
    name, missing = snapshot.exchange.name, MIN_POINTS - known
    if kind is PictureKind.FLOWS:
        too_few = tr_count(
            "{count} day of {exchange} known so far: a chart of flows needs {needed}.",
            "{count} days of {exchange} known so far: a chart of flows needs {needed}.",
            known,
            exchange=name,
            needed=MIN_POINTS,
        )
    else:
        too_few = tr_count(
            "{count} day of {exchange} known so far: a chart of reserves needs {needed}.",
            "{count} days of {exchange} known so far: a chart of reserves needs {needed}.",
            known,
            exchange=name,
            needed=MIN_POINTS,
        )
    if missing == 1:
        return sentences(too_few, tr("Ask again tomorrow."))
    return sentences(too_few, tr_count("Ask again in {count} day.", "Ask again in {count} days.", missing))
