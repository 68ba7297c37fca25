"""A text is written in the language in force, its values in the places that the translation has for them."""

from datetime import UTC, datetime
from gettext import GNUTranslations
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from bot.language import translation
from bot.language.languages import LANGUAGES, supported_language
from bot.language.translation import language_code, marked, tr, tr_as, tr_count, written_in
from bot.messages.model import Span, bold, moment
from bot.messages.translated_lines import tr_count_line, tr_line

NOON = datetime(2022, 12, 13, 12, 0, tzinfo=UTC)
TEXTS = {
    "{asset} is closed at {name}.": "En {name} está cerrado {asset}.",
    "**Peak**: {share}, {time}": "{time}, {share} (**máximo**)",
    "Reserves": "Reservas",
}


@pytest.fixture
def spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = Catalog(locale="es")
    for text, translated in TEXTS.items():
        texts.add(text, translated)
    texts.add(("{count} place", "{count} places"), ("{count} lugar", "{count} de lugares", "{count} lugares"))
    texts.add("open", "abierto", context="an incident")
    file = BytesIO()
    write_mo(file, texts)
    file.seek(0)
    catalogue = GNUTranslations(file)
    monkeypatch.setattr(translation, "_catalogue", {"en": None, "es": catalogue}.__getitem__)


@pytest.mark.usefixtures("spanish")
def test_a_text_is_in_the_language_in_force() -> None:
    with written_in("es"):
        assert tr("{asset} is closed at {name}.", asset="USDT", name="OKX") == "En OKX está cerrado USDT."
        assert tr(marked("Reserves")) == "Reservas"
        assert tr("Not translated yet: {x}", x=1) == "Not translated yet: 1"
        assert tr_as("an incident", "open") == "abierto"
        assert [tr_count("{count} place", "{count} places", count) for count in (1, 3, 1_000_000)] == [
            "1 lugar", "3 lugares", "1000000 de lugares",
        ]  # fmt: skip
    assert tr("{asset} is closed at {name}.", asset="USDT", name="OKX") == "USDT is closed at OKX."
    assert [tr_count("{count} place", "{count} places", count) for count in (1, 3)] == ["1 place", "3 places"]
    assert tr_as("an incident", "open") == "open"


@pytest.mark.usefixtures("spanish")
def test_a_line_has_its_spans_where_the_translation_puts_them() -> None:
    with written_in("es"):
        line = tr_line("**Peak**: {share}, {time}", share=bold("−8.1 %"), time=moment(NOON))
        places = tr_count_line("{count} place", "{count} places", 2)

    assert line == (
        moment(NOON), Span(", "), bold("−8.1 %"), Span(" ("), bold("máximo"), Span(")"),
    )  # fmt: skip
    assert places == (Span("2 lugares"),)


def test_markup_and_braces_in_a_value_are_literal() -> None:
    line = tr_line("**{name}** is {state}", name="**{state}**", state="{name}")

    assert line == (bold("**{state}**"), Span(" is {name}"))


def test_a_value_may_be_a_line() -> None:
    assert tr_line("In {window} {usd}", window=(Span("24 h"), moment(NOON)), usd=3) == (
        Span("In 24 h"), moment(NOON), Span(" 3"),
    )  # fmt: skip
    assert tr_line("a{nothing}b", nothing=()) == (Span("ab"),)


def test_a_language_that_does_not_exist_is_english() -> None:
    with written_in("xx"):
        assert language_code() == "en"


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("es", "es"),
        ("es-419", "es"),
        ("es_MX", "es"),
        ("pt", "pt-BR"),
        ("pt-BR", "pt-BR"),
        ("zh-CN", "zh-CN"),
        ("zh-Hans", "zh-CN"),
        ("zh-TW", ""),
        ("zh-hant", ""),
        ("en-GB", "en"),
        ("fr", ""),
        ("", ""),
        ("-", ""),
    ],
)
def test_an_apps_language_is_the_nearest_there_is(tag: str, code: str) -> None:
    assert supported_language(tag) == code


def test_english_is_the_first() -> None:
    assert list(LANGUAGES) == ["en", "es", "ru", "tr", "pt-BR", "zh-CN"]
