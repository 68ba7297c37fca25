"""Answers to `/hold` and `/release`: the owner pauses an exchange's figures, or lets them raise alerts again.

And the line with which `/reserves`, `/withdrawals` and `/por` say that what they show is paused, since when and why.
"""

from collections.abc import Mapping

from bot.domain.flow import Hold, HoldReason
from bot.domain.signal import Signal
from bot.domain.suppression import Metric, Suppression
from bot.language.translation import marked, tr, tr_as
from bot.messages.cards.common import hold_sentence
from bot.messages.model import Line, Message, Tone, line, lines
from bot.messages.number_format import clock

_METRICS: Mapping[Metric, str] = {
    # Translators: what of an exchange is paused, behind its name: `Binance · figures paused · proof of reserves`.
    Metric.OUTFLOW: marked("reserves and flows"),
    Metric.WITHDRAWALS: marked("withdrawals"),
    Metric.PROOF: marked("proof of reserves"),
}


def suppressed_card(suppression: Suppression, name: str) -> Message:
    """Return the confirmation that the figures of the exchange called `name` raise no alert any more, and why."""
    is_all = suppression.metric is Metric.ALL
    return Message(
        title=_title(name, tr("figures paused"), suppression.metric),
        lines=lines(
            _paused(suppression),
            tr("Its figures open and close no alert until /release. Answers still show them, with this reason.")
            if is_all
            else tr(
                "These figures open and close no alert until /release, and answers say so with this reason. The "
                "exchange's other figures raise alerts as before."
            ),
        ),
        private=True,
    )


def _title(name: str, outcome: str, metric: Metric) -> str:
    return " · ".join((name, outcome, *([tr(_METRICS[metric])] if metric in _METRICS else [])))


def _paused(suppression: Suppression) -> str:
    since = clock(suppression.since)
    if suppression.why:
        return tr("Paused since {time}, because: {reason}.", time=since, reason=suppression.why.removesuffix("."))
    return tr("Paused since {time} by the operator of this bot.", time=since)


def released_card(
    name: str, *, was_suppressed: bool, metric: Metric = Metric.ALL, still: Suppression | None = None
) -> Message:
    """Return the answer to `/release`: alerts are possible again, or there was no suppression to end.

    `still` is the suppression of all figures that one metric remains paused by.
    """
    if still:
        title = _title(name, tr("figures paused"), Metric.ALL)
        everything = tr("All figures of this exchange are paused; /release without a metric resumes them.")
        return Message(title=title, lines=lines(_paused(still), everything), private=True)
    outcome = (
        tr("Its figures raise alerts again.")
        if was_suppressed
        else tr("Its figures were not paused; nothing has changed.")
    )
    title = _title(name, tr_as("figures that were paused", "released"), metric)
    return Message(title=title, tone=Tone.GOOD, lines=lines(outcome), private=True)


def suppression_line(suppression: Suppression | None) -> Line | None:
    """Return that figures are paused, since when and why: `figures paused (since …, because: a copy)`; None: not."""
    return _held_line(Hold(HoldReason.WITHHELD, str(suppression))) if suppression else None


def paused_flows_line(signal: Signal | None) -> Line | None:
    """Return the same of the flows of a signal."""
    holds = [flow.hold for flow in signal.flows if flow.hold] if signal else []
    paused = next((hold for hold in holds if hold.reason is HoldReason.WITHHELD), None)
    return _held_line(paused) if paused else None


def _held_line(hold: Hold) -> Line:
    # Translators: {reason} is `figures paused (since 2026-01-10 12:00 UTC, because: a copy)`.
    return line(tr("No alert follows from this: {reason}.", reason=hold_sentence(hold)))
