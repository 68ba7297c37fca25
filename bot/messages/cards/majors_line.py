"""The line that tells how each major can be withdrawn, in the cards of incidents, `/withdrawals` and `/stress`.

Example: "Withdrawals: BTC, ETH open; USDT closed since 08:20 UTC; USDC unknown, closed when last known". Majors of
which the same is said are named together: four that closed at once take one line of a phone rather than five.
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import Majors, MajorWithdrawals
from bot.language.name_lists import enumerated
from bot.language.translation import language, marked, tr
from bot.messages.model import Line, Span, line, moment
from bot.messages.translated_lines import tr_line

_STATES = {
    # Translators: assets that can be withdrawn, within the line `Withdrawals: BTC, ETH open; USDT closed`.
    WithdrawalState.OPEN: marked("**{assets}** open"),
    # Translators: assets, within the line `Withdrawals: BTC, ETH open; USDT delayed`.
    WithdrawalState.DELAYED: marked("**{assets}** delayed"),
    # Translators: assets, within the line `Withdrawals: BTC, ETH open; USDT unknown`.
    WithdrawalState.UNKNOWN: marked("**{assets}** unknown"),
}
_NOTHING_KNOWN = MajorWithdrawals("", WithdrawalState.UNKNOWN, None)
_ORDER = (WithdrawalState.OPEN, WithdrawalState.DELAYED, WithdrawalState.CLOSED, WithdrawalState.UNKNOWN)


def never_eases() -> str:
    """Return what a message says while closed withdrawals keep an incident from easing."""
    return tr("Does not ease while withdrawals of two major assets are closed.")


def majors_line(majors: Majors) -> Line:
    """Return the majors by their state in words, and since when they are closed; one word where nothing is known."""
    assets: dict[MajorWithdrawals, list[str]] = {}
    for major in sorted(majors, key=lambda major: _ORDER.index(major.state)):
        assets.setdefault(_what_is_said(major), []).append(major.asset)
    if {*assets} <= {_NOTHING_KNOWN}:
        return tr_line("Withdrawals: **unknown**")
    told: list[Span] = []
    for said, names in assets.items():
        told += [*line(language().semicolon if told else ""), *_words(said, enumerated(names))]
    # Translators: {states} is `BTC, ETH open; USDT closed since 08:20 UTC; USDC unknown`, of which each part is a text.
    return tr_line("Withdrawals: {states}", states=tuple(told))


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


def _what_is_said(major: MajorWithdrawals) -> MajorWithdrawals:
    """Return a major without its name, and but for a closed one without what the line does not say of it."""
    if major.state is WithdrawalState.CLOSED:
        return replace(major, asset="", last_known=None)
    was_closed = major.state is WithdrawalState.UNKNOWN and major.last_known is WithdrawalState.CLOSED
    return MajorWithdrawals("", major.state, None, WithdrawalState.CLOSED if was_closed else None)


def _words(said: MajorWithdrawals, assets: str) -> Line:
    if said.state is WithdrawalState.CLOSED:
        return _closed_words(said, assets)
    # Translators: assets, within the line `Withdrawals: BTC, ETH open; USDT unknown, closed when last known`.
    text = marked("**{assets}** unknown, closed when last known") if said.last_known else _STATES[said.state]
    return tr_line(text, assets=assets)


def _closed_words(said: MajorWithdrawals, assets: str) -> Line:
    text = _maintenance_text(said) if said.in_maintenance else _closing_text(said)
    closed = tr_line(text, assets=assets, time=moment(said.since) if said.since else "")
    if said.network_event:
        network = said.network_event.title()
        # Translators: {closed} is "USDT closed since 08:20 UTC", {network} a chain.
        return tr_line("{closed} ({network} is closed at several exchanges)", closed=closed, network=network)
    if said.is_dead:
        return tr_line("{closed}, for over a month", closed=closed)
    return closed


def _closing_text(said: MajorWithdrawals) -> str:
    if said.since is None:
        # Translators: assets, within the line `Withdrawals: BTC, ETH open; USDT closed`.
        return marked("**{assets}** closed")
    if said.began_unseen:
        return marked("**{assets}** closed since before {time}")
    return marked("**{assets}** closed since {time}")


def _maintenance_text(said: MajorWithdrawals) -> str:
    if said.since is None:
        return marked("**{assets}** closed for maintenance")
    if said.began_unseen:
        return marked("**{assets}** closed for maintenance since before {time}")
    return marked("**{assets}** closed for maintenance since {time}")
