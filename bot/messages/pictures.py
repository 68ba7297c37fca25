"""A picture as data: what is drawn, without how. Cards make it, `bot/chat/charts` turns it into a PNG.

Example: the run picture of Binance has two series, its own share of reserves that has left on days 0 to 4 and that of
FTX on days 0 to 9, a headline "−3.6 % of reserves in 4 d", and a source line with the time of the newest figure. Every
figure in it is made by the same function as the text beside it, so both always read the same.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.language.translation import language_code

LANGUAGES_OF_OTHER_FONTS = frozenset({"zh-CN"})
"""Whose letters the fonts of matplotlib do not have: a picture in one of them is in English where no other font is."""


class PictureKind(StrEnum):
    """What a picture shows: reserves by asset over time, net flows a day, assets now, or an outflow since its day 0."""

    RESERVES = "reserves"
    FLOWS = "flows"
    COMPOSITION = "composition"
    RUN = "run"


class Theme(StrEnum):
    """What a picture stands on: most of Discord is dark, Telegram begins light."""

    LIGHT = "light"
    DARK = "dark"


class Axis(StrEnum):
    """What runs along one side of a picture. TIME is in unix seconds, DAYS in days since a day 0, SHARE a fraction."""

    TIME = "time"
    DAYS = "days"
    RANK = "rank"
    USD = "usd"
    SHARE = "share"


class Stroke(StrEnum):
    """How a series stands out: MAIN is what the picture is about, LATEST its newest bar, which is not over yet.

    UNCERTAIN is what may have moved beside what is certain, EXTRA what is in no total (the exchange's own token).
    """

    MAIN = "main"
    OTHER = "other"
    LATEST = "latest"
    UNCERTAIN = "uncertain"
    EXTRA = "extra"


Point = tuple[float, float | None]
"""Where along the horizontal axis, and the value there; None is unknown, and a gap in the drawing."""


@dataclass(frozen=True, slots=True)
class Series:
    """A named row of points, in the order of the horizontal axis; `figure` is its value in words, for the legend."""

    name: str
    points: tuple[Point, ...]
    figure: str = ""
    stroke: Stroke = Stroke.OTHER


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch behind the series: of values where it lies along the vertical axis, else of time.

    `low` and `high` are in the unit of that axis.
    """

    name: str
    low: float
    high: float
    is_vertical: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, which explains itself: title, the figure that matters, legend, what is unknown, and the source.

    `scale` are two values that the vertical axis reaches at least. Without it an axis from −0.2 to +0.1 % would make
    an ordinary day look like a crash. `notes` say what is left out, a sentence each. `above_zero` and `below_zero` name
    the colours of bars, `origin` is written below the 0 of an axis of days.

    `language` is that of the texts, and of the figures and dates along the axes. `in_english` is the same picture for
    where there is no font for that language; None where its letters are in every font.
    """

    kind: PictureKind
    title: str
    headline: str
    across: Axis
    up: Axis
    series: tuple[Series, ...]
    source: str
    bands: tuple[Band, ...] = ()
    scale: tuple[float, float] = (0.0, 0.0)
    notes: tuple[str, ...] = ()
    above_zero: str = ""
    below_zero: str = ""
    origin: str = ""
    language: str = field(default_factory=language_code)
    in_english: "Picture | None" = None
