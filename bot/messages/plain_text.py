"""Messages as plain characters: cleaning text from outside, shortening it, numbers with their units, aligned tables.

Names of exchanges, assets and places come from outside. A right-to-left override in one (U+202E, written ⇐
here) would let `usdt⇐gnp.exe` look like `usdtexe.png`, so such characters are removed wherever text is shown.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from unicodedata import combining, east_asian_width

from bot.language.languages import LANGUAGES
from bot.language.translation import written_in
from bot.messages.model import Message, Table
from bot.messages.severity_words import tone_word

_BREAKS = re.compile(r"[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")  # where str.splitlines() breaks a text, and tabs
# Letters by their category, yet nothing is drawn for them: joiners, Hangul fillers, Khmer vowels, the blank of Braille.
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_CONTROL = "\x00-\x1f\x7f-\x9f"
# Unicode's category Cf, written out because `re` knows no categories.
_FORMAT = (
    "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
_NO_CHARACTERS = "\ud800-\uf8ff\U000e0000-\U000e00ff\U000f0000-\U0010ffff"  # surrogates, private use, tags
_FIRST_IDEOGRAPH = 0x2E80
_DECEPTIVE = re.compile(f"[{_CONTROL}{_FORMAT}{_INVISIBLE}{_NO_CHARACTERS}]")
# What belongs to the number before it: "$2.27 B", "10.6 %", "24 h", "3 h 20 min", "14:05 UTC", in every language: the
# words for thousands and so on are those of its row, those for times what its catalogue makes of "{minutes} min".
_TIME_UNITS = (
    *("s", "min", "h", "d"),  # English, Spanish and Portuguese
    *("seg", "día", "días", "dia", "dias"),
    *("с", "сек", "мин", "ч", "д", "дн", "день", "дня", "дней"),
    *("sn", "dk", "sa", "saat", "g", "gün"),
    *("秒", "分", "分钟", "小时", "天"),
)
_SCALES = sorted({word for language in LANGUAGES.values() for _, word in language.numbers.scales})
_UNITS = (*_SCALES, *_TIME_UNITS)
_LETTERS = "|".join(re.escape(word) for word in _UNITS if ord(word[0]) < _FIRST_IDEOGRAPH)
_IDEOGRAPHS = "".join(sorted({word[0] for word in _UNITS if ord(word[0]) >= _FIRST_IDEOGRAPH}))
_UNIT = re.compile(rf"(?<=\d) (?=(?:{_LETTERS})(?!\w)|[%{_IDEOGRAPHS}])|(?<=\d:\d\d) (?=UTC)|(?<=\$) (?=\d)")
# Where a line may break without a blank: between a minus and what is in front of a number (UAX 14, class PR), and
# between a number and an ideograph.
_JOINT = re.compile(rf"(?<=[−+])(?=US\$|\$|%)|(?<=\d)(?=[{_IDEOGRAPHS}])")
_SHORTEST_INFLECTED = 4  # letters, of a word whose last one may agree with a noun
TABLE_COLUMNS = 34
"""What a fixed-width block shows on a phone of 390 px before its rows wrap, in Telegram and in Discord."""
_COLUMN_GAP = 2
_NARROW_GAP = 1
_LEAST_NAME_COLUMNS = 7  # of `USDT`, `BNB own`, `48 others`, before another column goes


def clean(text: str) -> str:
    """Return text that cannot deceive: no control, bidi or zero-width characters, line breaks become spaces.

    Lone surrogates and private-use characters go too; letters, emoji and their variation selectors stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return _DECEPTIVE.sub("", _BREAKS.sub(" ", text))


def bind_units(text: str) -> str:
    """Return text in which a line never ends between a number and its unit or sign: `−$2.27 B`, `10.6 %`, `24 h`.

    In whichever language: `−US$ 2,27 bi`, `24 ч`, `−$22.7亿`.

    For what people read in a chat. Terminals, JSON and what is to be copied keep plain spaces, which scripts look for.
    A minus at the end of a line would leave an outflow that reads like an inflow on the next one.
    """
    return _JOINT.sub("\N{WORD JOINER}", _UNIT.sub("\N{NO-BREAK SPACE}", text))


def title_with_tone(message: Message) -> str:
    """Return the title and, where it does not say it itself, the severity or the hold in a word.

    A colour or an icon alone would not reach those who do not see it: "INC-7 · Binance" → "INC-7 · Binance · severe".
    """
    title = clean(message.title)
    with written_in(message.language):
        word = tone_word(message.tone)
    return f"{title} · {word}" if word and _stem(word) not in title.casefold() else title


