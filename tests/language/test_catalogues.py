"""Every language has every text, whole, and says what the English text says as far as a program can tell.

After a text has changed `make catalogues` brings the files up to date; docs/adding-a-language.md says what then.
"""

import ast
from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message

from bot.language.languages import ENGLISH, LANGUAGES
from handlers import COMMANDS
from tests.language.catalogue_files import (
    FOLDER,
    KEYWORDS,
    ROOT,
    catalogue,
    mo_bytes,
    po_bytes,
    template,
    untranslated,
    updated,
)
from tests.language.text_scan import called
from tests.language.translation_checks import CHECKS, typed_words

CODES = [code for code in LANGUAGES if code != ENGLISH]
UPDATE = "run `make catalogues`, then translate what is new"
DESCRIPTION_LETTERS = 100
"""https://docs.discord.com/developers/interactions/application-commands#application-command-object"""
LABEL_LETTERS = 40
"""Discord allows 80; a phone shows 40."""


@cache
def english() -> Catalog:
    return template()


@cache
def translated(code: str) -> Catalog:
    return catalogue(code)


def messages(texts: Catalog) -> list[Message]:
    """Return the texts of a catalogue; its first entry is the header."""
    return [message for message in texts if message.id]


def pairs(code: str) -> Iterator[tuple[str, str]]:
    """Yield each English text, of two forms the one for many, with each form of its translation."""
    for message in messages(translated(code)):
        text = message.id if isinstance(message.id, str) else message.id[-1]
        forms = message.string if isinstance(message.string, list | tuple) else (message.string,)
        yield from ((text, form) for form in forms if form)


