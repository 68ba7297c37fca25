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
from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange
from bot.domain.networks import MAIN_NETWORKS
from bot.domain.withdrawal_reading import (
    ALL_NETWORKS,
    TRACKED_ASSETS,
    Maintenance,
    SourceStanding,
    SystemState,
    WithdrawalState,
)
from bot.domain.withdrawals import (
    ExchangeWithdrawals,
    MajorWithdrawals,
    NetworkEvent,
    NetworkWithdrawals,
    WithdrawalTransition,
)
from bot.messages.cards.majors_line import closed_since
from bot.messages.model import Action, Line, Message, Table, Tone, bold, line, lines, moment
from bot.messages.number_format import counted, percent
from bot.messages.plain_text import shorten

CLOSINGS_COUNTED = timedelta(days=30)
"""Over how long closings are counted: "closed twice in 30 days"."""
ICONS: Mapping[WithdrawalState, str] = {
    WithdrawalState.OPEN: "🟢",
    WithdrawalState.DELAYED: "🟡",
    WithdrawalState.CLOSED: "🔴",
    WithdrawalState.UNKNOWN: "⚪",
}
"""The sign of each state; it never stands without a word or a letter."""
KEY_SETTINGS: Mapping[str, str] = {
    "okx": "OKX_API_KEY",
    "bybit": "BYBIT_API_KEY",
    "mexc": "MEXC_API_KEY",
    "crypto-com": "CRYPTOCOM_API_KEY",
    "bingx": "BINGX_API_KEY",
}
"""Exchanges that tell their withdrawals to holders of a key alone, each with the setting for a read-only one."""
_LETTERS: Mapping[WithdrawalState, str] = {
    WithdrawalState.OPEN: "o",
    WithdrawalState.DELAYED: "d",
    WithdrawalState.CLOSED: "c",
    WithdrawalState.UNKNOWN: "?",
}
_STANDING_WORDS: Mapping[SourceStanding, str] = {
    SourceStanding.DOCUMENTED: "documented interface",
    SourceStanding.UNDOCUMENTED: "undocumented interface, may change without notice",
    SourceStanding.KEY: "read with the operator's read-only key",
}
_CHANGE_WORDS: Mapping[WithdrawalState, str] = {
    WithdrawalState.OPEN: "open again",
    WithdrawalState.DELAYED: "delayed",
    WithdrawalState.CLOSED: "closed",
    WithdrawalState.UNKNOWN: "not told any more",
}
# 34 columns: 5 for the asset, 8 for the network ("Ethereum"), 10 for icon and word, 5 for the time, three gaps of 2.
_NETWORK_COLUMNS = 8
# And in the table of all exchanges: 3, 3, 4 and 4 for the majors, four gaps, and the rest for the name.
_NAME_COLUMNS = 12
_WORDS = frozenset({"BASE", "TRON"})  # and no initials
_INITIALS = 4  # letters: what is as short is an abbreviation, BSC, TON or XRPL
_MAX_CHANGES = 4  # with the table they fill a phone's screen
_MAX_MAINTENANCE = 3
_TITLE_LETTERS = 60  # of a text from outside
_MAX_NAMED = 3
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
) -> Message:
    """Return what an exchange says of its withdrawals.

    `changes` are the transitions of the last 30 days, oldest first. `names` are those of all exchanges by id. `drills`
    says how withdrawals of members went, None where nobody has told.
    """
    status = as_known_at(status, now)
    majors = judged_majors(status, now)
    return Message(
        title=f"{exchange.name} · withdrawals",
        tone=_tone(status, majors),
        lines=lines(
            withdrawals_line(majors),
            _silence_line(exchange, status),
            f"{exchange.name}'s own word; nobody else checks it.",
            _closed_before_line(status),
            *[
                _event_line(event, names, exchange.name, is_excused=is_excusable(status, now))
                for event in status.events[:_MAX_EVENTS]
            ],
            *map(_maintenance_line, status.maintenance[:_MAX_MAINTENANCE]),
            drills,
            *_change_lines(changes),
            _other_networks(status),
            _system_line(status.system),
            _closed_share_line(status),
            *[f"Not read: {part} ({fault})." for part, fault in status.part_faults],
        ),
        table=main_networks_table(status, now),
        footer=line(
            status.source or exchange.name,
            f" · {_STANDING_WORDS[status.standing]}",
            *((" · as of ", moment(status.as_of, relative=True)) if status.as_of else (" · not read yet",)),
        ),
        actions=(
            Action("Reserves", f"reserves {exchange.id}"),
            Action("All exchanges", "withdrawals"),
            Action("Subscribe", f"subscribe {exchange.id}"),
        ),
    )


