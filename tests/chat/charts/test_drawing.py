"""Pictures as they are drawn: whole, readable at half their size, and never louder than their figures."""

import re
import struct
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]  # a library without types
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]  # as above

from bot.chat.charts import drawing
from bot.chat.charts.drawing import compose, draw, prepare_matplotlib
from bot.chat.charts.fonts import add_han_font
from bot.chat.charts.palette import COLOURS
from bot.messages.pictures import Picture, Theme
from tests.chat.charts import samples

prepare_matplotlib()

import matplotlib as mpl  # noqa: E402 — it must have been prepared
from matplotlib.figure import Figure  # noqa: E402 — as above
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
    # Where "a trillion" is written out, values at an axis and behind bars are longest.
    "reserves of a trillion in Spanish": replace(samples.reserves(1e12, 1.1e12, 1.2e12), language="es"),
    "a composition of a trillion": replace(
        samples.composition(1.0),
        series=(replace(samples.composition(1.0).series[0], figure="100,0 % · $1,20 billones"),),
    ),
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


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", ("$40 B", "14 Nov")), ("ru", ("$40 млрд", "14 нояб.")), ("pt-BR", ("US$ 40 bi", "14 de nov."))],
)
def test_figures_and_dates_at_the_axes_are_in_the_language_of_the_picture(language: str, said: tuple[str, str]) -> None:
    words = all_words(replace(samples.reserves(64e9, 63e9, 62e9, 61e9), language=language))
    assert [word for word in said if word not in words] == []


@pytest.mark.filterwarnings("ignore:Glyph")  # there is no font for Chinese here
@pytest.mark.parametrize(("language", "said"), [("en", "−2 %"), ("ru", "−2 %"), ("tr", "−%2"), ("zh-CN", "−2 %")])
def test_shares_at_an_axis_are_in_the_language_of_the_picture(language: str, said: str) -> None:
    assert said in all_words(replace(samples.flows(0.0, 0.0, newest=-0.02), language=language))


def test_a_picture_in_chinese_is_in_english_where_no_font_has_its_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    english = samples.composition()
    chinese = replace(english, title="币安 · 持有的资产", language="zh-CN", in_english=english)
    monkeypatch.setattr(drawing, "add_han_font", lambda: False)
    assert english.title in all_words(chinese)
    assert "币" not in all_words(chinese)
    assert not add_han_font(("/nowhere/han.ttf",))


def test_a_picture_in_chinese_is_in_chinese_where_a_font_has_its_letters(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Matplotlib warns of every letter that no font has, and a warning is an error here."""
    english = samples.composition()
    chinese = replace(english, title="币安 · 持有的资产", language="zh-CN", in_english=english)
    font = tmp_path / "han.ttf"
    save_font(font, "Letters of a test", chinese.title)
    monkeypatch.setattr(drawing, "add_han_font", lambda: add_han_font(("/nowhere/han.ttf", str(font))))
    monkeypatch.setenv("MPL_IGNORE_SYSTEM_FONTS", "1")
    with mpl.rc_context():
        assert chinese.title in all_words(chinese)
        # Letters that it has are still taken from the font of all other pictures.
        assert mpl.rcParams["font.family"] == ["DejaVu Sans", "Letters of a test"]


def save_font(path: Path, family: str, letters: str) -> None:
    """Save a font whose letters are all the same square."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 700), (700, 700), (700, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    font = FontBuilder(1000)
    font.setupGlyphOrder([".notdef", "square"])
    font.setupCharacterMap(dict.fromkeys(map(ord, letters), "square"))
    font.setupGlyf({".notdef": square, "square": square})
    font.setupHorizontalMetrics({".notdef": (800, 0), "square": (800, 0)})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": family, "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(path)


@pytest.mark.filterwarnings("ignore:Glyph")  # as above
def test_a_sentence_without_spaces_is_wrapped_and_no_line_begins_with_its_end() -> None:
    sentence = "第0天是12月11日，按每日价格计算，因此也随 market 变动（见说明）。" * 8
    words = words_of(compose(replace(samples.flows(), notes=(sentence,)), Theme.LIGHT))
    notes = [word for word in words if re.search("[一-龥]", word.text)]
    written = "".join(note.text for note in sorted(notes, key=lambda note: -note.box.y0))
    assert written.replace(" ", "") == sentence.replace(" ", "")
    assert len(notes) > 2
    assert max(note.box.x1 for note in notes) <= 800
    assert not any(note.text.startswith(("，", "）", "。")) or note.text.endswith("（") for note in notes)


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