@cache
def labels() -> frozenset[str]:
    """Return the texts that are labels of buttons where these are made."""
    paths = (path for folder in ("bot/messages", "handlers", "bot/chat") for path in (ROOT / folder).rglob("*.py"))
    calls = (node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    actions = (call for call in calls if isinstance(call, ast.Call) and called(call) == "Action" and call.args)
    return frozenset(text for action in actions for text in looked_up(action.args[0]))


def looked_up(node: ast.AST) -> Iterator[str]:
    """Yield the texts that are looked up in an expression: the form for many, and no meanings."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and called(call) in KEYWORDS:
            text = call.args[KEYWORDS[called(call)] - 1]
            if isinstance(text, ast.Constant):
                yield str(text.value)


@pytest.mark.parametrize("code", CODES)
def test_a_catalogue_has_exactly_the_texts_of_the_code(code: str) -> None:
    wanted, known = ({(str(message.id), message.context) for message in messages(texts)} for texts in (
        english(), translated(code),
    ))  # fmt: skip

    assert not wanted ^ known, f"{UPDATE}: {len(wanted - known)} are new, {len(known - wanted)} are gone"
    assert (FOLDER / f"{code}.po").read_bytes() == po_bytes(updated(code, english())), UPDATE


@pytest.mark.parametrize("code", CODES)
def test_every_text_is_translated(code: str) -> None:
    assert messages(translated(code)), UPDATE
    assert [message.id for message in untranslated(translated(code))] == []


@pytest.mark.parametrize("code", CODES)
def test_what_the_bot_reads_is_what_people_edit(code: str) -> None:
    compiled = (FOLDER / f"{code}.mo").read_bytes()

    assert compiled == mo_bytes(translated(code)), UPDATE


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("code", CODES)
def test_nothing_is_wrong_with_a_translation(code: str, check: str) -> None:
    wrong = [f"{text!r}: {form!r}" for text, form in pairs(code) if CHECKS[check](code, text, form)]

    assert not wrong, f"{(CHECKS[check].__doc__ or '').splitlines()[0]}\n" + "\n".join(sorted(wrong))


@pytest.mark.parametrize("code", CODES)
def test_counts_have_the_forms_of_the_cldr(code: str) -> None:
    """A fraction may have another form; nothing that is counted here is one."""
    rule = Locale.parse(code.replace("-", "_")).plural_form
    categories = {rule(count) for count in (*range(201), 1_000_000)}
    counted = [message.string or () for message in messages(translated(code)) if message.pluralizable]

    assert translated(code).num_plurals == len(categories)
    assert {len(forms) for forms in counted} == {len(categories)}
    with (FOLDER / f"{code}.mo").open("rb") as file:
        header = GNUTranslations(file).info()
    assert header["plural-forms"].startswith(f"nplurals={len(categories)};")


@pytest.mark.parametrize("code", CODES)
def test_descriptions_of_commands_are_as_short_as_discord_wants_them(code: str) -> None:
    described = {command.description for command in COMMANDS} | {
        parameter.description for command in COMMANDS for parameter in command.parameters
    }
    texts = [str(message.string) for message in messages(translated(code)) if message.id in described]

    assert [text for text in texts if not 0 < len(text) <= DESCRIPTION_LETTERS or text[-1] in ".。"] == []
    assert len(texts) == len(described)


@pytest.mark.parametrize("code", CODES)
def test_labels_of_buttons_are_short(code: str) -> None:
    shown = {text: form for text, form in pairs(code) if text in labels()}

    assert {text: form for text, form in shown.items() if len(form) > LABEL_LETTERS} == {}
    assert shown.keys() == labels()


@pytest.mark.parametrize(
    ("check", "code", "text", "wrong", "right"),
    [
        ("names_other_values", "es", "{asset} at {name}", "{asset} en {nombre}", "En {name}: {asset}"),
        ("names_other_values", "es", "{asset} at {name}", "{asset} en", "{name} {asset}"),
        ("names_other_values", "es", "{asset} closed", "{asset", "{asset} cerrado"),
        ("marks_other_words", "es", "**Peak**: {share}", "Máximo: {share}", "**Máximo**: {share}"),
        ("marks_other_words", "es", "**Peak**: {share}", "**Máximo: {share}", "{share} (**máximo**)"),
        ("has_other_blanks", "es", "Peak", "Máximo ", "Máximo"),
        ("has_other_blanks", "es", " on", "en", " en"),
        ("has_other_blanks", "es", "Too old", "Muy  viejo", "Muy viejo"),
        ("ends_differently", "es", "It is closed.", "Está cerrado", "Está cerrado."),
        ("ends_differently", "zh-CN", "Closed at {name}:", "{name}关闭:", "{name}关闭："),
        ("ends_differently", "zh-CN", "Compare with what?", "与什么比较?", "与什么比较？"),
        ("ends_differently", "ru", "How much left in a day", "Сколько ушло за день.", "Сколько ушло за день"),
        ("ends_differently", "ru", "{time} min", "{time} мин:", "{time} мин."),
        ("has_an_ascii_minus", "es", "{x} of −3.5", "{x} de -3,5", "{x} de −3,5"),
        ("has_an_ascii_minus", "es", "from 22:00-07:00", "de -07:00", "de 22:00-07:00"),
        ("has_hidden_characters", "es", "Peak", "Máx\u200bimo", "Máximo"),
        ("has_hidden_characters", "es", "Peak", "\u202eMáximo", "Máximo"),
        ("changes_what_is_typed", "es", "Use /settings quiet off.", "Usa /settings silencio off.",
         "Usa /settings quiet off."),
        ("changes_what_is_typed", "zh-CN", "/status says why.", "/状态会说明原因。", "原因见 /status。"),
        ("changes_what_is_typed", "ru", "See INC-42 and PROXY_URL.", "См. ИНЦ-42 и PROXY_URL.", "INC-42, PROXY_URL."),
        ("is_not_translated", "ru", "Largest outflows", "Largest outflows", "Крупнейшие оттоки"),
        ("is_not_translated", "zh-CN", "Reserves", "Réserves", "储备"),
        ("is_not_translated", "tr", "Could be a wallet move.", "Could be a wallet move.", "Bir taşıma olabilir."),
    ],
)  # fmt: skip
def test_each_check_tells_wrong_from_right(check: str, code: str, text: str, wrong: str, right: str) -> None:
    assert CHECKS[check](code, text, wrong)
    assert not CHECKS[check](code, text, right)


@pytest.mark.parametrize("text", ["{hours} h", "DefiLlama", "{a} · {b}", "Runwatch {version}", "/help", "UTC"])
@pytest.mark.parametrize("code", CODES)
def test_what_has_no_words_may_stay_as_it_is(code: str, text: str) -> None:
    assert not [check for check in CHECKS if CHECKS[check](code, text, text)]


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Send the file that /export made, unchanged.", ["/export"]),
        ("Switch it on with /settings drills on.", ["/settings drills on"]),
        ("On Telegram use /import on the file; /unsubscribe some first.", ["/import", "/unsubscribe"]),
        ("Try /top 7d, or /settings quiet 22:00-07:00.", ["/top 7d", "/settings quiet 22:00-07:00"]),
        ("/reserves <exchange> says what is missing.", ["/reserves <exchange>"]),
        ("{count}/minute, and/or 3/4; there is no /nothing.", []),
    ],
)
def test_what_is_typed_is_recognised_in_a_sentence(text: str, typed: list[str]) -> None:
    assert list(typed_words(text)) == typed
