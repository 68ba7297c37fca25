from dataclasses import replace

import pytest

from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange, Listing
from bot.domain.flow import Window
from bot.domain.reading import SourceHealth
from bot.domain.severity import Severity
from bot.domain.signal import Note, NoteReason
from bot.domain.snapshot import ExchangeSnapshot
from bot.language.translation import written_in
from bot.messages.cards.flows import daily_line, flows_card
from bot.messages.cards.reserves import reserves_card
from bot.messages.model import Tone
from tests.builders import (
    BINANCE,
    CHAIN_MISSING,
    HOUR,
    NOON,
    flow,
    holding,
    incident,
    listing,
    quiet_days,
    reading,
    signal,
)
from tests.messages.cards.plain import said

READING = reading({"Tron/USDT": (30e9, 1.0), "Bitcoin/BTC": (1e6, 20_000.0), "Binance/BNB": (1e7, 300.0)})
SNAPSHOT = ExchangeSnapshot(BINANCE, listing(inflow=-1.1e9), READING, signal(-0.0175), quiet_days(60))


def reserves(snapshot: ExchangeSnapshot) -> list[str]:
    return said(reserves_card(snapshot, NOON)).splitlines()


def flows(snapshot: ExchangeSnapshot, window: Window = Window.DAY) -> list[str]:
    return said(flows_card(snapshot, window, NOON)).splitlines()


def test_reserves_are_told_with_and_without_the_own_token() -> None:
    text = reserves(SNAPSHOT)

    assert text[0] == "Binance · $50.0 B · 24 h −$1.12 B (−1.8 %)"
    assert text[1] == "Reserves without its own token BNB ($3.00 B, 5.7 %); with it $53.0 B."
    assert "Stablecoins: 56.6 % of the total (USDT 56.6 %)" in text
    assert "Flow 24 h: −$1.12 B (−1.8 %)" in text
    assert "Flow 7 d: not available yet" in text
    assert "BTC | 1.00 M | $20.0 B | 37.7 %" in text
    assert "BNB own | 10.0 M | $3.00 B | 5.7 %" in text
    assert "DefiLlama · as of 2022-12-13 12:00 UTC (ago)" in text


def test_an_answer_about_one_snapshot_is_made_once_for_each_language_and_incident() -> None:
    cards = []
    for found in (None, incident(Severity.SEVERE, number=7)):
        for code in ("en", "es", "en"):
            with written_in(code):
                cards.append(reserves_card(SNAPSHOT, NOON, found))

    assert [card.language for card in cards] == ["en", "es", "en"] * 2
    assert len({id(card) for card in cards}) == 4
    assert len({card.title for card in cards}) == 4


def test_for_how_long_a_source_fails_is_told_anew_each_time() -> None:
    failing = replace(SNAPSHOT, health=SourceHealth("a", failing_since=NOON - HOUR, fault=SourceFault.TIMEOUT))

    told = [said(reserves_card(failing, NOON + hours * HOUR)) for hours in (0, 2)]
    assert ["for 1 h" in told[0], "for 3 h" in told[1]] == [True, True]


def test_a_total_with_an_asset_at_its_last_price_says_so() -> None:
    note = Note(NoteReason.UNPRICED, "BTC on Bitcoin", 2e10)
    told = replace(signal(-0.0175), notes=(note, Note(NoteReason.PRICE_ODD, "SOL", 20.0)))

    text = reserves(replace(SNAPSHOT, signal=told))

    assert "BTC on Bitcoin ($20.0 B) is valued at its last price: the source gives none now" in text
    assert not [words for words in text if "SOL" in words]


def test_several_assets_at_their_last_price_are_counted() -> None:
    notes = tuple(Note(NoteReason.UNPRICED, f"T{index}", 1e9) for index in range(5))

    text = reserves(replace(SNAPSHOT, signal=replace(signal(-0.0175), notes=notes)))

    assert [words for words in text if words.startswith("T1 ")]
    assert "3 more assets are valued at the last price." in text
    assert not [words for words in text if words.startswith("T2 ")]


def test_an_open_incident_stands_in_the_title() -> None:
    found = incident(Severity.SEVERE, number=7)

    assert reserves_card(SNAPSHOT, NOON, found).title == "Binance · $50.0 B · 24 h −$1.12 B (−1.8 %) 🔴 INC-7"
    assert flows_card(SNAPSHOT, Window.DAY, NOON, found).title == "Binance · 24 h −$1.12 B (−1.8 %) 🔴 INC-7"


