"""A text is written in the language in force, its values in the places that the translation has for them."""

from datetime import UTC, datetime
from functools import lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from bot.language import translation
from bot.language.languages import LANGUAGES, supported_language
from bot.language.translation import language_code, marked, tr, tr_as, tr_count, unreadable_languages, written_in
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
        ("zh-Hant-SG", ""),
        ("zh_hk", ""),
        ("zh-HK-x", ""),
        ("zh-yue", ""),
        ("zh-Hans-HK", "zh-CN"),
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


@pytest.mark.parametrize("content", [None, b"", b"\xde\x12\x04\x95", b"no catalogue", "truncated", "mixed up"])
def test_texts_of_a_catalogue_that_cannot_be_read_are_in_english(
    content: bytes | str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever it is: an alert is written in all languages before it is committed for any of its places."""
    (tmp_path / "catalogues").mkdir()
    whole = (Path(translation.__file__).parent / "catalogues" / "es.mo").read_bytes()
    damaged = {"truncated": whole[: len(whole) // 2], "mixed up": whole[:60_000] + b"\xff" * 50_000 + whole[110_000:]}
    if content is not None:
        (tmp_path / "catalogues" / "es.mo").write_bytes(damaged[content] if isinstance(content, str) else content)
    monkeypatch.setattr(translation, "files", lambda _: tmp_path)
    read_anew = lru_cache(vars(translation)["_catalogue"].__wrapped__)
    monkeypatch.setattr(translation, "_catalogue", read_anew)
    with written_in("es"):
        assert tr("{seconds} s", seconds=3) == "3 s"
        assert tr_count("{count} subscription", "{count} subscriptions", 2) == "2 subscriptions"
        assert tr_as("an incident", "over") == "over"
    assert "es" in unreadable_languages()


def test_all_catalogues_can_be_read() -> None:
    assert unreadable_languages() == []


@pytest.mark.parametrize(
    "wrong", ["{activo} cerrado", "{} cerrado", "{asset cerrado", "{asset}{0}", "{asset} y {otro}"]
)
def test_a_translation_that_names_what_is_not_there_gives_way_to_the_english_text(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = Catalog(locale="es")
    texts.add("{asset} is closed", wrong)
    texts.add(("{count} place", "{count} places"), ("{count} lugar", "{numero} de lugares", "{numero} lugares"))
    texts.add("open {x}", "abierto {y}", context="an incident")
    file = BytesIO()
    write_mo(file, texts)
    file.seek(0)
    monkeypatch.setattr(translation, "_catalogue", {"en": None, "es": GNUTranslations(file)}.__getitem__)
    with written_in("es"):
        assert tr("{asset} is closed", asset="{USDT}") == "{USDT} is closed"
        assert tr_line("{asset} is closed", asset="USDT") == (Span("USDT is closed"),)
        assert [tr_count("{count} place", "{count} places", count) for count in (1, 2)] == ["1 lugar", "2 places"]
        assert tr_count_line("{count} place", "{count} places", 2) == (Span("2 places"),)
        assert tr_as("an incident", "open {x}", x=1) == "open 1"
