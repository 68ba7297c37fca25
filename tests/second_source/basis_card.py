"""What incidents of the second source say."""

from typing_extensions import override

from bot.domain.incident import Incident
from bot.domain.severity import Sensitivity
from bot.domain.signal import Reason
from bot.messages.cards.signal_card import SignalCard
from bot.messages.model import Line, line
from bot.messages.number_format import percent
from tests.second_source.basis import SCALES, THRESHOLDS


class BasisCard(SignalCard):
    """The words."""

    @override
    def footnote(self) -> str:
        return "A price is one venue's opinion."

    @override
    def nothing_measured(self) -> str:
        return "no price was there"

    @override
    def headline(self, incident: Incident) -> str:
        return f"{incident.severity}, below spot"

    @override
    def reason(self, reason: Reason) -> str:
        return f"{percent(-reason.value)} below spot, limit {percent(-reason.threshold)}"

    @override
    def thresholds(self, sensitivity: Sensitivity) -> Line:
        return line(
            ", ".join(f"{severity} {percent(limit * SCALES[sensitivity])}" for severity, limit in THRESHOLDS.items())
        )
