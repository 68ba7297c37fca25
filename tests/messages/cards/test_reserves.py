from dataclasses import replace

import pytest

from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange, Listing
from bot.domain.flow import Window
from bot.domain.reading import SourceHealth
from bot.domain.signal import Note, NoteReason
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.flows import daily_line, flows_card
from bot.messages.cards.reserves import reserves_card
from bot.messages.model import Tone
from tests.builders import BINANCE, CHAIN_MISSING, HOUR, NOON, flow, holding, listing, quiet_days, reading, signal
from tests.messages.cards.plain import said

READING = reading({"Tron/USDT": (30e9, 1.0), "Bitcoin/BTC": (1e6, 20_000.0), "Binance/BNB": (1e7, 300.0)})
SNAPSHOT = ExchangeSnapshot(BINANCE, listing(inflow=-1.1e9), READING, signal(-0.0175), quiet_days(60))


def reserves(snapshot: ExchangeSnapshot) -> list[str]:
    return said(reserves_card(snapshot, NOON)).splitlines()


def flows(snapshot: ExchangeSnapshot, window: Window = Window.DAY) -> list[str]:
    return said(flows_card(snapshot, window, NOON)).splitlines()


def test_reserves_are_told_with_and_without_the_own_token() -> None:
    text = reserves(SNAPSHOT)

    assert "Clean reserves $50.0 B (without its own token) · total $53.0 B" in text
    assert "The source's own figure for 24 h: −$1.10 B · fetched 2022-12-13 12:00 UTC (ago)" in text
    assert "Own token: 5.7 % (BNB)" in text
    assert "Stablecoins: 56.6 %" in text
    assert "Chains: 3" in text
    assert "Net flow 24 h: −$1.12 B · −1.8 %" in text
    assert "Net flow 7 d: unknown: no comparable reading" in text
    assert "BTC | 1.00 M | $20.0 B | 37.7 %" in text
    assert "BNB (own) | 10.0 M | $3.00 B | 5.7 %" in text
    assert "DefiLlama · as of 2022-12-13 12:00 UTC (ago)" in text


def test_a_total_with_an_asset_at_its_last_price_says_so() -> None:
    note = Note(NoteReason.UNPRICED, "BTC on Bitcoin", 2e10)
    told = replace(signal(-0.0175), notes=(note, Note(NoteReason.PRICE_ODD, "SOL", 20.0)))

    text = reserves(replace(SNAPSHOT, signal=told))

    assert "BTC on Bitcoin: valued at the last price ($20.0 B), as the source tells no value now" in text
    assert not [words for words in text if "SOL" in words]


def test_a_held_flow_is_marked() -> None:
    snapshot = replace(SNAPSHOT, signal=signal(None, flows=[flow(-0.02, hold=CHAIN_MISSING)]))

    assert "Net flow 24 h: −$1.28 B · −2.0 % (held: chain missing)" in reserves(snapshot)
    assert "24 h: −$1.28 B · −2.0 % (held)" in flows(snapshot)
    assert "Held: chain missing (Tron, 14.0 % of reserves). This window raises no alert." in flows(snapshot)


def test_many_assets_are_summed_up_in_a_last_row() -> None:
    many_assets = reading({f"Ethereum/T{index}": (1, 10.0) for index in range(11)})

    assert "3 others |  | $30.0 | 27.3 %" in reserves(replace(SNAPSHOT, reading=many_assets))


def test_an_exchange_that_holds_nothing_has_no_shares() -> None:
    empty = reserves(replace(SNAPSHOT, exchange=replace(BINANCE, own_tokens=frozenset()), signal=None,
                             reading=reading({"Tron/USDT": (0, 1.0)})))  # fmt: skip

    assert "Own token: none known" in empty
    assert "Stablecoins: unknown" in empty
    assert "Net flow 7 d: unknown: no comparable reading" in empty
    assert "USDT | 0.00 | $0.00 | –" in empty
    nothing = reading({f"Tron/T{index}": (0, 1.0) for index in range(9)})
    assert "Own token: unknown (BNB)" in reserves(replace(SNAPSHOT, reading=nothing))
    assert "1 others |  | $0.00 | –" in reserves(replace(SNAPSHOT, reading=nothing))


