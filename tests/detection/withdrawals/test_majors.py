from dataclasses import replace
from datetime import timedelta

import pytest

from bot.detection.withdrawals.majors import judged_majors
from bot.domain.assets import MAJORS
from bot.domain.withdrawal_reading import Maintenance, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, MajorWithdrawals, raising_majors
from tests.detection.withdrawals.polls import CLOSED, OPEN, UNKNOWN, all_main, at, gate, poll, polled, usdt_over_tron

WORK = Maintenance("Wallet work", is_under_way=True, networks=frozenset({"TRON"}))
DAY = 24 * 60


def closed_at_noon(*, minutes: float = 5, maintenance: tuple[Maintenance, ...] = ()) -> ExchangeWithdrawals:
    """Return an exchange whose USDT closed at noon, as of so many minutes after it."""
    return gate(
        polled(
            *[poll(minute, all_main()) for minute in (-10, -5)],
            *[poll(minute, all_main(USDT=CLOSED), maintenance=maintenance) for minute in (0, minutes)],
        )
    )


def usdt(withdrawals: ExchangeWithdrawals, minutes: float = 5) -> MajorWithdrawals:
    majors = judged_majors(withdrawals, at(minutes))
    assert tuple(major.asset for major in majors) == MAJORS
    return majors[2]


def test_a_major_that_is_closed_is_held_against_the_exchange() -> None:
    assert usdt(closed_at_noon()) == MajorWithdrawals("USDT", CLOSED, at(0))
    assert usdt(closed_at_noon()).is_closed
    assert usdt(closed_at_noon()).may_be_closed


@pytest.mark.parametrize(
    ("interval", "known_for"), [(timedelta(minutes=5), 45), (timedelta(minutes=15), 45), (timedelta(hours=1), 180)]
)
def test_what_was_answered_too_long_ago_for_its_interval_is_not_known_any_more(
    interval: timedelta, known_for: float
) -> None:
    withdrawals = replace(closed_at_noon(minutes=0.5), interval=interval)

    assert usdt(withdrawals, known_for + 0.5).state is CLOSED
    assert usdt(withdrawals, known_for + 0.6).state is UNKNOWN


@pytest.mark.parametrize(("networks", "in_maintenance"), [(("TRON",), False), (("TRON", "ETHEREUM"), True), ((), True)])
def test_it_is_in_maintenance_where_everything_that_is_closed_was_announced(
    networks: tuple[str, ...], *, in_maintenance: bool
) -> None:
    work = Maintenance("Wallet work", is_under_way=True, networks=frozenset(networks))

    major = usdt(closed_at_noon(maintenance=(work,)))

    assert major.in_maintenance is in_maintenance
    assert major.is_closed


@pytest.mark.parametrize(("state", "is_opening"), [("o", True), ("d", True), ("c", False), ("t", False)])
def test_a_closed_major_is_opening_where_the_newest_poll_tells_it_open(state: str, *, is_opening: bool) -> None:
    majors = judged_majors(gate(polled(*usdt_over_tron(f"oocc{state}"))), at(20))

    assert majors[2].is_closed
    assert majors[2].is_opening is is_opening
    assert raising_majors(majors) == (() if is_opening else majors[2:3])


def test_after_a_month_it_is_dead_and_counts_no_more() -> None:
    month = 30 * DAY

    assert not usdt(closed_at_noon(minutes=month - 1), month - 1).is_dead
    dead = usdt(closed_at_noon(minutes=month), month)
    assert dead.is_dead
    assert not dead.is_closed
    assert not dead.may_be_closed


@pytest.mark.parametrize(("closes", "since"), [(0, 0), (-99, -10)], ids=["seen to close", "closed at the first look"])
def test_a_network_that_is_closed_when_it_is_first_listed_closes_nothing_anew(closes: float, since: float) -> None:
    """USDC over Ethereum alone is closed; half an hour later Solana is listed as well, closed until its launch."""
    polls = [
        poll(
            minutes,
            {
                "USDC/ETHEREUM": CLOSED if minutes >= closes else OPEN,
                **({"USDC/SOLANA": CLOSED} if minutes >= 30 else {}),
            },
        )
        for minutes in (-10, -5, 0, 5, 30, 35)
    ]

    usdc = judged_majors(gate(polled(*polls)), at(35))[3]

    assert usdc == MajorWithdrawals("USDC", CLOSED, at(since), began_unseen=closes < 0)
    month = 30 * DAY + since
    later = gate(polled(*polls, poll(month, {"USDC/ETHEREUM": CLOSED, "USDC/SOLANA": CLOSED})))
    assert judged_majors(later, at(month))[3].is_dead


def test_what_is_excused_by_an_event_of_one_of_its_networks_is_not_held_against_the_exchange() -> None:
    """Ethereum was closed already, which alone left Tron to withdraw by; then Tron is upgraded."""
    names = ("gate", "htx", "kucoin")
    ethereum = {"USDT/ETHEREUM": CLOSED}
    tron = {"USDT/TRON": CLOSED}
    known = polled(
        *[poll(minutes, all_main() | ethereum, exchange=id_) for minutes in (-10, -5) for id_ in names],
        *[poll(minutes, all_main() | ethereum | tron, exchange=id_) for minutes in (0, 5) for id_ in names],
    )

    major = usdt(gate(known))

    assert (major.state, major.network_event) == (CLOSED, "TRON")
    assert not major.is_closed
    assert not major.may_be_closed


@pytest.mark.parametrize(
    ("later", "counted"),
    [
        ({"ETH": CLOSED}, ["ETH"]),
        ({"USDC": CLOSED}, ["BTC", "USDC"]),
        ({"ETH": CLOSED, "USDT": CLOSED, "USDC": CLOSED}, ["BTC", "ETH", "USDT", "USDC"]),
    ],
)
def test_an_event_excuses_nobody_who_closes_two_other_networks_later(
    later: dict[str, WithdrawalState], counted: list[str]
) -> None:
    """Bitcoin is upgraded at noon; six hours later Gate alone closes more. USDC is Ethereum and Solana."""
    polls = [
        poll(minutes, all_main(BTC=OPEN if minutes < 0 else CLOSED), exchange=id_)
        for minutes in (-10, -5, 0, 5)
        for id_ in ("gate", "htx", "kucoin")
    ]
    known = polled(*polls, *[poll(minutes, all_main(BTC=CLOSED, **later)) for minutes in (360, 365)])

    assert [major.asset for major in judged_majors(gate(known), at(365)) if major.is_closed] == counted


def test_what_was_closed_and_is_unknown_may_still_be() -> None:
    dark = gate(polled(poll(10, {"BTC/BITCOIN": OPEN}), before={"gate": closed_at_noon()}))

    major = usdt(dark, 10)

    assert (major.state, major.last_known, major.since) == (UNKNOWN, CLOSED, at(5))
    assert not major.is_closed
    assert major.may_be_closed
    assert [other.may_be_closed for other in judged_majors(dark, at(10))] == [False, False, True, False]


def test_what_was_answered_long_ago_is_unknown() -> None:
    withdrawals = closed_at_noon()

    assert usdt(withdrawals, 50).is_closed
    assert usdt(withdrawals, 51) == MajorWithdrawals("USDT", UNKNOWN, at(5), last_known=CLOSED)
    assert judged_majors(withdrawals, at(51))[0] == MajorWithdrawals("BTC", UNKNOWN, at(5), last_known=OPEN)
    assert judged_majors(ExchangeWithdrawals("gate"), at(0)) == tuple(
        MajorWithdrawals(asset, UNKNOWN, None) for asset in MAJORS
    )
