"""Network events: one network that three exchanges or more close within an hour is being upgraded, and not in a run.

Example: Tron upgrades. Gate closes it at 12:00, HTX at 12:10, KuCoin at 12:40: one event since 12:00, and what they
closed on Tron is held against none of them for 24 hours.

Who closes several main networks within that hour takes part in no event. An upgrade closes its own network; an exchange
that cannot pay closes all of them, and would be excused by any two others that do the same. So three exchanges that
shut everything are three runs, and where only two others close Tron there is no event. For the same reason an event
excuses nobody who has two other main networks closed: Gate, which shuts Bitcoin and Ethereum at 18:00, does not have
Tron closed for the upgrade of 12:00 any more. Networks that are no major's main one do not count as several: with
Ethereum exchanges often close the chains that settle on it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from bot.detection.withdrawals.guards.dead_assets import is_dead
from bot.detection.withdrawals.thresholds import (
    NETWORK_EVENT_EXCHANGES,
    NETWORK_EVENT_EXCUSES_FOR,
    NETWORK_EVENT_SPAN,
)
from bot.domain.assets import MAJORS
from bot.domain.networks import MAIN_NETWORKS
from bot.domain.withdrawal_reading import ALL_NETWORKS, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkEvent, NetworkWithdrawals

_MAJORS_NETWORKS = frozenset(network for asset in MAJORS for network in MAIN_NETWORKS[asset])
_SEVERAL = 2  # main networks
_WAS_OPEN = frozenset({WithdrawalState.OPEN, WithdrawalState.DELAYED})


class _Closing(NamedTuple):
    at: datetime
    exchange: str
    networks: tuple[str, ...]  # of a flag for an asset as a whole, those that it may be about


def with_network_events(known: Mapping[str, ExchangeWithdrawals], at: datetime) -> dict[str, ExchangeWithdrawals]:
    """Return every exchange with the events that it is part of; one of which nothing changed is the very same."""
    events = network_events(known.values(), at)
    return {
        id_: withdrawals if own == withdrawals.events else replace(withdrawals, events=own)
        for id_, withdrawals in known.items()
        for own in [tuple(event for event in events if id_ in event.exchanges)]
    }


def network_events(known: Iterable[ExchangeWithdrawals], at: datetime) -> tuple[NetworkEvent, ...]:
    """Return the events of the last 24 hours, by network and beginning."""
    by_network: dict[str, list[_Closing]] = {}
    for withdrawals in known:
        closings = sorted({closing for closing in _closings(withdrawals) if _is_recent(closing, at)})
        for closing in closings:
            if network := _only_network(closing, closings):
                by_network.setdefault(network, []).append(closing)
    return tuple(
        NetworkEvent(network, cluster[0].at, tuple(sorted({closing.exchange for closing in cluster})))
        for network in sorted(by_network)
        for cluster in _clusters(sorted(by_network[network]))
        if at - cluster[0].at <= NETWORK_EVENT_EXCUSES_FOR
    )


def is_of_event(withdrawals: ExchangeWithdrawals, status: NetworkWithdrawals) -> str:
    """Return the network of the event that a closed network is part of, "" where it is part of none."""
    names = _networks(status.asset, status.network)
    return next(
        (event.network for event in withdrawals.events if event.network in names and status.began_at >= event.since), ""
    )


def is_excusable(withdrawals: ExchangeWithdrawals, at: datetime) -> bool:
    """Return whether events excuse an exchange: fewer than two main networks are closed for another reason.

    What has been closed for a month is none, nor is a network over which hardly anybody takes out that asset: USDC left
    Tron in 2024, and stands there as closed at many exchanges. So it does when a bot looks for the first time.
    """
    others = {
        network
        for status in withdrawals.networks
        if status.known_state is WithdrawalState.CLOSED
        and not is_of_event(withdrawals, status)
        and not is_dead(status.began_at, at)
        for network in _networks(status.asset, status.network)
        if network in MAIN_NETWORKS.get(status.asset, ())
    }
    return len(others & _MAJORS_NETWORKS) < _SEVERAL


def has_excused_closing(withdrawals: ExchangeWithdrawals, at: datetime) -> bool:
    """Return whether events excuse what an exchange has closed now: with a network everything goes that is on it.

    Example: for an upgrade of Ethereum exchanges close ETH and all tokens there, which are a third of what they list.
    """
    is_part = any(is_closed_on(withdrawals, event.network) for event in withdrawals.events)
    return is_part and is_excusable(withdrawals, at)


def is_closed_on(withdrawals: ExchangeWithdrawals, network: str) -> bool:
    """Return whether an exchange has anything closed on a network, or had when that was last known."""
    return any(
        status.known_state is WithdrawalState.CLOSED and network in _networks(status.asset, status.network)
        for status in withdrawals.networks
    )


def _closings(withdrawals: ExchangeWithdrawals) -> Iterator[_Closing]:
    """Yield when networks closed; what was closed when it was first looked at closed at a time that nobody knows."""
    for status in withdrawals.networks:
        if status.known_state is WithdrawalState.CLOSED and not status.began_unseen:
            yield _Closing(status.began_at, withdrawals.exchange, _networks(status.asset, status.network))
    was_open: dict[tuple[str, str], bool] = {}  # when it was last known
    for change in withdrawals.transitions:
        key = change.asset, change.network
        if change.before is not WithdrawalState.UNKNOWN:
            was_open[key] = change.before in _WAS_OPEN
        if change.after is WithdrawalState.CLOSED and was_open.get(key, False):
            yield _Closing(change.at, withdrawals.exchange, _networks(*key))


def _networks(asset: str, network: str) -> tuple[str, ...]:
    """Return the networks that a flag is about: that of the asset as a whole is about all of its main ones."""
    return MAIN_NETWORKS.get(asset, ()) if network == ALL_NETWORKS else (network,)


def _is_recent(closing: _Closing, at: datetime) -> bool:
    # Twice as long as an event excuses, so that it ends as a whole and not exchange by exchange.
    return at - closing.at <= 2 * NETWORK_EVENT_EXCUSES_FOR


def _only_network(closing: _Closing, of_exchange: Sequence[_Closing]) -> str:
    """Return the network that a closing is about, "" where the exchange closed several main ones within an hour of it.

    One main network has to account for everything that was closed then, before or after. ETH and USDC as a whole are
    Ethereum: ETH goes over no other, and USDC over this one, too. USDC and USDT as a whole are not, while ETH is open.
    """
    near = (
        _MAJORS_NETWORKS.intersection(other.networks)
        for other in of_exchange
        if abs(other.at - closing.at) <= NETWORK_EVENT_SPAN
    )
    main = [networks for networks in near if networks]
    common = frozenset.intersection(*main) if main else frozenset[str]()
    if main and (len(common) != 1 or common not in main):
        return ""
    own = common.intersection(closing.networks) or closing.networks
    return next(iter(own), "")


def _clusters(closings: Sequence[_Closing]) -> Iterator[list[_Closing]]:
    """Yield the closings of one network that lie within an hour of each other, by three exchanges or more.

    Closings are oldest first. Hours that overlap are one event: it goes on as long as another exchange joins.
    """
    times = [closing.at for closing in closings]
    cluster: list[_Closing] = []
    end = 0
    for start, first in enumerate(closings):
        until = bisect_right(times, first.at + NETWORK_EVENT_SPAN)
        if len({closing.exchange for closing in closings[start:until]}) < NETWORK_EVENT_EXCHANGES:
            continue
        if cluster and start >= end:
            yield cluster
            cluster = []
        cluster += closings[max(start, end) if cluster else start : until]
        end = until
    if cluster:
        yield cluster
