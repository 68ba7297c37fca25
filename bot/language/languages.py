"""The languages there are, and how each writes numbers, units and dates.

A language is a row of `LANGUAGES` and a catalogue under `catalogues/`. What a row says of numbers and dates is the
Unicode CLDR's (https://cldr.unicode.org), which a test compares it with, but for two things: "$" stands before the
number, as exchanges and their users write it in all of them; and where the CLDR has "B" for something else than a
billion, a thousand in Turkish and a trillion in Spanish, the word is written out.

Example: −1.1436e9 dollars are "−$1.14 B" in English, "−$1,14 млрд" in Russian, "−US$ 1,14 bi" in Portuguese and
"−$11.4亿" in Chinese, which counts in ten thousands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ENGLISH = "en"
"""The language that texts are written in, and in which whatever has no other is answered."""


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers are written: the decimal point, and the words for thousands, millions and so on, the largest first.

    Between two scales a number has up to six digits, of which three are exact. `group` stands between thousands, `gap`
    between a number and a word for its scale. `dollars` and `percent` have `{sign}` and `{number}` in them, and
    `percent_range` the numbers `{low}` and `{high}` with their signs, or these apart as `{low_sign}`, `{low_size}`.
    """

    point: str
    scales: tuple[tuple[float, str], ...]
    group: str = ","
    gap: str = " "
    dollars: str = "{sign}${number}"
    percent: str = "{sign}{number} %"
    percent_range: str = "{low} – {high} %"


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its code as in `/settings language es`, its own name, and how it writes what is no sentence.

    `months` are short names. `date` has `{day}` and `{month}` in it. `name_comma` is between names, `comma` between
    clauses, and `sentence_gap` between sentences; `brackets` has `{note}` in it, which stands behind a word. `reviewed`
    says whether somebody whose first language it is has read the whole catalogue.
    """

    code: str
    name: str
    numbers: NumberStyle
    months: tuple[str, ...]
    date: str = "{day} {month}"
    name_comma: str = ", "
    comma: str = ", "
    semicolon: str = "; "
    colon: str = ": "
    brackets: str = " ({note})"
    sentence_gap: str = " "
    reviewed: bool = False


def _numbers(point: str, thousand: str, million: str, billion: str, trillion: str, **styles: str) -> NumberStyle:
    return NumberStyle(point, ((1e12, trillion), (1e9, billion), (1e6, million), (1e3, thousand)), **styles)


_ALL = (
    Language(
        ENGLISH,
        "English",
        _numbers(".", "K", "M", "B", "T", percent_range="{low} to {high} %"),
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        reviewed=True,
    ),
    Language(
        "es",
        "Español",
        # A billion is a thousand million, written so in full: "$13.200 M".
        NumberStyle(",", ((1e12, "billones"), (1e6, "M"), (1e3, "mil")), group=".", percent_range="{low} a {high} %"),
        ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
    ),
    Language(
        "ru",
        "Русский",
        _numbers(",", "тыс.", "млн", "млрд", "трлн", group="\N{NO-BREAK SPACE}"),
        ("янв.", "февр.", "мар.", "апр.", "мая", "июн.", "июл.", "авг.", "сент.", "окт.", "нояб.", "дек."),
    ),
    Language(
        "tr",
        "Türkçe",
        _numbers(
            ",",
            "bin",
            "Mn",
            "Mr",
            "Tn",
            group=".",
            percent="{sign}%{number}",
            percent_range="{low_sign}%{low_size} – {high_sign}%{high_size}",
        ),
        ("Oca", "Şub", "Mar", "Nis", "May", "Haz", "Tem", "Ağu", "Eyl", "Eki", "Kas", "Ara"),
    ),
    Language(
        "pt-BR",
        "Português (Brasil)",
        _numbers(
            ",", "mil", "mi", "bi", "tri", group=".", dollars="{sign}US$ {number}", percent_range="{low} a {high} %"
        ),
        ("jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez."),
        date="{day} de {month}",
    ),
    Language(
        "zh-CN",
        "简体中文",
        NumberStyle(".", ((1e12, "万亿"), (1e8, "亿"), (1e4, "万")), gap="", percent_range="{low} 至 {high} %"),
        tuple(f"{month}月" for month in range(1, 13)),
        date="{month}{day}日",
        name_comma="、",
        comma="，",
        semicolon="；",
        colon="：",
        brackets="（{note}）",
        sentence_gap="",
    ),
)
LANGUAGES: Mapping[str, Language] = MappingProxyType({language.code: language for language in _ALL})
"""Every language by its code, English first."""


def supported_language(tag: str) -> str:
    """Return the code of the language that an app's tag asks for, "" where there is no catalogue for it.

    Apps name more than there is: `es-419`, `es_MX` and `es-ES` are `es`, `pt` is `pt-BR`, `zh-Hans` and `zh` are
    `zh-CN`. Traditional Chinese is another language than Simplified.
    """
    main, *rest = tag.lower().replace("_", "-").split("-")
    if main == "zh" and _OTHER_CHINESE.intersection(rest) and "hans" not in rest:
        return ""
    return next((code for code in LANGUAGES if main and code.partition("-")[0] == main), "")


_OTHER_CHINESE = frozenset({"hant", "tw", "hk", "mo", "yue"})
"""What tells Traditional Chinese, and Cantonese, from Simplified Chinese in a tag: `zh-Hant-SG`, `zh-HK`."""