def test_a_flow_that_cannot_be_compared_stands_beside_its_reason_and_not_in_the_title() -> None:
    snapshot = replace(SNAPSHOT, signal=signal(None, flows=[flow(-0.02, hold=CHAIN_MISSING)]))

    assert reserves(snapshot)[0] == "Binance · $50.0 B"
    assert "Flow 24 h: −$1.28 B (−2.0 %) · unclear: a part is missing" in reserves(snapshot)
    assert "24 h: −$1.28 B (−2.0 %) · unclear: a part is missing" in flows(snapshot, Window.WEEK)
    assert flows(snapshot)[0] == "Binance · 24 h flow unclear"
    assert "No alert follows from this window: chain missing (Tron, 14.0 % of reserves)." in flows(snapshot)


def test_many_assets_are_summed_up_in_a_last_row() -> None:
    many_assets = reading({f"Ethereum/T{index}": (1, 10.0) for index in range(11)})

    assert "6 others |  | $60.0 | 54.5 %" in reserves(replace(SNAPSHOT, reading=many_assets))


def test_the_largest_stablecoins_are_named_with_their_shares() -> None:
    held = {"USDT": 230.0, "USDC": 90.0, "DAI": 20.0, "FDUSD": 15.0, "TUSD": 5.0, "BTC": 640.0}
    several = reading({f"Ethereum/{asset}": (usd, 1.0) for asset, usd in held.items()})

    text = reserves(replace(SNAPSHOT, reading=several))

    assert "Stablecoins: 36.0 % of the total (USDT 23.0 %, USDC 9.0 %, DAI 2.0 %)" in text
    without = reading({"Ethereum/BTC": (640.0, 1.0), "Ethereum/DAI": (5.0, 1.0)})
    assert "Stablecoins: 0.78 % of the total" in reserves(replace(SNAPSHOT, reading=without))


def test_an_exchange_that_holds_nothing_has_no_shares() -> None:
    empty = reserves(replace(SNAPSHOT, exchange=replace(BINANCE, own_tokens=frozenset()), signal=None,
                             reading=reading({"Tron/USDT": (0, 1.0)})))  # fmt: skip

    assert "No token of its own is known: nothing is left out." in empty
    assert "Stablecoins: unknown" in empty
    assert "Flow 7 d: not available yet" in empty
    assert "USDT | 0.00 | $0.00 | –" in empty
    nothing = reading({f"Tron/T{index}": (0, 1.0) for index in range(9)})
    assert "Reserves without its own token BNB ($0.00); with it $0.00." in reserves(replace(SNAPSHOT, reading=nothing))
    assert "4 others |  | $0.00 | –" in reserves(replace(SNAPSHOT, reading=nothing))


def test_a_chart_needs_three_days() -> None:
    assert reserves_card(replace(SNAPSHOT, days=quiet_days(2)), NOON).chart is None
    chart = reserves_card(SNAPSHOT, NOON).chart
    assert chart
    assert (chart.unit, chart.title) == ("usd", "Reserves, 30 days")


def test_a_chart_ends_with_the_newest_figure() -> None:
    """A day's point is its first reading: what left since midnight would not be in it."""
    chart = reserves_card(SNAPSHOT, NOON).chart
    assert chart
    assert (len(chart.values), chart.times[-1], chart.values[-1]) == (31, NOON, 50e9)
    midnight = replace(READING, as_of=SNAPSHOT.days[-1].day)
    unchanged = reserves_card(replace(SNAPSHOT, reading=midnight), NOON).chart
    assert unchanged
    assert len(unchanged.values) == 30
    flow_chart = flows_card(SNAPSHOT, Window.DAY, NOON).chart
    assert flow_chart
    assert (len(flow_chart.values), flow_chart.values[-1]) == (31, -0.0175)
    unclear = replace(SNAPSHOT, signal=signal(None, flows=[flow(-0.02, hold=CHAIN_MISSING)]))
    flow_chart = flows_card(unclear, Window.DAY, NOON).chart
    assert flow_chart
    assert len(flow_chart.values) == 30


def test_a_failing_source_shows_in_the_answer() -> None:
    failing = SourceHealth("defillama/binance", failing_since=NOON - 3 * HOUR, fault=SourceFault.BLOCKED)
    words = "⚠️ The source has not answered for 3 h (blocked); shown is what it said before."

    assert words in reserves(replace(SNAPSHOT, health=failing))
    assert words in flows(replace(SNAPSHOT, health=failing))
    assert words not in reserves(replace(SNAPSHOT, health=SourceHealth("defillama/binance", last_success=NOON)))


def test_without_amounts_the_lists_totals_are_told() -> None:
    text = reserves(ExchangeSnapshot(BINANCE, listing(inflow=-1.1e9)))

    assert text[:2] == ["Binance · $60.0 B", "Reserves without its own token; with it $65.0 B."]
    assert any(line.startswith("Amounts per asset have not been read yet") for line in text)
    assert "Flow 24 h by DefiLlama: −$1.10 B" in text
    assert "DefiLlama · fetched 2022-12-13 12:00 UTC (ago)" in text


