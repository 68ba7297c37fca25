from dataclasses import replace
from datetime import date

import pytest

from bot.domain.assets import MAJORS
from bot.domain.exchange import Exchange
from bot.domain.stress import (
    LeagueRow,
    LivedOutflow,
    LivedThrough,
    StressCriterion,
    StressFacts,
    StressOutcome,
    StressResult,
)
from bot.domain.withdrawal_reading import SystemState, WithdrawalState
from bot.domain.withdrawals import MajorWithdrawals
from bot.messages.cards.stress import league_table, no_stress_card, stress_card, stress_today_card
from bot.messages.model import Tone, line
from bot.messages.plain_text import display_width, text_table
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX
from tests.known_withdrawals import known, network
from tests.messages.cards.plain import plain, said

KRAKEN = Exchange("kraken", "Kraken", "kraken")
WORST_DAY = LivedOutflow(-0.042, -6.9e8, NOON - 91 * DAY, NOON - 90 * DAY)
WORST_WEEK = LivedOutflow(-0.106, -2e9, NOON - 97 * DAY, NOON - 90 * DAY)
LIVED = LivedThrough("kraken", NOON - 400 * DAY, NOON, WORST_DAY, WORST_WEEK)
OPEN = known("kraken", *(network(asset, "*") for asset in MAJORS))
FACTS = StressFacts(
    "kraken",
    NOON,
    tuple(MajorWithdrawals(asset, WithdrawalState.OPEN, NOON) for asset in MAJORS),
    system=SystemState.NORMAL,
    flow_share=-0.004,
    flow_z=-1.0,
    flow_low=-0.006,
    flow_high=0.007,
    lived=LIVED,
    closed_then=((), None),
)
PASSED = StressResult(NOON.date(), "kraken", StressOutcome.PASSED, NOON)


def test_what_was_answered_too_long_ago_is_unknown_in_the_table_as_well() -> None:
    """After a start, before the first poll: the line above the table says unknown."""
    old = known("kraken", *(network(asset, "*") for asset in MAJORS), at=NOON - HOUR)

    card = stress_card(KRAKEN, FACTS, PASSED, old, is_today=True)

    assert card.table
    assert {row[2] for row in card.table.rows} == {"⚪ unknown"}


def lines_of(facts: StressFacts = FACTS, result: StressResult = PASSED) -> list[str]:
    return said(stress_card(KRAKEN, facts, result, OPEN, is_today=True)).splitlines()


def test_the_card_says_the_result_first_and_then_what_it_rests_on() -> None:
    assert lines_of()[1:9] == [
        "Today on the stand: Kraken — passed 🟢",
        "Withdrawals: BTC, ETH, USDT, USDC open",
        "Flow in 24 h: −0.40 % of reserves (normal day: −0.6 % to +0.7 %).",
        "Worst 24 h in 400 days: −4.2 % (−$690 M) until 2022-09-14; withdrawals stayed open.",
        "Worst 7 d in 400 days: −10.6 % (−$2.00 B) until 2022-09-14; withdrawals not watched then.",
        "Seen from outside only. What the exchange owes its customers is not included.",
        "Trading system: normal.",
        "Proof of reserves: unknown.",
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"flow_share": None}, "Flow in 24 h: unknown."),
        ({"flow_low": None}, "Flow in 24 h: −0.40 % of reserves; what is normal is not known yet."),
        ({"lived": None}, "Worst outflows: not known yet."),
        ({"lived": replace(LIVED, day=None)}, "Worst 24 h in 400 days: no net outflow."),
        (
            {"closed_then": (("BTC", "USDC"), None)},
            "Worst 24 h in 400 days: −4.2 % (−$690 M) until 2022-09-14; BTC, USDC closed then.",
        ),
        ({"proof_age": 12 * DAY}, "Newest proof of reserves: 12 d old."),
        (
            {
                "majors": (
                    *FACTS.majors[:3],
                    MajorWithdrawals("USDC", WithdrawalState.CLOSED, NOON, network_event="TRON"),
                )
            },
            "Not counted against it: USDC, closed by a problem of the network.",
        ),
    ],
)
def test_every_fact_has_its_line(changes: dict[str, object], words: str) -> None:
    assert words in lines_of(replace(FACTS, **changes))  # type: ignore[arg-type]


def test_a_system_that_nobody_tells_is_left_out() -> None:
    assert not any("Trading system" in line for line in lines_of(replace(FACTS, system=None)))


@pytest.mark.parametrize("criterion", StressCriterion)
def test_every_criterion_is_explained(criterion: StressCriterion) -> None:
    result = replace(PASSED, outcome=StressOutcome.STRAINED, criteria=(criterion, criterion))
    because = lines_of(result=result)[2]

    first, second = because.removeprefix("Because ").removesuffix(".").split("; ")
    assert first == second
    assert len(first) > 20


def test_many_criteria_are_counted_behind_the_third() -> None:
    result = replace(PASSED, outcome=StressOutcome.FAILED, criteria=tuple(StressCriterion)[:5])

    assert lines_of(result=result)[2].endswith("; and 2 more.")


