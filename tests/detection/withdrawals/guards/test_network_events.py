from collections.abc import Iterable, Mapping

import pytest

from bot.detection.withdrawals.guards.network_events import is_excusable, is_of_event, with_network_events
from bot.detection.withdrawals.polls import PolledWithdrawals
from bot.domain.errors import SourceFault
from bot.domain.withdrawal_reading import WithdrawalReading
from bot.domain.withdrawals import NetworkEvent
from tests.detection.withdrawals.polls import CLOSED, OPEN, all_main, at, network, poll, polled

FOUR = ("bitget", "gate", "htx", "kucoin")
EVERYTHING = ("USDT/TRON", "BTC/BITCOIN", "ETH/ETHEREUM", "USDT/ETHEREUM", "USDC/ETHEREUM", "USDC/SOLANA")


def polls_of(exchange: str, closed_at: Mapping[str, float], until: float = 60) -> list[WithdrawalReading]:
    """Return a poll every five minutes in which flags are open before so many minutes after noon, and closed then."""
    return [
        poll(
            minutes,
            {
                **all_main(),
                **{key: CLOSED if minutes >= closing else OPEN for key, closing in closed_at.items()},
            },
            exchange=exchange,
        )
        for minutes in range(-10, int(until) + 1, 5)
    ]


def after_closings(
    closed_at: Mapping[str, Mapping[str, float]], until: float = 60, others: Iterable[WithdrawalReading] = ()
) -> PolledWithdrawals:
    readings = [reading for id_, closings in closed_at.items() for reading in polls_of(id_, closings, until)]
    return polled(*sorted([*readings, *others], key=lambda reading: reading.as_of))


def events_of(known: PolledWithdrawals) -> dict[str, tuple[NetworkEvent, ...]]:
    return {id_: withdrawals.events for id_, withdrawals in known.known.items() if withdrawals.events}


def test_a_network_that_three_exchanges_close_within_an_hour_is_an_event_of_the_network() -> None:
    known = after_closings({"gate": {"USDT/TRON": 0}, "htx": {"USDT/TRON": 10}, "kucoin": {"USDT/TRON": 40}})

    event = NetworkEvent("TRON", at(0), ("gate", "htx", "kucoin"))
    assert events_of(known) == {"gate": (event,), "htx": (event,), "kucoin": (event,)}
    assert is_of_event(known.known["htx"], network(known, exchange="htx")) == "TRON"
    assert is_of_event(known.known["htx"], network(known, "USDT/ETHEREUM", "htx")) == ""


def test_two_exchanges_are_none() -> None:
    assert not events_of(after_closings({"gate": {"USDT/TRON": 0}, "htx": {"USDT/TRON": 10}}))


def test_nor_are_three_that_close_it_within_more_than_an_hour() -> None:
    known = after_closings({"gate": {"USDT/TRON": 0}, "htx": {"USDT/TRON": 30}, "kucoin": {"USDT/TRON": 65}}, 90)

    assert not events_of(known)


def test_an_event_goes_on_as_long_as_another_exchange_joins_within_an_hour_of_two() -> None:
    known = after_closings({id_: {"USDT/TRON": 25 * number} for number, id_ in enumerate(FOUR)}, 90)

    assert events_of(known)["kucoin"] == (NetworkEvent("TRON", at(0), FOUR),)


def test_an_exchange_that_closes_several_networks_in_that_hour_is_not_excused() -> None:
    known = after_closings(
        {**{id_: {"USDT/TRON": 5} for id_ in FOUR[:3]}, "kucoin": {"USDT/TRON": 5, "BTC/BITCOIN": 50}}
    )

    assert events_of(known) == dict.fromkeys(FOUR[:3], (NetworkEvent("TRON", at(5), FOUR[:3]),))


