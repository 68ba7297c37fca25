"""How a text lists names, clauses and sentences: with the commas and gaps of the language in force.

Example: names are listed `BTC, ETH` in most languages and `BTC、ETH` in Chinese, where no blank follows a sentence.
"""

from collections.abc import Iterable, Sequence

from bot.language.translation import language, tr


def alternatives(names: Sequence[str]) -> str:
    """Return names of which one is meant: `binance`, `binance or bybit`, `binance or bybit or bitget`; "" for none."""
    text = "".join(names[:1])
    for name in names[1:]:
        text = tr("{first} or {other}", first=text, other=name)
    return text


def enumerated(names: Iterable[str]) -> str:
    """Return names one after the other: `BTC, ETH, USDT`."""
    return language().name_comma.join(names)


def joined(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: `Solana`, `Solana and Tron`, `Base, Solana and Tron`; "" for none."""
    if len(names) < 2:  # noqa: PLR2004 — one is no list
        return "".join(names)
    return tr("{first} and {last}", first=enumerated(names[:-1]), last=names[-1])


def named_up_to(names: Sequence[str], most: int) -> str:
    """Return names, up to so many of them, and how many more there are: `OKX, Gate.io and 4 more`."""
    if len(names) <= most:
        return enumerated(names)
    return tr("{names} and {count} more", names=enumerated(names[:most]), count=len(names) - most)


def clauses(parts: Iterable[str | None]) -> str:
    """Return what is said in parts, without those that are absent: `early, at least $50 M`."""
    return language().comma.join(filter(None, parts))


def apart(parts: Iterable[str | None]) -> str:
    """Return parts that may have commas of their own, without those that are absent: `USDT 8 open, 1 closed; BTC`."""
    return language().semicolon.join(filter(None, parts))


def sentences(*texts: str | None) -> str:
    """Return sentences one after the other, without those that are absent."""
    return language().sentence_gap.join(filter(None, texts))


def labelled(label: str, text: str) -> str:
    """Return what is said of a label: `Tron: 14.0 % of reserves`."""
    return f"{label}{language().colon}{text}"


def with_note(text: str, note: str) -> str:
    """Return a text with a note in brackets behind it, where there is one: `−$640 M (−8.1 %)`."""
    return text + language().brackets.format(note=note) if note else text