def test_a_result_of_earlier_in_the_day_says_when() -> None:
    failed = StressResult(NOON.date(), "kraken", StressOutcome.FAILED, NOON - HOUR, (StressCriterion.MAJORS_CLOSED,))

    assert lines_of(result=failed)[1:4] == [
        "Today on the stand: Kraken — failed 🔴",
        "Because withdrawals of several major assets are closed.",
        "The worst of the day counts, seen at 2022-12-13 11:00 UTC; now it is passed.",
    ]
    assert not any("worst of the day" in line for line in lines_of(result=replace(PASSED, at=NOON - HOUR)))


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (date(2022, 12, 20), "Tested just for this answer. Its turn is on 2022-12-20."),
        (None, "Tested just for this answer. Its turn of this round is over or not known."),
    ],
)
def test_another_exchange_than_todays_says_when_its_turn_is(turn: date | None, words: str) -> None:
    card = stress_card(KRAKEN, FACTS, PASSED, None, is_today=False, turn=turn)

    assert [plain(line) for line in card.lines[:3]] == ["Kraken — passed 🟢", words, "Withdrawals: unknown."]
    assert card.table is None


@pytest.mark.parametrize(
    ("outcome", "tone"),
    [
        (StressOutcome.PASSED, Tone.GOOD),
        (StressOutcome.NOT_ENOUGH_DATA, Tone.INFO),
        (StressOutcome.STRAINED, Tone.INFO),
        (StressOutcome.FAILED, Tone.INFO),
    ],
)
def test_only_what_passed_is_good_news(outcome: StressOutcome, tone: Tone) -> None:
    assert stress_card(KRAKEN, FACTS, replace(PASSED, outcome=outcome), OPEN, is_today=True).tone is tone


LEAGUE = [
    LeagueRow(OKX),
    LeagueRow(BINANCE, LivedThrough("binance", NOON, NOON)),
    LeagueRow(Exchange("crypto-com", "Crypto.com Exchange"), replace(LIVED, week=None), PASSED),
    LeagueRow(
        KRAKEN, replace(LIVED, day=replace(WORST_DAY, share=-0.01)), replace(PASSED, outcome=StressOutcome.FAILED)
    ),
]


def test_the_league_table_begins_with_the_worst() -> None:
    table = league_table(LEAGUE)

    assert table.rows == (
        ("Kraken", "−1.0 %", "−10.6 %", "🔴f"),
        ("Crypto.co…", "−4.2 %", "0 %", "🟢p"),
        ("OKX", "–", "–", "–"),
        ("Binance", "0 %", "0 %", "–"),
    )
    assert max(map(display_width, text_table(table, width=60).splitlines())) <= 34


def test_todays_card_has_the_league_table() -> None:
    card = stress_today_card(KRAKEN, FACTS, PASSED, OPEN, LEAGUE)

    assert plain(card.lines[0]) == "Today on the stand: Kraken — passed 🟢"
    assert card.table == league_table([*LEAGUE[:3], replace(LEAGUE[3], last=PASSED)])
    assert plain(card.footer).startswith("🟢p passed · 🟡s strained · 🔴f failed · ⚪n not enough data · – no turn yet")
    assert [action.command for action in card.actions] == ["stress kraken", "subscribe stress"]


def test_whose_turn_it_is_today_has_it_in_the_table_as_well() -> None:
    """On the first day of the bot the card said “passed” above and “no turn yet” below."""
    table = stress_today_card(OKX, FACTS, replace(PASSED, exchange="okx"), OPEN, LEAGUE).table

    assert table
    assert ("OKX", "–", "–", "🟢p") in table.rows
    assert ("Binance", "0 %", "0 %", "–") in table.rows


def test_without_exchanges_there_is_no_test() -> None:
    assert "No exchange is listed yet" in said(no_stress_card())


def test_what_members_found_has_its_line() -> None:
    drills = line("Members' drills, unverified: 14 in 24 h")

    assert "Members' drills" in said(stress_card(KRAKEN, FACTS, PASSED, OPEN, is_today=True, drills=drills))
    assert "Members' drills" in said(stress_today_card(KRAKEN, FACTS, PASSED, OPEN, LEAGUE, drills=drills))


@pytest.mark.parametrize(
    ("unread", "words"),
    [
        (1, "Whose turn it is may change: 1 exchange is not read yet."),
        (9, "Whose turn it is may change: 9 exchanges are not read yet."),
    ],
)
def test_until_all_are_read_it_says_that_the_order_may_change(unread: int, words: str) -> None:
    assert words in said(stress_card(KRAKEN, FACTS, PASSED, OPEN, is_today=True, unread=unread))
    assert words in said(stress_today_card(KRAKEN, FACTS, PASSED, OPEN, LEAGUE, unread=unread))
    assert words not in said(stress_card(KRAKEN, FACTS, PASSED, OPEN, is_today=False, unread=unread))
