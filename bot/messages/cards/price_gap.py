"""The words of incidents about an exchange whose prices are far from those of the others.

Example of an alert: "INC-7 · HTX · watch, prices below other exchanges", "**BTC 2.4 % below** the median of 6 other
exchanges.", "Against others: BTC −2.4 % · ETH −0.3 %". Nothing is concluded from it about withdrawals.
"""

from collections.abc import Iterator

from typing_extensions import override

from bot.detection.price_gaps import ABOVE, ASSETS, BELOW, LIMITS, OTHERS, SCALES
from bot.domain.flow import Hold, HoldReason
from bot.domain.incident import Incident, WorstMoment
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Reason, Signal, Size
from bot.language.translation import tr
from bot.messages.cards.common import hold_sentence, sensitivity_word
from bot.messages.cards.hold_details import hold_detail
from bot.messages.cards.signal_card import SignalCard
from bot.messages.model import Line, line
from bot.messages.number_format import percent
from bot.messages.severity_words import severity_word
from bot.messages.translated_lines import tr_count_line, tr_line


class PriceGapCard(SignalCard):
    """The words of one exchange's prices."""

    @override
    def footnote(self) -> str:
        return tr("Prices drift apart where coins or money cannot leave. A fault of one market does that, too.")

    @override
    def method(self) -> str:
        return tr(
            "Each price is compared with the median of at least four other exchanges, in the same currency. It has to "
            "last for 5 minutes; elevated takes 30 minutes and a second coin. By prices alone nothing is worse."
        )

    @override
    def nothing_measured(self) -> str:
        return tr("no price can be compared")

    @override
    def headline(self, incident: Incident) -> str:
        severity = severity_word(incident.severity)
        if _side(incident.announced.leading) == ABOVE:
            # Translators: {severity} is "watch" or "elevated": coins cost more at this exchange than at others.
            return tr("{severity}, prices above other exchanges", severity=severity)
        # Translators: {severity} is "watch" or "elevated": coins cost less at this exchange than at others.
        return tr("{severity}, prices below other exchanges", severity=severity)

    @override
    def evidence(self, signal: Signal) -> Iterator[Line]:
        yield self.figure(signal)
        told = [(asset, gap) for asset in ASSETS if (gap := _signed(signal, asset)) is not None]
        if len(told) > 1:
            gaps = " · ".join(f"{asset} {percent(gap, signed=True)}" for asset, gap in told)
            # Translators: {gaps} are coins, each with how far its price is from that at other exchanges.
            yield line(tr("Against other exchanges: {gaps}", gaps=gaps))

    @override
    def figure(self, signal: Signal) -> Line:
        size = signal.size
        if size is None or signal.leading is None:
            return line(tr("No price that can be compared."))
        others = _size(signal, f"{_asset(signal.leading)} {OTHERS}")
        count = round(others.value) if others else 0
        told = {"asset": _asset(signal.leading), "gap": percent(-size.value)}
        if _side(signal.leading) == BELOW:
            return tr_count_line(
                "**{asset} {gap} below** the median of {count} other exchange.",
                "**{asset} {gap} below** the median of {count} other exchanges.",
                count,
                **told,
            )
        return tr_count_line(
            "**{asset} {gap} above** the median of {count} other exchange.",
            "**{asset} {gap} above** the median of {count} other exchanges.",
            count,
            **told,
        )

    @override
    def worst_moment(self, moment: WorstMoment) -> str:
        return _told(moment.measurement, moment.size.value)

    @override
    def measurement(self, name: str) -> str:
        return _asset(name)

    @override
    def holds(self, signal: Signal) -> list[tuple[tuple[str, ...], str]]:
        names: dict[str, list[str]] = {}
        for figure in signal.figures:
            if figure.hold and _side(figure.name) == BELOW:  # that above is held for the same
                names.setdefault(_why_held(figure.hold), []).append(_asset(figure.name))
        return [(tuple(assets), why) for why, assets in names.items()]

    @override
    def reason(self, reason: Reason) -> str:
        # Translators: {told} is "BTC 2.4 % below others", {limit} a percentage.
        return tr("{told}, limit {limit}", told=_told(reason.measure, reason.value), limit=percent(-reason.threshold))

    @override
    def thresholds(self, sensitivity: Sensitivity) -> Line:
        scale = SCALES[sensitivity]
        # Translators: watch and elevated are severities, as in alerts.
        return tr_line(
            "**Limits at {sensitivity} sensitivity:** {watch} from other exchanges for 5 minutes watch · {elevated} "
            "for 30 minutes, with a second coin beyond {watch}, elevated.",
            sensitivity=sensitivity_word(sensitivity),
            watch=percent(LIMITS[Severity.WATCH] * scale),
            elevated=percent(LIMITS[Severity.ELEVATED] * scale),
        )


def _why_held(hold: Hold) -> str:
    return hold_detail(hold.detail) if hold.reason is HoldReason.UNKNOWN else hold_sentence(hold)


def _told(name: str, value: float) -> str:
    if _side(name) == ABOVE:
        return tr("{asset} {gap} above others", asset=_asset(name), gap=percent(-value))
    return tr("{asset} {gap} below others", asset=_asset(name), gap=percent(-value))


def _asset(name: str) -> str:
    return name.partition(" ")[0]


def _side(name: str | None) -> str:
    return (name or "").partition(" ")[2]


def _signed(signal: Signal, asset: str) -> float | None:
    """Return how far a price is from the others, below zero where it is below; None where that is not known."""
    below, above = _size(signal, f"{asset} {BELOW}"), _size(signal, f"{asset} {ABOVE}")
    return None if below is None or above is None else below.value - above.value


def _size(signal: Signal, name: str) -> Size | None:
    return next((figure.size for figure in signal.figures if figure.name == name), None)
