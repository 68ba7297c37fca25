from dataclasses import replace
from datetime import timedelta

from bot.detection.stress import stress_result
from bot.domain.errors import SourceFault
from bot.domain.own_reading import BITCOIN, ETHEREUM, OutgoingAge, OwnReading
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.status import OwnChainStatus
from bot.domain.stress import StressFacts
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.messages.cards.own_reading import outgoing_line, own_chains_line
from bot.messages.cards.reserves import reserves_card
from bot.messages.cards.stress import stress_card
from bot.messages.cards.withdrawals import no_withdrawals_card, withdrawals_card
from bot.messages.model import Line, Message
from tests.builders import BINANCE, NOON, reading
from tests.messages.cards.plain import said

SNAPSHOT = ExchangeSnapshot(
    BINANCE,
    reading=reading({"Bitcoin/BTC": (500_000.0, 20_000.0), "Ethereum/ETH": (4e6, 1200.0), "Ethereum/USDT": (1e9, 1.0)}),
)
BTC = OwnReading("binance", BITCOIN, as_of=NOON, amounts={"BTC": 494_000.0}, read=36, listed=52, coverage=0.999)
ETH = OwnReading("binance", ETHEREUM, as_of=NOON, amounts={"ETH": 4.01e6, "USDT": 0.92e9}, read=28, listed=28)


def said_line(told: Line) -> str:
    return said(Message(title="", lines=(told,))).strip()


def own_lines(*own: OwnReading, snapshot: ExchangeSnapshot = SNAPSHOT) -> list[str]:
    return [
        text for text in said(reserves_card(snapshot, NOON, own=own)).splitlines() if text.startswith("Own reading")
    ]


def test_the_own_reading_stands_beside_the_amounts_of_the_source_with_its_coverage() -> None:
    assert own_lines(BTC, ETH) == [
        "Own reading on Bitcoin (36 of 52 wallets, 2022-12-13 12:00 UTC (ago)): BTC agrees with DefiLlama (−1.2 %).",
        (
            "Own reading on Ethereum (28 of 28 wallets, 2022-12-13 12:00 UTC (ago)): ETH agrees with DefiLlama "
            "(+0.25 %); USDT differs from DefiLlama (−8.0 %)."
        ),
    ]


def test_it_changes_no_figure_of_the_source() -> None:
    without, beside = (said(reserves_card(SNAPSHOT, NOON, own=own)).splitlines() for own in ((), (BTC, ETH)))

    assert [text for text in beside if not text.startswith("Own reading")] == without


def test_without_an_endpoint_nothing_is_said_of_it() -> None:
    assert own_lines() == []


def test_an_incomplete_round_is_discarded_and_said() -> None:
    failed = replace(BTC, fault=SourceFault.RATE_LIMITED, failed_at=NOON)

    assert own_lines(failed)[0].endswith(
        "BTC agrees with DefiLlama (−1.2 %). The newest round was incomplete (rate limited) and is discarded."
    )


def test_before_the_first_complete_round_there_is_no_figure() -> None:
    failed = OwnReading("binance", BITCOIN, fault=SourceFault.TIMEOUT, failed_at=NOON)

    assert own_lines(failed) == ["Own reading on Bitcoin: no complete round yet (timeout)."]
    assert own_lines(OwnReading("binance", BITCOIN)) == [
        "Own reading on Bitcoin: no complete round yet (not read yet)."
    ]


def test_what_cannot_be_compared_is_told_alone() -> None:
    earlier = replace(BTC, as_of=NOON - timedelta(hours=9))

    assert own_lines(earlier)[0].endswith("494 K BTC, nothing of DefiLlama to compare with.")


def test_the_status_says_how_readings_go_and_that_they_are_off() -> None:
    off = OwnChainStatus(ETHEREUM)

    assert own_chains_line([OwnChainStatus(BITCOIN, is_on=True, complete=14, read=15), off]) == (
        "Own reading on chain: Bitcoin 14 of 15 exchanges, Ethereum off."
    )
    assert own_chains_line(()) is None


SILENT = OutgoingAge(NOON - timedelta(hours=3), NOON, timedelta(minutes=10), is_unusual=True)
TOLD = (
    "Hot Bitcoin wallet, read 2022-12-13 12:00 UTC: the last transaction left 3 h before, usually one every 10 min. "
    "⚠️ That is long for this wallet. A new wallet or maintenance would look the same."
)


def test_a_hot_wallet_that_fell_silent_is_told_with_what_else_it_may_be() -> None:
    assert said_line(outgoing_line(SILENT)) == TOLD


def test_a_busy_wallet_is_told_without_a_caution() -> None:
    busy = replace(SILENT, last=NOON - timedelta(minutes=4), is_unusual=False)
    assert said_line(outgoing_line(busy)) == (
        "Hot Bitcoin wallet, read 2022-12-13 12:00 UTC: the last transaction left 4 min before, usually one every "
        "10 min."
    )
    assert said_line(outgoing_line(replace(busy, usual_gap=None))) == (
        "Hot Bitcoin wallet, read 2022-12-13 12:00 UTC: the last transaction left 4 min before."
    )


def test_it_stands_in_the_answers_about_withdrawals_also_where_the_exchange_says_nothing() -> None:
    told = withdrawals_card(BINANCE, ExchangeWithdrawals("binance", "Binance"), (), {}, NOON, outgoing=SILENT)
    assert TOLD in said(told)
    assert TOLD in said(no_withdrawals_card(BINANCE, is_on=True, outgoing=SILENT))


def test_the_stress_test_says_it_and_decides_nothing_by_it() -> None:
    facts = StressFacts("binance", NOON, outgoing=SILENT)
    unread = replace(facts, outgoing=None)
    results = [stress_result(each) for each in (facts, unread)]

    assert results[0] == results[1]
    cards = [said(stress_card(BINANCE, each, results[0], None, is_today=True)) for each in (facts, unread)]
    assert TOLD in cards[0]
    assert "Transactions of its wallets on chain: not read." in cards[1]
