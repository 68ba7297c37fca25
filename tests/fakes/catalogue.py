"""A catalogue of a few texts, in place of one that is read from a file."""

from collections.abc import Mapping
from gettext import NullTranslations

import pytest
from typing_extensions import override

from bot.language import translation


class SmallCatalogue(NullTranslations):
    """Has the texts given; whatever else is asked for stays as it is."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__()
        self._texts = texts

    @override
    def gettext(self, message: str) -> str:
        return self._texts.get(message, message)

    @override
    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)


def translate(monkeypatch: pytest.MonkeyPatch, code: str, texts: Mapping[str, str]) -> None:
    """Let a language have these texts alone for the length of a test."""
    catalogues = {"en": None, code: SmallCatalogue(texts)}
    monkeypatch.setattr(translation, "_catalogue", catalogues.__getitem__)
