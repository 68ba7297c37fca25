"""The command that makes a subscription what it is: `subscribe binance severe early $50M 3%`, for buttons.

It says everything, so that what the place has for all exchanges fills in nothing: a subscription without a minimum says
`$0` and `0%`, one without a mention `nobody`.
"""

from collections.abc import Iterator

from bot.domain.place import Place, Platform, Subscription
from bot.domain.stress import STRESS

ALL_WORD = "all"
"""What people type for every exchange, including those listed later; stored as no exchange."""
_MULTIPLES = ((1e9, "B"), (1e6, "M"), (1e3, "K"), (1.0, ""))


def subscribe_line(subscription: Subscription, here: Place) -> str:
    """Return the command line, without its slash, to be used in the place `here`."""
    words = ["subscribe", subscription.exchange or ALL_WORD]
    if subscription.exchange != STRESS.id:
        words += [subscription.min_severity, subscription.sensitivity, *_sizes(subscription), *_mention(subscription)]
    return " ".join((*words, *place_words(subscription.place, here)))


def unsubscribe_line(place: Place, exchange: str | None, here: Place) -> str:
    """Return the command line that cancels one subscription of a place."""
    return " ".join(("unsubscribe", exchange or ALL_WORD, *place_words(place, here)))


def place_words(place: Place, here: Place) -> tuple[str, ...]:
    """Return the argument that names a place in a command that is used in the place `here`; none for that place."""
    if place == here:
        return ()
    return (f"<#{place.chat}>" if place.platform is Platform.DISCORD else place.chat,)


def _sizes(subscription: Subscription) -> Iterator[str]:
    if subscription.usd or subscription.exchange:
        yield dollars_typed(subscription.usd or 0)
    if subscription.share or subscription.exchange:
        yield share_typed(subscription.share or 0)


def dollars_typed(usd: float) -> str:
    """Return an amount as it is typed, exactly: `$50M`, `$1234.5`."""
    for multiple, letter in _MULTIPLES:
        number = f"{usd / multiple:.12g}"
        if usd >= multiple and "e" not in number and float(number) * multiple == usd:
            return f"${number}{letter}"
    return f"${usd:.12g}"


def share_typed(share: float) -> str:
    """Return a share of reserves as it is typed: `3%`."""
    return f"{share * 100:.12g}%"


def _mention(subscription: Subscription) -> tuple[str, ...]:
    mention = subscription.mention
    if mention is None:
        return ("nobody",) if subscription.exchange else ()
    return (f"<@&{mention}>",) if mention.isdecimal() else (f"@{mention}",)
