"""What a subscription asks for, in words: which alerts, how early, from which size on, and who is pinged.

Example, a sentence and a short line: “severe or worse, early sensitivity, only above $50 M and 3 % of reserves” and
“🔴 severe · Binance · early · $50 M · 3 %”.
"""

from collections.abc import Iterator, Mapping

from bot.domain.place import Platform, Subscription
from bot.domain.severity import Sensitivity
from bot.domain.stress import STRESS, STRESS_POST_HOUR
from bot.messages.cards.common import TONES
from bot.messages.model import Line, bold, line

EVERYTHING = "all exchanges"
STRESS_POST_TIME = f"{STRESS_POST_HOUR}:00 UTC"
_NO_BREAK = "\N{NO-BREAK SPACE}"
_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def terms(subscription: Subscription) -> str:
    """Return a subscription's terms as the end of a sentence."""
    parts = (f"{subscription.min_severity} or worse", rule_words(subscription), _mention(subscription))
    return ", ".join(filter(None, parts))


def rule_words(subscription: Subscription) -> str:
    """Return from what on a place hears of an outflow: `normal sensitivity, only above $50 M and 3 % of reserves`."""
    smallest = " and ".join(_minimums(subscription, of_what=" of reserves"))
    return f"{subscription.sensitivity} sensitivity{f', only above {smallest}' if smallest else ''}"


def subscription_name(subscription: Subscription, names: Mapping[str, str]) -> str:
    """Return what a subscription is to: an exchange's name, or its id where the list has it no more."""
    exchange = subscription.exchange
    if exchange == STRESS.id:
        return STRESS.name
    return names.get(exchange, exchange) if exchange else EVERYTHING


def short_line(subscription: Subscription, names: Mapping[str, str]) -> Line:
    """Return a subscription as one short line, what decides most in front."""
    name = subscription_name(subscription, names)
    if subscription.exchange == STRESS.id:
        return line("📋 daily · ", bold(name), f" · {STRESS_POST_TIME}")
    severity = subscription.min_severity
    unusual = subscription.sensitivity if subscription.sensitivity is not Sensitivity.NORMAL else ""
    details = (unusual, *_minimums(subscription), pinged(subscription))
    return line(f"{TONES[severity].icon} {severity} · ", bold(name), *(f" · {detail}" for detail in details if detail))


def pinged(subscription: Subscription) -> str:
    """Return whom alerts ping: `@here`, `a role`, "" for nobody."""
    # The Bot API can mention one user; it has nothing like Discord's @here for everybody in a chat.
    if not subscription.mention or subscription.place.platform is Platform.TELEGRAM:
        return ""
    return "a role" if subscription.mention.isdecimal() else f"@{subscription.mention}"


def threshold_usd(usd: float) -> str:
    """Return a threshold in dollars with the digits that somebody chose: 50e6 → `$50 M`, 2.5e6 → `$2.5 M`."""
    scale, letter = next(((scale, letter) for scale, letter in _SCALES if usd >= scale), (1.0, ""))
    return f"${usd / scale:.4g}{_NO_BREAK}{letter}".rstrip(_NO_BREAK)


def threshold_percent(share: float) -> str:
    """Return a threshold as a share of reserves: 0.03 → `3 %`."""
    return f"{share * 100:.4g}{_NO_BREAK}%"


def _minimums(subscription: Subscription, *, of_what: str = "") -> Iterator[str]:
    if subscription.usd:
        yield threshold_usd(subscription.usd)
    if subscription.share:
        yield f"{threshold_percent(subscription.share)}{of_what}"


def _mention(subscription: Subscription) -> str:
    if subscription.mention and subscription.place.platform is Platform.TELEGRAM:
        return "without the mention, because Telegram has none for a whole chat"
    whom = pinged(subscription)
    return f"pinging {whom} when it opens or gets worse" if whom else ""
