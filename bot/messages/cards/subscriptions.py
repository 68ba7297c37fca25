"""Answers to `/subscribe`; `unsubscribed.py` has those to `/unsubscribe`, `subscription_refusals.py` the refusals.

A confirmation says everything that decides whether alerts will arrive: what will be posted, what was in force before,
which rights the bot lacks there, whether the exchange has known wallets, and how an alert will look.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.detection.window_coverage import WindowCoverage
from bot.domain.assets import MAJORS
from bot.domain.flow import Window
from bot.domain.incident import Incident
from bot.domain.place import Place, Subscription, same_terms
from bot.domain.severity import Severity
from bot.domain.stress import STRESS
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import MajorWithdrawals
from bot.language.name_lists import enumerated, joined
from bot.language.translation import marked, tr, tr_count
from bot.messages.cards.common import TONES, liabilities, window_name
from bot.messages.cards.coverage import coverage_lines
from bot.messages.cards.flows import normal_range
from bot.messages.cards.majors_line import majors_line
from bot.messages.cards.subscription_refusals import critical_takes
from bot.messages.cards.subscription_terms import STRESS_POST_TIME, all_exchanges, subscription_name, terms
from bot.messages.model import Action, Line, Message, Tone, lines
from bot.messages.number_format import percent, usd
from bot.messages.severity_words import severity_word
from bot.messages.subscription_line import place_words
from bot.messages.translated_lines import tr_line

_MAX_OPEN = 3  # in a run on all exchanges there are dozens
_SAMPLES = {
    Severity.ELEVATED: (marked("elevated outflow"), -2.3e9),
    Severity.SEVERE: (marked("severe outflow"), -5.77e9),
    Severity.CRITICAL: (marked("critical: outflow while withdrawals are closed"), -2.3e9),
}
"""What a sample alert says by its severity: the headline, and how many dollars flowed."""
_SAMPLE_RESERVES_USD = 64.1e9
_SAMPLE_NORMAL_DAY = (-0.006, 0.007)
_OPEN, _CLOSED = WithdrawalState.OPEN, WithdrawalState.CLOSED
_SAMPLE_MAJORS = tuple(
    MajorWithdrawals(asset, state, None) for asset, state in zip(MAJORS, (_CLOSED, _CLOSED, _OPEN, _OPEN), strict=True)
)
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
    is_here = is_here_in(subscription.place, here)
    surplus = len(open_incidents) - _MAX_OPEN
    return Message(
        title=tr("Subscribed · {exchange}", exchange=name or all_exchanges()),
        tone=Tone.TROUBLE if missing or mention_lacks or not is_tracked else Tone.GOOD,
        lines=lines(
            _posted_line(name, subscription, is_here=is_here),
            _before_line(before, subscription) if before else None,
            *_in_force(general, own, names),
            _critical_line(name, critical) if critical and is_tracked else None,
            _missing_rights(missing, is_here=is_here),
            _silent_mention(mention_lacks),
            None
            if is_tracked
            else tr("No wallets of {exchange} are known, so no outflow alert can come until they are.", exchange=name),
            *(coverage_lines(coverage) if coverage and is_tracked else ()),
            *[_open_incident(incident, is_here=is_here) for incident in open_incidents[:_MAX_OPEN]],
            # Translators: {count} more incidents.
            tr_count(
                "{count} more is open: /incidents lists all.", "{count} more are open: /incidents lists all.", surplus
            )
            if surplus > 0
            else None,
            tr("It will look like this (a sample, not an event):"),
            *_sample(name, subscription.min_severity),
        ),
        actions=next_steps(undo, subscription.place, here),
    )


def subscribed_to_stress_card(
    missing: Sequence[str], *, undo: Action | None = None, here: Place | None = None, place: Place | None = None
) -> Message:
    """Return the confirmation of the daily stress test; `missing` names the rights that the bot lacks in the place."""
    is_here = is_here_in(place, here)
    text = (
        marked("**Daily stress test**: one card a day is posted here, at {time} or soon after.")
        if is_here
        else marked("**Daily stress test**: one card a day is posted there, at {time} or soon after.")
    )
    # Translators: the card of today, on a button.
    todays = tr("Today's")
    return Message(
        title=tr("Subscribed · {exchange}", exchange=tr(STRESS.name)),
        tone=Tone.TROUBLE if missing else Tone.GOOD,
        lines=lines(
            tr_line(text, time=STRESS_POST_TIME),
            tr("/stress shows today's now."),
            _missing_rights(missing, is_here=is_here),
        ),
        actions=(Action(todays, "stress"), *next_steps(undo, place, here)),
    )


def is_here_in(place: Place | None, here: Place | None) -> bool:
    """Return whether an answer that is read `here` is about that very place; None stands for it."""
    return here is None or place is None or place == here


def next_steps(undo: Action | None, place: Place | None, here: Place | None) -> tuple[Action, ...]:
    """Return the buttons below an answer: *Undo* where there is something to take back, and the list of the place."""
    words = place_words(place, here) if place and here else ()
    overview = Action(tr("Subscriptions"), " ".join(("subscriptions", *words)), in_place=True)
    return (undo, overview) if undo else (overview,)


def _posted_line(name: str | None, subscription: Subscription, *, is_here: bool) -> Line:
    """Return which alerts are posted from now on."""
    asked = terms(subscription)
    if name is None:
        text = (
            marked("Alerts for **all exchanges** will be posted here: {terms}.")
            if is_here
            else marked("Alerts for **all exchanges** will be posted there: {terms}.")
        )
        return tr_line(text, terms=asked)
    text = (
        marked("Alerts for **{exchange}** will be posted here: {terms}.")
        if is_here
        else marked("Alerts for **{exchange}** will be posted there: {terms}.")
    )
    return tr_line(text, exchange=name, terms=asked)


def _before_line(before: Subscription, subscription: Subscription) -> str:
    if same_terms(before, subscription):
        return tr("That is what was in force before: nothing has changed.")
    return tr("Before: {terms}.", terms=terms(before))


def _open_incident(incident: Incident, *, is_here: bool) -> Line:
    text = (
        marked("{icon} **{incident}** is open now: {severity}. Its next change is posted here.")
        if is_here
        else marked("{icon} **{incident}** is open now: {severity}. Its next change is posted there.")
    )
    severity = incident.severity
    return tr_line(text, icon=TONES[severity].icon, incident=incident.label, severity=severity_word(severity))


def _critical_line(name: str | None, critical: CriticalReach) -> str:
    """Return what critical takes, and of which exchanges that can be seen."""
    takes = critical_takes()
    if not critical.able:
        text = (
            marked("At most severe: this bot has no source for the withdrawals of {exchange}. {critical}")
            if name
            else marked("At most severe: this bot has no source for the withdrawals of any exchange. {critical}")
        )
        return tr(text, exchange=name, critical=takes)
    if critical.able == critical.of:
        return takes
    return tr(
        "{critical} Withdrawals are known of {able} of {count} exchanges.",
        critical=takes,
        able=critical.able,
        count=critical.of,
    )


def _in_force(
    general: Subscription | None, own: Sequence[Subscription], names: Mapping[str, str]
) -> Iterator[Line | str]:
    """Yield what holds for which exchange where a place has a subscription to all and others to single ones."""
    if general:
        yield tr("What was not said is as for all exchanges: {terms}.", terms=terms(general))
    for subscription in own[:_MAX_OWN]:
        name = subscription_name(subscription, names)
        yield tr_line("**{exchange}** keeps its own: {terms}.", exchange=name, terms=terms(subscription))
    if len(own) > _MAX_OWN:
        # Translators: {count} more exchanges, with subscriptions of their own.
        yield tr_count(
            "{count} more keeps its own: /subscriptions lists all.",
            "{count} more keep their own: /subscriptions lists all.",
            len(own) - _MAX_OWN,
        )


def _missing_rights(missing: Sequence[str], *, is_here: bool) -> str | None:
    if not missing:
        return None
    text = (
        marked("The bot lacks rights here: {rights}. Alerts cannot arrive until it has them.")
        if is_here
        else marked("The bot lacks rights there: {rights}. Alerts cannot arrive until it has them.")
    )
    return tr(text, rights=enumerated(missing))


def _silent_mention(lacks: Sequence[str]) -> str | None:
    # Translators: {rights} are names of rights on Discord.
    return tr("The mention pings nobody until the bot has {rights} there.", rights=joined(lacks)) if lacks else None


def _sample(name: str | None, least: Severity) -> tuple[Line, ...]:
    """Return an alert as it might be posted: elevated, or the mildest that the place wants to hear of above that."""
    severity = max(least, Severity.ELEVATED, key=lambda each: each.rank)
    headline, flow_usd = _SAMPLES[severity]
    # Translators: in capitals, so that nobody takes it for an alert.
    sample, exchange = tr("SAMPLE"), name or tr("Some exchange")
    flow = tr(
        "Net outflow {usd} in {window} · {share} of reserves ({reserves})",
        usd=usd(flow_usd, signed=True),
        window=window_name(Window.DAY),
        share=percent(-flow_usd / _SAMPLE_RESERVES_USD),
        reserves=usd(_SAMPLE_RESERVES_USD),
    )
    is_critical = severity is Severity.CRITICAL
    return lines(
        f"{TONES[severity].icon} {sample} · {exchange} · {tr(headline)}",
        flow,
        # Translators: {range} is “−0.6 % to +0.7 %”, between which net flows lie on nine days of ten.
        tr("Normal day: {range}", range=normal_range(*_SAMPLE_NORMAL_DAY)),
        majors_line(_SAMPLE_MAJORS) if is_critical else None,
        liabilities(),
    )