def test_a_chart_needs_three_days() -> None:
    assert reserves_card(replace(SNAPSHOT, days=quiet_days(2)), NOON).chart is None
    chart = reserves_card(SNAPSHOT, NOON).chart
    assert chart
    assert (chart.unit, len(chart.values), chart.title) == ("usd", 30, "Clean reserves, 30 days")


def test_a_failing_source_shows_in_the_answer() -> None:
    failing = SourceHealth("defillama/binance", failing_since=NOON - 3 * HOUR, fault=SourceFault.BLOCKED)
    words = "⚠️ The source has not answered for 3 h (blocked)."

    assert words in reserves(replace(SNAPSHOT, health=failing))
    assert words in flows(replace(SNAPSHOT, health=failing))
    assert words not in reserves(replace(SNAPSHOT, health=SourceHealth("defillama/binance", last_success=NOON)))


def test_without_amounts_the_lists_totals_are_told() -> None:
    text = reserves(ExchangeSnapshot(BINANCE, listing(inflow=-1.1e9)))

    assert "Total $65.0 B · without its own token $60.0 B" in text
    assert any(line.startswith("Amounts per asset have not been read yet") for line in text)
    assert "Net flow 24 h by DefiLlama: −$1.10 B" in text
    assert "DefiLlama · fetched 2022-12-13 12:00 UTC (ago)" in text


def test_a_total_without_a_clean_one_is_told_alone() -> None:
    assert "Total $65.0 B" in reserves(ExchangeSnapshot(BINANCE, listing(clean=None)))


@pytest.mark.parametrize(
    ("exchange", "listed", "words"),
    [
        (Exchange("x", "X"), None, "Reserves unknown: the source tracks no wallets of X"),
        (Exchange("x", "X"), listing(total=None), "Reserves unknown: DefiLlama tracks no wallets of X"),
        (BINANCE, listing(total=None), "Reserves unknown: the source lists this exchange without any figures"),
        (BINANCE, None, "Amounts per asset have not been read yet"),
    ],
)
def test_unknown_is_said_with_its_reason(exchange: Exchange, listed: Listing | None, words: str) -> None:
    card = reserves_card(ExchangeSnapshot(exchange, listed), NOON)

    assert words in said(card)
    assert card.tone is Tone.TROUBLE


def test_flows_say_how_unusual_they_are() -> None:
    text = flows(SNAPSHOT)

    assert "Net outflow −$1.12 B in 24 h · 1.8 % of clean reserves ($64.1 B)" in text
    assert "Robust z −4.4 · lower than every one of the last 90 days" in text
    assert "Usual day: between −0.60 % and +0.70 % (nine days of ten, 90 days)" in text
    assert "Figures comparable: every chain is in both readings." in text
    assert "7 d: unknown" in text
    assert "USDT | −673 M | −$673 M | −1.1 %" in text


def test_a_usual_flow_is_ranked_among_the_days() -> None:
    assert "Robust z −0.3 · higher than 50 % of the last 90 days" in flows(replace(SNAPSHOT, signal=signal(-0.0012)))


def test_an_inflow_is_called_an_inflow() -> None:
    assert "Net inflow +$641 M in 24 h · 1.0 % of clean reserves ($64.1 B)" in flows(
        replace(SNAPSHOT, signal=signal(0.01))
    )


def test_a_longer_window_is_not_ranked_among_days() -> None:
    snapshot = replace(SNAPSHOT, signal=signal(-0.01, flows=[flow(-0.02, Window.WEEK)]))

    assert "Robust z −1.9" in flows(snapshot, Window.WEEK)


