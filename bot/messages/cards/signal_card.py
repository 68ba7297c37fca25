"""What the incidents of a signal source say: words that fit any source, of which each overrides what it says better.

Alerts, `/incidents`, `/why`, rehearsals and backtests are put together once, from these pieces. A source that measures
withdrawals, for example, overrides `headline` ("withdrawals closed"), `evidence` ("USDT closed since 08:20 UTC") and
`reason` ("USDT closed for 75 min, limit 60"), and leaves the rest as it is.
"""

from collections.abc import Iterator

from bot.domain.incident import Incident, WorstMoment
from bot.domain.place_settings import PlaceSetting
from bot.domain.severity import Sensitivity
from bot.domain.signal import Reason, Signal, Size, Unit
from bot.language.name_lists import apart
from bot.language.translation import tr, tr_as
from bot.messages.cards.common import holds_by_reason
from bot.messages.model import Action, Line, Table, bold, line
from bot.messages.number_format import percent, significant
from bot.messages.severity_words import severity_word

_DIGITS = 6  # of a figure in a unit that is not known


class SignalCard:
    """The words of one signal source."""

    def footnote(self) -> str | None:
        """Return what closes every answer about its incidents, None for nothing."""
        return None

    def method(self) -> str | None:
        """Return how its figures are made, for `/why`; None for nothing."""
        return None

    def switch(self) -> PlaceSetting | None:
        """Return the setting with which a place leaves these incidents out, None where it cannot."""
        return None

    def nothing_measured(self) -> str:
        """Return why figures are missing where not even a hold says so."""
        return tr("nothing could be measured")

    def headline(self, incident: Incident) -> str:
        """Return what is going on, in the few words of a title: `elevated outflow`."""
        return f"{severity_word(incident.severity)} {incident.rule}"

    def easing_headline(self, incident: Incident) -> str:
        """Return the same while the figures are below what the incident is called by."""
        # Translators: {headline} is what a title says is going on, or a severity: "elevated, easing".
        return tr("{headline}, easing", headline=self.headline(incident))

    def evidence(self, signal: Signal) -> Iterator[Line]:
        """Yield what an alert shows of a signal, the most important figure first."""
        for measurement in signal.measurements:
            yield line(bold(self.measurement(measurement.name)), f": {self.size(measurement.size)}")

    def caution(self, signal: Signal, *, is_explained: bool = False) -> str | None:
        """Return what has to be said beside figures that are all complete: what they may mean.

        `is_explained`: it is known by now what they mean.
        """
        del signal, is_explained
        return None

    def figure(self, signal: Signal) -> Line:
        """Return how large a signal is, or that there is no figure; it leads `/why`."""
        return line(bold(self.size(signal.size)))

    def brief(self, signal: Signal) -> str:
        """Return how large a signal is in a line of `/incidents`: `−3.6 % in 24 h`; "" where it has no size."""
        return self.size(signal.size) if signal.size else ""

    def size(self, size: Size | None) -> str:
        """Return a size as a figure: a signed share, or how many."""
        if size is None:
            return tr_as("a size", "unknown")
        return significant(abs(size.value), _DIGITS) if size.unit is Unit.COUNT else percent(size.value, signed=True)

    def worst_figure(self, incident: Incident) -> str:
        """Return the figure of how large an incident was at worst, for a list and behind `Peak: severe`."""
        return self.size(incident.worst)

    def worst_moment(self, moment: WorstMoment) -> str:
        """Return what was measured when an incident was worst: `−8.1 % (−$640 M) in 24 h`."""
        return f"{self.measurement(moment.measurement)} {self.size(moment.size)}"

    def ending(self, incident: Incident) -> str:
        """Return why an incident is over, as a sentence."""
        del incident
        return tr("Back below the alert limits.")

    def measurement(self, name: str) -> str:
        """Return the name of a measurement as people read it: a window, an asset, a venue."""
        return name

    def holds(self, signal: Signal) -> list[tuple[tuple[str, ...], str]]:
        """Return each reason for which measurements are held once: their names, and the sentence that says why."""
        return holds_by_reason(
            (self.measurement(measurement.name), measurement.hold)
            for measurement in signal.measurements
            if measurement.hold
        )

    def reason(self, reason: Reason) -> str:
        """Return a threshold that was crossed, as a backtest reports it: the figure, and the limit."""
        return tr(
            "{measure}: {value}, limit {limit}",
            measure=reason.measure,
            value=significant(reason.value, _DIGITS),
            limit=significant(reason.threshold, _DIGITS),
        )

    def exceeded_limit(self, reason: Reason) -> str:
        """Return the same as people read it in a chat: `24 h −4.2 % (limit −3.0 %)`; "" where other lines say it."""
        return self.reason(reason)

    def exceeded_limits(self, signal: Signal) -> str:
        """Return every limit that a signal exceeds, "" where there is none."""
        return apart(map(self.exceeded_limit, signal.reasons))

    def normal(self, signal: Signal) -> Line | None:
        """Return in one line what is normal for the subject, None where nobody knows."""
        del signal
        return None

    def thresholds(self, sensitivity: Sensitivity) -> Line | None:
        """Return every threshold of a preset, None where there is nothing to list."""
        del sensitivity
        return None

    def inputs(self, signal: Signal) -> Iterator[Line]:
        """Yield for the details of `/why` what was compared, where it is from and what came out."""
        yield from self.evidence(signal)

    def background(self, signal: Signal) -> Iterator[Line]:
        """Yield for the details of `/why` how unusual the figures are, and what other sources say."""
        del signal
        yield from ()

    def table(self, signal: Signal) -> Table | None:
        """Return for `/why` everything that was measured, None where it is in the lines already."""
        del signal
        return None

    def actions(self, incident: Incident) -> tuple[Action, ...]:
        """Return the buttons of an alert beside `Why`; `/why` has the last of them."""
        del incident
        return ()