def no_withdrawals_card(exchange: Exchange, *, is_on: bool) -> Message:
    """Return why nothing is known of an exchange's withdrawals; `is_on` is False where nobody's are read at all."""
    setting = KEY_SETTINGS.get(exchange.id)
    if not is_on:
        why = "Withdrawal status is switched off in this bot (setting WITHDRAWALS)."
    elif setting:
        why = (
            f"{exchange.name} tells it only to holders of an API key. Whoever runs this bot can set {setting} to a "
            "read-only one."
        )
    else:
        why = (
            f"{exchange.name} publishes nothing about them that this bot can read, "
            "or whoever runs this bot has switched its source off."
        )
    return Message(
        title=f"{exchange.name} · withdrawals",
        lines=lines("Withdrawals: unknown, no source.", why),
        actions=(Action("All exchanges", "withdrawals"), Action("Reserves", f"reserves {exchange.id}")),
    )


def all_withdrawals_card(
    known: Sequence[tuple[Exchange, ExchangeWithdrawals]], exchanges: int, now: datetime
) -> Message:
    """Return the majors of every exchange with a source, worst first.

    `known` are in the order of lists, `exchanges` counts all that are watched, those without a source included.
    """
    title = "Withdrawals · all exchanges"
    if not known:
        return Message(
            title=title,
            tone=Tone.TROUBLE,
            lines=lines("Withdrawals: unknown. No exchange's own interface has been read yet; /status says why."),
        )
    judged = [(exchange, judged_majors(status, now)) for exchange, status in known]
    judged.sort(key=lambda row: _badness(row[1]), reverse=True)  # equally bad ones stay in their order
    newest = max((status.as_of for _, status in known if status.as_of), default=None)
    with_closed = [exchange.name for exchange, majors in judged if WithdrawalState.CLOSED in _states(majors)]
    rows = tuple(
        (
            shorten(exchange.name, _NAME_COLUMNS),
            *(f"{ICONS[major.state]}{_LETTERS[major.state]}" for major in majors),
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
            "🟢o open · 🟡d delayed · 🔴c closed · ⚪? unknown",
            f"No source: {without_source} of {exchanges} exchanges. /withdrawals <exchange> says why."
            if without_source > 0
            else None,
            "Each is the exchange's own word.",
        ),
        table=Table(("Exchange", *MAJORS), rows, chat_rows=_CHAT_ROWS),
        footer=line("newest: ", moment(newest, relative=True)) if newest else (),
        actions=tuple(Action(exchange.name, f"withdrawals {exchange.id}") for exchange, _ in judged[:_MAX_BUTTONS]),
    )


def withdrawals_line(majors: Sequence[MajorWithdrawals]) -> Line:
    """Return the majors by their state: `Withdrawals: BTC, ETH open; USDT closed since 08:20 UTC; USDC unknown`."""
    if _states(majors) <= {WithdrawalState.UNKNOWN}:
        return line("Withdrawals: ", bold("unknown"))
    first, *others = _pieces(majors)
    return (*line("Withdrawals: "), *first, *[span for piece in others for span in (*line("; "), *piece)])


