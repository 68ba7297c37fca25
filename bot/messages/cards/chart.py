"""What answers to `/chart` have in common: the windows, the buttons, and the answer that has no picture to show.

A chart's message is short, for it is the caption of its picture: the figure that matters, what is unknown, where it is
from. Every figure in the picture is in one of the two by the same words.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.exchange import Exchange
from bot.domain.incident import Incident, IncidentState
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.common import liabilities, source_name
from bot.messages.model import Action, Chart, Line, Message, Table, Tone, bold, line, lines
from bot.messages.number_format import clock, counted, usd
from bot.messages.pictures import Band, Picture, PictureKind

MIN_POINTS = 3
"""Two points are a straight line and show no shape."""
_LABELS = {
    PictureKind.RESERVES: "Reserves chart",
    PictureKind.FLOWS: "Flows chart",
    PictureKind.COMPOSITION: "What it holds",
    PictureKind.RUN: "Against past runs",
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
        return f"{self.days} d"


def chart_actions(exchange: str, shown: PictureKind) -> tuple[Action, ...]:
    """Return buttons to the other pictures of an exchange, given by its id."""
    return tuple(Action(label, f"chart {exchange} {kind}") for kind, label in _LABELS.items() if kind is not shown)


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
    return Message(
        title=f"{exchange.name} · nothing to draw yet",
        tone=Tone.TROUBLE,
        lines=lines(sentence),
        # The other pictures need days as well; what it holds now does not.
        actions=(
            Action("Reserves", f"reserves {exchange.id}"),
            *(
                action
                for action in chart_actions(exchange.id, kind)
                if action.label == _LABELS[PictureKind.COMPOSITION]
            ),
        ),
    )


def clean_total(total_usd: float, exchange: Exchange) -> str:
    """Return what an exchange holds without its own token, as the headline of a picture."""
    return f"{usd(total_usd)} without its own token" if exchange.own_tokens else usd(total_usd)


def picture_source(source: str, as_of: datetime) -> str:
    """Return where a picture's figures are from and when they were true, as it stands in the picture."""
    return f"{source_name(source)} · as of {clock(as_of)}"


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
            words = f"since {date(incident.first_as_of)}" if is_open else f"{date(incident.first_as_of)} to {date(end)}"
            bands.append(Band(f"{incident.label} {words}", start.timestamp(), end.timestamp()))
    return tuple(bands[:_MAX_BANDS])


def missing_sentence(snapshot: ExchangeSnapshot) -> str | None:
    """Return what the newest reading lacks, as it stands in a picture; None where it has everything."""
    if not snapshot.missing:
        return None
    names = ", ".join(part.name for part in snapshot.missing)
    return f"Missing at the source now: {names}. Totals are those of the last complete reading."


def date(at: datetime) -> str:
    """Return a date as short as a picture has room for: `13 Dec`."""
    return f"{at.day} {at:%b}"


def too_few_days(snapshot: ExchangeSnapshot, known: int, what: str) -> str:
    """Return that there are not enough days for a picture yet."""
    missing = MIN_POINTS - known
    when = "tomorrow" if missing == 1 else f"in {missing} days"
    days = counted(known, "day")
    return f"{days} of {snapshot.exchange.name} known so far: a chart of {what} needs {MIN_POINTS}. Ask again {when}."
