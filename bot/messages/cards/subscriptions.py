"""Subscribing: what was set, how it will look, and what stands in the way."""

from collections.abc import Collection, Sequence

from bot.domain.incident import Incident
from bot.domain.place import Platform, Subscription
from bot.domain.severity import Severity
from bot.messages.cards.common import LIABILITIES, TONES
from bot.messages.model import Action, Line, Message, Tone, bold, line, lines
from bot.messages.numbers import percent, usd

EVERYTHING = "all exchanges"


def subscribed_card(
    subscription: Subscription,
    name: str | None,
    missing: Sequence[str],
    running: Sequence[Incident] = (),
    *,
    is_tracked: bool = True,
) -> Message:
    """Return the confirmation, what the bot lacks in the place, what is open now, and a sample marked as one."""
    return Message(
        title=f"Subscribed · {name or EVERYTHING}",
        tone=Tone.TROUBLE if missing or not is_tracked else Tone.GOOD,
        lines=lines(
            line("This place hears of ", bold(name or EVERYTHING), f" from {subscription.min_severity} on, "
                 f"{rule_words(subscription)}{_mention(subscription)}."),
            _lacking(missing),
            None if is_tracked else f"No wallets of {name} are tracked, so no alert can come of it until they are.",
            *[_running(incident) for incident in running],
            "It will look like this (a sample, not an event):",
            *_sample(name),
        ),
        actions=(Action("Subscriptions", "subscriptions"),),
    )  # fmt: skip


def unsubscribed_card(what: str | None, count: int) -> Message:
    """Return what was cancelled; `what` None: everything."""
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
    """Return what a place has subscribed to, and why it hears nothing when it is disabled.

    `names` are by the exchanges' ids, `unwatched` the ids of those of which nothing can come.
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
    """Return what a subscription fires at, in words: the preset and the place's own floors."""
    return f"preset {subscription.sensitivity}{_floors(subscription)}"


def _entry(subscription: Subscription, names: dict[str, str], *, is_watched: bool) -> Line:
    """Return a subscription in one line, which reads the same on a phone and on a wide screen."""
    exchange = subscription.exchange
    name = names.get(exchange, exchange) if exchange else EVERYTHING
    if not is_watched:
        return line("⚠️ ", bold(name), f" · not watched by this bot any more · /unsubscribe {exchange} takes it away")
    pings = subscription.mention and subscription.place.platform is not Platform.TELEGRAM
    mention = " · with a mention" if pings else ""
    wish = f"from {subscription.min_severity} on · {rule_words(subscription)}{mention}"
    return line(f"{TONES[subscription.min_severity].icon} ", bold(name), f" · {wish}")


def _running(incident: Incident) -> Line:
    icon = TONES[incident.severity].icon
    return line(f"{icon} ", bold(incident.label), f" is open now: {incident.severity}. Its next change is posted here.")


def _lacking(missing: Sequence[str]) -> str | None:
    if not missing:
        return None
    return f"The bot lacks rights here: {', '.join(missing)}. Alerts cannot arrive until it has them."


def _floors(subscription: Subscription) -> str:
    floors = []
    if subscription.usd:
        floors.append(f"at least {usd(subscription.usd)}")
    if subscription.share:
        floors.append(f"at least {percent(subscription.share)} of reserves")
    return f", {' and '.join(floors)}" if floors else ""


def _mention(subscription: Subscription) -> str:
    if subscription.mention and subscription.place.platform is Platform.TELEGRAM:
        return ", without the mention: Telegram has none for a whole chat"
    return ", with a mention on opening and escalation" if subscription.mention else ""


def _sample(name: str | None) -> tuple[Line, ...]:
    return lines(
        f"{TONES[Severity.ELEVATED].icon} SAMPLE · {name or 'Some exchange'} · elevated outflow",
        "Net outflow −$2.30 B in 24 h · 3.6 % of clean reserves ($64.1 B)",
        "Usual day: between −0.6 % and +0.7 %",
        LIABILITIES,
    )
