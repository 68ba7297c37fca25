"""Walk one JSON document from front to back in pieces, in the memory of its largest part."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

import msgspec

from bot.domain.errors import SourceError, SourceFault

_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SCALAR = re.compile(rb'[^\s,:"\[\]{}]++')
_TO_BRACKET = re.compile(rb'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}]*+)*+([\[\]{}])', re.DOTALL)
_MARK = b"\xef\xbb\xbf"  # a byte order mark
_Value = TypeVar("_Value")
_KEPT = 1 << 20  # bytes already read that may lie in front of the window before it is moved


class JsonStream:
    """A reader that steps over members and copies out whole values.

    At each key from `members()` and each stop of `elements()` the value is to be consumed by one of `members()`,
    `elements()`, `take()`, `decode()` or `skip()`. What is skipped is only checked for balanced brackets; what is taken
    is checked by whoever decodes it. All methods raise SourceError: CUT_SHORT at an early end, NOT_JSON and BAD_SHAPE
    for what is no JSON object.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._window = bytearray()
        self._at = 0

    def open(self) -> None:
        """Check that the document is a JSON object; raise NOT_JSON for a page or a text, BAD_SHAPE for other JSON."""
        start = self.peek()
        if start == _MARK[0] and self._starts_with(_MARK):
            self._at += len(_MARK)
            start = self.peek()
        if start != ord("{"):
            refuse_no_object(bytes(self._window[self._at : self._at + 16]))

    def members(self) -> Iterator[str]:
        """Enter the object that begins here and yield its keys."""
        self._expect(b"{")
        if self._accepts(b"}"):
            return
        while True:
            self._forget_what_was_read()
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
            self._forget_what_was_read()
            yield
            if self._accepts(b"]"):
                return
            self._expect(b",")

    def peek(self) -> int:
        """Return the first byte of what comes next, without consuming it."""
        while True:
            space = _SPACE.match(self._window, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._window):
                return self._window[self._at]
            self._fill()

    def take(self) -> bytes:
        """Return the value that begins here, as it is written."""
        end = self._end()
        value = self._copy(end)
        self._at = end
        return value

    def decode(self, decoder: msgspec.json.Decoder[_Value]) -> _Value:
        """Return the value that begins here, decoded; raise what the decoder raises.

        An array is first tried up to the first “]”: no array is the beginning of another one, so that what decodes is
        the whole of it, and the search for its end is saved.
        """
        if self.peek() == ord("["):
            end = self._first_close() + 1
            with suppress(msgspec.DecodeError, RecursionError):
                value = decoder.decode(self._copy(end))
                self._at = end
                return value
        return decoder.decode(self.take())

    def skip(self) -> None:
        """Step over the value that begins here."""
        self._at = self._end()

    def close(self) -> None:
        """Check that nothing but space follows, up to the end of the stream (and of its compression)."""
        while True:
            if _SPACE.fullmatch(self._window, self._at) is None:
                raise SourceError(SourceFault.BAD_SHAPE, "text after the end of the document")
            self._window.clear()
            self._at = 0
            if (piece := next(self._pieces, None)) is None:
                return
            self._window += piece

    def _key(self) -> str:
        if self.peek() != ord('"'):
            raise SourceError(SourceFault.BAD_SHAPE, "a key is no string")
        written = self.take()
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
        self._at += 1
        return True

    def _end(self) -> int:
        """Return where the value that begins here ends."""
        start = self.peek()
        if start == ord("["):
            return self._flat_array_end() or self._nested_end()
        if start == ord("{"):
            return self._nested_end()
        return self._matched_end(_STRING) if start == ord('"') else self._matched_end(_SCALAR)

    def _flat_array_end(self) -> int | None:
        """Return the end of an array without arrays inside, found at the speed of memory; None: it is not so simple.

        The first “]” ends the array when only one “[” stands before it and it is outside of every string: an even
        number of quotes before it, none of them escaped.
        """
        close, start = self._first_close(), self._at
        simple = (
            self._window.find(b"\\", start, close) < 0
            and self._window.find(b"[", start + 1, close) < 0
            and self._window.count(b'"', start, close) % 2 == 0
        )
        return close + 1 if simple else None

    def _first_close(self) -> int:
        searched = self._at
        while (close := self._window.find(b"]", searched)) < 0:
            searched = len(self._window)
            self._fill()
        return close

    def _copy(self, end: int) -> bytes:
        with memoryview(self._window) as view:
            return bytes(view[self._at : end])

    def _nested_end(self) -> int:
        depth, at = 0, self._at
        while True:
            hop = _TO_BRACKET.match(self._window, at)
            if hop is None:
                self._fill(len(self._window) - at)
                continue
            at = hop.end()
            depth += 1 if hop[1] in b"[{" else -1
            if depth == 0:
                return at

    def _matched_end(self, pattern: re.Pattern[bytes]) -> int:
        while True:
            match = pattern.match(self._window, self._at)
            if match and (match.end() < len(self._window) or pattern is _STRING):
                return match.end()
            if match is None and pattern is _SCALAR:
                raise SourceError(SourceFault.BAD_SHAPE, "a value is missing")
            self._fill(len(self._window) - self._at)

    def _forget_what_was_read(self) -> None:
        if self._at > _KEPT:
            del self._window[: self._at]
            self._at = 0

    def _starts_with(self, mark: bytes) -> bool:
        while len(self._window) - self._at < len(mark):
            self._fill()
        return self._window.startswith(mark, self._at)

    def _fill(self, at_least: int = 1) -> None:
        """Read on, by at least so many bytes: asking for what is there already keeps repeated searches linear."""
        wanted = len(self._window) + at_least
        piece = next(self._pieces, None)
        if piece is None:
            raise SourceError(SourceFault.CUT_SHORT, "the body ends early" if self._window else "the body is empty")
        self._window += piece
        while len(self._window) < wanted and (piece := next(self._pieces, None)) is not None:
            self._window += piece


def refuse_no_object(start: bytes) -> None:
    """Raise what a body that begins so and is no JSON object deserves: BAD_SHAPE for other JSON, NOT_JSON for text."""
    other_json = start[:1] in b'["-0123456789' or start.startswith((b"null", b"true", b"false"))
    if other_json:
        raise SourceError(SourceFault.BAD_SHAPE, "no JSON object")
    raise SourceError(SourceFault.NOT_JSON, f"begins with {start[:16].decode(errors='replace')!r}")
