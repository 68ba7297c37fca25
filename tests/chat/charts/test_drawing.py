"""Pictures as they are drawn: whole, readable at half their size, and never louder than their figures."""

import re
import struct
from dataclasses import dataclass, replace
from itertools import combinations

import pytest

from bot.chat.charts.drawing import compose, draw, prepare_matplotlib
from bot.chat.charts.palette import COLOURS
from bot.messages.pictures import Picture, Theme
from tests.chat.charts import samples

prepare_matplotlib()

from matplotlib.figure import Figure  # noqa: E402 — it must have been prepared
from matplotlib.text import Text  # noqa: E402 — as above
from matplotlib.transforms import Bbox  # noqa: E402 — as above

SMALLEST_PIXELS = 17
"""At half its size, on a phone, a picture's smallest letters are those of a page's small print."""
LONG_TITLE = "The Extraordinarily Long Named Exchange Of Somewhere Far Away · net flow a day · 30 d"
PICTURES = {
    **samples.ALL,
    **{f"hostile {name}": samples.hostile(picture) for name, picture in samples.ALL.items()},
    "flows of which none is known": samples.flows(None, None, None),
    "flows of a crash": samples.flows(*(0.001,) * 20, newest=-0.97),
    "flows of an inflow": samples.flows(*(0.001,) * 20, newest=0.5),
    "reserves with days alone": samples.reserves(5e9, None, 5e9, None, 5e9, 5e9),
    "reserves of nothing": samples.reserves(0.0, 0.0, 0.0),
    "reserves of a trillion": samples.reserves(1e12, 1.1e12, 1.2e12),
    "a composition of one": samples.composition(1.0),
    "a composition of nothing": samples.composition(0.0),
    "a run of hours": samples.run(0.0, -0.001),
    "a run to the end": samples.run(0.0, -0.5, -1.0),
    "a run up, past runs below it": samples.run(0.0, 0.5, 2.0, 10.0),
    "a run whose newest days are unknown": samples.run(0.0, -0.004, None, None),
    "flows of ten times what there is": samples.flows(*(0.001,) * 20, 10.0, -0.9, newest=9.996),
    "flows of a quarter": samples.flows(*(0.01, -0.01) * 45),
    "flows of a long name": replace(samples.flows(), title=LONG_TITLE),
}


@dataclass(frozen=True)
class Word:
    """A text in a picture: what it says, the pixels that it covers, and the height of its letters in pixels."""

    text: str
    box: Bbox
    size: float

    def stands_on(self, other: "Word") -> bool:
        """Return whether the two cover each other; by two pixels letters of two lines may."""
        across = min(self.box.x1, other.box.x1) - max(self.box.x0, other.box.x0)
        up = min(self.box.y1, other.box.y1) - max(self.box.y0, other.box.y0)
        return bool(across > 2 and up > 2)


def words_of(figure: Figure) -> list[Word]:
    figure.canvas.draw()
    return [
        Word(text.get_text(), text.get_window_extent(), float(text.get_fontsize()) * figure.dpi / 72)
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text.get_text() != "?"
    ]


def all_words(picture: Picture) -> str:
    return " ".join(word.text for word in words_of(compose(picture, Theme.LIGHT)))


@pytest.mark.parametrize("name", PICTURES)
def test_every_word_can_be_read_and_none_is_cut_off_or_stands_on_another(name: str) -> None:
    figure = compose(PICTURES[name], Theme.LIGHT)
    width, height = figure.get_size_inches() * figure.dpi
    words = words_of(figure)
    boxes = [(word.text, word.box) for word in words]
    assert [text for text, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height] == []
    assert [(word.text, other.text) for word, other in combinations(words, 2) if word.stands_on(other)] == []
    assert min(word.size for word in words) >= SMALLEST_PIXELS


@pytest.mark.parametrize("name", samples.ALL)
def test_a_picture_is_what_telegram_takes(name: str) -> None:
    png = draw(samples.ALL[name], Theme.DARK)
    width, height = struct.unpack(">II", png[16:24])
    assert png.startswith(b"\x89PNG")
    assert width == 800
    assert 300 < height < 1200
    assert len(png) < 500_000


def test_names_are_shown_as_they_are_and_cannot_deceive() -> None:
    words = all_words(samples.hostile(samples.flows()))
    assert "$x^2$ evil \\frac{1}{2} <b>&" in words
    assert "\u202e" not in words


def test_a_long_name_leaves_room_for_what_is_drawn() -> None:
    words = all_words(replace(samples.flows(), title=LONG_TITLE))
    assert re.search(r"The Extraordi\w+… · net flow a day · 30 d", words)


def test_an_unknown_end_has_no_figure() -> None:
    assert "0.00 %" not in all_words(samples.run(0.0, -0.004, None))


def test_a_picture_says_all_that_is_in_it() -> None:
    picture = samples.flows()
    words = all_words(picture)
    for said in (
        picture.title,
        picture.headline,
        picture.source,
        *picture.notes,
        *(band.name for band in picture.bands),
    ):
        assert said in words


def test_an_ordinary_day_does_not_look_like_a_crash() -> None:
    """A flow of 0.3 % takes a twelfth of the axis, where the axis is of ±2 %; a crash of 30 % is in the picture."""
    (axes,) = compose(samples.flows(*(0.001,) * 29, newest=-0.003), Theme.LIGHT).axes
    low, high = axes.get_ylim()
    assert 0.003 / (high - low) < 0.1
    (axes,) = compose(samples.flows(*(0.001,) * 29, newest=-0.3), Theme.LIGHT).axes
    assert axes.get_ylim()[0] < -0.3


def test_reserves_begin_at_zero() -> None:
    (axes,) = compose(samples.reserves(64e9, 63.9e9, 63.8e9), Theme.LIGHT).axes
    assert axes.get_ylim()[0] == 0


@pytest.mark.parametrize("theme", Theme)
def test_colours_are_told_apart_by_their_lightness_from_the_ground(theme: Theme) -> None:
    colours = COLOURS[theme]
    for ink in (colours.text, colours.quiet):
        assert contrast(ink, colours.ground) >= 4.5  # WCAG 2.2, 1.4.3: text
    for ink in (colours.main, colours.out, colours.inflow):
        assert contrast(ink, colours.ground) >= 3  # 1.4.11: what a picture shows


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
