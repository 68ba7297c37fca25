"""The words of incidents about closed withdrawals, and of networks that several exchanges close at once.

Example of an alert: "INC-7 · Binance · USDC withdrawals closed", "1 of 4 major assets cannot be withdrawn.",
"Withdrawals: BTC open · ETH open · USDT open · USDC closed since 08:20 UTC". Number first, and nothing is concluded
from it: an exchange that closes withdrawals may upgrade a wallet.
"""

from collections.abc import Iterator
from datetime import timedelta

from typing_extensions import override

from bot.detection.withdrawals.closed_networks import CLOSED_AT
from bot.detection.withdrawals.closed_withdrawals import CLOSED_SHARE, SHARE_JUMPED_FOR, USUAL_SHARE
from bot.detection.withdrawals.thresholds import (
    NETWORK_EVENT_EXCHANGES,
    ONE_MAJOR_FOR,
    SCALES,
    SHARE_JUMP,
    TWO_MAJORS_FOR,
)
from bot.domain.assets import MAJORS
from bot.domain.incident import Incident, WorstMoment
from bot.domain.severity import Sensitivity
from bot.domain.signal import CLOSED_WITHDRAWALS, Reason, Signal, Size, Unit
from bot.domain.withdrawal_reading import WithdrawalState
from bot.language.translation import tr
from bot.messages.cards.majors_line import majors_lines
from bot.messages.cards.signal_card import SignalCard
from bot.messages.model import Action, Line, bold, line, moment
from bot.messages.number_format import percent

_MINUTE = timedelta(minutes=1)
_MINUTES_AN_HOUR = 60


class WithdrawalsCard(SignalCard):
    """The words of closed withdrawals at one exchange."""

    @override
    def footnote(self) -> str:
        return tr("This is what the exchange itself says. A wallet upgrade closes withdrawals, too.")

    @override
    def method(self) -> str:
        return tr(
            "Closed means every main network is: BTC on Bitcoin, ETH on Ethereum, USDT on Tron and Ethereum, USDC on "
            "Ethereum and Solana. Closing and opening both have to show in two readings."
        )

    @override
    def nothing_measured(self) -> str:
        return tr("the exchange tells nothing that can be read")

    @override
    def headline(self, incident: Incident) -> str:
        closed = _closed(incident.announced)
        if len(closed) == len(MAJORS):
            return "withdrawals of all majors closed"
        if closed:
            return f"{' and '.join(filter(None, (', '.join(closed[:-1]), closed[-1])))} withdrawals closed"
        return "many withdrawals closed" if _figure(incident.announced, SHARE_JUMPED_FOR) else "withdrawals open"

    @override
    def evidence(self, signal: Signal) -> Iterator[Line]:
        yield self.figure(signal)
        yield from majors_lines(signal.withdrawals)
        share, usual = _figure(signal, CLOSED_SHARE), _figure(signal, USUAL_SHARE)
        if share is not None and usual is not None:
            yield line(f"{percent(share)} of all its networks closed, normally {percent(usual)}.")

    @override
    def figure(self, signal: Signal) -> Line:
        count, all_ = len(_closed(signal)), len(MAJORS)
        unknown = sum(major.state is WithdrawalState.UNKNOWN for major in signal.withdrawals or ())
        rest = f"; {unknown} unknown" if unknown else ""
        if not count and not unknown:
            return line(bold(f"All {all_} major assets"), " can be withdrawn.")
        return line(bold(f"{count} of {all_} major assets"), f" cannot be withdrawn{rest}.")

    @override
    def brief(self, signal: Signal) -> str:
        if closed := _closed(signal):
            return f"{', '.join(closed)} closed"
        share = _figure(signal, CLOSED_SHARE) if _figure(signal, SHARE_JUMPED_FOR) else None
        return f"{percent(share)} of networks closed" if share is not None else "no major closed"

    @override
    def size(self, size: Size | None) -> str:
        if size is None:
            return "unknown"
        if size.unit is Unit.NETWORKS:
            return f"{percent(abs(size.value))} of networks closed"
        count = abs(size.value)
        return f"{count:g} major{'' if count == 1 else 's'} closed"

    @override
    def worst_moment(self, moment: WorstMoment) -> str:
        return self.size(moment.size)

    @override
    def ending(self, incident: Incident) -> str:
        if _closed(incident.signal):
            return "What is still closed is a network upgrade, was announced, or was closed long before."
        unlisted = [
            major.asset
            for major in incident.signal.withdrawals or ()
            if major.state is WithdrawalState.UNKNOWN and major.asset in incident.rests_on
        ]
        if unlisted:
            return f"{' and '.join(unlisted)} {'are' if len(unlisted) > 1 else 'is'} not listed there any more."
        return "Withdrawals are open again."

    @override
    def reason(self, reason: Reason) -> str:
        if reason.measure == CLOSED_WITHDRAWALS:
            return f"{reason.value:.0f} of {reason.threshold:.0f} majors closed"
        what = "Far more networks than usual" if reason.measure == CLOSED_SHARE else reason.measure
        return f"{what} closed for {_span(reason.value)}, limit {_span(reason.threshold)}"

    @override
    def thresholds(self, sensitivity: Sensitivity) -> Line:
        watch_min, elevated_min = (limit / _MINUTE * SCALES[sensitivity] for limit in (ONE_MAJOR_FOR, TWO_MAJORS_FOR))
        return line(
            bold(f"Limits at {sensitivity} sensitivity: "),
            f"watch one major closed for {watch_min:g} min, or {percent(SHARE_JUMP)} more of all networks than normal "
            f"· elevated two for {elevated_min:g} min · severe all four, at once. Announced maintenance counts one "
            "severity less.",
        )

    @override
    def actions(self, incident: Incident) -> tuple[Action, ...]:
        return (Action("Withdrawals", f"withdrawals {incident.subject}"),)


