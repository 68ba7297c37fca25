"""The line that every incident card of an exchange with a withdrawal source has: how each major can be withdrawn.

Example: "Withdrawals: BTC open · ETH delayed · USDT closed since 08:20 UTC · USDC unknown, closed when last known".
"""

from collections.abc import Iterator

from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import Majors, MajorWithdrawals
from bot.language.translation import marked, tr
from bot.messages.model import Line, Span, line, moment
from bot.messages.translated_lines import tr_line

_STATES = {
    WithdrawalState.OPEN: marked("{asset} open"),
    WithdrawalState.DELAYED: marked("{asset} delayed"),
    WithdrawalState.UNKNOWN: marked("{asset} unknown"),
}


def never_eases() -> str:
    """Return what a message says while closed withdrawals keep an incident from easing."""
    return tr("Does not ease while withdrawals of two major assets are closed.")


def majors_line(majors: Majors) -> Line:
    """Return each major with its state in words, and since when it is closed."""
    told: list[Span] = []
    for major in majors:
        told += [*line(" · " if told else ""), *_words(major)]
    # Translators: {assets} is "BTC open · USDT closed since 08:20 UTC".
    return tr_line("Withdrawals: {assets}", assets=tuple(told))


def majors_lines(majors: Majors | None) -> Iterator[Line]:
    """Yield the line where there is anything to say: nothing of an exchange that nobody watches."""
    if majors:
        yield majors_line(majors)


def closed_since(major: MajorWithdrawals) -> Iterator[str | Span]:
    """Yield since when a closed major is closed; of one that was so at the first look only that it began before."""
    if major.since:
        yield " "
        # Translators: behind what is closed: "USDT since 08:20 UTC".
        text = marked("since before {time}") if major.began_unseen else marked("since {time}")
        yield from tr_line(text, time=moment(major.since))


def _words(major: MajorWithdrawals) -> Line:
    if major.state is WithdrawalState.CLOSED:
        return _closed_words(major)
    if major.state is WithdrawalState.UNKNOWN and major.last_known is WithdrawalState.CLOSED:
        return tr_line("{asset} unknown, closed when last known", asset=major.asset)
    return tr_line(_STATES[major.state], asset=major.asset)


def _closed_words(major: MajorWithdrawals) -> Line:
    text = _maintenance_text(major) if major.in_maintenance else _closing_text(major)
    closed = tr_line(text, asset=major.asset, time=moment(major.since) if major.since else "")
    if major.network_event:
        network = major.network_event.title()
        # Translators: {closed} is "USDT closed since 08:20 UTC", {network} a chain.
        return tr_line("{closed} ({network} is closed at several exchanges)", closed=closed, network=network)
    if major.is_dead:
        return tr_line("{closed}, for over a month", closed=closed)
    return closed


def _closing_text(major: MajorWithdrawals) -> str:
    if major.since is None:
        return marked("**{asset} closed**")
    if major.began_unseen:
        return marked("**{asset} closed** since before {time}")
    return marked("**{asset} closed** since {time}")


def _maintenance_text(major: MajorWithdrawals) -> str:
    if major.since is None:
        return marked("**{asset} closed** for maintenance")
    if major.began_unseen:
        return marked("**{asset} closed** for maintenance since before {time}")
    return marked("**{asset} closed** for maintenance since {time}")
