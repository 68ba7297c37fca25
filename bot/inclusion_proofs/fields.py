"""Reads the fields of one JSON object, each with its type; what is missing or of another type is named and refused."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from bot.inclusion_proofs.amounts import amount_of
from bot.inclusion_proofs.result import Scheme, Unreadable, UnreadableProof
from bot.inclusion_proofs.strict_json import JsonValue

MAX_PATH = 64  # a tree of 2^64 leaves
_LEAST_PATH = 2  # a neighbour and the root
_ASSET = re.compile(r"[A-Za-z0-9._-]{1,20}", re.ASCII)
_MAX_ASSETS = 200
ID = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
"""Ids and nonces: no comma and no quotation mark, so that what is hashed can be read in one way only."""


class Fields:
    """One object of a file of this scheme; `where` is its place, such as `path`."""

    def __init__(self, value: JsonValue, scheme: Scheme, where: str = "") -> None:
        self._scheme = scheme
        self._where = where
        if not isinstance(value, Mapping):
            raise self.bad_field("")
        self._value = value

    def part(self, name: str) -> "Fields":
        """Return an object inside this one."""
        return Fields(self._value.get(name), self._scheme, self._place(name))

    def of(self, entry: JsonValue, name: str) -> "Fields":
        """Return an entry of the list of this name as an object."""
        return Fields(entry, self._scheme, self._place(name))

    def items(self, name: str, *, most: int) -> Sequence[JsonValue]:
        """Return a list of at most so many entries."""
        value = self._value.get(name)
        if isinstance(value, str) or not isinstance(value, Sequence) or len(value) > most:
            raise self.bad_field(name)
        return value

    def path(self, name: str) -> Sequence["Fields"]:
        """Return the nodes of a path, at least two of them: a neighbour and the root."""
        value = self._value.get(name)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self.bad_field(name)
        if len(value) > MAX_PATH:
            raise UnreadableProof(Unreadable.LONG_PATH, scheme=self._scheme)
        if len(value) < _LEAST_PATH:
            raise UnreadableProof(Unreadable.EMPTY_PATH, scheme=self._scheme)
        return [self.of(node, name) for node in value]

    def text(self, name: str, pattern: re.Pattern[str]) -> str:
        """Return a text that has this form."""
        value = self._value.get(name)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self.bad_field(name)
        return value

    def optional_text(self, name: str, pattern: re.Pattern[str]) -> str:
        """Return a text that has this form, "" where there is none."""
        return self.text(name, pattern) if self._value.get(name) is not None else ""

    def integer(self, name: str, *, below: int, least: int = 0, default: int | None = None) -> int:
        """Return a whole number from `least` to less than `below`; where there is none, the default if one is given."""
        value = self._value.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < below:
            raise self.bad_field(name)
        return value

    def amounts(self, name: str) -> dict[str, Decimal]:
        """Return amounts by asset, in the order of the file."""
        return {asset: self._amount(name, value) for asset, value in self._by_asset(name).items()}

    def amount_texts(self, name: str, pattern: re.Pattern[str]) -> dict[str, str]:
        """Return amounts by asset as they are written; each is a text of this form."""
        texts: dict[str, str] = {}
        for asset, value in self._by_asset(name).items():
            self._amount(name, value)
            if not isinstance(value, str) or not pattern.fullmatch(value):
                raise self.bad_field(name)
            texts[asset] = value
        return texts

    def bad_field(self, name: str) -> UnreadableProof:
        """Return the error that names a field which is not what it should be."""
        return UnreadableProof(Unreadable.BAD_FIELD, scheme=self._scheme, field=self._place(name))

    def _by_asset(self, name: str) -> Mapping[str, JsonValue]:
        value = self._value.get(name)
        if not isinstance(value, Mapping) or not 0 < len(value) <= _MAX_ASSETS:
            raise self.bad_field(name)
        if not all(_ASSET.fullmatch(asset) for asset in value):
            raise self.bad_field(name)
        return value

    def _amount(self, name: str, value: JsonValue) -> Decimal:
        amount = amount_of(value)
        if amount is None:
            raise self.bad_field(name)
        return amount

    def _place(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where and name else self._where or name