class ClosedNetworkCard(SignalCard):
    """The words of one network that several exchanges close within an hour."""

    @override
    def footnote(self) -> str:
        return tr("Usually a network upgrade; it does not count against any exchange.")

    @override
    def method(self) -> str:
        return tr(
            "An exchange that closes several main networks within that hour is not counted, and gets its own alert."
        )

    @override
    def nothing_measured(self) -> str:
        return tr("the exchanges tell nothing that can be read")

    @override
    def headline(self, incident: Incident) -> str:
        if _closed_after_event(incident.announced):
            return "no longer closed at many exchanges"
        return f"closed at {self.size(incident.announced.size)}"

    @override
    def evidence(self, signal: Signal) -> Iterator[Line]:
        yield self.figure(signal)
        names = [figure.name for figure in signal.figures if figure.size and figure.name != CLOSED_AT]
        closed = [name for name in names if _figure(signal, name)]
        if closed:
            yield line(f"Closed: {', '.join(closed)}.")
        if opened := [name for name in names if name not in closed]:
            yield line(f"Open again: {', '.join(opened)}.")

    @override
    def figure(self, signal: Signal) -> Line:
        if _closed_after_event(signal):
            return line("Over: it has lasted a day, or one of the exchanges has closed other networks, too.")
        since = (", first since ", moment(signal.seen_since)) if signal.seen_since else ()
        return line(bold(self.size(signal.size)), " closed withdrawals over this network", *since, ".")

    @override
    def size(self, size: Size | None) -> str:
        count = abs(size.value) if size else 0
        return f"{count:g} exchange{'' if count == 1 else 's'}"

    @override
    def ending(self, incident: Incident) -> str:
        if _closed_after_event(incident.signal):
            return "What is still closed counts against the exchanges again."
        return "The network is open again."

    @override
    def measurement(self, name: str) -> str:
        return "closed at" if name == CLOSED_AT else name

    @override
    def reason(self, reason: Reason) -> str:
        return f"closed at {reason.value:.0f} exchanges within an hour, limit {reason.threshold:.0f}"

    @override
    def thresholds(self, sensitivity: Sensitivity) -> Line:
        return line(
            bold("Limit: "),
            f"watch {NETWORK_EVENT_EXCHANGES} exchanges within an hour. It never becomes worse than that.",
        )


def _closed_after_event(signal: Signal) -> bool:
    """Return whether exchanges still have a network closed, while that is no event of the network any more."""
    closed = [figure.name for figure in signal.figures if figure.size and figure.size.value]
    return bool(closed) and CLOSED_AT not in closed


def _closed(signal: Signal) -> list[str]:
    """Return the majors that are closed, whether or not that is held against the exchange."""
    return [major.asset for major in signal.withdrawals or () if major.state is WithdrawalState.CLOSED]


def _figure(signal: Signal, name: str) -> float | None:
    """Return what was measured under a name, above zero; None where it was not."""
    sizes = (figure.size for figure in signal.figures if figure.name == name)
    return next((abs(size.value) for size in sizes if size), None)


def _span(minutes: float) -> str:
    """Return minutes as people say them: `75 min`, `5.5 h`."""
    return f"{minutes:.3g} min" if minutes < 2 * _MINUTES_AN_HOUR else f"{minutes / _MINUTES_AN_HOUR:.3g} h"
