"""The line that every incident card of an exchange with a withdrawal source has: how each major can be withdrawn.

Example: "Withdrawals: BTC open · ETH delayed · USDT closed since 08:20 UTC · USDC unknown, closed when last known".
"""

from collections.abc import Iterator

from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import Majors, MajorWithdrawals
from bot.messages.model import Line, Span, bold, line, moment

NEVER_EASES = "Does not ease while withdrawals of two major assets are closed."
"""What a message says while closed withdrawals keep an incident from easing."""


def majors_line(majors: Majors) -> Line:
    """Return each major with its state in words, and since when it is closed."""
    pieces: list[str | Span] = ["Withdrawals: "]
    for number, major in enumerate(majors):
        pieces += [" · " if number else "", *_words(major)]
    return line(*pieces)


def majors_lines(majors: Majors | None) -> Iterator[Line]:
    """Yield the line where there is anything to say: nothing of an exchange that nobody watches."""
    if majors:
        yield majors_line(majors)


def closed_since(major: MajorWithdrawals) -> Iterator[str | Span]:
    """Yield since when a closed major is closed; of one that was so at the first look only that it began before."""
    if major.since:
        yield " since before " if major.began_unseen else " since "
        yield moment(major.since)


def _words(major: MajorWithdrawals) -> Iterator[str | Span]:
    if major.state is not WithdrawalState.CLOSED:
        yield f"{major.asset} {major.state}"
        if major.state is WithdrawalState.UNKNOWN and major.last_known is WithdrawalState.CLOSED:
            yield ", closed when last known"
        return
    yield bold(f"{major.asset} closed")
    if major.in_maintenance:
        yield " for maintenance"
    yield from closed_since(major)
    if major.network_event:
        yield f" ({major.network_event.title()} is closed at several exchanges)"
    elif major.is_dead:
        yield ", for over a month"
