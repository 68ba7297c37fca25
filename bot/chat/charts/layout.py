"""Where the words of a picture stand: title, headline and legend above the axes, notes and source below them.

A picture is 800 pixels wide and shown half as wide on a phone, so that nothing is set smaller than 17 pixels. The
legend and the notes wrap, and the picture grows with them: it is never the axes that become smaller.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from bot.chat.charts.palette import ThemeColours
from bot.messages.plain_text import clean

WIDTH = 800
DPI = 100
_POINT = 72 / DPI  # pixels to the points that matplotlib sets text in
_MARGIN = 26
_TITLE, _HEADLINE, _LEGEND, SMALL = 30, 26, 20, 18
_LINE = 1.32  # line height as a multiple of the size
_SWATCH, _SWATCH_GAP, _ENTRY_GAP = 34, 10, 26
AXES_LEFT, _AXES_RIGHT, _TICKS = 104, 26, 40
_ELLIPSIS = "…"
_SEPARATOR = " · "
# Chinese has no spaces: a line may end behind each of its letters, but not before the marks that end a sentence or a
# clause, nor behind an opening bracket or quote. https://www.unicode.org/reports/tr14/
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_ENDING_MARKS = "\u3001\u3002\uff0c\uff1a\uff1b\uff1f\uff01\uff09"
_OPENING_MARKS = "\uff08\u201c"
_WORD = re.compile(
    rf" ?[{_OPENING_MARKS}]*"
    rf"(?:[{_HAN}][{_ENDING_MARKS}]*|[^ {_HAN}]+?(?:[{_ENDING_MARKS}]+|(?=[ {_HAN}{_OPENING_MARKS}])|$))"
)


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One thing that the legend explains: how it is drawn, and what it means; `is_row` puts nothing beside it."""

    handle: Line2D | Patch
    text: str
    is_row: bool = False