def test_three_exchanges_that_shut_everything_are_a_run_and_no_maintenance() -> None:
    """Nor do two that close Tron alone make an event of what a third one shuts with everything else."""
    run = dict.fromkeys(EVERYTHING, 5.0)

    assert not events_of(after_closings(dict.fromkeys(FOUR, run)))
    assert not events_of(after_closings({"gate": {"USDT/TRON": 5}, "htx": {"USDT/TRON": 5}, "kucoin": run}))


def test_what_closes_more_than_an_hour_later_does_not_take_the_excuse_away() -> None:
    known = after_closings(
        {**{id_: {"USDT/TRON": 5} for id_ in FOUR[:3]}, "kucoin": {"USDT/TRON": 5, "BTC/BITCOIN": 70}}, 90
    )

    assert events_of(known)["kucoin"] == (NetworkEvent("TRON", at(5), FOUR),)


def test_chains_that_settle_on_ethereum_are_not_several_networks() -> None:
    with_base = {"ETH/ETHEREUM": 5, "ETH/BASE": 5, "ETH/ARBITRUM": 10}

    known = after_closings(dict.fromkeys(FOUR, with_base))

    assert [event.network for event in events_of(known)["gate"]] == ["ARBITRUM", "BASE", "ETHEREUM"]


def test_what_was_closed_when_first_looked_at_is_part_of_no_event() -> None:
    known = after_closings(
        {"gate": {"USDT/TRON": 0}, "htx": {"USDT/TRON": 5}, "kucoin": {"USDT/TRON": -99}},
    )

    assert not events_of(known)


def test_an_exchange_that_has_opened_again_was_part_of_it() -> None:
    opened = [poll(minutes, all_main(), exchange="gate") for minutes in (21, 26)]
    known = after_closings({"gate": {"USDT/TRON": 0}}, 20, opened)
    known = polled(*polls_of("htx", {"USDT/TRON": 30}), *polls_of("kucoin", {"USDT/TRON": 40}), before=known.known)

    assert network(known).state is OPEN
    assert events_of(known)["htx"] == (NetworkEvent("TRON", at(0), ("gate", "htx", "kucoin")),)


def test_nor_is_it_forgotten_where_its_answer_could_not_be_read_just_before_it_closed() -> None:
    """What goes down for an upgrade often answers with nonsense first; the others must not be accused when it is up."""
    unreadable = [poll(2, exchange="gate", fault=SourceFault.BAD_SHAPE)]
    opened = [poll(minutes, all_main(), exchange="gate") for minutes in (61, 66)]
    closings = {"gate": {"USDT/TRON": 5}, "htx": {"USDT/TRON": 30}, "kucoin": {"USDT/TRON": 40}}

    known = after_closings(closings, 60, [*unreadable, *opened])

    assert network(known).state is OPEN
    assert events_of(known)["htx"] == (NetworkEvent("TRON", at(5), ("gate", "htx", "kucoin")),)


def test_a_closing_that_goes_on_behind_an_answer_that_could_not_be_read_is_no_new_one() -> None:
    """Gate closed Tron in the morning, long before the others do."""
    unreadable = [poll(122, exchange="gate", fault=SourceFault.BAD_SHAPE)]
    closings = {"gate": {"USDT/TRON": 0}, "htx": {"USDT/TRON": 120}, "kucoin": {"USDT/TRON": 125}}

    assert not events_of(after_closings(closings, 150, unreadable))


def test_an_exchange_that_was_not_polled_changes_when_it_becomes_part_of_an_event() -> None:
    known = after_closings({"gate": {"USDT/TRON": 0}, "htx": {"USDT/TRON": 10}})

    joined = polled(*polls_of("kucoin", {"USDT/TRON": 40}, until=45), before=known.known)

    assert set(joined.changed) == {"gate", "htx", "kucoin"}


def test_an_event_excuses_for_a_day() -> None:
    known = after_closings({id_: {"USDT/TRON": 5} for id_ in FOUR}).known

    assert with_network_events(known, at(24 * 60)) == known
    assert {withdrawals.events for withdrawals in with_network_events(known, at(24 * 60 + 6)).values()} == {()}


