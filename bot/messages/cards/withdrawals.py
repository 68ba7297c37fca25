"""Answers to `/withdrawals`: over which networks an exchange lets users take out the majors, and since when.

The first line is the answer: "Withdrawals: BTC, ETH, USDT open; USDC closed since 08:20 UTC". The table below it has a
row for each main network of each asset, at most 34 columns wide, which is what a phone shows without breaking lines.
Everything is the exchange's own word; what nobody knows is called unknown, never open.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.detection.withdrawals.guards.network_events import is_excusable
from bot.detection.withdrawals.majors import is_too_old, judged_majors
from bot.detection.withdrawals.network_state import as_unknown
from bot.domain.assets import MAJORS
from bot.domain.exchange import Exchange
from bot.domain.networks import MAIN_NETWORKS
from bot.domain.own_reading import OutgoingAge
from bot.domain.suppression import Suppression
from bot.domain.withdrawal_reading import ALL_NETWORKS, TRACKED_ASSETS, WithdrawalState
from bot.domain.withdrawals import (
    ExchangeWithdrawals,
    MajorWithdrawals,
    NetworkWithdrawals,
    WithdrawalTransition,
)
from bot.language.name_lists import apart, enumerated, named_up_to, sentences
from bot.language.translation import language, marked, tr, tr_count
from bot.messages.cards.hold_details import fault_words
from bot.messages.cards.majors_line import majors_line
from bot.messages.cards.own_reading import outgoing_line
from bot.messages.cards.suppressions import suppression_line
from bot.messages.cards.withdrawal_remarks import event_line, maintenance_line, silence_line
from bot.messages.cards.withdrawal_words import (
    ICONS,
    asset_on_network,
    counted_state,
    network_label,
    part_words,
    standing_words,
    state_letter,
    state_word,
    states_legend,
    system_sentence,
)
from bot.messages.model import Action, Line, Message, Table, Tone, line, lines, moment
from bot.messages.number_format import percent
from bot.messages.plain_text import shorten
from bot.messages.translated_lines import tr_count_line, tr_line

CLOSINGS_COUNTED = timedelta(days=30)
"""Over how long closings are counted: "closed twice in 30 days"."""
KEY_SETTINGS: Mapping[str, str] = {
    "okx": "OKX_API_KEY",
    "bybit": "BYBIT_API_KEY",
    "mexc": "MEXC_API_KEY",
    "crypto-com": "CRYPTOCOM_API_KEY",
    "bingx": "BINGX_API_KEY",
}
"""Exchanges that tell their withdrawals to holders of a key alone, each with the setting for a read-only one."""
_CHANGE_TEXTS: Mapping[WithdrawalState, str] = {
    # Translators: `USDT on Tron open again 2022-12-13 09:00 UTC`
    WithdrawalState.OPEN: marked("{asset} open again {time}"),
    # Translators: `USDT on Tron delayed 2022-12-13 09:00 UTC`
    WithdrawalState.DELAYED: marked("{asset} delayed {time}"),
    # Translators: `USDT on Tron closed 2022-12-13 09:00 UTC`
    WithdrawalState.CLOSED: marked("{asset} closed {time}"),
    # Translators: `USDT on Tron unknown since 2022-12-13 09:00 UTC`
    WithdrawalState.UNKNOWN: marked("{asset} unknown since {time}"),
}
# 34 columns: 5 for the asset, 8 for the network ("Ethereum"), 10 for icon and word, 5 for the time, three gaps of 2.
_NETWORK_COLUMNS = 8
# And in the table of all exchanges: 3, 3, 4 and 4 for the majors, four gaps, and the rest for the name.
_NAME_COLUMNS = 12
_MAX_CHANGES = 4  # with the table they fill a phone's screen
_MAX_MAINTENANCE = 3
_CHAT_ROWS = 14  # of the table of all exchanges
_MAX_EVENTS = 2
_MAX_BUTTONS = 5
_SHOWN_AS_TIME = timedelta(days=1)  # longer ago the day says more than the hour
_UNUSUAL_SHARE = 0.05  # points of the closed share away from its median: below that it is any day
_TWICE = 2


def withdrawals_card(  # noqa: PLR0913, PLR0917 — an exchange's word, its past, and what stands beside it
    exchange: Exchange,
    status: ExchangeWithdrawals,
    changes: Sequence[WithdrawalTransition],
    names: Mapping[str, str],
    now: datetime,
    drills: Line | None = None,
    outgoing: OutgoingAge | None = None,
    paused: Suppression | None = None,
) -> Message:
    """Return what an exchange says of its withdrawals.

    `changes` are the transitions of the last 30 days, oldest first. `names` are those of all exchanges by id. `drills`
    says how withdrawals of members went, None where nobody has told; `outgoing` when the last transaction left a hot
    wallet, None where nobody reads it. `paused` says since when and why an operator has paused what the exchange says.
    """
    status = as_known_at(status, now)
    majors = judged_majors(status, now)
    return Message(
        title=tr("{exchange} · withdrawals", exchange=exchange.name),
        tone=_tone(status, majors),
        lines=lines(
            majors_line(majors),
            suppression_line(paused),
            silence_line(exchange, status),
            tr("{exchange}'s own word; nobody else checks it.", exchange=exchange.name),
            outgoing_line(outgoing) if outgoing else None,
            _closed_before_line(status),
            *[
                event_line(event, names, exchange.name, is_excused=is_excusable(status, now))
                for event in status.events[:_MAX_EVENTS]
            ],
            *map(maintenance_line, status.maintenance[:_MAX_MAINTENANCE]),
            drills,
            *_change_lines(changes),
            _other_networks(status),
            system_sentence(status.system) if status.system else None,
            _closed_share_line(status),
            *[
                # Translators: {part} is a status page, for example, and {fault} why it could not be read.
                tr("Not read: {part} ({fault}).", part=part_words(part), fault=fault_words(fault))
                for part, fault in status.part_faults
            ],
        ),
        table=main_networks_table(status, now),
        footer=_footer(exchange, status),
        actions=(
            Action(tr("Reserves"), f"reserves {exchange.id}"),
            Action(tr("All exchanges"), "withdrawals"),
            Action(tr("Subscribe"), f"subscribe {exchange.id}"),
        ),
    )


def no_withdrawals_card(exchange: Exchange, *, is_on: bool, outgoing: OutgoingAge | None = None) -> Message:
    """Return why nothing is known of an exchange's withdrawals; `is_on` is False where nobody's are read at all.

    `outgoing` is as above: also of an exchange that says nothing the chain can be read.
    """
    setting = KEY_SETTINGS.get(exchange.id)
    if not is_on:
        why = tr("Withdrawal status is switched off in this bot (setting WITHDRAWALS).")
    elif setting:
        why = tr(
            "{exchange} tells it only to holders of an API key. Whoever runs this bot can set {setting} to a "
            "read-only one.",
            exchange=exchange.name,
            setting=setting,
        )
    else:
        why = tr(
            "{exchange} publishes nothing about them that this bot can read, "
            "or whoever runs this bot has switched its source off.",
            exchange=exchange.name,
        )
    return Message(
        title=tr("{exchange} · withdrawals", exchange=exchange.name),
        lines=lines(tr("Withdrawals: unknown, no source."), why, outgoing_line(outgoing) if outgoing else None),
        actions=(Action(tr("All exchanges"), "withdrawals"), Action(tr("Reserves"), f"reserves {exchange.id}")),
    )


def all_withdrawals_card(
    known: Sequence[tuple[Exchange, ExchangeWithdrawals]], exchanges: int, now: datetime
) -> Message:
    """Return the majors of every exchange with a source, worst first.

    `known` are in the order of lists, `exchanges` counts all that are watched, those without a source included.
    """
    title = tr("Withdrawals · all exchanges")
    if not known:
        return Message(
            title=title,
            tone=Tone.TROUBLE,
            lines=lines(tr("Withdrawals: unknown. No exchange's own interface has been read yet; /status says why.")),
        )
    judged = [(exchange, judged_majors(status, now)) for exchange, status in known]
    judged.sort(key=lambda row: _badness(row[1]), reverse=True)  # equally bad ones stay in their order
    newest = max((status.as_of for _, status in known if status.as_of), default=None)
    with_closed = [exchange.name for exchange, majors in judged if WithdrawalState.CLOSED in _states(majors)]
    rows = tuple(
        (
            shorten(exchange.name, _NAME_COLUMNS),
            *(f"{ICONS[major.state]}{state_letter(major.state)}" for major in majors),
        )
        for exchange, majors in judged
    )
    without_source = exchanges - len(known)
    told = sum(not _states(majors) <= {WithdrawalState.UNKNOWN} for _, majors in judged)
    return Message(
        title=title,
        tone=Tone.INFO if with_closed or not told else Tone.GOOD,
        lines=lines(
            _with_closed_line(with_closed, told, len(known)),
            states_legend(),
            tr_count(
                "No source: {missing} of {count} exchanges. /withdrawals <exchange> says why.",
                "No source: {missing} of {count} exchanges. /withdrawals <exchange> says why.",
                exchanges,
                missing=without_source,
            )
            if without_source > 0
            else None,
            tr("Each is the exchange's own word."),
        ),
        table=Table((tr("Exchange"), *MAJORS), rows, chat_rows=_CHAT_ROWS),
        footer=tr_line("newest: {time}", time=moment(newest, relative=True)) if newest else (),
        actions=tuple(Action(exchange.name, f"withdrawals {exchange.id}") for exchange, _ in judged[:_MAX_BUTTONS]),
    )


def as_known_at(status: ExchangeWithdrawals, now: datetime) -> ExchangeWithdrawals:
    """Return what is known of an exchange now: what was answered too long ago is not known any more."""
    if not is_too_old(status, now):
        return status
    return replace(status, networks=tuple(map(as_unknown, status.networks)))


def _states(majors: Sequence[MajorWithdrawals]) -> set[WithdrawalState]:
    return {major.state for major in majors}


def _footer(exchange: Exchange, status: ExchangeWithdrawals) -> Line:
    source = f"{status.source or exchange.name} · {standing_words(status.standing)}"
    if status.as_of is None:
        return line(tr("{source} · not read yet", source=source))
    return tr_line("{source} · as of {time}", source=source, time=moment(status.as_of, relative=True))


def _tone(status: ExchangeWithdrawals, majors: Sequence[MajorWithdrawals]) -> Tone:
    # Trouble is what keeps the bot from answering; that something is closed is an answer, and no severity either.
    if status.fault:
        return Tone.TROUBLE
    return Tone.GOOD if _states(majors) == {WithdrawalState.OPEN} else Tone.INFO


def _badness(majors: Sequence[MajorWithdrawals]) -> tuple[int, int, int]:
    counts = Counter(major.state for major in majors)
    return counts[WithdrawalState.CLOSED], counts[WithdrawalState.DELAYED], counts[WithdrawalState.UNKNOWN]


def _with_closed_line(names: Sequence[str], told: int, known: int) -> Line:
    """Return where a major is closed; `told` of the `known` exchanges say anything now."""
    if not told:
        return tr_count_line(
            "Withdrawals: **unknown** at all {count} exchanges that have a source. /status says why.",
            "Withdrawals: **unknown** at all {count} exchanges that have a source. /status says why.",
            known,
        )
    # An exchange may answer and yet say nothing of the majors: /status counts answers, here their states are counted.
    heard = tr_count(
        "Withdrawals are known of {told} of {count} exchanges.",
        "Withdrawals are known of {told} of {count} exchanges.",
        known,
        told=told,
    )
    if not names:
        return line(sentences(tr("No major asset is closed anywhere."), heard))
    return (
        *tr_line("A major asset is closed at **{exchanges}**.", exchanges=named_up_to(names, _MAX_BUTTONS)),
        *line(language().sentence_gap, heard),
    )


def _change_lines(changes: Sequence[WithdrawalTransition]) -> Iterator[Line]:
    """Yield the latest change of each network, newest first, and which networks were closed more than once.

    A source that fell silent changes every network to unknown, which the table says: that stands behind what opened and
    closed before, and what happened on networks that few people use behind what did on the main ones.
    """
    closings = Counter(
        (change.asset, change.network)
        for change in changes
        # What was unknown in between may have been closed all the time.
        if change.after is WithdrawalState.CLOSED and change.before is not WithdrawalState.UNKNOWN and _is_main(change)
    )
    by_interest = sorted(changes, key=_interest)
    latest = sorted({(change.asset, change.network): change for change in by_interest}.values(), key=_interest)
    for change in sorted(latest[-_MAX_CHANGES:], key=lambda change: change.at, reverse=True):
        yield (
            *line(f"{ICONS[change.after]} "),
            *tr_line(
                _CHANGE_TEXTS[change.after],
                asset=asset_on_network(change.asset, change.network),
                time=moment(change.at),
            ),
        )
    yield from (
        line(_closings_sentence(asset_on_network(*where), count)) for where, count in closings.items() if count > 1
    )


def _closings_sentence(asset: str, count: int) -> str:
    """Return how often a network was closed, which is twice or more."""
    days = CLOSINGS_COUNTED.days
    if count == _TWICE:
        # Translators: `USDT on Tron: closed twice in 30 days.` It is always 30.
        return tr("{asset}: closed twice in {days} days.", asset=asset, days=days)
    # Translators: `USDT on Tron: closed 3 times in 30 days.` It is always 30.
    return tr_count(
        "{asset}: closed {count} time in {days} days.",
        "{asset}: closed {count} times in {days} days.",
        count,
        asset=asset,
        days=days,
    )


def _interest(change: WithdrawalTransition) -> tuple[bool, bool, datetime]:
    return change.after is not WithdrawalState.UNKNOWN, _is_main(change), change.at


def _closed_before_line(status: ExchangeWithdrawals) -> str | None:
    """Return what was closed when the exchange last told it: that it is unknown now does not make it open."""
    closed = [
        network
        for network in status.networks
        if network.state is WithdrawalState.UNKNOWN and network.last_known is WithdrawalState.CLOSED
    ]
    if not closed:
        return None
    named = [asset_on_network(network.asset, network.network) for network in closed if _is_main(network)]
    if others := len(closed) - len(named):
        # Translators: counted at the end of a list of networks, and where none is named.
        more = tr_count("{count} more network", "{count} more networks", others)
        named.append(more if named else tr_count("{count} network", "{count} networks", others))
    return tr("Closed when last told: {networks}.", networks=enumerated(named))


def _is_main(status: NetworkWithdrawals | WithdrawalTransition) -> bool:
    return status.network in {*MAIN_NETWORKS.get(status.asset, ()), ALL_NETWORKS}


def _other_networks(status: ExchangeWithdrawals) -> str | None:
    """Return how the networks of each major beside the main ones stand: `More networks: USDT 8 open, 1 closed`."""
    pieces = []
    for asset in MAJORS:
        listed = [network for network in status.networks if network.asset == asset]
        others = [network for network in listed if not _is_main(network)]
        if 0 < len(others) < len(listed):  # without a main network the table has them all in one row
            counts = Counter(network.state for network in others)
            told = enumerated(counted_state(state, counts[state]) for state in WithdrawalState if counts[state])
            pieces.append(f"{asset} {told}")
    # Translators: {networks} is `USDT 8 open, 1 closed; BTC 1 open`.
    return tr("More networks: {networks}.", networks=apart(pieces)) if pieces else None


def _closed_share_line(status: ExchangeWithdrawals) -> str | None:
    """Return which part of all networks is closed, where that is not what it usually is."""
    share, usual = status.closed_share, status.usual_share
    if share is None or usual is None or abs(share - usual) < _UNUSUAL_SHARE:
        return None
    return tr("Of all its networks {share} are closed, usually {usual}.", share=percent(share), usual=percent(usual))


def main_networks_table(status: ExchangeWithdrawals, now: datetime) -> Table:
    """Return a row for each main network of each major, and one for each other asset as a whole, as known now."""
    status = as_known_at(status, now)
    rows = [row for asset in TRACKED_ASSETS for row in _rows(status, asset, now)]
    header = (
        # Translators: the header of a narrow column, of 5 letters or so.
        tr("Asset"),
        # Translators: the header of a narrow column, of 8 letters or so.
        tr("Network"),
        # Translators: the header of a column that says whether withdrawals are open; of 10 letters or so.
        tr("State"),
        # Translators: the header of a narrow column with times, of 5 letters or so.
        tr("Since"),
    )
    return Table(header, tuple(rows), chat_rows=len(rows), least_rows=len(rows))


def _rows(status: ExchangeWithdrawals, asset: str, now: datetime) -> Iterator[tuple[str, ...]]:
    listed = [network for network in status.networks if network.asset == asset]
    order = (*MAIN_NETWORKS.get(asset, ()), ALL_NETWORKS)
    main = sorted(filter(_is_main, listed), key=lambda network: order.index(network.network))
    for network in main:
        yield _row(asset, network_label(network.network), network.state, network.since, now)
    if not main and (listed or asset in MAJORS):
        whole = status.major(asset)
        names = {network.network for network in listed}
        label = network_label(names.pop()) if len(names) == 1 else network_label(ALL_NETWORKS) if names else "–"
        yield _row(asset, label, whole.state, whole.since, now)


def _row(asset: str, network: str, state: WithdrawalState, since: datetime | None, now: datetime) -> tuple[str, ...]:
    # Of an open network "since" would be when the bot first looked, which says nothing.
    is_dated = since is not None and state is not WithdrawalState.OPEN
    shown = _short_time(since, now) if is_dated and since else ""
    return asset, shorten(network, _NETWORK_COLUMNS), f"{ICONS[state]} {state_word(state)}", shown


def _short_time(at: datetime, now: datetime) -> str:
    """Return a time of the last 24 hours as `08:20`, and an older one as its day, `11-28`."""
    return f"{at:%H:%M}" if now - at < _SHOWN_AS_TIME else f"{at:%m-%d}"
