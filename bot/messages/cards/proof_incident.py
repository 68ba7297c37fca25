"""The words of incidents about proofs of reserves.

Example of an alert: "INC-9 · Binance · proof of reserves late", "Proof of 2026-09-01, 42 days old; the next one is 11
days late." Nothing is concluded from it: publishing may be delayed, and a coin that is delisted leaves a proof, too.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from typing_extensions import override

from bot.detection.proofs import (
    AGE,
    LATE,
    LATE_DAYS,
    LOST,
    LOST_ASSET,
    LOST_LIABILITIES,
    LOWEST_RATIO,
)
from bot.domain.incident import Incident, WorstMoment
from bot.domain.severity import Sensitivity
from bot.domain.signal import Measurement, Reason, Signal, Size, Unit
from bot.language.name_lists import named_up_to
from bot.language.translation import tr, tr_count
from bot.messages.cards.common import sensitivity_word
from bot.messages.cards.signal_card import SignalCard
from bot.messages.model import Action, Line, line
from bot.messages.number_format import percent
from bot.messages.translated_lines import tr_line

_MAX_NAMED = 5


class ProofCard(SignalCard):
    """The words of one exchange's proofs."""

    @override
    def footnote(self) -> str:
        return tr("The exchange's own figures. A coin that is delisted or renamed leaves a proof, too.")

    @override
    def method(self) -> str:
        return tr("Read from the exchange every six hours; everything has to show twice.")

    @override
    def nothing_measured(self) -> str:
        return tr("no proof of reserves could be read")

    @override
    def headline(self, incident: Incident) -> str:
        leading = incident.announced.leading
        if leading == LOWEST_RATIO and _value(incident.announced, LOWEST_RATIO):
            return tr("less held than owed")
        if leading == LOST and _value(incident.announced, LOST):
            return tr("proof of reserves incomplete")
        if _value(incident.announced, LATE):
            return tr("proof of reserves late")
        return tr("proof of reserves")

    @override
    def evidence(self, signal: Signal) -> Iterator[Line]:
        told = {LOWEST_RATIO: self._short(signal), LOST: self._lost(signal), LATE: self._dated(signal)}
        first = told.pop(signal.leading) if signal.leading in told else None
        yield from filter(None, (first, *told.values()))

    @override
    def figure(self, signal: Signal) -> Line:
        return next(self.evidence(signal))

    @override
    def brief(self, signal: Signal) -> str:
        return self.size(signal.size) if signal.size else ""

    @override
    def size(self, size: Size | None) -> str:
        if size is None:
            return super().size(size)
        if size.unit is Unit.OWED:
            return tr("{ratio} of what is owed", ratio=_percent(size))
        if size.unit is Unit.DAYS:
            return tr_count("{count} day late", "{count} days late", _count(size))
        return tr_count(
            "{count} asset missing or without liabilities",
            "{count} assets missing or without liabilities",
            _count(size),
        )

    @override
    def worst_moment(self, moment: WorstMoment) -> str:
        return self.size(moment.size)

    @override
    def ending(self, incident: Incident) -> str:
        del incident
        return tr("The newest proof of reserves is in time, and has all that the one before had.")

    @override
    def measurement(self, name: str) -> str:
        names = {
            # Translators: how old a proof of reserves is, before the reason why it cannot be judged.
            LATE: tr("age"),
            LOWEST_RATIO: tr("ratios"),
            LOST: tr("assets"),
        }
        return names.get(name, name)

    @override
    def reason(self, reason: Reason) -> str:
        if reason.measure == LOWEST_RATIO:
            return tr(
                "{ratio} of what is owed, limit {limit}",
                ratio=percent(reason.value, digits=2),
                limit=percent(reason.threshold, digits=0),
            )
        if reason.measure == LOST:
            return tr_count(
                "{count} asset missing or without liabilities",
                "{count} assets missing or without liabilities",
                round(reason.value),
            )
        return tr_count(
            "{count} day late, limit {limit}",
            "{count} days late, limit {limit}",
            round(reason.value),
            limit=round(reason.threshold),
        )

    @override
    def thresholds(self, sensitivity: Sensitivity) -> Line:
        # Translators: watch and elevated are severities, as in alerts.
        return tr_line(
            "**Limits at {sensitivity} sensitivity:** watch more than {days} days late, or an asset or its "
            "liabilities gone · elevated less than 100 % of what is owed is held.",
            sensitivity=sensitivity_word(sensitivity),
            days=LATE_DAYS[sensitivity],
        )

    @override
    def actions(self, incident: Incident) -> tuple[Action, ...]:
        return (Action(tr("Proof of reserves"), f"por {incident.subject}"),)

    def _short(self, signal: Signal) -> Line | None:
        short = [figure for figure in signal.figures if _is_asset(figure)]
        if not short:
            return None
        names = named_up_to([f"{figure.name} {_percent(figure.size)}" for figure in short], _MAX_NAMED)
        return tr_line("**Less held than owed** in the newest proof: {assets}.", assets=names)

    def _lost(self, signal: Signal) -> Line | None:
        assets, liabilities = _named(signal, LOST_ASSET), _named(signal, LOST_LIABILITIES)
        gone = tr_line("**Gone from the newest proof:** {assets}.", assets=named_up_to(assets, _MAX_NAMED))
        unowed = tr_line("**Liabilities no longer published:** {assets}.", assets=named_up_to(liabilities, _MAX_NAMED))
        if assets and liabilities:
            return (*gone, *line(" "), *unowed)
        return gone if assets else unowed if liabilities else None

    def _dated(self, signal: Signal) -> Line:
        age = _value(signal, AGE) or 0
        day = (signal.as_of - timedelta(days=age)).date().isoformat()
        dated = tr_count("Proof of {day}, {count} day old", "Proof of {day}, {count} days old", round(age), day=day)
        late = round(_value(signal, LATE) or 0)
        if not late:
            return line(f"{dated}.")
        # Translators: {dated} is `Proof of 2026-09-01, 42 days old`.
        return line(
            tr_count(
                "{dated}; the next one is {count} day late.",
                "{dated}; the next one is {count} days late.",
                late,
                dated=dated,
            )
        )


def _is_asset(figure: Measurement) -> bool:
    """Return whether a figure is that of an asset with less held than owed."""
    return figure.size is not None and figure.size.unit is Unit.OWED and figure.name != LOWEST_RATIO


def _named(signal: Signal, beginning: str) -> Sequence[str]:
    names = (figure.name for figure in signal.figures)
    return [name.removeprefix(beginning) for name in names if name.startswith(beginning)]


def _value(signal: Signal, name: str) -> float | None:
    """Return the size of a figure without its sign, None where there is no such figure."""
    sizes = (figure.size for figure in signal.figures if figure.name == name)
    return next((abs(size.value) for size in sizes if size), None)


def _percent(size: Size | None) -> str:
    return percent(1 + size.value, digits=2) if size else "–"


def _count(size: Size) -> int:
    return round(abs(size.value))