class PictureLayout:
    """Puts words on a figure from the top down and from the bottom up, and says what is left for the axes.

    Positions are in pixels from the top left, as on the screen.
    """

    def __init__(self, colours: ThemeColours) -> None:
        self.colours = colours
        self.figure = Figure(figsize=(WIDTH / DPI, 1), dpi=DPI, facecolor=colours.ground)
        self._renderer = FigureCanvasAgg(self.figure).get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's
        self._above: list[tuple[Text | Line2D | Patch, float, float]] = []
        self._below: list[tuple[Text, float]] = []
        self._top = float(_MARGIN - 6)
        self._bottom = float(_MARGIN - 8)

    def heading(self, title: str, headline: str) -> None:
        """Write what the picture is of, and the figure that matters below it, each on one line.

        Of a title that is too long, the name in front is made shorter: `The Extraordinar… · net flow a day · 30 d`.
        """
        for text, size, weight in ((title, _TITLE, "bold"), (headline, _HEADLINE, "normal")):
            if text:
                name, *after = clean(text).split(_SEPARATOR, 1)
                rest = "".join(_SEPARATOR + words for words in after)
                written = self._fitted(name, size, WIDTH - 2 * _MARGIN, weight=weight, after=rest)
                self._above.append((written, _MARGIN, self._top + size * _LINE / 2))
                self._top += size * _LINE
        self._top += 8

    def legend(self, entries: Iterable[LegendEntry]) -> None:
        """Write the legend in as many rows as it needs."""
        left, row = float(_MARGIN), 0
        for entry in entries:
            most = WIDTH - 2 * _MARGIN - _SWATCH - _SWATCH_GAP
            text = self._fitted(entry.text, _LEGEND, most)
            width = _SWATCH + _SWATCH_GAP + self._width(text)
            if left > _MARGIN and (entry.is_row or left + width > WIDTH - _MARGIN):
                left, row = float(_MARGIN), row + 1
            middle = self._top + (row + 0.5) * _LEGEND * _LINE
            self._above.append((entry.handle, left, middle))
            self._above.append((text, left + _SWATCH + _SWATCH_GAP, middle))
            left += width + _ENTRY_GAP
        self._top += (row + 1) * _LEGEND * _LINE + 6

    def small_print(self, sentences: Iterable[str]) -> None:
        """Write sentences below the axes, wrapped, in their order."""
        rows = [row for sentence in sentences for row in self._wrapped(sentence)]
        for index, row in enumerate(reversed(rows)):
            self._below.append((row, self._bottom + (index + 0.5) * SMALL * _LINE))
        self._bottom += len(rows) * SMALL * _LINE + 6

    def axes(self, height: float, *, left: float = AXES_LEFT, right: float = _AXES_RIGHT, ticks: float = _TICKS):  # type: ignore[no-untyped-def]  # noqa: ANN201 — matplotlib's Axes
        """Fix the height of the picture and return axes that are `height` pixels high, in the room that is left."""
        total = self._top + height + ticks + self._bottom
        self.figure.set_size_inches(WIDTH / DPI, total / DPI)
        for artist, x, y in self._above:
            self._place(artist, x, total - y)
        for text, y in self._below:
            self._place(text, _MARGIN, y)
        drawn = self.figure.add_axes(
            (left / WIDTH, (self._bottom + ticks) / total, (WIDTH - left - right) / WIDTH, height / total)
        )
        drawn.set_facecolor(self.colours.ground)
        return drawn

    def width_of(self, text: str, size: float, weight: str = "normal") -> float:
        """Return how many pixels a text of this size takes, which is not on the figure afterwards."""
        measured = self._text(text, size, weight=weight)
        width = self._width(measured)
        measured.remove()
        return width

    def _place(self, artist: Text | Line2D | Patch, x: float, y: float) -> None:
        """Put an artist at pixels from the bottom left."""
        if isinstance(artist, Text):
            artist.set_position((x / WIDTH, y / (self.figure.get_figheight() * DPI)))
        elif isinstance(artist, Line2D):
            artist.set_data([x, x + _SWATCH], [y, y])
            self.figure.add_artist(artist).set_transform(None)
        else:
            artist.set_bounds(x, y - 8, _SWATCH, 16)  # type: ignore[attr-defined]  # rectangles alone are given
            self.figure.add_artist(artist).set_transform(None)

    def _fitted(self, text: str, size: float, width: float, *, weight: str = "normal", after: str = "") -> Text:
        """Return a line of text, made shorter until it is at most so many pixels wide; `after` stays while it can."""
        text = clean(text)
        written = self._text(text + after, size, weight=weight)
        if after and self._width(written) > width and self.width_of(after, size, weight) > width / 2:
            text, after = text + after, ""
        while self._width(written) > width and len(text) > 1:
            # In one go as far as the mean width of a letter says, then letter by letter.
            share = width / self._width(written)
            text = text[: min(len(text) - 1, max(1, int((len(text) + len(after)) * share) - len(after)))]
            written.set_text(text.rstrip() + _ELLIPSIS + after)
        return written

    def _wrapped(self, sentence: str) -> list[Text]:
        rows, width = [], WIDTH - 2 * _MARGIN
        row = self._text("", SMALL, colour=self.colours.quiet)
        for word in _WORD.findall(clean(sentence)):
            before = row.get_text()
            row.set_text(f"{before}{word}".lstrip())
            if before and self._width(row) > width:
                row.set_text(before)
                rows.append(row)
                row = self._text(word.lstrip(), SMALL, colour=self.colours.quiet)
        return [*rows, row]

    def _text(self, text: str, size: float, *, weight: str = "normal", colour: str = "") -> Text:
        return self.figure.text(
            0, 0, text, fontsize=size * _POINT, fontweight=weight, color=colour or self.colours.text, va="center"
        )

    def _width(self, text: Text) -> float:
        return float(text.get_window_extent(self._renderer).width)