def _stem(word: str) -> str:
    """Return a word without its last letter, which may agree with a noun: "salida elevada" names "elevado"."""
    return word.casefold()[:-1] if len(word) > _SHORTEST_INFLECTED else word.casefold()


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 code units, the way Telegram counts (https://core.telegram.org/api/entities)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def display_width(text: str) -> int:
    """Return how many columns of a fixed-width font the text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def shorten(text: str, limit: int, *, measure: Callable[[str], int] = len) -> str:
    """Return the text, or as much of its beginning as fits the limit with a `…` behind it."""
    if measure(text) <= limit:
        return text
    if limit < 1:
        return ""
    beginning = text[: limit - 1].rstrip()
    # A character may count for more than one unit, such as an emoji in UTF-16.
    while beginning and measure(beginning) > limit - 1:
        beginning = beginning[:-1]
    return f"{beginning}…"


def text_table(table: Table, *, width: int = TABLE_COLUMNS) -> str:
    """Return a table as aligned lines at most `width` columns wide, the header first.

    Numeric columns align right and are never cut: in Spanish `$34.200 M` is nine columns, in Chinese `$342亿` is six.
    Where room is short the gaps give way, then the table's spare column, and at last the widest of the others, with
    `…`. A row with nothing but its first cell, such as `… and 41 more`, is no column's business and goes over all.
    """
    cells = [[clean(cell) for cell in row] for row in (table.header, *table.rows)]
    columns = _columns(cells, frozenset(table.numeric), width)
    if table.spare is not None and columns.cut_to < _LEAST_NAME_COLUMNS:
        cells = [[cell for index, cell in enumerate(row) if index != table.spare] for row in cells]
        numeric = frozenset(index - (index > table.spare) for index in table.numeric if index != table.spare)
        columns = _columns(cells, numeric, width)
    return "\n".join(
        columns.aligned(row) if any(row[1:]) or len(row) == 1 else shorten(row[0], width, measure=display_width)
        for row in cells
    )


@dataclass(frozen=True, slots=True)
class _TableColumns:
    """How wide each column of a table is, and the gap between them; `cut_to` is the width of the narrowest cut one.

    Without a cut it is the width of all together, and where they are wider than that 0.
    """

    widths: Sequence[int]
    numeric: frozenset[int]
    gap: int
    cut_to: int

    def aligned(self, row: Sequence[str]) -> str:
        """Return a row as a line."""
        cells = [_cell(text, self.widths[index], right=index in self.numeric) for index, text in enumerate(row)]
        return (" " * self.gap).join(cells).rstrip()


def _columns(cells: Sequence[Sequence[str]], numeric: frozenset[int], width: int) -> _TableColumns:
    """Return the columns with wide gaps, unless narrow ones keep a word from being cut, or cut to less than a name."""
    columns = zip_longest(*([row for row in cells if any(row[1:])] or cells), fillvalue="")
    widths = [max(map(display_width, column)) for column in columns]
    wide = _shrunk(widths, numeric, _COLUMN_GAP, width)
    if wide.cut_to == width:
        return wide
    narrow = _shrunk(widths, numeric, _NARROW_GAP, width)
    return narrow if narrow.cut_to == width or wide.cut_to < _LEAST_NAME_COLUMNS else wide


def _shrunk(columns: Sequence[int], numeric: frozenset[int], gap: int, width: int) -> _TableColumns:
    """Return columns that take `width` together, if those that may shrink can."""
    widths = list(columns)
    # A number that is cut is a wrong number, so only the columns of words may shrink.
    shrinkable = [index for index in range(len(widths)) if index not in numeric]
    excess, cut_to = sum(widths) + gap * (len(widths) - 1) - width, width
    while excess > 0 and shrinkable:
        widest = max(shrinkable, key=widths.__getitem__)
        if widths[widest] <= 1:
            break
        widths[widest] -= 1
        excess -= 1
        cut_to = widths[widest]
    return _TableColumns(widths, numeric, gap, 0 if excess > 0 else cut_to)


def _cell(text: str, width: int, *, right: bool) -> str:
    text_width = display_width(text)
    shown = text if text_width <= width else shorten(text, width, measure=display_width)
    padding = " " * (width - (text_width if shown is text else display_width(shown)))
    return padding + shown if right else shown + padding
