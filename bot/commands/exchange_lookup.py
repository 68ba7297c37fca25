"""Find the exchange that somebody means by a name: here the typed word `binance` becomes an `Exchange`.

Letter case, spaces and punctuation do not matter: `Gate.io`, `gate-io` and `GATEIO` are one exchange. Example: of
`binanse`, which nothing is called, the answer says “Did you mean binance?”.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache

from bot.domain.errors import AskerError, UnknownExchange
from bot.domain.exchange import Exchange, exchange_id
from bot.language.translation import tr

# difflib's own default. One wrong letter in a short name passes (`okk` for `okx`: 0.67), unlike words do not.
_LEAST_SIMILARITY = 0.6
_MOST_SUGGESTIONS = 3


def find_exchange(name: str, exchanges: Sequence[Exchange]) -> Exchange:
    """Return the exchange of this id, or else the first one with this id, name or slug, letters and digits alone.

    `exchanges` are all that have ever been listed, largest first: of two with one name, the larger is meant. Raise
    UnknownExchange with the ids that are most similar, or another AskerError while no list has been fetched at all.
    """
    wanted_id = exchange_id(name)
    for exchange in exchanges:
        if exchange.id == wanted_id:
            return exchange
    by_alias = _by_alias(exchanges)
    if match := by_alias.get(_letters(name)):
        return match
    if not exchanges:
        raise AskerError(tr("The list has not been fetched yet. Ask again in a minute; /status says what is wrong."))
    raise UnknownExchange(name, tuple(exchange.id for exchange in similar_exchanges(name, exchanges)))


def similar_exchanges(name: str, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return up to three exchanges whose id, name or slug is spelt much like a name, the likest first."""
    by_alias = _by_alias(exchanges)
    similar = get_close_matches(_letters(name), by_alias, n=_MOST_SUGGESTIONS, cutoff=_LEAST_SIMILARITY)
    return list({by_alias[alias].id: by_alias[alias] for alias in similar}.values())


def complete_exchange(typed: str, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return the exchanges that what was typed may become, in their order.

    First those whose name or id begins with it, then those whose name contains it; none for what has no letter in it,
    such as an emoji.
    """
    letters = _letters(typed)
    if typed.strip() and not letters:
        return []
    names = [(exchange, _name_letters(exchange.name)) for exchange in exchanges]
    begins = [exchange for exchange, name in names if name.startswith(letters) or exchange.id.startswith(letters)]
    contains = [exchange for exchange, name in names if letters in name and exchange not in begins]
    return [*begins, *contains]


def _by_alias(exchanges: Sequence[Exchange]) -> Mapping[str, Exchange]:
    by_alias: dict[str, Exchange] = {}
    for exchange in exchanges:
        for alias in filter(None, map(_name_letters, (exchange.id, exchange.name, exchange.slug or ""))):
            by_alias.setdefault(alias, exchange)
    return by_alias


@lru_cache(maxsize=1024)
def _name_letters(name: str) -> str:
    """Return `_letters` of a listed name: the same hundred are asked for at every letter that somebody types."""
    return _letters(name)


def _letters(name: str) -> str:
    """Return a name as its bare letters and digits, in the spelling of ids."""
    return "".join(letter for letter in exchange_id(name) if letter.isalnum())