def test_a_total_without_a_clean_one_is_told_alone() -> None:
    text = reserves(ExchangeSnapshot(BINANCE, listing(clean=None)))

    assert text[:2] == ["Binance · $65.0 B", "Total reserves, with its own token if it has one."]


@pytest.mark.parametrize(
    ("exchange", "listed", "words"),
    [
        (Exchange("x", "X"), None, "X · reserves unknown\nThe source tracks no wallets of X"),
        (Exchange("x", "X"), listing(total=None), "X · reserves unknown\nDefiLlama tracks no wallets of X"),
        (
            BINANCE,
            listing(total=None),
            "Binance · reserves unknown\nThe source lists this exchange without any figures",
        ),
        (BINANCE, None, "Amounts per asset have not been read yet"),
    ],
)
def test_unknown_is_said_with_its_reason(exchange: Exchange, listed: Listing | None, words: str) -> None:
    card = reserves_card(ExchangeSnapshot(exchange, listed), NOON)

    assert words in said(card)
    assert card.tone is Tone.TROUBLE


def test_flows_say_how_unusual_they_are() -> None:
    text = flows(SNAPSHOT)

    assert "Net outflow −$1.12 B in 24 h · 1.8 % of reserves ($64.1 B)" in text
    assert "The largest outflow in 90 days." in text
    assert "Normal day: −0.6 % to +0.7 % (last 90 days)" in text
    assert "Data complete." in text
    assert "7 d: not available yet" in text
    assert "DefiLlama's own 24 h figure, −$1.10 B, matches ours." in text
    assert "USDT | −673 M | −$673 M | −1.1 %" in text


def test_a_usual_flow_is_ranked_among_the_days() -> None:
    assert "That is within a normal day." in flows(replace(SNAPSHOT, signal=signal(-0.0012)))
    assert "More left than on 100 % of the last 90 days." in flows(replace(SNAPSHOT, signal=signal(-0.008)))
    assert "The largest inflow in 90 days." in flows(replace(SNAPSHOT, signal=signal(0.03)))
    once = (*SNAPSHOT.days[1:], replace(SNAPSHOT.days[0], share=0.05))
    assert "More came in than on 98 % of the last 90 days." in flows(replace(SNAPSHOT, signal=signal(0.03), days=once))


def test_a_normal_day_that_hardly_moves_is_told_more_finely() -> None:
    signal_ = signal(-0.0012)
    assert signal_.baseline
    still = replace(signal_, baseline=replace(signal_.baseline, low=-0.0002, high=0.0001))

    assert "Normal day: −0.02 % to +0.01 % (last 90 days)" in flows(replace(SNAPSHOT, signal=still))


def test_a_second_opinion_that_differs_says_so() -> None:
    text = flows(replace(SNAPSHOT, listing=listing(inflow=2e9)))

    assert "DefiLlama's own 24 h figure, +$2.00 B, differs from ours." in text
    old = flows(replace(SNAPSHOT, listing=listing(inflow=-1e9, at=NOON - 2 * HOUR)))
    assert "DefiLlama's own 24 h figure, −$1.00 B (2022-12-13 10:00 UTC), matches ours." in old


@pytest.mark.parametrize(
    ("count", "words"), [(3, "1 more note on these figures"), (5, "3 more notes on these figures")]
)
def test_notes_are_counted_behind_the_second(count: int, words: str) -> None:
    notes = tuple(Note(NoteReason.OWN_TOKEN, f"T{index}", -1e9) for index in range(count))
    text = flows(replace(SNAPSHOT, signal=replace(signal(-0.0175), notes=notes)))

    assert sum(line.startswith("Own token T") for line in text) == 2
    assert f"{words}: /incidents, then Why." in text


def test_an_inflow_is_called_an_inflow() -> None:
    assert "Net inflow +$641 M in 24 h · 1.0 % of reserves ($64.1 B)" in flows(replace(SNAPSHOT, signal=signal(0.01)))


def test_a_longer_window_is_not_ranked_among_days() -> None:
    snapshot = replace(SNAPSHOT, signal=signal(-0.01, flows=[flow(-0.02, Window.WEEK)]))

    assert "Not unusual for 7 d here." in flows(snapshot, Window.WEEK)
    run = replace(SNAPSHOT, signal=signal(-0.01, flows=[flow(-0.2, Window.WEEK)]))
    assert "An unusual outflow for 7 d here." in flows(run, Window.WEEK)
    rush = replace(SNAPSHOT, signal=signal(0.01, flows=[flow(0.2, Window.WEEK)]))
    assert "An unusual inflow for 7 d here." in flows(rush, Window.WEEK)


