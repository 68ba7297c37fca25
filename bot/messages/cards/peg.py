"""The words of incidents about a stablecoin: its price below a dollar, or its supply that shrinks.

Example of an alert: "INC-7 · USDC · severe, below its peg", "**$0.914** (−8.6 %) at two sources or lower.",
"DefiLlama $0.905 · Kraken $0.914". Price first, and nothing is concluded from it about any exchange.
"""

from collections.abc import Iterator

from typing_extensions import override

from bot.detection.pegs import AGREED, INDEX, LASTING, LIMITS, SCALES, SUPPLY, SUPPLY_LIMIT
from bot.domain.flow import Hold, HoldReason
from bot.domain.incident import Incident, WorstMoment
from bot.domain.place_settings import PlaceSetting
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Measurement, Reason, Signal, Size
from bot.language.name_lists import with_note
from bot.language.translation import marked, tr, tr_as
from bot.messages.cards.common import hold_sentence, sensitivity_word, source_name
from bot.messages.cards.signal_card import SignalCard
from bot.messages.model import Line, line
from bot.messages.number_format import percent, price
from bot.messages.severity_words import severity_word
from bot.messages.translated_lines import tr_line

_INDEX_SOURCE = "defillama"
_PRICE_DIGITS = 4  # after the point


class PegCard(SignalCard):
    """The words of one stablecoin."""

    @override
    def footnote(self) -> str:
        return tr("This is about the coin. It does not count against any exchange.")

    @override
    def method(self) -> str:
        return tr(
            "The price that two sources have fallen to at least counts, and of the last 15 minutes the mildest. By one "
            "source alone it is watch at most."
        )

    @override
    def switch(self) -> PlaceSetting:
        return PlaceSetting.PEGS

    @override
    def nothing_measured(self) -> str:
        return tr("no source has a price")

    @override
    def headline(self, incident: Incident) -> str:
        severity = severity_word(incident.severity)
        if incident.announced.leading == SUPPLY:
            # Translators: {severity} is "watch": fewer of a stablecoin are there than a week ago.
            return tr("{severity}, supply shrinking", severity=severity)
        # Translators: {severity} is "watch", "elevated" or "severe": a stablecoin is worth less than its dollar.
        return tr("{severity}, below its peg", severity=severity)

    @override
    def evidence(self, signal: Signal) -> Iterator[Line]:
        yield self.figure(signal)
        prices = [figure for figure in signal.figures if figure.size and _is_source(figure)]
        if prices:
            yield line(" · ".join(f"{self.measurement(quote.name)} {_dollars(quote.size)}" for quote in prices))
        if signal.leading != SUPPLY and (size := _size(signal, SUPPLY)):
            yield line(tr("Supply: {change} in 7 d.", change=percent(size.value, signed=True)))

    @override
    def figure(self, signal: Signal) -> Line:
        size = signal.size
        if size is None:
            return line(tr("No price."))
        if signal.leading == SUPPLY:
            return tr_line("**{change}** of its supply in 7 d.", change=percent(size.value, signed=True))
        told = {"price": _dollars(size), "change": percent(size.value, signed=True)}
        if signal.leading == AGREED:
            return tr_line("**{price}** ({change}) or lower at two sources.", **told)
        # Translators: {source} is a source of prices, with no other one that says the same.
        return tr_line("**{price}** ({change}), by {source} alone.", **told, source=self.measurement(INDEX))

    @override
    def worst_moment(self, moment: WorstMoment) -> str:
        if moment.measurement == SUPPLY:
            return tr("{change} of its supply in 7 d", change=percent(moment.size.value, signed=True))
        return with_note(_dollars(moment.size), percent(moment.size.value, signed=True))

    @override
    def measurement(self, name: str) -> str:
        if name == INDEX:
            return source_name(_INDEX_SOURCE)
        if name == AGREED:
            # Translators: a figure: the price that two sources have fallen to at least.
            return tr_as("a price", "two sources")
        return tr_as("a figure", "supply") if name == SUPPLY else name

    @override
    def holds(self, signal: Signal) -> list[tuple[tuple[str, ...], str]]:
        held = {figure.name: figure.hold for figure in signal.figures if figure.hold}
        shown = [(name, held[name]) for name in (AGREED, INDEX, SUPPLY) if name in held]
        return [((self.measurement(name),), _why(name, hold)) for name, hold in shown]

    @override
    def reason(self, reason: Reason) -> str:
        text = _REASONS.get(reason.measure, _REASONS[SUPPLY])
        return tr(text, value=percent(-reason.value), limit=percent(-reason.threshold))

    @override
    def thresholds(self, sensitivity: Sensitivity) -> Line:
        scale = SCALES[sensitivity]
        limits = {str(severity): percent(limit * scale) for severity, limit in LIMITS.items()}
        # Translators: watch, elevated and severe are severities, as in alerts.
        return tr_line(
            "**Limits at {sensitivity} sensitivity:** below $1 by {watch} watch · {elevated} elevated · {severe} "
            "severe, each for 15 minutes · supply down {supply} in 7 d watch.",
            sensitivity=sensitivity_word(sensitivity),
            watch=limits[Severity.WATCH],
            elevated=limits[Severity.ELEVATED],
            severe=limits[Severity.SEVERE],
            supply=percent(SUPPLY_LIMIT * scale),
        )


_REASONS = {
    AGREED: marked("{value} below $1 at two sources for 15 minutes, limit {limit}"),
    INDEX: marked("{value} below $1 at one source for 15 minutes, limit {limit}"),
    SUPPLY: marked("supply down {value} in 7 d, limit {limit}"),
}
_HOLD_WORDS = {
    (AGREED, HoldReason.UNKNOWN): marked("no second source has a price"),
    (AGREED, HoldReason.DISAGREE): marked("the sources disagree"),
    (INDEX, HoldReason.DISAGREE): marked("the sources disagree"),
    (INDEX, HoldReason.UNKNOWN): marked("it has no price"),
    (SUPPLY, HoldReason.UNKNOWN): marked("a part of it is not reported"),
}


def _why(name: str, hold: Hold) -> str:
    words = _HOLD_WORDS.get((name, hold.reason))
    return tr(words) if words else hold_sentence(hold)


def _is_source(figure: Measurement) -> bool:
    return figure.name not in {AGREED, SUPPLY} and not figure.name.endswith(LASTING)


def _size(signal: Signal, name: str) -> Size | None:
    return next((figure.size for figure in signal.figures if figure.name == name), None)


def _dollars(size: Size | None) -> str:
    """Return the price that is so far from a dollar: −0.0321 → `$0.9679`."""
    return price(round(1.0 + size.value, _PRICE_DIGITS)) if size else ""
