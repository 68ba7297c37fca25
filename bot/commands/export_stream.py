"""Reads a file of settings place by place: 100,000 of them are 60 MB, and one at a time is in memory.

The file is `{"…": …, "places": [{…}, {…}]}` with any spacing and order. Example: `for content in stream.places()`
yields each place as JSON values, and afterwards `stream.header` has the other names with their values.
"""

from collections.abc import Callable, Iterator
from json import JSONDecodeError
from typing import Any, Never

from bot.commands.checked_fields import CheckedFields
from bot.commands.place_export_json import check_header, read_place
from bot.commands.strict_json import BYTE_ORDER_MARK, NESTED_TOO_DEEPLY, not_json, shown, strict_decoder
from bot.domain.errors import AskerError
from bot.domain.place_export import PlaceExport
from bot.language.translation import tr

_CHUNK_CHARACTERS = 65_536
_MOST_CHARACTERS = 1_000_000
"""Of one place, ten times what 100 subscriptions take: what is longer is no place."""
_SPACE = " \t\r\n"


def read_places(read: Callable[[int], str]) -> Iterator[PlaceExport]:
    """Yield the places of a file, given what reads so many letters of it; raise AskerError for a wrong file.

    What is wrong at its end shows at the end: whoever must not begin with a wrong file goes through it twice.
    """
    stream = ExportStream(read)
    seen: set[str] = set()
    for number, content in enumerate(stream.places()):
        path = f"places[{number}]"
        export = read_place(content, path)
        if str(export.place) in seen:
            raise AskerError(
                # Translators: {path} is a part of the file, `places[2]`, and {place} an address, `telegram:-100123`.
                tr(
                    "{path} in the file is {place}, as an earlier one is. Keep one of them.",
                    path=path,
                    place=export.place,
                )
            )
        seen.add(str(export.place))
        yield export
    fields = CheckedFields(stream.header)
    check_header(fields)
    if not stream.has_places:
        raise AskerError(tr("The file names no places. Use a file that runwatch export or /export made."))
    fields.check_all_taken(("exported_at", "format", "format_version", "places"))


class ExportStream:
    """One pass over a file; `header` and `has_places` are known at its end."""

    def __init__(self, read: Callable[[int], str]) -> None:
        self.header: dict[str, Any] = {}
        self.has_places = False
        self._read = read
        self._decoder = strict_decoder()
        self._text = ""
        self._at = 0
        self._lines_before = 1
        self._is_over = False

    def places(self) -> Iterator[Any]:
        """Yield the places as JSON values."""
        self._more()
        self._at += self._text.startswith(BYTE_ORDER_MARK)
        self._expect("{")
        if self._next() == "}":
            self._at += 1
        else:
            yield from self._members()
        if self._next():
            self._refuse(tr("extra data after its end"))

    def _members(self) -> Iterator[Any]:
        while True:
            name = self._value()
            if not isinstance(name, str):
                self._refuse(tr("a name in quotes was expected"))
            if name in self.header or (name == "places" and self.has_places):
                raise AskerError(tr("The file says “{name}” twice in one place. Keep one of them.", name=shown(name)))
            self._expect(":")
            if name == "places" and self._next() == "[":
                self.has_places = True
                yield from self._entries()
            else:
                self.header[name] = self._value()
            if not self._goes_on("}"):
                return

    def _entries(self) -> Iterator[Any]:
        self._expect("[")
        if self._next() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if not self._goes_on("]"):
                return

    def _goes_on(self, end: str) -> bool:
        """Return whether a comma follows, False for what ends the list or the object."""
        character = self._next()
        if character not in {",", end} or not character:
            self._refuse(tr("a comma or “{character}” was expected", character=end))
        self._at += 1
        return character == ","

    def _expect(self, character: str) -> None:
        if self._next() != character:
            self._refuse(tr("“{character}” was expected", character=character))
        self._at += 1

    def _next(self) -> str:
        """Return the next letter that is no space, without taking it; "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def _value(self) -> Any:
        """Return the next value, whole."""
        self._next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except JSONDecodeError as error:
                if not self._more():
                    self._refuse(error.msg)
                continue
            except RecursionError:
                raise AskerError(tr(NESTED_TOO_DEEPLY)) from None
            # A number at the end of what was read may go on in what comes next.
            if end < len(self._text) or not self._more():
                self._at = end
                return value

    def _more(self) -> bool:
        """Read on; return whether there was anything."""
        if len(self._text) - self._at > _MOST_CHARACTERS:
            raise AskerError(
                tr("places[…] in the file is longer than {most} letters, which no place is.", most=_MOST_CHARACTERS)
            )
        chunk = "" if self._is_over else self._read(_CHUNK_CHARACTERS)
        self._is_over = not chunk
        if chunk:
            self._lines_before += self._text.count("\n", 0, self._at)
            self._text, self._at = self._text[self._at :] + chunk, 0
        return bool(chunk)

    def _refuse(self, why: str) -> Never:
        raise AskerError(not_json(why, self._lines_before + self._text.count("\n", 0, self._at)))
