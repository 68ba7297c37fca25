"""Read a large JSON document from front to back in pieces, without ever holding the whole of it.

Example: of a body of 60 MB, whose largest array has 2 MB, only that array and one piece of the stream are in memory
at a time. It is used for DefiLlama's bodies; the decoding of the parts themselves is msgspec's.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

import msgspec

from bot.domain.errors import SourceError, SourceFault

# Possessive quantifiers (`*+`) never try a shorter match again, so that no text makes these patterns slow.
_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SCALAR = re.compile(rb'[^\s,:"\[\]{}]++')
_NEXT_BRACKET = re.compile(rb'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}]*+)*+([\[\]{}])', re.DOTALL)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_Value = TypeVar("_Value")
# Bytes already consumed that may lie in front of the window: to delete them at every key would copy the rest each time.
_MAX_CONSUMED_BYTES = 1 << 20


class JsonStream:
    """A reader that steps over members and copies out whole values.

    At each key from `members()` and each stop of `elements()` the value is to be consumed by one of `members()`,
    `elements()`, `read_value()`, `decode()` or `skip()`. What is skipped is only checked for balanced brackets; what is
    read is checked by whoever decodes it. All methods raise SourceError: CUT_SHORT at an early end, NOT_JSON and
    BAD_SHAPE for what is no JSON object.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._window = bytearray()
        self._position = 0

    def open(self) -> None:
        """Check that the document is a JSON object; raise NOT_JSON for a page or a text, BAD_SHAPE for other JSON."""
        start = self.peek()
        if start == _BYTE_ORDER_MARK[0] and self._starts_with(_BYTE_ORDER_MARK):
            self._position += len(_BYTE_ORDER_MARK)
            start = self.peek()
        if start != ord("{"):
            raise_not_an_object(bytes(self._window[self._position : self._position + 16]))

    def members(self) -> Iterator[str]:
        """Enter the object that begins here and yield its keys."""
        self._expect(b"{")
        if self._accepts(b"}"):
            return
        while True:
            self._drop_consumed()
            yield self._key()
            if self._accepts(b"}"):
                return
            self._expect(b",")

    def elements(self) -> Iterator[None]:
        """Enter the array that begins here and stop before each of its values."""
        self._expect(b"[")
        if self._accepts(b"]"):
            return
        while True:
            self._drop_consumed()
            yield
            if self._accepts(b"]"):
                return
            self._expect(b",")

    def peek(self) -> int:
        """Return the first byte of what comes next, without consuming it."""
        while True:
            space = _SPACE.match(self._window, self._position)
            self._position = space.end() if space else self._position
            if self._position < len(self._window):
                return self._window[self._position]
            self._fill()

    def read_value(self) -> bytes:
        """Return the value that begins here, as it is written."""
        end = self._value_end()
        value = self._copy(end)
        self._position = end
        return value

    def decode(self, decoder: msgspec.json.Decoder[_Value]) -> _Value:
        """Return the value that begins here, decoded; raise what the decoder raises.

        An array is first tried up to the first “]”: no array is the beginning of another one, so that what decodes is
        the whole of it, and the search for its end is saved.
        """
        if self.peek() == ord("["):
            end = self._first_closing_bracket() + 1
            with suppress(msgspec.DecodeError, RecursionError):
                value = decoder.decode(self._copy(end))
                self._position = end
                return value
        return decoder.decode(self.read_value())

    def skip(self) -> None:
        """Step over the value that begins here."""
        self._position = self._value_end()

    def close(self) -> None:
        """Check that nothing but space follows, up to the end of the stream (and of its compression)."""
        while True:
            if _SPACE.fullmatch(self._window, self._position) is None:
                raise SourceError(SourceFault.BAD_SHAPE, "text after the end of the document")
            self._window.clear()
            self._position = 0
            if (piece := next(self._pieces, None)) is None:
                return
            self._window += piece

    def _key(self) -> str:
        if self.peek() != ord('"'):
            raise SourceError(SourceFault.BAD_SHAPE, "a key is no string")
        written = self.read_value()
        self._expect(b":")
        try:
            return msgspec.json.decode(written, type=str)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SourceError(SourceFault.BAD_SHAPE, "a key cannot be read") from error

    def _expect(self, byte: bytes) -> None:
        if not self._accepts(byte):
            raise SourceError(SourceFault.BAD_SHAPE, f"“{byte.decode()}” is missing")

    def _accepts(self, byte: bytes) -> bool:
        if self.peek() != byte[0]:
            return False
        self._position += 1
        return True

    def _value_end(self) -> int:
        """Return the position behind the value that begins here."""
        start = self.peek()
        if start == ord("["):
            return self._flat_array_end() or self._nested_end()
        if start == ord("{"):
            return self._nested_end()
        return self._matched_end(_STRING) if start == ord('"') else self._matched_end(_SCALAR)

    def _flat_array_end(self) -> int | None:
        """Return the end of an array without arrays inside, by `find` instead of a pattern; None: not that simple.

        The first “]” ends the array when only one “[” stands before it and it is outside of every string: an even
        number of quotes before it, none of them escaped.
        """
        close, start = self._first_closing_bracket(), self._position
        is_simple = (
            self._window.find(b"\\", start, close) < 0
            and self._window.find(b"[", start + 1, close) < 0
            and self._window.count(b'"', start, close) % 2 == 0
        )
        return close + 1 if is_simple else None

    def _first_closing_bracket(self) -> int:
        search_from = self._position
        while (close := self._window.find(b"]", search_from)) < 0:
            search_from = len(self._window)
            self._fill()
        return close

    def _copy(self, end: int) -> bytes:
        with memoryview(self._window) as view:
            return bytes(view[self._position : end])

    def _nested_end(self) -> int:
        depth, position = 0, self._position
        while True:
            bracket = _NEXT_BRACKET.match(self._window, position)
            if bracket is None:
                self._fill(len(self._window) - position)
                continue
            position = bracket.end()
            depth += 1 if bracket[1] in b"[{" else -1
            if depth == 0:
                return position

    def _matched_end(self, pattern: re.Pattern[bytes]) -> int:
        while True:
            match = pattern.match(self._window, self._position)
            # A number that ends with the window may go on in the next piece; a string is over at its quote.
            if match and (match.end() < len(self._window) or pattern is _STRING):
                return match.end()
            if match is None and pattern is _SCALAR:
                raise SourceError(SourceFault.BAD_SHAPE, "a value is missing")
            self._fill(len(self._window) - self._position)

    def _drop_consumed(self) -> None:
        if self._position > _MAX_CONSUMED_BYTES:
            del self._window[: self._position]
            self._position = 0

    def _starts_with(self, prefix: bytes) -> bool:
        while len(self._window) - self._position < len(prefix):
            self._fill()
        return self._window.startswith(prefix, self._position)

    def _fill(self, at_least: int = 1) -> None:
        """Read on, by at least so many bytes.

        A search that failed asks for as much as it has searched already: the window doubles, and all searches together
        stay linear in the size of the document.
        """
        wanted = len(self._window) + at_least
        piece = next(self._pieces, None)
        if piece is None:
            raise SourceError(SourceFault.CUT_SHORT, "the body ends early" if self._window else "the body is empty")
        self._window += piece
        while len(self._window) < wanted and (piece := next(self._pieces, None)) is not None:
            self._window += piece


def raise_not_an_object(start: bytes) -> None:
    """Raise for a body that begins with `start` and is no JSON object: BAD_SHAPE for other JSON, NOT_JSON for text."""
    other_json = start[:1] in b'["-0123456789' or start.startswith((b"null", b"true", b"false"))
    if other_json:
        raise SourceError(SourceFault.BAD_SHAPE, "no JSON object")
    raise SourceError(SourceFault.NOT_JSON, f"begins with {start[:16].decode(errors='replace')!r}")
