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
from bot.language.name_lists import enumerated, joined
from bot.language.translation import tr, tr_as, tr_count
from bot.messages.cards.common import sensitivity_word
from bot.messages.cards.majors_line import majors_lines
from bot.messages.cards.signal_card import SignalCard
from bot.messages.model import Action, Line, line, moment
from bot.messages.number_format import percent, significant
from bot.messages.translated_lines import tr_count_line, tr_line

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
            return tr("withdrawals of all majors closed")
        if closed:
            return tr("{assets} withdrawals closed", assets=joined(closed))
        if _figure(incident.announced, SHARE_JUMPED_FOR):
            return tr("many withdrawals closed")
        return tr("withdrawals open")

    @override
    def evidence(self, signal: Signal) -> Iterator[Line]:
        yield self.figure(signal)
        yield from majors_lines(signal.withdrawals)
        share, usual = _figure(signal, CLOSED_SHARE), _figure(signal, USUAL_SHARE)
        if share is not None and usual is not None:
            text = tr(
                "{share} of all its networks closed, normally {usual}.", share=percent(share), usual=percent(usual)
            )
            yield line(text)

    @override
    def figure(self, signal: Signal) -> Line:
        count, all_ = len(_closed(signal)), len(MAJORS)
        unknown = sum(major.state is WithdrawalState.UNKNOWN for major in signal.withdrawals or ())
        if unknown:
            # Translators: {count} cannot be withdrawn, and of {unknown} nobody knows it.
            return tr_count_line(
                "**{count} of {total} major assets** cannot be withdrawn; {unknown} unknown.",
                "**{count} of {total} major assets** cannot be withdrawn; {unknown} unknown.",
                count,
                total=all_,
                unknown=unknown,
            )
        if not count:
            return tr_line("**All {total} major assets** can be withdrawn.", total=all_)
        return tr_count_line(
            "**{count} of {total} major assets** cannot be withdrawn.",
            "**{count} of {total} major assets** cannot be withdrawn.",
            count,
            total=all_,
        )

    @override
    def brief(self, signal: Signal) -> str:
        if closed := _closed(signal):
            # Translators: withdrawals of these assets.
            return tr("{assets} closed", assets=enumerated(closed))
        share = _figure(signal, CLOSED_SHARE) if _figure(signal, SHARE_JUMPED_FOR) else None
        if share is None:
            return tr("no major closed")
        return tr("{share} of networks closed", share=percent(share))

    @override
    def size(self, size: Size | None) -> str:
        if size is None:
            return super().size(size)
        if size.unit is Unit.NETWORKS:
            return tr("{share} of networks closed", share=percent(abs(size.value)))
        return tr_count("{count} major closed", "{count} majors closed", _count(size))

    @override
    def measurement(self, name: str) -> str:
        return tr("withdrawals") if name == CLOSED_WITHDRAWALS else name

    @override
    def worst_moment(self, moment: WorstMoment) -> str:
        return self.size(moment.size)

    @override
    def ending(self, incident: Incident) -> str:
        if _closed(incident.signal):
            return tr("What is still closed is a network upgrade, was announced, or was closed long before.")
        unlisted = [
            major.asset
            for major in incident.signal.withdrawals or ()
            if major.state is WithdrawalState.UNKNOWN and major.asset in incident.rests_on
        ]
        if unlisted:
            return tr_count(
                "{assets} is not listed there any more.",
                "{assets} are not listed there any more.",
                len(unlisted),
                assets=joined(unlisted),
            )
        return tr("Withdrawals are open again.")

    @override
    def reason(self, reason: Reason) -> str:
        if reason.measure == CLOSED_WITHDRAWALS:
            return tr_count(
                "{count} of {limit} majors closed",
                "{count} of {limit} majors closed",
                round(reason.value),
                limit=round(reason.threshold),
            )
        time, limit = _span(reason.value), _span(reason.threshold)
        if reason.measure == CLOSED_SHARE:
            return tr("Far more networks than usual closed for {time}, limit {limit}", time=time, limit=limit)
        return tr("{asset} closed for {time}, limit {limit}", asset=reason.measure, time=time, limit=limit)

    @override
    def thresholds(self, sensitivity: Sensitivity) -> Line:
        watch_min, elevated_min = (limit / _MINUTE * SCALES[sensitivity] for limit in (ONE_MAJOR_FOR, TWO_MAJORS_FOR))
        # Translators: watch, elevated and severe are severities, as in alerts.
        return tr_line(
            "**Limits at {sensitivity} sensitivity:** watch one major closed for {watch}, or {share} more of all "
            "networks than normal · elevated two for {elevated} · severe all four, at once. Announced maintenance "
            "counts one severity less.",
            sensitivity=sensitivity_word(sensitivity),
            watch=_span(watch_min),
            share=percent(SHARE_JUMP),
            elevated=_span(elevated_min),
        )

    @override
    def actions(self, incident: Incident) -> tuple[Action, ...]:
        return (Action(tr("Withdrawals"), f"withdrawals {incident.subject}"),)


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
            return tr("no longer closed at many exchanges")
        return _closed_at(_count(incident.announced.size))

    @override
    def evidence(self, signal: Signal) -> Iterator[Line]:
        yield self.figure(signal)
        names = [figure.name for figure in signal.figures if figure.size and figure.name != CLOSED_AT]
        closed = [name for name in names if _figure(signal, name)]
        if closed:
            yield line(tr("Closed: {exchanges}.", exchanges=enumerated(closed)))
        if opened := [name for name in names if name not in closed]:
            yield line(tr("Open again: {exchanges}.", exchanges=enumerated(opened)))

    @override
    def figure(self, signal: Signal) -> Line:
        if _closed_after_event(signal):
            return line(tr("Over: it has lasted a day, or one of the exchanges has closed other networks, too."))
        if signal.seen_since:
            return tr_count_line(
                "**{count} exchange** closed withdrawals over this network, first since {time}.",
                "**{count} exchanges** closed withdrawals over this network, first since {time}.",
                _count(signal.size),
                time=moment(signal.seen_since),
            )
        return tr_count_line(
            "**{count} exchange** closed withdrawals over this network.",
            "**{count} exchanges** closed withdrawals over this network.",
            _count(signal.size),
        )

    @override
    def size(self, size: Size | None) -> str:
        return tr_count("{count} exchange", "{count} exchanges", _count(size))

    @override
    def worst_moment(self, moment: WorstMoment) -> str:
        return _closed_at(_count(moment.size))

    @override
    def ending(self, incident: Incident) -> str:
        if _closed_after_event(incident.signal):
            return tr("What is still closed counts against the exchanges again.")
        return tr("The network is open again.")

    @override
    def measurement(self, name: str) -> str:
        # Translators: what was counted, in front of the number of exchanges that have closed a network.
        return tr_as("exchanges", "closed at") if name == CLOSED_AT else name

    @override
    def reason(self, reason: Reason) -> str:
        return tr_count(
            "closed at {count} exchange within an hour, limit {limit}",
            "closed at {count} exchanges within an hour, limit {limit}",
            round(reason.value),
            limit=round(reason.threshold),
        )

    @override
    def thresholds(self, sensitivity: Sensitivity) -> Line:
        # Translators: watch is a severity, as in alerts.
        return tr_count_line(
            "**Limit:** watch {count} exchange within an hour. It never becomes worse than that.",
            "**Limit:** watch {count} exchanges within an hour. It never becomes worse than that.",
            NETWORK_EVENT_EXCHANGES,
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


def _count(size: Size | None) -> int:
    return round(abs(size.value)) if size else 0


def _closed_at(count: int) -> str:
    return tr_count("closed at {count} exchange", "closed at {count} exchanges", count)


def _span(minutes: float) -> str:
    """Return minutes as people say them: `75 min`, `5.5 h`."""
    if minutes < 2 * _MINUTES_AN_HOUR:
        return tr("{minutes} min", minutes=significant(minutes, 3))
    return tr("{hours} h", hours=significant(minutes / _MINUTES_AN_HOUR, 3))
