"""Answers to `/subscribe`, `/unsubscribe` and `/subscriptions`.

A confirmation says everything that decides whether alerts will arrive: what the place will hear of, which rights the
bot lacks there, whether the exchange has known wallets, and how an alert will look.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.detection.window_coverage import WindowCoverage
from bot.domain.assets import MAJORS
from bot.domain.exchange import Exchange
from bot.domain.incident import Incident
from bot.domain.place import Platform, Subscription
from bot.domain.severity import Severity
from bot.domain.stress import STRESS, STRESS_POST_HOUR
from bot.domain.withdrawals import CRITICAL_CLOSED_MAJORS
from bot.messages.cards.common import LIABILITIES, TONES
from bot.messages.cards.coverage import coverage_lines
from bot.messages.cards.withdrawals import KEY_SETTINGS
from bot.messages.model import Action, Line, Message, Tone, bold, line, lines
from bot.messages.number_format import percent, usd

EVERYTHING = "all exchanges"
_COUNT = {2: "two", 3: "three"}[CRITICAL_CLOSED_MAJORS]
CRITICAL_TAKES = (
    f"Critical is an outflow of elevated or worse while withdrawals of {_COUNT} or more of "
    f"{', '.join(MAJORS)} are closed."
)
"""What it takes for an incident to be critical."""
STRESS_POST_TIME = f"{STRESS_POST_HOUR}:00 UTC"
_MAX_OWN = 5  # a place may have a hundred; a confirmation is one screen of a phone


@dataclass(frozen=True, slots=True)
class CriticalReach:
    """Of how many of the exchanges of a subscription incidents can become critical, out of all of them."""

    able: int
    of: int


def subscribed_card(  # noqa: PLR0913 — everything that decides whether alerts will arrive
    subscription: Subscription,
    name: str | None,
    missing: Sequence[str],
    open_incidents: Sequence[Incident] = (),
    *,
    is_tracked: bool = True,
    coverage: WindowCoverage | None = None,
    mention_lacks: Sequence[str] = (),
    critical: CriticalReach | None = None,
    general: Subscription | None = None,
    own: Sequence[Subscription] = (),
    names: Mapping[str, str] = MappingProxyType({}),
) -> Message:
    """Return the confirmation with a sample alert that is marked as one.

    `name` is the exchange's, None for all exchanges. `missing` names the rights that the bot lacks in the place,
    `open_incidents` are those that this subscription would have posted. Without `is_tracked` the source knows no
    wallets of the exchange. `coverage` is what can be judged by now of what was subscribed to, `mention_lacks` names
    the rights without which the mention stays silent. `general` is the place's subscription to all exchanges, from
    which this one has what it did not say itself, and `own` are those to single exchanges, which go before one to all.
    """
    return Message(
        title=f"Subscribed · {name or EVERYTHING}",
        tone=Tone.TROUBLE if missing or mention_lacks or not is_tracked else Tone.GOOD,
        lines=lines(
            line("This place hears of ", bold(name or EVERYTHING), f" from {subscription.min_severity} on, "
                 f"{rule_words(subscription)}{_mention(subscription)}."),
            *_in_force(general, own, names),
            _critical_line(name, critical) if critical and is_tracked else None,
            _missing_rights(missing),
            _silent_mention(mention_lacks),
            None if is_tracked else f"No wallets of {name} are tracked, so no alert can come of it until they are.",
            *(coverage_lines(coverage) if coverage and is_tracked else ()),
            *[_open_incident(incident) for incident in open_incidents],
            "It will look like this (a sample, not an event):",
            *_sample(name),
        ),
        actions=(Action("Subscriptions", "subscriptions"),),
    )  # fmt: skip


def subscribed_to_stress_card(missing: Sequence[str]) -> Message:
    """Return the confirmation of the daily stress test; `missing` names the rights that the bot lacks in the place."""
    return Message(
        title=f"Subscribed · {STRESS.name}",
        tone=Tone.TROUBLE if missing else Tone.GOOD,
        lines=lines(
            line(bold(STRESS.name), f": one card a day is posted here, at {STRESS_POST_TIME} or as soon as possible."),
            "/stress shows today's now.",
            _missing_rights(missing),
        ),
        actions=(Action("Today's", "stress"), Action("Subscriptions", "subscriptions")),
    )


def unsubscribed_card(what: str | None, count: int) -> Message:
    """Return what was cancelled: `what` names the exchange, None means everything; `count` are the subscriptions."""
    if count == 0:
        return Message(
            title="Nothing to cancel",
            lines=lines(f"This place has no subscription to {what or 'anything'}. /subscriptions lists what it has."),
            private=True,
        )
    return Message(
        title="Unsubscribed",
        tone=Tone.GOOD,
        lines=lines(
            f"This place no longer hears of {what}."
            if what
            else f"This place hears of nothing now ({count} cancelled)."
        ),
    )


def subscriptions_card(
    subscriptions: Sequence[Subscription],
    names: dict[str, str],
    trouble: str | None,
    unwatched: Collection[str] = (),
) -> Message:
    """Return what a place has subscribed to.

    `names` has the exchanges' names by id. `trouble` says why the place is disabled, None where it is not.
    `unwatched` are the ids of exchanges that this bot does not watch (setting EXCHANGES), so that no alert can come.
    """
    if not subscriptions:
        return Message(
            title="Subscriptions",
            lines=lines(
                "This place has subscribed to nothing. A moderator can: /subscribe binance, or /subscribe all."
            ),
            actions=(Action("Subscribe to all", "subscribe all"),),
            private=True,
        )
    return Message(
        title="Subscriptions",
        tone=Tone.TROUBLE if trouble or unwatched else Tone.INFO,
        lines=lines(
            f"This place is switched off: {trouble}. Any command the bot can answer here switches it on again."
            if trouble
            else None,
            *[
                _entry(subscription, names, is_watched=subscription.exchange not in unwatched)
                for subscription in subscriptions
            ],
        ),
        private=True,
    )


def rule_words(subscription: Subscription) -> str:
    """Return a subscription's thresholds in words: `preset normal, at least $50.0 M and at least 3.0 % of reserves`."""
    return f"preset {subscription.sensitivity}{_minimums(subscription)}"


