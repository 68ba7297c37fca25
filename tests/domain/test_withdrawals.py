from datetime import datetime

import pytest

from bot.domain.withdrawal_reading import ALL_NETWORKS, WithdrawalReading, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkWithdrawals
from tests.builders import HOUR, NOON

OPEN, DELAYED, CLOSED, UNKNOWN = WithdrawalState


def network(  # noqa: PLR0913, PLR0917 — the fields of what is built
    asset: str,
    name: str,
    state: WithdrawalState,
    since: datetime = NOON,
    last_known: WithdrawalState | None = None,
    known_since: datetime | None = None,
) -> NetworkWithdrawals:
    return NetworkWithdrawals(asset, name, state, since, NOON + HOUR, last_known, known_since=known_since)


@pytest.mark.parametrize(
    ("networks", "state", "since"),
    [
        ([], UNKNOWN, None),
        ([network("USDC", "ETHEREUM", CLOSED)], UNKNOWN, None),
        ([network("USDT", "TRON", CLOSED), network("USDT", "ETHEREUM", OPEN)], OPEN, NOON),
        ([network("USDT", "TRON", CLOSED), network("USDT", "ETHEREUM", DELAYED)], DELAYED, NOON),
        ([network("USDT", "TRON", CLOSED), network("USDT", "ETHEREUM", UNKNOWN, NOON + HOUR)], UNKNOWN, NOON + HOUR),
        ([network("USDT", "TRON", CLOSED), network("USDT", "ETHEREUM", CLOSED, NOON + HOUR)], CLOSED, NOON + HOUR),
        ([network("USDT", "TRON", CLOSED), network("USDT", "BEP20", OPEN)], CLOSED, NOON),
        ([network("USDT", "BEP20", CLOSED)], CLOSED, NOON),
        ([network("USDT", ALL_NETWORKS, CLOSED)], CLOSED, NOON),
        ([network("USDT", ALL_NETWORKS, CLOSED), network("USDT", "TRON", OPEN)], CLOSED, NOON),
        ([network("USDT", ALL_NETWORKS, OPEN), network("USDT", "TRON", CLOSED)], CLOSED, NOON),
    ],
)
def test_a_major_is_what_its_main_networks_are(
    networks: list[NetworkWithdrawals], state: WithdrawalState, since: datetime | None
) -> None:
    major = ExchangeWithdrawals("gate", networks=tuple(networks)).major("USDT")

    assert (major.asset, major.state, major.since) == ("USDT", state, since)


@pytest.mark.parametrize(
    ("last_known", "of_both"),
    [
        ((CLOSED, CLOSED), CLOSED),
        ((CLOSED, OPEN), OPEN),
        ((CLOSED, DELAYED), DELAYED),
        ((CLOSED, None), CLOSED),
        ((None, None), None),
    ],
)
def test_an_unknown_major_was_closed_where_every_network_that_was_ever_known_was(
    last_known: tuple[WithdrawalState | None, WithdrawalState | None], of_both: WithdrawalState | None
) -> None:
    networks = tuple(
        network("USDT", name, UNKNOWN, NOON, last) for name, last in zip(("TRON", "ETHEREUM"), last_known, strict=True)
    )

    assert ExchangeWithdrawals("gate", networks=networks).major("USDT").last_known is of_both


def test_an_asset_that_was_closed_as_a_whole_and_is_unknown_is_not_open_by_a_network() -> None:
    networks = (network("USDT", ALL_NETWORKS, UNKNOWN, last_known=CLOSED), network("USDT", "TRON", OPEN))

    assert ExchangeWithdrawals("gate", networks=networks).major("USDT").state is UNKNOWN


@pytest.mark.parametrize(
    ("networks", "state", "last_known"),
    [
        ([("TRON", UNKNOWN, OPEN, 0), (ALL_NETWORKS, OPEN, None, 1)], OPEN, None),
        ([("TRON", UNKNOWN, CLOSED, 0), (ALL_NETWORKS, OPEN, None, 1)], UNKNOWN, CLOSED),
        ([("TRON", UNKNOWN, OPEN, 0), (ALL_NETWORKS, UNKNOWN, OPEN, 1)], UNKNOWN, OPEN),
        ([("TRON", OPEN, None, 2), (ALL_NETWORKS, UNKNOWN, CLOSED, 1)], OPEN, None),
        ([("TRON", OPEN, None, 0), (ALL_NETWORKS, UNKNOWN, CLOSED, 1)], UNKNOWN, CLOSED),
    ],
    ids=["page away", "closed before", "nothing told", "page is back", "older network"],
)
def test_where_networks_are_told_on_a_status_page_alone_the_asset_as_a_whole_stands_in(
    networks: list[tuple[str, WithdrawalState, WithdrawalState | None, int]],
    state: WithdrawalState,
    last_known: WithdrawalState | None,
) -> None:
    """Each network with its state, what it was before, and when that was confirmed, in hours after noon."""
    told = tuple(
        NetworkWithdrawals("USDT", name, state_, NOON, NOON + hours * HOUR, before)
        for name, state_, before, hours in networks
    )

    major = ExchangeWithdrawals("kraken", networks=told).major("USDT")

    assert (major.state, major.last_known) == (state, last_known)


def test_a_network_that_is_unknown_began_to_be_what_it_was_before_it_became_so() -> None:
    dark = network("USDT", "TRON", UNKNOWN, NOON + HOUR, CLOSED, NOON)

    assert (dark.known_state, dark.began_at) == (CLOSED, NOON)
    assert (network("USDT", "TRON", CLOSED).known_state, network("USDT", "TRON", CLOSED).began_at) == (CLOSED, NOON)
    assert (network("USDT", "TRON", UNKNOWN).known_state, network("USDT", "TRON", UNKNOWN).began_at) == (UNKNOWN, NOON)


def test_the_closed_share_is_of_all_listed_networks_and_unknown_without_any() -> None:
    assert WithdrawalReading("gate", NOON, "Gate", listed=400, closed=40).closed_share == 0.1
    assert WithdrawalReading("gate", NOON, "Gate").closed_share is None