def test_an_upstream_that_gives_no_figure_of_its_own_is_not_quoted() -> None:
    assert not any("own figure" in line for line in reserves(replace(SNAPSHOT, listing=listing(inflow=None))))
    assert not any("own figure" in line for line in reserves(replace(SNAPSHOT, listing=None)))


def test_without_a_past_nothing_is_called_unusual() -> None:
    text = flows(replace(SNAPSHOT, signal=signal(-0.02, baseline=None)))

    assert "Usual day: unknown, fewer than 14 comparable days are known." in text
    assert not any("z" in line.split() for line in text)


def test_a_past_without_days_has_no_rank() -> None:
    assert "Robust z −4.4" in flows(replace(SNAPSHOT, days=()))


def test_a_missing_chain_is_named() -> None:
    graded = signal(None, flows=[flow(missing=("Fantom", "Moonbeam"))])

    assert "Without Fantom, Moonbeam: not in the newest reading." in flows(replace(SNAPSHOT, signal=graded))


def test_a_window_that_was_not_measured_is_unknown() -> None:
    text = flows(SNAPSHOT, Window.HOUR)

    assert "Net flow in 1 h: unknown, no two readings give it." in text
    assert not any("own figure" in line for line in text)


def test_while_a_window_cannot_be_computed_the_sources_own_figure_stands_in_for_it_and_says_so() -> None:
    young = replace(SNAPSHOT, signal=signal(None))
    text = flows(young)

    assert "Net flow 24 h: −$1.10 B (DefiLlama's own figure)" in reserves(young)
    assert "24 h: −$1.10 B (the source's own figure)" in text
    assert text[1].startswith("Net flow in 24 h: not computed yet, so no alert rests on it.")
    assert "The source's own figure for 24 h: −$1.10 B · fetched 2022-12-13 12:00 UTC (ago)" in text


def test_a_zero_of_the_source_is_no_figure() -> None:
    """It says 0.0 while it has nothing to compare with."""
    stalled = replace(SNAPSHOT, listing=listing(inflow=0.0), signal=signal(None))

    assert "Net flow 24 h: unknown: no comparable reading" in reserves(stalled)
    assert "24 h: unknown" in flows(stalled)
    assert "Net flow in 24 h: unknown, no two readings give it." in flows(stalled)
    assert not any("own figure" in line for line in (*reserves(stalled), *flows(stalled)))
    assert not any("by DefiLlama" in line for line in reserves(ExchangeSnapshot(BINANCE, listing(inflow=0.0))))


@pytest.mark.parametrize("snapshot", [replace(SNAPSHOT, reading=None), replace(SNAPSHOT, signal=None)])
def test_without_a_reading_flows_say_what_reserves_can(snapshot: ExchangeSnapshot) -> None:
    assert flows(snapshot) == reserves(snapshot)


def test_the_chart_of_flows_leaves_out_days_that_cannot_be_compared() -> None:
    days = (replace(quiet_days(1)[0], share=None), *quiet_days(3))

    chart = flows_card(replace(SNAPSHOT, days=days), Window.DAY, NOON).chart
    assert chart
    assert (chart.unit, len(chart.values)) == ("share", 3)
    assert flows_card(replace(SNAPSHOT, days=days[:3]), Window.DAY, NOON).chart is None


def test_no_asset_moved_is_no_table() -> None:
    unmoved = replace(flow(0.0), assets=())

    assert flows_card(replace(SNAPSHOT, signal=signal(None, flows=[unmoved])), Window.DAY, NOON).table is None


def test_a_day_is_one_line() -> None:
    graded = signal(-0.0175, flows=[flow(-0.05, Window.WEEK)])

    assert daily_line(replace(SNAPSHOT, signal=graded)) == "2022-12-13 Binance $50.0 B · 24 h −1.8 % · 7 d −5.0 %"
    assert daily_line(ExchangeSnapshot(BINANCE)) == "Binance: nothing read yet"
    assert daily_line(replace(SNAPSHOT, reading=holding(60))).startswith("2022-12-13 Binance $60.0 B")
