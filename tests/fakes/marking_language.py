"""A language that shows which texts were looked up: `Reserves` is `es‹Reserves›` in it, its values as they are."""

from gettext import NullTranslations

import pytest
from typing_extensions import override

from bot.language import translation
from bot.language.languages import ENGLISH
from handlers import about


class MarkingCatalogue(NullTranslations):
    """Puts every text in brackets behind its language's code."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self._code = code

    @override
    def gettext(self, message: str) -> str:
        return f"{self._code}‹{message}›"

    @override
    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    @override
    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)


def mark_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every language but English mark its texts."""
    # Without its cache: what is marked must not stay in it, nor what is not.
    monkeypatch.setattr(about, "_list_of", about._list_of.__wrapped__)  # noqa: SLF001 — of the cache there is no other way out
    monkeypatch.setattr(translation, "_catalogue", lambda code: None if code == ENGLISH else MarkingCatalogue(code))