def _entry(subscription: Subscription, names: dict[str, str], *, is_watched: bool) -> Line:
    """Return a subscription as one line of text; a table would be too wide for a phone."""
    exchange = subscription.exchange
    if exchange == STRESS.id:
        return line("📋 ", bold(STRESS.name), f" · one card a day, at {STRESS_POST_TIME}")
    name = names.get(exchange, exchange) if exchange else EVERYTHING
    if not is_watched:
        return line("⚠️ ", bold(name), f" · not watched by this bot any more · /unsubscribe {exchange} takes it away")
    can_mention = subscription.mention and subscription.place.platform is not Platform.TELEGRAM
    mention = " · with a mention" if can_mention else ""
    conditions = f"from {subscription.min_severity} on · {rule_words(subscription)}{mention}"
    return line(f"{TONES[subscription.min_severity].icon} ", bold(name), f" · {conditions}")


def _open_incident(incident: Incident) -> Line:
    icon = TONES[incident.severity].icon
    return line(f"{icon} ", bold(incident.label), f" is open now: {incident.severity}. Its next change is posted here.")


def never_critical(exchange: Exchange | None, *, is_on: bool) -> str:
    """Return why no alert would ever come of a subscription from critical on, and what to do instead.

    `exchange` is None for all exchanges; `is_on` says whether this bot asks any exchange about its withdrawals.
    """
    name, word = (exchange.name, exchange.id) if exchange else ("any exchange", "all")
    setting = KEY_SETTINGS.get(exchange.id) if exchange and is_on else None
    remedy = f", or have the bot's operator set {setting} to a read-only key" if setting else ""
    return (
        f"That could never fire. {CRITICAL_TAKES} This bot has no source for the withdrawals of {name}. "
        f"Take /subscribe {word} severe{remedy}."
    )


def _critical_line(name: str | None, critical: CriticalReach) -> str:
    """Return what critical takes, and of which exchanges that can be seen."""
    if not critical.able:
        return (
            f"At most severe: this bot has no source for the withdrawals of {name or 'any exchange'}. {CRITICAL_TAKES}"
        )
    reach = (
        "" if critical.able == critical.of else f" Withdrawals are known of {critical.able} of {critical.of} exchanges."
    )
    return f"{CRITICAL_TAKES}{reach}"


def _in_force(
    general: Subscription | None, own: Sequence[Subscription], names: Mapping[str, str]
) -> Iterator[Line | str]:
    """Yield what holds for which exchange where a place has a subscription to all and others to single ones."""
    if general:
        yield (
            "Where nothing else was said, it is as this place's subscription to all exchanges: "
            f"from {general.min_severity} on, {rule_words(general)}."
        )
    for subscription in own[:_MAX_OWN]:
        exchange = subscription.exchange or ""
        conditions = f"from {subscription.min_severity} on, {rule_words(subscription)}"
        yield line(
            bold(names.get(exchange, exchange)),
            f" keeps its own: {conditions}. /unsubscribe {exchange} to have it as all others.",
        )
    if len(own) > _MAX_OWN:
        yield f"{len(own) - _MAX_OWN} more keep their own; /subscriptions lists them."


def _missing_rights(missing: Sequence[str]) -> str | None:
    if not missing:
        return None
    return f"The bot lacks rights here: {', '.join(missing)}. Alerts cannot arrive until it has them."


def _silent_mention(lacks: Sequence[str]) -> str | None:
    return f"The mention pings nobody until the bot has {' and '.join(lacks)} there." if lacks else None


def _minimums(subscription: Subscription) -> str:
    minimums = []
    if subscription.usd:
        minimums.append(f"at least {usd(subscription.usd)}")
    if subscription.share:
        minimums.append(f"at least {percent(subscription.share)} of reserves")
    return f", {' and '.join(minimums)}" if minimums else ""


def _mention(subscription: Subscription) -> str:
    # The Bot API can mention one user; it has nothing like Discord's @here for everybody in a chat.
    if subscription.mention and subscription.place.platform is Platform.TELEGRAM:
        return ", without the mention: Telegram has none for a whole chat"
    return ", with a mention on opening and escalation" if subscription.mention else ""


def _sample(name: str | None) -> tuple[Line, ...]:
    return lines(
        f"{TONES[Severity.ELEVATED].icon} SAMPLE · {name or 'Some exchange'} · elevated outflow",
        "Net outflow −$2.30 B in 24 h · 3.6 % of reserves ($64.1 B)",
        "Normal day: −0.6 % to +0.7 %",
        LIABILITIES,
    )