def test_an_upstream_that_gives_no_figure_of_its_own_is_not_quoted() -> None:
    assert not any("own figure" in line for line in reserves(replace(SNAPSHOT, listing=listing(inflow=None))))
    assert not any("own figure" in line for line in reserves(replace(SNAPSHOT, listing=None)))


def test_without_a_past_nothing_is_called_unusual() -> None:
    text = flows(replace(SNAPSHOT, signal=signal(-0.02, baseline=None)))

    assert "Normal day: not known yet, it takes 14 days of readings." in text
    assert not any("unusual" in line or "largest" in line for line in text)


def test_a_past_without_days_has_no_rank() -> None:
    text = flows(replace(SNAPSHOT, signal=signal(-0.008), days=()))

    assert not any("than on" in line for line in text)


def test_a_missing_chain_is_named() -> None:
    graded = signal(None, flows=[flow(missing=("Fantom", "Moonbeam"))])

    assert "Without Fantom, Moonbeam: not in the newest reading." in flows(replace(SNAPSHOT, signal=graded))


def test_a_window_that_was_not_measured_is_unknown() -> None:
    text = flows(SNAPSHOT, Window.HOUR)

    assert "1 h flow: not available yet (no reading from 1 h ago)." in text
    assert not any("own figure" in line for line in text)


def test_while_a_window_cannot_be_computed_the_sources_own_figure_stands_in_for_it_and_says_so() -> None:
    young = replace(SNAPSHOT, signal=signal(None))
    text = flows(young)

    assert "Flow 24 h: −$1.10 B (DefiLlama's own figure)" in reserves(young)
    assert "24 h: −$1.10 B (DefiLlama's own figure)" in flows(young, Window.WEEK)
    assert text[1] == "24 h flow: not available yet (no reading from 24 h ago), so no alert can follow from it."
    assert "DefiLlama's own 24 h figure: −$1.10 B (2022-12-13 12:00 UTC)." in text


def test_a_zero_of_the_source_is_no_figure() -> None:
    """It says 0.0 while it has nothing to compare with."""
    stalled = replace(SNAPSHOT, listing=listing(inflow=0.0), signal=signal(None))

    assert "Flow 24 h: not available yet" in reserves(stalled)
    assert "24 h: not available yet" in flows(stalled, Window.WEEK)
    assert "24 h flow: not available yet (no reading from 24 h ago)." in flows(stalled)
    assert not any("own figure" in line for line in (*reserves(stalled), *flows(stalled)))
    assert not any("by DefiLlama" in line for line in reserves(ExchangeSnapshot(BINANCE, listing(inflow=0.0))))


@pytest.mark.parametrize("snapshot", [replace(SNAPSHOT, reading=None), replace(SNAPSHOT, signal=None)])
def test_without_a_reading_flows_say_what_reserves_can(snapshot: ExchangeSnapshot) -> None:
    assert flows(snapshot) == reserves(snapshot)


def test_the_chart_of_flows_leaves_out_days_that_cannot_be_compared() -> None:
    days = (replace(quiet_days(1)[0], share=None), *quiet_days(3))

    chart = flows_card(replace(SNAPSHOT, days=days), Window.DAY, NOON).chart
    assert chart
    assert (chart.unit, chart.title, len(chart.values)) == ("share", "Net flow a day, 3 days", 4)
    assert flows_card(replace(SNAPSHOT, days=days[:3]), Window.DAY, NOON).chart is None


def test_no_asset_moved_is_no_table() -> None:
    unmoved = replace(flow(0.0), assets=())

    assert flows_card(replace(SNAPSHOT, signal=signal(None, flows=[unmoved])), Window.DAY, NOON).table is None


def test_a_day_is_one_line() -> None:
    graded = signal(-0.0175, flows=[flow(-0.05, Window.WEEK)])

    assert daily_line(replace(SNAPSHOT, signal=graded)) == "2022-12-13 Binance $50.0 B · 24 h −1.8 % · 7 d −5.0 %"
    assert daily_line(ExchangeSnapshot(BINANCE)) == "Binance: nothing read yet"
    assert daily_line(replace(SNAPSHOT, reading=holding(60))).startswith("2022-12-13 Binance $60.0 B")


def test_flows_lead_to_another_window_than_the_one_shown() -> None:
    for shown, other in (
        (Window.DAY, "flows binance 7d"),
        (Window.MONTH, "flows binance 7d"),
        (Window.WEEK, "flows binance 24h"),
    ):
        assert other in [action.command for action in flows_card(SNAPSHOT, shown, NOON).actions]
        assert f"flows binance {shown}" not in [action.command for action in flows_card(SNAPSHOT, shown, NOON).actions]
