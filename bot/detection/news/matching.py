"""Which exchanges a headline is about.

Examples: "Gate.io users report slow payouts" is about gate. "Kraken halts withdrawals" is about kraken, since
"withdrawal" says which Kraken is meant; "Seattle Kraken lose in overtime" is not, and neither is "Gemini adds image
tools" with Google's name in its summary.

Ambiguous names are whole words with letters as written. Everything else is found in capitals and without them, unless
it has at most four letters: HTX is an exchange, and SEC an authority, which "second" is not. Longer words of context
are also found as the beginning of a word, so that "withdrawal" stands for "withdrawals".
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from bot.detection.news.alias_table import ALIASES, Aliases

_CONTEXT = (
    "exchange",
    "crypto",
    "bitcoin",
    "withdrawal",
    "deposit",
    "token",
    "trading",
    "wallet",
    "reserves",
    "stablecoin",
    "hacked",
)
_TITLE_IN_CAPITALS = 0.8  # of its long words: a title in which every word has a capital says nothing by capitals
_SHORT_WORD = 4  # letters, up to which a word counts as written only


def exchanges_named(title: str, summary: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of those exchanges in `names`, ids with the names people read, that a headline is about."""
    return tuple(id_ for id_, name in names.items() if _is_about(_aliases_of(id_, name), title, summary))


@lru_cache(maxsize=1000)
def _aliases_of(exchange: str, name: str) -> Aliases:
    return ALIASES.get(exchange) or Aliases(ambiguous=(name,), context=_CONTEXT)


def _is_about(aliases: Aliases, title: str, summary: str) -> bool:
    rest = _any_of(aliases.not_meant).sub(" ", title)
    is_named = _any_of(aliases.names).search(rest) is not None
    if (not is_named and not _as_written(aliases.ambiguous).search(rest)) or _any_of(aliases.vetoes).search(title):
        return False
    return is_named or _is_meant(aliases, rest, summary)


def _is_meant(aliases: Aliases, title: str, summary: str) -> bool:
    """Return whether an ambiguous name is there, with a word beside it that says what it means."""
    name = _as_written(aliases.ambiguous)
    if aliases.inside_only:
        is_capital_meant = not _is_in_capitals(title) and any(
            title[: found.start()].strip() for found in name.finditer(title)
        )
        if not is_capital_meant:
            return False
    beside = f"{name.sub(' ', title)}\n{summary}"
    return _begins_with_any_of(aliases.context).search(beside) is not None and not _any_of(aliases.vetoes).search(
        summary
    )


def _is_in_capitals(title: str) -> bool:
    long = [word for word in title.split() if len(word) > _SHORT_WORD]
    return bool(long) and sum(word[0].isupper() for word in long) / len(long) >= _TITLE_IN_CAPITALS


@lru_cache(maxsize=1000)
def _as_written(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of some words with their letters as written."""
    return _pattern([re.escape(word) for word in words])


@lru_cache(maxsize=1000)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of some words, longer ones in capitals and without."""
    return _pattern([_either_case(word) for word in words])


@lru_cache(maxsize=1000)
def _begins_with_any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of some words, longer ones also as the beginning of others."""
    return _pattern([_either_case(word) + (r"\w*" if len(word) > _SHORT_WORD else "") for word in words])


def _either_case(word: str) -> str:
    return re.escape(word) if len(word) <= _SHORT_WORD else f"(?i:{re.escape(word)})"


def _pattern(alternatives: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)" if alternatives else r"(?!)")