def _pieces(majors: Sequence[MajorWithdrawals]) -> Iterator[Line]:
    """Yield the majors of each state together; closed ones by the time since when they are."""
    for state in (WithdrawalState.OPEN, WithdrawalState.DELAYED, WithdrawalState.CLOSED, WithdrawalState.UNKNOWN):
        of_state: dict[tuple[datetime | None, bool], list[MajorWithdrawals]] = {}
        for major in majors:
            if major.state is state:
                is_closed = state is WithdrawalState.CLOSED
                of_state.setdefault((major.since, major.began_unseen) if is_closed else (None, False), []).append(major)
        for (since, _), alike in of_state.items():
            names = ", ".join(major.asset for major in alike)
            yield line(bold(names), f" {state}", *(closed_since(alike[0]) if since else ()))


def as_known_at(status: ExchangeWithdrawals, now: datetime) -> ExchangeWithdrawals:
    """Return what is known of an exchange now: what was answered too long ago is not known any more."""
    if not is_too_old(status, now):
        return status
    return replace(status, networks=tuple(map(as_unknown, status.networks)))


def network_label(network: str) -> str:
    """Return a network as people write it: `TRON` → `Tron`, `BSC` → `BSC`; that of a flag for a whole asset: `all`."""
    if network == ALL_NETWORKS:
        return "all"
    return network.title() if network in _WORDS or len(network) > _INITIALS else network


def _states(majors: Sequence[MajorWithdrawals]) -> set[WithdrawalState]:
    return {major.state for major in majors}


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
        return line(
            "Withdrawals: ", bold("unknown"), f" at all {known} exchanges that have a source. /status says why."
        )
    answering = f"{told} of {known} exchanges answer."
    if not names:
        return line(f"No major asset is closed anywhere. {answering}")
    others = f" and {len(names) - _MAX_BUTTONS} more" if len(names) > _MAX_BUTTONS else ""
    shown = bold(", ".join(names[:_MAX_BUTTONS]) + others)
    return line("A major asset is closed at ", shown, f". {answering}")


def _silence_line(exchange: Exchange, status: ExchangeWithdrawals) -> Line | None:
    """Return why the newest poll was not answered, None where it was."""
    if status.fault is None:
        return None
    blocked = status.fault is SourceFault.BLOCKED
    why = "blocks this bot's host, perhaps for its region" if blocked else f"has not answered ({status.fault})"
    polls = f", {status.silent_polls} times in a row" if status.silent_polls > 1 else ""
    if status.as_of is None:
        return line(f"⚠️ {exchange.name} {why}{polls}. It was never read.")
    return line(f"⚠️ {exchange.name} {why}{polls}. Silent since ", moment(status.as_of), ".")


def _maintenance_line(work: Maintenance) -> Line:
    about = ", ".join((*sorted(work.assets), *map(network_label, sorted(work.networks))))
    begins = (" from ", moment(work.begins_at)) if work.begins_at and not work.is_under_way else ()
    ends = (" until ", moment(work.ends_at)) if work.ends_at else ()
    state = "under way" if work.is_under_way else "announced"
    return line(
        f"🔧 Maintenance {state}",
        *begins,
        *ends,
        f": {shorten(work.title, _TITLE_LETTERS)}",
        f" ({about})" if about else "",
    )


def _event_line(event: NetworkEvent, names: Mapping[str, str], name: str, *, is_excused: bool) -> Line:
    named = [names.get(exchange, exchange) for exchange in event.exchanges[:_MAX_NAMED]]
    others = [f"{len(event.exchanges) - _MAX_NAMED} more"] if len(event.exchanges) > _MAX_NAMED else []
    return line(
        f"{network_label(event.network)} was closed by {len(event.exchanges)} exchanges "
        f"({', '.join([*named, *others])}), the first ",
        moment(event.since),
        ": a problem of the network, not counted against them."
        if is_excused
        else f": a problem of the network. It does not excuse {name}, which has two other main networks closed.",
    )


def _system_line(system: SystemState | None) -> str | None:
    return f"Trading system: {system}." if system else None


