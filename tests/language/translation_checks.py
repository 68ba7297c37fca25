"""What can be wrong with a translation without knowing the language: each check says so of one text.

Example: “Resuelto {time}” for “Resolved {time}.” fails `ends_differently`, “Usa /ajustes.” for “Use /settings.”
`changes_what_is_typed`. What the checks cannot see is whether it is good; that takes somebody who speaks it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from string import Formatter
from types import MappingProxyType

from bot.domain.place_settings import PlaceSetting
from handlers import COMMANDS

Check = Callable[[str, str, str], bool]
"""Returns whether something is wrong, given the code of a language, an English text and its translation."""

_SCRIPTS = {"ru": "CYRILLIC", "zh-CN": "CJK UNIFIED IDEOGRAPH"}
_CHINESE_ENDS = {".": "。", ":": "：", "?": "？", "!": "！"}
_NAMES = frozenset({"runwatch", "discord", "telegram", "defillama", "redis", "utc"})
_TYPED_ALWAYS = re.compile(r"(?<![\w/])(?:runwatch [a-z]+|[A-Z]{2,}(?:_[A-Z]+)+|INC-\d+|@\w+|#\w+)")
_COMMAND = re.compile(r"(?<![\w/>])/(?P<name>[a-z0-9_]+)")
_WORD = re.compile(r" (?P<word>[^\s,;“”)，；。]*[^\s,;“”).:?!，；。：？！])")
_TYPED_WORD = re.compile(r"[@$]?\d\S*|[<\[]\S+|[A-Z]\w+/[A-Z]\w+")
_CHOICES = frozenset(word for command in COMMANDS for given in command.parameters for word in given.kind.choices)
_SETTINGS = frozenset(PlaceSetting)
_ALIKE_WORDS = 3  # so many words that are the same in two languages are no coincidence
_SENTENCE_WORDS = 4  # of so many none ends in a full stop because its last word is an abbreviation
_HIDDEN = frozenset({"Cf", "Cc", "Co", "Zl", "Zp"})  # https://www.unicode.org/reports/tr44/#General_Category_Values


def names_other_values(_: str, text: str, translation: str) -> bool:
    """Names in braces that differ, or a brace that stands alone: the text could not be filled in."""
    try:
        return _placeholders(text) != _placeholders(translation)
    except ValueError:
        return True


def marks_other_words(_: str, text: str, translation: str) -> bool:
    """Not as many `**` as the English text, or one without its partner."""
    return translation.count("**") != text.count("**") or translation.count("**") % 2 == 1


def has_other_blanks(_: str, text: str, translation: str) -> bool:
    """Blanks at the beginning or the end that the English text does not have, or two in a row."""
    return _blanks_around(text) != _blanks_around(translation) or "  " in translation.strip()


def ends_differently(code: str, text: str, translation: str) -> bool:
    """A sentence that ends without its full stop, or with that of another language, and a label that has one."""
    end, ends = text.rstrip()[-1:], translation.rstrip()[-1:]
    if end in _CHINESE_ENDS:
        return ends != (_CHINESE_ENDS[end] if code == "zh-CN" else end)
    # Abbreviations end in a full stop as well: “10 min.”
    return ends in ":：?？" or (ends in ".。" and len(_words(text)) >= _SENTENCE_WORDS)


def has_an_ascii_minus(_: str, text: str, translation: str) -> bool:
    """A hyphen in front of a number, where a minus sign belongs; a time span is 22:00-07:00 everywhere."""
    del text
    return re.search(r"(?<![\w:/])-\d", translation) is not None


def has_hidden_characters(_: str, text: str, translation: str) -> bool:
    """A letter that nobody sees, or that turns the text around: from a clipboard, or on purpose."""
    return any(unicodedata.category(letter) in _HIDDEN and letter not in text for letter in translation)


def changes_what_is_typed(_: str, text: str, translation: str) -> bool:
    """A command, a setting or the like that differs: what people type is English in every language."""
    lost = any(typed not in translation for typed in typed_words(text))
    return lost or any(typed not in text for typed in typed_words(translation))


def is_not_translated(code: str, text: str, translation: str) -> bool:
    """Words that are still English, or that the language has in other letters."""
    words = _words(text)
    if code in _SCRIPTS:
        has_letters = any(unicodedata.name(letter, "").startswith(_SCRIPTS[code]) for letter in translation)
        return bool(words) and not has_letters
    return translation == text and len(words) >= _ALIKE_WORDS


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            names_other_values,
            marks_other_words,
            has_other_blanks,
            ends_differently,
            has_an_ascii_minus,
            has_hidden_characters,
            changes_what_is_typed,
            is_not_translated,
        )
    }
)


def typed_words(text: str) -> Iterator[str]:
    """Yield what of a text is typed: `/settings quiet 22:00-07:00`, `runwatch export`, `PROXY_URL`, `INC-42`."""
    yield from _TYPED_ALWAYS.findall(text)
    for match in _COMMAND.finditer(text):
        if COMMANDS.get(match["name"]):
            yield text[match.start() : _end_of_command(text, match.end())]


def _end_of_command(text: str, end: int) -> int:
    """Return where a command line ends: at the first word that is none of its arguments."""
    before = ""
    while word := _WORD.match(text, end):
        typed = word["word"]
        is_value = before in _SETTINGS and typed in {"on", "off"}
        if not (is_value or typed in _CHOICES | _SETTINGS or _TYPED_WORD.fullmatch(typed)):
            break
        before, end = typed, word.end()
    return end


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _blanks_around(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _words(text: str) -> list[str]:
    """Return the words of a text that other languages have other words for."""
    for typed in typed_words(text):
        text = text.replace(typed, " ")
    text = re.sub(r"\{\w+\}|https?://\S+", " ", text)
    words = re.findall(r"[A-Za-z]*[a-z][A-Za-z]*", text)
    return [word for word in words if len(word) > 2 and word.lower() not in _NAMES]
