"""Answers to `/subscribe` and `/unsubscribe`.

A confirmation says everything that decides whether alerts will arrive: what will be posted, what was in force before,
which rights the bot lacks there, whether the exchange has known wallets, and how an alert will look.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.detection.window_coverage import WindowCoverage
from bot.domain.assets import MAJORS
from bot.domain.exchange import Exchange
from bot.domain.incident import Incident
from bot.domain.place import Place, Subscription, same_terms
from bot.domain.severity import Severity
from bot.domain.stress import STRESS
from bot.domain.withdrawals import CRITICAL_CLOSED_MAJORS
from bot.messages.cards.common import TONES, liabilities
from bot.messages.cards.coverage import coverage_lines
from bot.messages.cards.subscription_terms import (
    EVERYTHING,
    STRESS_POST_TIME,
    short_line,
    subscription_name,
    terms,
    threshold_usd,
)
from bot.messages.cards.withdrawals import KEY_SETTINGS
from bot.messages.model import Action, Line, Message, Tone, bold, line, lines
from bot.messages.number_format import counted, usd
from bot.messages.subscription_line import place_words

_COUNT = {2: "two", 3: "three"}[CRITICAL_CLOSED_MAJORS]
CRITICAL_TAKES = (
    f"Critical is an outflow of elevated or worse while withdrawals of {_COUNT} or more of "
    f"{', '.join(MAJORS)} are closed."
)
"""What it takes for an incident to be critical."""
_MAX_OPEN = 3  # in a run on all exchanges there are dozens
_SAMPLES = {
    Severity.ELEVATED: ("elevated outflow", "−$2.30 B in 24 h · 3.6 %", ""),
    Severity.SEVERE: ("severe outflow", "−$5.77 B in 24 h · 9.0 %", ""),
    Severity.CRITICAL: (
        "critical: outflow while withdrawals are closed",
        "−$2.30 B in 24 h · 3.6 %",
        "Withdrawals: BTC closed · ETH closed · USDT open · USDC open",
    ),
}
"""What a sample alert says by its severity: headline, flow, and withdrawals where they matter."""
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
    before: Subscription | None = None,
    undo: Action | None = None,
    here: Place | None = None,
) -> Message:
    """Return the confirmation with a sample alert that is marked as one.

    `name` is the exchange's, None for all exchanges. `missing` names the rights that the bot lacks in the place,
    `open_incidents` are those that this subscription would have posted. Without `is_tracked` the source knows no
    wallets of the exchange. `coverage` is what can be judged by now of what was subscribed to, `mention_lacks` names
    the rights without which the mention stays silent. `general` is the place's subscription to all exchanges, from
    which this one has what it did not say itself, and `own` are those to single exchanges, which go before one to all.
    `before` is what it replaced, `undo` brings that back. `here` is where the answer is read; None: in the very place.
    """
    where = _where(subscription.place, here)
    return Message(
        title=f"Subscribed · {name or EVERYTHING}",
        tone=Tone.TROUBLE if missing or mention_lacks or not is_tracked else Tone.GOOD,
        lines=lines(
            line("Alerts for ", bold(name or EVERYTHING), f" will be posted {where}: {terms(subscription)}."),
            _before_line(before, subscription) if before else None,
            *_in_force(general, own, names),
            _critical_line(name, critical) if critical and is_tracked else None,
            _missing_rights(missing, where),
            _silent_mention(mention_lacks),
            None if is_tracked else f"No wallets of {name} are known, so no outflow alert can come until they are.",
            *(coverage_lines(coverage) if coverage and is_tracked else ()),
            *[_open_incident(incident, where) for incident in open_incidents[:_MAX_OPEN]],
            f"{counted(len(open_incidents) - _MAX_OPEN, 'more is', 'more are')} open: /incidents lists all."
            if len(open_incidents) > _MAX_OPEN
            else None,
            "It will look like this (a sample, not an event):",
            *_sample(name, subscription.min_severity),
        ),
        actions=_next_steps(undo, subscription.place, here),
    )


def subscribed_to_stress_card(
    missing: Sequence[str], *, undo: Action | None = None, here: Place | None = None, place: Place | None = None
) -> Message:
    """Return the confirmation of the daily stress test; `missing` names the rights that the bot lacks in the place."""
    where = _where(place, here)
    return Message(
        title=f"Subscribed · {STRESS.name}",
        tone=Tone.TROUBLE if missing else Tone.GOOD,
        lines=lines(
            line(bold(STRESS.name), f": one card a day is posted {where}, at {STRESS_POST_TIME} or soon after."),
            "/stress shows today's now.",
            _missing_rights(missing, where),
        ),
        actions=(Action("Today's", "stress"), *_next_steps(undo, place, here)),
    )


def unsubscribed_card(  # noqa: PLR0913 — what stays in force, and where
    what: str | None,
    count: int,
    *,
    left: Sequence[Subscription] = (),
    undo: Action | None = None,
    here: Place | None = None,
    place: Place | None = None,
) -> Message:
    """Return what was cancelled and what stays in force.

    `what` names the exchange, None means everything; `count` are the subscriptions that were cancelled, `left` those
    that the place still has. `undo` brings the cancelled ones back. `here` and `place` are as for `subscribed_card`.
    """
    where = _where(place, here)
    if count == 0:
        return Message(
            title="Nothing to cancel",
            lines=lines(
                f"There is no subscription to {what or 'anything'} {where}. /subscriptions lists what there is."
            ),
            private=True,
        )
    return Message(
        title=f"Unsubscribed · {what or 'everything'}",
        tone=Tone.GOOD,
        lines=lines(*_cancelled(what, count, left, where)),
        actions=_next_steps(undo, place, here),
    )


def restored_card(
    restored: Sequence[Subscription], names: Mapping[str, str], *, here: Place | None = None, place: Place | None = None
) -> Message:
    """Return what an *Undo* has brought back."""
    surplus = len(restored) - _MAX_OWN
    return Message(
        title="Undone",
        tone=Tone.GOOD,
        lines=lines(
            f"In force {_where(place, here)} again:",
            *[short_line(subscription, names) for subscription in restored[:_MAX_OWN]],
            f"… and {surplus} more." if surplus > 0 else None,
        ),
        actions=_next_steps(None, place, here),
    )


def _where(place: Place | None, here: Place | None) -> str:
    return "here" if here is None or place is None or place == here else "there"


def _next_steps(undo: Action | None, place: Place | None, here: Place | None) -> tuple[Action, ...]:
    words = place_words(place, here) if place and here else ()
    overview = Action("Subscriptions", " ".join(("subscriptions", *words)), in_place=True)
    return (undo, overview) if undo else (overview,)


def _before_line(before: Subscription, subscription: Subscription) -> str:
    if same_terms(before, subscription):
        return "That is what was in force before: nothing has changed."
    return f"Before: {terms(before)}."


def _cancelled(what: str | None, count: int, left: Sequence[Subscription], where: str) -> Iterator[str]:
    """Yield what is off now, and what still comes by another subscription."""
    general = next((kept for kept in left if kept.exchange is None), None)
    own = [kept for kept in left if kept.exchange not in {None, STRESS.id}]
    if what is None:
        yield f"All alerts {where} are off ({counted(count, 'subscription')} removed)."
    elif what == STRESS.name:
        yield f"The daily stress test is off {where}."
    elif general:
        yield f"{what} has no settings of its own {where} any more."
        yield f"Its alerts still come by the subscription to all exchanges: {terms(general)}."
    elif what == EVERYTHING and own:
        still = counted(len(own), "exchange")
        yield f"Alerts for all other exchanges are off {where}; {still} with settings of their own still come."
    elif what == EVERYTHING:
        yield f"Alerts for all exchanges are off {where}."
    else:
        yield f"{what} alerts are off {where}."


def _open_incident(incident: Incident, where: str) -> Line:
    icon = TONES[incident.severity].icon
    return line(
        f"{icon} ", bold(incident.label), f" is open now: {incident.severity}. Its next change is posted {where}."
    )


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


def never_large_enough(name: str | None, wanted_usd: float, largest_usd: float) -> str:
    """Return why no outflow can be as large as a subscription asks; `name` is None for all exchanges."""
    holder = f"{name} holds" if name else "the largest exchange holds"
    return (
        f"That could never fire: {holder} {usd(largest_usd)}, less than the {threshold_usd(wanted_usd)} you asked for. "
        "Use a smaller amount, or a share such as 3%."
    )


def never_watched(name: str) -> str:
    """Return why no alert would come about an exchange that this bot does not watch."""
    return f"That could never fire: this bot does not watch {name}. Its operator chose which exchanges it watches."


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
        yield f"What was not said is as for all exchanges: {terms(general)}."
    for subscription in own[:_MAX_OWN]:
        yield line(bold(subscription_name(subscription, names)), f" keeps its own: {terms(subscription)}.")
    if len(own) > _MAX_OWN:
        yield f"{counted(len(own) - _MAX_OWN, 'more keeps its own', 'more keep their own')}: /subscriptions lists all."


def _missing_rights(missing: Sequence[str], where: str) -> str | None:
    if not missing:
        return None
    return f"The bot lacks rights {where}: {', '.join(missing)}. Alerts cannot arrive until it has them."


def _silent_mention(lacks: Sequence[str]) -> str | None:
    return f"The mention pings nobody until the bot has {' and '.join(lacks)} there." if lacks else None


def _sample(name: str | None, least: Severity) -> tuple[Line, ...]:
    """Return an alert as it might be posted: elevated, or the mildest that the place wants to hear of above that."""
    severity = max(least, Severity.ELEVATED, key=lambda each: each.rank)
    headline, flow, withdrawals = _SAMPLES[severity]
    return lines(
        f"{TONES[severity].icon} SAMPLE · {name or 'Some exchange'} · {headline}",
        f"Net outflow {flow} of reserves ($64.1 B)",
        "Normal day: −0.6 % to +0.7 %",
        withdrawals or None,
        liabilities(),
    )