def test_two_upgrades_of_a_network_in_a_day_are_two_events() -> None:
    first = {id_: {"USDT/TRON": 0} for id_ in ("bitget", "gate", "htx")}
    second = {id_: {"USDT/TRON": 300} for id_ in ("kraken", "kucoin", "okx")}

    known = after_closings({**first, **second}, 320)

    assert events_of(known)["gate"] == (NetworkEvent("TRON", at(0), ("bitget", "gate", "htx")),)
    assert events_of(known)["okx"] == (NetworkEvent("TRON", at(300), ("kraken", "kucoin", "okx")),)


@pytest.mark.parametrize(
    ("key", "names"), [("BTC/*", ["BITCOIN"]), ("USDT/*", []), ("DOGE/*", [])], ids=["bitcoin", "two", "unknown"]
)
def test_a_flag_for_an_asset_as_a_whole_is_one_for_each_of_its_main_networks(key: str, names: list[str]) -> None:
    """So BTC as a whole is Bitcoin, and USDT as a whole closes Tron and Ethereum, which are several."""
    known = after_closings({id_: {key: 5.0} for id_ in FOUR})

    assert [event.network for event in events_of(known).get("gate", ())] == names


@pytest.mark.parametrize(
    ("closed", "is_excused"),
    [
        (("ETH/*", "USDC/*"), True),
        (("ETH/*", "USDC/*", "USDT/*"), True),
        (("USDC/*", "USDT/*"), False),
        (("USDT/*",), False),
        (("ETH/*", "USDC/*", "BTC/*"), False),
        (("ETH/*", "TRX/*"), False),
    ],
)
def test_assets_as_a_whole_are_part_of_an_event_where_one_network_accounts_for_all_of_them(
    closed: tuple[str, ...], *, is_excused: bool
) -> None:
    """Ethereum is upgraded; Bitvavo tells assets only, and those that it lists over Ethereum alone close as a whole."""
    whole = dict.fromkeys(("BTC/*", "ETH/*", "USDT/*", "USDC/*", "TRX/*"), OPEN)
    upgrade = [poll(minutes, whole, exchange="bitvavo") for minutes in (-10, -5)]
    upgrade += [
        poll(minutes, {**whole, **dict.fromkeys(closed, CLOSED)}, exchange="bitvavo") for minutes in range(0, 61, 5)
    ]
    known = after_closings({id_: {"ETH/ETHEREUM": 5} for id_ in FOUR[:3]}, others=upgrade)

    assert [event.network for event in events_of(known).get("bitvavo", ())] == ["ETHEREUM"] * is_excused
    assert events_of(known)["gate"]


def test_what_an_exchange_had_closed_before_the_event_is_no_part_of_it() -> None:
    """Gate closed USDC on Ethereum in the morning; at noon Ethereum is upgraded, and Gate closes ETH as well."""
    upgrade = {"ETH/ETHEREUM": 120}
    known = after_closings({"gate": {"USDC/ETHEREUM": 0, **upgrade}, "htx": upgrade, "kucoin": upgrade}, 140)

    assert is_of_event(known.known["gate"], network(known, "ETH/ETHEREUM")) == "ETHEREUM"
    assert is_of_event(known.known["gate"], network(known, "USDC/ETHEREUM")) == ""


def test_what_hardly_anybody_uses_and_was_closed_at_the_first_look_takes_no_excuse_away() -> None:
    """Ethereum is upgraded on the first day of a bot, which finds USDC over Tron closed, as it has been for years."""
    unused = {"USDC/TRON": -99, "USDT/SOLANA": -99, "BTC/ETHEREUM": -99}
    known = after_closings({id_: {"ETH/ETHEREUM": 0, **unused} for id_ in FOUR})

    assert is_excusable(known.known["gate"], at(60))
    run = {**unused, "BTC/BITCOIN": -99, "USDT/TRON": -99}
    known = after_closings({id_: {"ETH/ETHEREUM": 0, **run} for id_ in FOUR})
    assert not is_excusable(known.known["gate"], at(60))
