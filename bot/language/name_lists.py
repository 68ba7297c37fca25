"""How a sentence lists what to choose from."""

from collections.abc import Sequence

from bot.language.translation import tr


def alternatives(names: Sequence[str]) -> str:
    """Return names of which one is meant: `binance`, `binance or bybit`, `binance or bybit or bitget`; "" for none."""
    text = "".join(names[:1])
    for name in names[1:]:
        text = tr("{first} or {other}", first=text, other=name)
    return text
