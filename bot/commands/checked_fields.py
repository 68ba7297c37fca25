"""Takes the fields of one object of a file, each checked, and says which one is wrong and what it may be.

Example: of `{"usd": "50M"}` in the third subscription `number("usd", 1, 1e12)` raises “subscriptions[2].usd in the file
is “50M”; it has to be a number from 1 to 1e+12.”
"""

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Never, TypeVar

from bot.commands.strict_json import shown
from bot.domain.errors import AskerError
from bot.language.translation import tr, tr_count
from bot.messages.plain_text import clean

Choice = TypeVar("Choice", bound=StrEnum)


class CheckedFields:
    """The fields of an object at `path` in a file; each is taken once, and `check_all_taken` finds those left over."""

    def __init__(self, content: Any, path: str = "") -> None:
        self._path = path
        if not isinstance(content, dict):
            raise AskerError(
                tr("{path} has to be an object with names and values, and is not.", path=path)
                if path
                else tr("The file has to be an object with names and values, and is not.")
            )
        self._left = dict(content)

    def text(self, name: str, pattern: str, meaning: str) -> str | None:
        """Return a text that a pattern matches in whole, without letters that deceive; None where it is left out."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, str) or not re.fullmatch(pattern, value) or clean(value) != value:
            self._refuse(name, value, meaning)
        return value

    def number(self, name: str, least: float, most: float) -> float | None:
        """Return a number between two others, both allowed; None where it is left out."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            limits = {"least": format(least, "g"), "most": format(most, "g")}
            self._refuse(name, value, tr("a number from {least} to {most}", **limits))
        return float(value)

    def choice(self, name: str, choices: type[Choice]) -> Choice | None:
        """Return the member of an enumeration that is named; None where it is left out."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        if value not in list(choices):
            self._refuse(name, value, tr("one of {choices}", choices=", ".join(choices)))
        return choices(value)

    def moment(self, name: str) -> datetime | None:
        """Return a time with its offset from UTC; None where it is left out."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            at = None
        if at is None or at.tzinfo is None:
            self._refuse(name, value, tr("a time such as {time}", time="2026-11-30T14:05:00+00:00"))
        return at

    def entries(self, name: str, most: int) -> list[tuple[Any, str]]:
        """Return the entries of a list, each with its path; none where it is left out."""
        value = self._left.pop(name, None)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            given = tr_count("{count} entry", "{count} entries", len(value)) if isinstance(value, list) else value
            self._refuse(name, given, tr("a list of {most} at most", most=most))
        return [(entry, f"{self._at(name)}[{index}]") for index, entry in enumerate(value)]

    def take(self, name: str) -> tuple[Any, str]:
        """Return what a field holds, unchecked, None where it is left out, and its path."""
        return self._left.pop(name, None), self._at(name)

    def check_all_taken(self, known: Iterable[str]) -> None:
        """Raise AskerError for a field that nobody asked for: what it says would be lost without a word."""
        for name in self._left:
            raise AskerError(
                tr(
                    "{path} in the file is not known here, perhaps because a newer Runwatch wrote it. "
                    "Known are {names}.",
                    path=shown(self._at(name)),
                    names=", ".join(known),
                )
            )

    def refuse_missing(self, name: str) -> Never:
        """Raise AskerError for a field that has to be there."""
        raise AskerError(
            tr("{path} is missing in the file. Send the file that /export made, unchanged.", path=self._at(name))
        )

    def _refuse(self, name: str, value: object, meaning: str) -> Never:
        raise AskerError(
            # Translators: {path} is a field of a file, {meaning} what it may be, such as "a number from 1 to 100".
            tr(
                "{path} in the file is “{value}”; it has to be {meaning}.",
                path=self._at(name),
                value=shown(value),
                meaning=meaning,
            )
        )

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name
