"""A language in which every letter is "ж": an English word left in a message was not looked up in the catalogue.

    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        message = incident_card(story, "Binance", StepReason.OPENED)
    assert leftover_words(message, {"Binance"}) == []

"Net outflow **{usd}** in {window}" is "жжж жжжжжжж **{usd}** жж {window}": values keep their places, and words that
are put in as values without being looked up themselves stand out. Numbers are written as in Spanish.
"""

import re
from collections.abc import Collection, Iterator

import pytest

from bot.language import translation
from bot.language.languages import LANGUAGES
from bot.messages.cards import reserves
from bot.messages.model import Line, Message
from bot.messages.pictures import Picture
from handlers import about

PSEUDO = "es"
"""The code of the language that the letters take the place of."""

_PIECE = re.compile(r"\{\w+\}|[^\W\d_]")
_WORD = re.compile(r"[A-Za-z]{3,}")
_COMMAND = re.compile(r"(?<!\S)/\w+")
_NAMES = ("UTC", "INC", "DefiLlama", "Discord", "Telegram", "BTC", "ETH", "USDT", "USDC")
"""What is written so in every language and stands in many messages."""


class PseudoCatalogue:
    """A catalogue that has every text, in one form for every count."""

    def gettext(self, text: str) -> str:
        """Return a text with "ж" for each of its letters; names in braces and asterisks are kept."""
        return _PIECE.sub(lambda piece: piece[0] if len(piece[0]) > 1 else "ж", text)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """Return the text that fits a count in English, in "ж"."""
        return self.gettext(singular if count == 1 else plural)

    def pgettext(self, meaning: str, text: str) -> str:
        """Return a text in "ж", whatever it means."""
        del meaning
        return self.gettext(text)


def pseudo_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a catalogue of "ж" in the place of the language `PSEUDO`, and none of the others, until the test is over."""
    reserves._reading_texts.cache_clear()  # noqa: SLF001 — of real Spanish
    reserves._untroubled.cache_clear()  # noqa: SLF001 — as above
    monkeypatch.setattr(about, "_list_of", about._list_of.__wrapped__)  # noqa: SLF001 — as above
    monkeypatch.setattr(translation, "_catalogue", {PSEUDO: PseudoCatalogue()}.get)


def leftover_words(message: Message, allowed: Collection[str] = ()) -> list[str]:
    """Return the words of three letters or more that are English still, each once, in the order of the message.

    `allowed` are names and ids, whole words each: "Binance", "Crypto.com". Commands such as /why are typed in English
    in every language, and so is what is marked as code.
    """
    scales = (word for _, word in LANGUAGES[PSEUDO].numbers.scales)
    names = sorted({*allowed, *_NAMES, *scales, *LANGUAGES[PSEUDO].months}, key=len, reverse=True)
    known = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, names))})(?![A-Za-z])")
    found = (word for text in _texts(message) for word in _WORD.findall(known.sub("", _COMMAND.sub("", text))))
    return list(dict.fromkeys(found))


def _texts(message: Message) -> Iterator[str]:
    """Yield every text of a message that people read."""
    yield message.title
    yield from map(_line_text, message.lines)
    for field in message.fields:
        yield field.name
        yield _line_text(field.value)
    if message.chart:
        yield message.chart.title
    if message.table:
        yield from message.table.header
        for row in message.table.rows:
            yield from row
    yield _line_text(message.footer)
    yield from (action.label for action in message.actions)
    if message.picture:
        yield from _picture_texts(message.picture)


def _picture_texts(picture: Picture) -> Iterator[str]:
    yield from (picture.title, picture.headline, picture.source, *picture.notes)
    for series in picture.series:
        yield from (series.name, series.figure)
    yield from (band.name for band in picture.bands)


def _line_text(line: Line) -> str:
    """Return the text of a line without what is typed or copied; a space keeps apart what stands around it."""
    return "".join(" " if span.code else span.text for span in line)
