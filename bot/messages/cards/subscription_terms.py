"""What a subscription asks for, in words: which alerts, how early, from which size on, and who is pinged.

Example, a sentence and a short line: “severe or worse, early sensitivity, only above $50 M and 3 % of reserves” and
“🔴 severe · Binance · early · $50 M · 3 %”.
"""

from collections.abc import Iterator, Mapping

from bot.domain.place import Platform, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.stress import STRESS, STRESS_POST_HOUR
from bot.language.name_lists import clauses
from bot.language.translation import marked, tr
from bot.messages.cards.common import TONES, sensitivity_word
from bot.messages.model import Line, bold, line
from bot.messages.number_format import chosen_percent, chosen_usd
from bot.messages.severity_words import severity_word
from bot.messages.translated_lines import tr_line

STRESS_POST_TIME = f"{STRESS_POST_HOUR}:00 UTC"
_SENSITIVITIES = {
    Sensitivity.CALM: marked("calm sensitivity"),
    Sensitivity.NORMAL: marked("normal sensitivity"),
    Sensitivity.EARLY: marked("early sensitivity"),
}


def terms(subscription: Subscription) -> str:
    """Return a subscription's terms as the end of a sentence."""
    return clauses((_severities(subscription.min_severity), rule_words(subscription), _mention(subscription)))


def _severities(least: Severity) -> str:
    """Return from which severity on a place hears of an incident, as one of several terms between commas."""
    if least is Severity.CRITICAL:  # nothing is worse
        # Translators: one of several terms, between commas: only critical incidents are posted.
        return tr("only critical")
    # Translators: {severity} is watch, elevated or severe. One of several terms, between commas.
    return tr("{severity} or worse", severity=severity_word(least))


def rule_words(subscription: Subscription) -> str:
    """Return from what on a place hears of an outflow: `normal sensitivity, only above $50 M and 3 % of reserves`."""
    return clauses((tr(_SENSITIVITIES[subscription.sensitivity]), _smallest(subscription)))


def all_exchanges() -> str:
    """Return what a subscription is to that names no exchange."""
    return tr("all exchanges")


def subscription_name(subscription: Subscription, names: Mapping[str, str]) -> str:
    """Return what a subscription is to, as `exchange_name` does."""
    return exchange_name(subscription.exchange, names)


def exchange_name(exchange: str | None, names: Mapping[str, str]) -> str:
    """Return an exchange's name, or its id where the list has it no more; the words for all, and for the stress test.

    The words stand where a name might, behind a dot or a colon: in a sentence they have a text of their own.
    """
    if exchange == STRESS.id:
        return tr(STRESS.name)
    return names.get(exchange, exchange) if exchange else all_exchanges()


def short_line(subscription: Subscription, names: Mapping[str, str]) -> Line:
    """Return a subscription as one short line, what decides most in front."""
    name = subscription_name(subscription, names)
    if subscription.exchange == STRESS.id:
        return tr_line("📋 daily · **{name}** · {time}", name=name, time=STRESS_POST_TIME)
    severity, sensitivity = subscription.min_severity, subscription.sensitivity
    unusual = sensitivity_word(sensitivity) if sensitivity is not Sensitivity.NORMAL else ""
    details = (unusual, *_minimums(subscription), _pinged(subscription))
    return line(
        f"{TONES[severity].icon} {severity_word(severity)} · ",
        bold(name),
        *(f" · {detail}" for detail in details if detail),
    )


def _pinged(subscription: Subscription) -> str:
    """Return whom alerts ping: `@here`, `a role`, "" for nobody."""
    # The Bot API can mention one user; it has nothing like Discord's @here for everybody in a chat.
    if not subscription.mention or subscription.place.platform is Platform.TELEGRAM:
        return ""
    # Translators: a role on Discord that is pinged.
    return tr("a role") if subscription.mention.isdecimal() else f"@{subscription.mention}"


def _minimums(subscription: Subscription) -> Iterator[str]:
    if subscription.usd:
        yield chosen_usd(subscription.usd)
    if subscription.share:
        yield chosen_percent(subscription.share)


def _smallest(subscription: Subscription) -> str:
    """Return from which size on an outflow is told, as one of several terms, "" for any size."""
    if not subscription.usd and not subscription.share:
        return ""
    if not subscription.share:
        text = marked("only above {usd}")
    elif not subscription.usd:
        text = marked("only above {share} of reserves")
    else:
        text = marked("only above {usd} and {share} of reserves")
    return tr(text, usd=chosen_usd(subscription.usd or 0.0), share=chosen_percent(subscription.share or 0.0))


def _mention(subscription: Subscription) -> str:
    """Return whom alerts ping, as one of several terms, "" for nobody."""
    if not subscription.mention:
        return ""
    if subscription.place.platform is Platform.TELEGRAM:
        return tr("without the mention, because Telegram has none for a whole chat")
    if subscription.mention.isdecimal():
        # Translators: "it" is the incident that an alert is about.
        return tr("pinging a role when it opens or gets worse")
    return tr("pinging {mention} when it opens or gets worse", mention=_pinged(subscription))
