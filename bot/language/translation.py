"""Texts in the language in force: `tr` looks an English text up in its catalogue and fills in the values.

    >>> with written_in("en"):
    ...     tr("{asset} is closed at {name}.", asset="USDT", name="OKX")
    'USDT is closed at OKX.'

Whoever makes a message for somebody sets the language around it: the dispatcher for an answer, an alert for the places
that it is for. It belongs to the task, so that two answers in two languages can be written at a time.

The English text is the key of the catalogue, and is written out where it is used: `make catalogues` collects all that
stand in a call of `tr`, `tr_count`, `tr_as`, `marked` and their like. A value never takes part in that: a name in `{}`
stands for it. A catalogue is a compiled gettext file, read when its language is first used (5 ms).

An alert is written in all languages of its places before it is committed, so nothing that is wrong in a catalogue may
raise: a text is in English where its catalogue cannot be read, and where its translation names a value that there is
not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from gettext import GNUTranslations
from importlib.resources import files
from string import Formatter

from bot.language.languages import ENGLISH, LANGUAGES, Language

_code: ContextVar[str] = ContextVar("language", default=ENGLISH)


@contextmanager
def written_in(code: str) -> Iterator[None]:
    """Write everything inside in a language; in English where there is none of that code."""
    token = _code.set(code if code in LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        _code.reset(token)


def language_code() -> str:
    """Return the code of the language in force."""
    return _code.get()


def language() -> Language:
    """Return the language in force."""
    return LANGUAGES[_code.get()]


def tr(text: str, /, **values: object) -> str:
    """Return a text in the language in force, with `values` in the place of their names in braces."""
    return _filled(translated(text), values)


def tr_count(singular: str, plural: str, count: int, /, **values: object) -> str:
    """Return the text that fits a count, which is `{count}` in it: `1 asset is closed`, `3 assets are closed`.

    Other languages have other forms: Russian three, Chinese one. English texts need both.
    """
    return _filled(translated_count(singular, plural, count), {"count": count, **values})


def tr_as(meaning: str, text: str, /, **values: object) -> str:
    """Return a text whose words alone do not say what it means: `open` is a state of an incident or a door."""
    catalogue = _catalogue(_code.get())
    return _filled(_fitting(catalogue.pgettext(meaning, text), text) if catalogue else text, values)


def unreadable_languages() -> list[str]:
    """Return the codes of the languages whose catalogues cannot be read: what is written in them is in English."""
    return [code for code in LANGUAGES if code != ENGLISH and _catalogue(code) is None]


def marked(text: str) -> str:
    """Return the text as it is, to be looked up later: where a table of texts is made, no language is in force yet."""
    return text


def marked_as(meaning: str, text: str) -> tuple[str, str]:
    """Return a meaning and a text as they are, to be looked up later: `tr_as(*WORDS[state])`."""
    return meaning, text


def translated(text: str) -> str:
    """Return a text in the language in force as the catalogue has it, its names in braces unfilled."""
    catalogue = _catalogue(_code.get())
    return _fitting(catalogue.gettext(text), text) if catalogue and text else text


def translated_count(singular: str, plural: str, count: int) -> str:
    """Return the text that fits a count, its names in braces unfilled."""
    catalogue = _catalogue(_code.get())
    english = singular if count == 1 else plural
    if not catalogue:
        return english
    return _fitting(catalogue.ngettext(singular, plural, count), english, names_in=f"{{count}}{singular}{plural}")


@lru_cache
def _catalogue(code: str) -> GNUTranslations | None:
    """Return the catalogue of a language; None for English, whose texts stand in the code, and where there is none."""
    if code == ENGLISH:
        return None
    try:
        with (files("bot.language") / "catalogues" / f"{code}.mo").open("rb") as file:
            return GNUTranslations(file)
    except Exception:  # noqa: BLE001 — a damaged file raises what gettext, struct and codecs have
        return None  # `unreadable_languages` says so at the start


def _fitting(translation: str, text: str, *, names_in: str = "") -> str:
    """Return a translation, or the English text where it names a value that `names_in`, else that text, does not."""
    return translation if translation == text or _fits(translation, names_in or text) else text


@lru_cache(maxsize=10_000)  # more than all catalogues have
def _fits(translation: str, text: str) -> bool:
    try:
        return _names(translation) <= _names(text)
    except ValueError:
        return False


def _names(text: str) -> set[str]:
    """Return the names in braces of a text; raise ValueError where a brace stands alone."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _filled(text: str, values: dict[str, object]) -> str:
    return text.format(**values) if values else text