def _change_lines(changes: Sequence[WithdrawalTransition]) -> Iterator[Line]:
    """Yield the latest changes, newest first, and which networks were closed more than once.

    A source that fell silent changes every network to unknown, which the table says: that stands behind what opened and
    closed before, and what happened on networks that few people use behind what did on the main ones.
    """
    closings = Counter(
        (change.asset, change.network)
        for change in changes
        # What was unknown in between may have been closed all the time.
        if change.after is WithdrawalState.CLOSED and change.before is not WithdrawalState.UNKNOWN and _is_main(change)
    )
    for change in sorted(sorted(changes, key=_interest)[-_MAX_CHANGES:], key=lambda change: change.at, reverse=True):
        yield line(
            f"{ICONS[change.after]} {_where(change.asset, change.network)} {_CHANGE_WORDS[change.after]} ",
            moment(change.at),
        )
    for (asset, network), count in closings.items():
        if count >= _TWICE:
            times = "twice" if count == _TWICE else f"{count} times"
            yield line(f"{_where(asset, network)}: closed {times} in {CLOSINGS_COUNTED.days} days.")


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
    main = [_where(network.asset, network.network) for network in closed if _is_main(network)]
    others = len(closed) - len(main)
    more = counted(others, "more network" if main else "network")
    return f"Closed when last told: {', '.join([*main, more] if others else main)}."


def _where(asset: str, network: str) -> str:
    return asset if network == ALL_NETWORKS else f"{asset} on {network_label(network)}"


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
            pieces.append(
                f"{asset} {', '.join(f'{counts[state]} {state}' for state in WithdrawalState if counts[state])}"
            )
    return f"More networks: {'; '.join(pieces)}." if pieces else None


def _closed_share_line(status: ExchangeWithdrawals) -> str | None:
    """Return which part of all networks is closed, where that is not what it usually is."""
    share, usual = status.closed_share, status.usual_share
    if share is None or usual is None or abs(share - usual) < _UNUSUAL_SHARE:
        return None
    return f"Of all its networks {percent(share)} are closed, usually {percent(usual)}."


def main_networks_table(status: ExchangeWithdrawals, now: datetime) -> Table:
    """Return a row for each main network of each major, and one for each other asset as a whole, as known now."""
    status = as_known_at(status, now)
    rows = [row for asset in TRACKED_ASSETS for row in _rows(status, asset, now)]
    return Table(("Asset", "Network", "State", "Since"), tuple(rows), chat_rows=len(rows), least_rows=len(rows))


def _rows(status: ExchangeWithdrawals, asset: str, now: datetime) -> Iterator[tuple[str, ...]]:
    listed = [network for network in status.networks if network.asset == asset]
    order = (*MAIN_NETWORKS.get(asset, ()), ALL_NETWORKS)
    main = sorted(filter(_is_main, listed), key=lambda network: order.index(network.network))
    for network in main:
        yield _row(asset, network_label(network.network), network.state, network.since, now)
    if not main and (listed or asset in MAJORS):
        whole = status.major(asset)
        names = {network.network for network in listed}
        label = network_label(names.pop()) if len(names) == 1 else "all" if names else "–"
        yield _row(asset, label, whole.state, whole.since, now)


def _row(asset: str, network: str, state: WithdrawalState, since: datetime | None, now: datetime) -> tuple[str, ...]:
    # Of an open network "since" would be when the bot first looked, which says nothing.
    is_dated = since is not None and state is not WithdrawalState.OPEN
    shown = _short_time(since, now) if is_dated and since else ""
    return asset, shorten(network, _NETWORK_COLUMNS), f"{ICONS[state]} {state}", shown


def _short_time(at: datetime, now: datetime) -> str:
    """Return a time of the last 24 hours as `08:20`, and an older one as its day, `11-28`."""
    return f"{at:%H:%M}" if now - at < _SHOWN_AS_TIME else f"{at:%m-%d}"
